//! Why an event's envelope isn't taken.

use std::fmt;

use super::hole::HOLE;
use super::json_text::MAX_DEPTH;
use super::stream::StreamId;

/// The most characters of an event type, and of an id that an event brought with it.
pub const MAX_NAME: usize = StreamId::MAX_PART;

/// Why an event can't be recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEnvelope {
    /// Its type stands for an event that is missing.
    #[error(
        "the type \"{HOLE}\" stands for an event that is missing, and only an import puts it in such \
         an event's place; name the type otherwise"
    )]
    Reserved,
    /// A name is empty.
    #[error("its {name} is empty; give it at least one character")]
    Empty {
        /// Which.
        name: Name,
    },
    /// A name is too long.
    #[error("its {name} has {length} characters, and at most {MAX_NAME} are taken; shorten it")]
    TooLong {
        /// Which.
        name: Name,
        /// How many characters it has.
        length: usize,
    },
    /// A free key of its metadata is nested too deep.
    #[error(
        "{extension:?} in its metadata is nested deeper than {MAX_DEPTH} levels; put it there as \
         text, or flatten it"
    )]
    TooDeep {
        /// The beginning of the key.
        extension: String,
    },
    /// A free key of its metadata is called like a part of the event itself, and isn't what an import
    /// keeps of that.
    #[error(
        "{part:?} in its metadata is called like a part of the event, whose place it can't take in an \
         export; name it otherwise"
    )]
    Taken {
        /// The key.
        part: &'static str,
    },
    /// A free key of its metadata is null, which is the same as left out in a line of an export.
    #[error(
        "{extension:?} in its metadata is null, which an export leaves out; leave it out, or give it \
         a value"
    )]
    Null {
        /// The beginning of the key.
        extension: String,
    },
    /// It would be too long as a line of an export.
    #[error(
        "it takes up to {length} bytes as a line of an export, and at most {} MiB are taken; keep \
         what is large elsewhere, and record where, or record several events",
        .most >> 20
    )]
    LineTooLong {
        /// How many bytes that line could have.
        length: usize,
        /// How many it may have.
        most: usize,
    },
}

/// A name in an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The event type.
    EventType,
    /// The `id` that it brought from elsewhere, which is kept among the free keys of its metadata.
    Id,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Name::EventType => "event type",
            Name::Id => "id from elsewhere (\"id\" in its metadata)",
        })
    }
}
