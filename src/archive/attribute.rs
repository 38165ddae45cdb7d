//! Which names an event's envelope has in a CloudEvent, and how `id` and `source` stand for our
//! event id and aggregate type, in both directions.

use std::borrow::Cow;

use serde_json::Value;

pub use crate::core::attributes::event_id;
use crate::core::attributes::stands_for;
pub(super) use crate::core::attributes::{
    DATA_BASE64, JSON_CONTENT, aggregate_type, beside, usual_source,
};
use crate::core::{EventId, JsonText, Metadata, StreamId};

/// The attributes that carry our envelope, in the order in which they are exported. All others
/// are extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    SpecVersion,
    Id,
    Source,
    Type,
    Subject,
    Time,
    DataContentType,
    Data,
    StreamVersion,
    Position,
    SchemaVersion,
    CorrelationId,
    CausationId,
    Actor,
}

impl Attribute {
    /// How many there are.
    pub(super) const COUNT: usize = Attribute::NAMES.len();

    const NAMES: [&str; 14] = [
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "datacontenttype",
        "data",
        "streamversion",
        "position",
        "schemaversion",
        "correlationid",
        "causationid",
        "actor",
    ];

    /// Its name in the file.
    pub(super) const fn name(self) -> &'static str {
        Attribute::NAMES[self as usize]
    }

    /// What a line may say otherwise in a foreign source: there it is somebody else's, an extension.
    pub(super) const PLACE: [Attribute; 6] = [
        Attribute::StreamVersion,
        Attribute::Position,
        Attribute::SchemaVersion,
        Attribute::CorrelationId,
        Attribute::CausationId,
        Attribute::Actor,
    ];

    /// The place of a name in the order, where it is one of these.
    pub(super) fn place(name: &str) -> Option<usize> {
        Attribute::NAMES.iter().position(|known| *known == name)
    }
}

/// The one version of CloudEvents that is written and read.
pub(super) const SPEC_VERSION: &str = "1.0";

/// The stream of events whose file names no subject.
pub(super) const DEFAULT_SUBJECT: &str = "default";

/// The `source` of an event: the one that it came with, where that isn't the usual one.
pub(super) fn source<'a>(stream: &'a StreamId, metadata: &'a Metadata) -> Cow<'a, str> {
    match kept(metadata, Attribute::Source) {
        Some(source) if stands_for(source, stream.aggregate_type()) => Cow::Borrowed(source),
        _ => Cow::Owned(usual_source(stream.aggregate_type())),
    }
}

/// The `id` of an event: the one that it came with, where that isn't the event id.
pub(super) fn id<'a>(id: EventId, source: &str, metadata: &'a Metadata) -> Cow<'a, str> {
    match kept(metadata, Attribute::Id) {
        Some(original) if event_id(source, original) == id => Cow::Borrowed(original),
        _ => Cow::Owned(id.to_string()),
    }
}

/// The text that an import kept of an attribute, where our envelope would have said another.
pub(super) fn kept(metadata: &Metadata, attribute: Attribute) -> Option<&str> {
    metadata
        .extensions
        .get(attribute.name())
        .and_then(Value::as_str)
}

/// The payload that isn't text, of an event that has no other.
pub(super) fn binary<'a>(data: &JsonText, metadata: &'a Metadata) -> Option<&'a str> {
    let binary = metadata.extensions.get(DATA_BASE64)?.as_str();
    binary.filter(|_| data.as_str() == "{}")
}

/// Whether a payload stands for there having been none in the file.
///
/// A line without `data` is stored with the payload `{}`, and with `data` among its extensions as
/// null: an explicit null payload and an empty object are something else.
pub(super) fn is_without_data(data: &JsonText, metadata: &Metadata) -> bool {
    let marked = metadata.extensions.get(Attribute::Data.name()) == Some(&Value::Null);
    marked && data.as_str() == "{}" || binary(data, metadata).is_some()
}

/// The attributes of CloudEvents itself.
const OF_CLOUD_EVENTS: [&str; 10] = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "data",
    DATA_BASE64,
];

/// Which attribute of CloudEvents a name would be with other capitals; none where it is one, or wouldn't be.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    let mut all = OF_CLOUD_EVENTS.into_iter();
    all.find(|known| *known != name && known.eq_ignore_ascii_case(name))
}

/// Keeps the `source` that an event came with.
pub(super) fn keep_source(metadata: &mut Metadata, source: String) {
    let name = Attribute::Source.name().to_owned();
    metadata.extensions.insert(name, source.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_has_its_own_name_and_place() {
        assert_eq!(Attribute::SpecVersion.name(), "specversion");
        assert_eq!(Attribute::Actor.name(), "actor");
        assert_eq!(Attribute::Actor as usize, Attribute::COUNT - 1);
        assert_eq!(
            Attribute::place("position"),
            Some(Attribute::Position as usize)
        );
        assert_eq!(Attribute::place("traceparent"), None);
    }

    #[test]
    fn a_uuid_is_taken_as_it_is_and_any_other_id_is_told_apart_by_its_source() {
        let uuid = "827e163d-f166-57a5-bfea-fcac65b1b25e";
        assert_eq!(event_id("/a", uuid).to_string(), uuid);
        assert_eq!(event_id("/a", &uuid.to_uppercase()).to_string(), uuid);
        // By Python: uuid5(uuid5(NAMESPACE_URL, "/permit"), "A234-1234-1234")
        assert_eq!(
            event_id("/permit", "A234-1234-1234").to_string(),
            "23394bac-6f9e-58ee-bb8d-d497ff799318"
        );
        assert_ne!(event_id("/a", "1"), event_id("/b", "1"));
        assert_ne!(event_id("/a", "b1"), event_id("/ab", "1"));
    }

    #[test]
    fn uuids_in_other_spellings_are_ids_of_their_own() {
        for id in [
            "827e163df16657a5bfeafcac65b1b25e",
            "{827e163d-f166-57a5-bfea-fcac65b1b25e}",
            "urn:uuid:827e163d-f166-57a5-bfea-fcac65b1b25e",
        ] {
            assert_eq!(event_id("/a", id).0.get_version_num(), 5, "{id}");
            assert_ne!(event_id("/a", id), event_id("/b", id), "{id}");
        }
    }

    #[test]
    fn one_leading_slash_of_a_source_goes() {
        assert_eq!(aggregate_type("/bank_account"), "bank_account");
        assert_eq!(aggregate_type("//a/b"), "/a/b");
        assert_eq!(aggregate_type("https://a.example"), "https://a.example");
        assert_eq!(aggregate_type("/"), "/");
    }
}
