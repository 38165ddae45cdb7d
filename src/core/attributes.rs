//! What an event's id and its stream's type are called elsewhere: the `id` and the `source` of a CloudEvent. An
//! import keeps those that it can't make again from them among the event's free keys.

use uuid::Uuid;

use super::event::EventId;

/// The content type of a payload whose file doesn't say another.
pub(crate) const JSON_CONTENT: &str = "application/json";

/// The attribute of a payload that isn't text. It is kept as a free key.
pub(crate) const DATA_BASE64: &str = "data_base64";

/// The event id of a CloudEvent. An `id` in the form of a UUID is taken as it is; any other gets
/// a UUID v5 in the namespace of its source, which is the UUID v5 of `source` in
/// [`Uuid::NAMESPACE_URL`]: CloudEvents are unique by `source` and `id` together.
#[must_use]
pub fn event_id(source: &str, id: &str) -> EventId {
    // The uuid crate also reads `urn:uuid:…`, braces and bare digits; those are other people's ids.
    let hyphenated = id.len() == 36;
    EventId(match Uuid::try_parse(id) {
        Ok(uuid) if hyphenated => uuid,
        _ => {
            let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, source.as_bytes());
            Uuid::new_v5(&namespace, id.as_bytes())
        }
    })
}

/// The aggregate type that a `source` stands for.
pub(crate) fn aggregate_type(source: &str) -> &str {
    match source.strip_prefix('/') {
        Some(rest) if !rest.is_empty() => rest,
        _ => source,
    }
}

/// The `source` that we give to events of a type.
pub(crate) fn usual_source(aggregate_type: &str) -> String {
    format!("/{aggregate_type}")
}

/// Whether a `source` stands for an aggregate type, by itself or beside another that came before it.
pub(crate) fn stands_for(source: &str, of: &str) -> bool {
    let name = aggregate_type(source);
    name == of || beside(name) == of || beside(&usual_source(name)) == of
}

/// The aggregate type of a `source` that differs by its slash alone from one that came before it.
pub(crate) fn beside(source: &str) -> String {
    format!("{} (source {source})", aggregate_type(source))
}
