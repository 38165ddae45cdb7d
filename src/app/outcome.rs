//! What came of something: what is told of it, and what can be done then.

use std::rc::Rc;

use super::counting::count;
use crate::core::{CommandId, JsonText, StreamId, Timestamp};
use crate::store::ResetToken;

/// Aggregate type and command name.
pub type FormKey = (String, String);

/// A command on its way to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// By this it is known again in what was recorded.
    pub id: CommandId,
    /// The stream that it was decided for.
    pub stream: StreamId,
    /// Its name.
    pub command: String,
    /// Its arguments, as they were when it was sent.
    pub arguments: JsonText,
}

/// A form that was sent and that nothing was typed into since: the same press again means the same command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pressed {
    /// The form.
    pub form: FormKey,
    /// The command that was made of it.
    pub id: CommandId,
    /// When it was told what came of that; none before.
    pub told: Option<Timestamp>,
}

/// What came of something, to be told to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it went well, or how it didn't.
    pub kind: OutcomeKind,
    /// What it is about: shown where that is.
    pub about: About,
    /// The stream that it is about; none where that is the store.
    pub stream: Option<StreamId>,
    /// When it was told.
    pub at: Timestamp,
    /// How many events the store held then, once they are counted.
    pub events: Option<u64>,
    /// A few words in front: `Withdraw refused.`
    pub title: String,
    /// The rest.
    pub text: String,
    /// The command that can be tried again; of what went well, the one that can be sent again.
    pub retry: Option<Rc<Sent>>,
    /// The id of the command that it is about, also of one that wasn't sent.
    pub command: Option<CommandId>,
    /// The longest of the streams that an import brought.
    pub brought: Option<StreamId>,
    /// The import that can be tried again, with holes.
    pub with_holes: Option<WithHoles>,
}

/// A reset that can be taken back, as long as nothing else is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undo {
    /// What takes it back.
    pub token: ResetToken,
    /// How many events the store held after it, once they are listed.
    pub events: Option<u64>,
}

/// A file that was refused, and can be imported with holes in the places of what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithHoles {
    /// The name of the file.
    pub file: Option<String>,
    /// How many holes there would be.
    pub holes: u64,
}

/// Whether something went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeKind {
    /// It did.
    Done,
    /// It was refused.
    Refused,
    /// Somebody else was first; it can be tried again.
    Conflict,
    /// Nobody knows: it may be recorded. It can be tried again.
    Unknown,
}

/// A stream that can't be read, or not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Which of these.
    pub title: &'static str,
    /// Why, and what to do.
    pub text: String,
}

/// What an outcome is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A command of the model that was looked at.
    Command(FormKey),
    /// The stream that was looked at, but no command of it.
    Stream,
    /// The address.
    Address,
    /// The store as a whole, under the name of what was done with it: `Import`.
    Store(&'static str),
}

impl Outcome {
    /// The name of what it is about, where that is the store: then it can be put away.
    #[must_use]
    pub fn of_store(&self) -> Option<&'static str> {
        match self.about {
            About::Store(name) => Some(name),
            About::Command(_) | About::Stream | About::Address => None,
        }
    }

    /// Of which moment of the store it speaks: `at 09:12, 9 events`.
    #[must_use]
    pub fn moment(&self) -> Option<String> {
        self.of_store().map(|_| moment(self.at, self.events))
    }
}

/// A moment of the store: `at 09:12, 9 events`.
#[must_use]
pub fn moment(at: Timestamp, events: Option<u64>) -> String {
    let time = at.to_string();
    let time = time.get(11..16).unwrap_or_default();
    match events {
        Some(events) => format!("at {time}, {}", count(events, "event")),
        None => format!("at {time}"),
    }
}
