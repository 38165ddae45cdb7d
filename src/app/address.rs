//! The address bar: `#/bank_account/ada-savings?v=3` and back. Pure text.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::core::{StreamHead, StreamId, Version};

/// What JavaScript's `encodeURIComponent` leaves as it is, besides letters and digits.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// What an address asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The stream.
    pub stream: StreamId,
    /// The version: none for the head, followed; the text itself where it isn't a number.
    pub version: Option<Result<Version, String>>,
}

/// An address that names no stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "The address {hash:?} names no stream; it should look like #/bank_account/ada-savings?v=3."
)]
pub struct InvalidAddress {
    /// The part from `#` on, shortened.
    pub hash: String,
}

/// Reads the part of an address from `#` on. `None`: it asks for nothing.
///
/// # Errors
/// [`InvalidAddress`].
pub fn parse(hash: &str) -> Result<Option<Address>, InvalidAddress> {
    let invalid = || InvalidAddress {
        hash: hash.chars().take(80).collect(),
    };
    let rest = hash.strip_prefix('#').unwrap_or(hash);
    if rest.is_empty() || rest == "/" {
        return Ok(None);
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut parts = path.strip_prefix('/').ok_or_else(invalid)?.split('/');
    let (Some(aggregate_type), Some(aggregate_id), None) =
        (parts.next(), parts.next(), parts.next())
    else {
        return Err(invalid());
    };
    let decode = |part: &str| {
        let text = percent_decode_str(part)
            .decode_utf8()
            .map_err(|_| invalid())?;
        Ok(text.into_owned())
    };
    let stream = StreamId::new(decode(aggregate_type)?, decode(aggregate_id)?);
    let version = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("v="))
        .map(version);
    Ok(Some(Address {
        stream: stream.map_err(|_| invalid())?,
        version,
    }))
}

fn version(text: &str) -> Result<Version, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits => Ok(Version(number)),
        _ => Err(text.chars().take(40).collect()),
    }
}

/// The address of the place `About`.
pub const ABOUT: &str = "#/:about";

/// The name of the place beside the streams that an address asks for; what follows it is dropped.
#[must_use]
pub fn place(hash: &str) -> Option<String> {
    let name = hash.strip_prefix("#/:")?;
    let (name, _) = name.split_once('?').unwrap_or((name, ""));
    Some(percent_decode_str(name).decode_utf8_lossy().into_owned())
}

/// Writes the address of a stream at a version; no version for the head, followed.
#[must_use]
pub fn format(stream: &StreamId, version: Option<Version>) -> String {
    let encode = |text| utf8_percent_encode(text, ENCODED).to_string();
    let path = format!(
        "#/{}/{}",
        encode(stream.aggregate_type()),
        encode(stream.aggregate_id())
    );
    match version {
        Some(version) => format!("{path}?v={version}"),
        None => path,
    }
}

/// The address of a stream with events that an address may have meant which names one without: they differ by what
/// chats and mail programs do to links.
#[must_use]
pub fn meant(named: &StreamId, streams: &[StreamHead]) -> Option<String> {
    let id = unescaped(named.aggregate_id());
    let (path, query) = id.split_once('?').unwrap_or((&id, ""));
    let wanted = (bare(&unescaped(named.aggregate_type())), bare(path));
    let is_meant = |head: &&StreamHead| {
        let stream = &head.stream;
        let name = (bare(stream.aggregate_type()), bare(stream.aggregate_id()));
        stream != named && head.version > Version::NONE && !name.1.is_empty() && name == wanted
    };
    let found = streams.iter().find(is_meant)?;
    let digits = query.strip_prefix("v=").unwrap_or_default();
    let end = digits.find(|c: char| !c.is_ascii_digit());
    let digits = &digits[..end.unwrap_or(digits.len())];
    let version = version(digits)
        .ok()
        .filter(|version| *version <= found.version);
    Some(format(&found.stream, version))
}

/// A name without the escapes that were escaped once more.
fn unescaped(name: &str) -> String {
    let mut name = name.to_owned();
    while let Ok(decoded) = percent_decode_str(&name).decode_utf8()
        && decoded.len() < name.len()
    {
        name = decoded.into_owned();
    }
    name
}

/// What is left of a name however it was mangled: its letters and digits.
fn bare(name: &str) -> String {
    let kept = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || !c.is_ascii());
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_survives_the_address() {
        for name in [
            "ada-savings",
            "a/b?c#d&v=1",
            "žluťoučký 100%",
            "<script>",
            "(a)!*'~",
        ] {
            let stream = StreamId::new("bank_account", name).unwrap();
            let written = format(&stream, Some(Version(3)));
            let read = parse(&written).unwrap().unwrap();
            assert_eq!(
                (read.stream, read.version),
                (stream, Some(Ok(Version(3)))),
                "{written}"
            );
        }
    }

    #[test]
    fn what_a_mangled_link_meant_is_found_where_that_has_events() {
        let head = |id: &str, version| StreamHead {
            stream: StreamId::new("bank_account", id).unwrap(),
            version: Version(version),
        };
        let streams = [head("empty", 0), head("ops-fund", 7), head("two words", 2)];
        for (hash, meant_by_it) in [
            (
                "#/bank_account/ops-fund%3Fv%3D3",
                Some("#/bank_account/ops-fund?v=3"),
            ),
            (
                "#/bank_account/ops-fund%3Fv%3D3.",
                Some("#/bank_account/ops-fund?v=3"),
            ),
            (
                "#/bank_account/ops-fund%3Fv%3D8",
                Some("#/bank_account/ops-fund"),
            ),
            (
                "#/bank_account/ops%252Dfund?v=3",
                Some("#/bank_account/ops-fund"),
            ),
            ("#/bank_account/ops-fund.", Some("#/bank_account/ops-fund")),
            ("#/bank_account/(ops-fund)", Some("#/bank_account/ops-fund")),
            ("#/Bank_Account/ops-fund", Some("#/bank_account/ops-fund")),
            (
                "#/bank_account/two+words",
                Some("#/bank_account/two%20words"),
            ),
            ("#/bank_account/ops-funds", None),
            ("#/bank_account/empty.", None),
            ("#/bank_account/...", None),
            ("#/order/ops-fund", None),
        ] {
            let named = parse(hash).unwrap().unwrap().stream;
            assert_eq!(meant(&named, &streams).as_deref(), meant_by_it, "{hash}");
        }
        assert_eq!(meant(&streams[1].stream, &streams), None);
    }

    #[test]
    fn a_name_is_written_as_encode_uri_component_writes_it() {
        let stream = StreamId::new("bank_account", "a b/c(d)'é").unwrap();
        assert_eq!(format(&stream, None), "#/bank_account/a%20b%2Fc(d)'%C3%A9");
    }

    #[test]
    fn a_bad_version_is_told_from_none() {
        for bad in ["-1", "x", "", "1.5", "+1", "99999999999999999999999"] {
            let read = parse(&format!("#/order/a?v={bad}")).unwrap().unwrap();
            assert_eq!(read.version, Some(Err(bad.to_owned())));
        }
        assert_eq!(parse("#/order/a").unwrap().unwrap().version, None);
    }

    #[test]
    fn a_place_beside_the_streams_is_told_from_a_stream_of_any_name() {
        assert_eq!(place(ABOUT).as_deref(), Some("about"));
        assert_eq!(place("#/:about?v=3").as_deref(), Some("about"));
        assert_eq!(place("#/:caf%C3%A9/x").as_deref(), Some("café/x"));
        let stream = StreamId::new(":about", ":about").unwrap();
        for hash in ["", "#/", "#/about", &format(&stream, None)] {
            assert_eq!(place(hash), None, "{hash}");
        }
    }

    #[test]
    fn what_names_no_stream_is_refused_and_nothing_asks_for_nothing() {
        assert_eq!(parse(""), Ok(None));
        assert_eq!(parse("#/"), Ok(None));
        for hash in [
            "#order",
            "#/order",
            "#/order/",
            "#/order/a/b",
            "#/order/%ff",
        ] {
            assert!(parse(hash).is_err(), "{hash}");
        }
    }
}
