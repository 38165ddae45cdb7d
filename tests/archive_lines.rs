//! Lines from elsewhere: which are taken, what of them is given back, and which are refused.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/files.rs"]
mod files;

use eventloom::archive::{Excerpt, JsonKind, Line, Reason, Refused, write_event};
use eventloom::core::envelope::MAX_EARLIER_DEPTH;
use eventloom::core::{MAX_DEPTH, Position, RecordedEvent, Timestamp, Version};

/// What every CloudEvent has.
const LEAST: &str = r#""specversion":"1.0","id":"A1","source":"/shop","type":"Opened""#;

fn read(file: &str) -> Result<Vec<Line>, Refused> {
    files::lines([file.as_bytes()])
}

#[track_caller]
fn line_of(file: &str) -> Line {
    read(file).unwrap().remove(0)
}

/// The line of an event with these members besides the least.
#[track_caller]
fn with(members: &str) -> Line {
    line_of(&format!("{{{LEAST},{members}}}"))
}

/// Why the second line of a file is refused, the first being good. Also checks that its text is
/// short, on one line and names no other line.
#[track_caller]
fn refusal(line: &str) -> Reason {
    let refused = read(&format!("{{{LEAST}}}\n{line}\n")).unwrap_err();
    let text = refused.to_string();
    assert!(text.starts_with("line 2: "), "{text}");
    assert_eq!(text.matches("line 1").count(), 0, "{text}");
    assert!(text.chars().count() < 400 && !text.contains('\n'), "{text}");
    refused.reason
}

#[track_caller]
fn refusal_with(members: &str) -> Reason {
    refusal(&format!("{{{LEAST},{members}}}"))
}

/// What a line looks like after it was imported into an empty store and exported again.
#[track_caller]
fn given_back(line: &str) -> String {
    let now = Timestamp::parse("2026-01-05T09:00:02Z").unwrap();
    let plan = files::plan(&[], &read(line).unwrap(), now, |_| Ok(()));
    let events: Vec<RecordedEvent> = plan.unwrap().events;
    let mut out = String::new();
    events.iter().for_each(|event| write_event(event, &mut out));
    out
}

#[test]
fn the_least_event_is_taken_with_its_defaults() {
    let line = line_of(&format!("{{{LEAST}}}"));
    assert_eq!(line.number, 1);
    assert_eq!(line.stream.aggregate_type(), "shop");
    assert_eq!(line.stream.aggregate_id(), "default");
    assert_eq!((line.version, line.position), (None, None));
    assert_eq!(line.timestamp, None);
    assert_eq!(line.schema_version, 1);
    assert_eq!(line.data.as_str(), "{}");
    assert_eq!(line.metadata.correlation_id, "A1");
    assert_eq!(
        (line.source().as_ref(), line.id().as_ref()),
        ("/shop", "A1")
    );
}

#[test]
fn a_line_in_the_exported_form_is_read_whole() {
    let line = line_of(concat!(
        r#"{"specversion":"1.0","id":"019b8d62-8250-7000-8000-000000000001","#,
        r#""source":"/bank_account","type":"MoneyDeposited","subject":"ada-savings","#,
        r#""time":"2026-01-05T09:00:02.000Z","datacontenttype":"application/json","#,
        r#""data":{"b":5.00,"a":"x y"},"streamversion":3,"position":"2147483648","#,
        r#""schemaversion":2,"correlationid":"talk-1","causationid":"c","actor":"ada"}"#,
    ));
    let id = line.event_id.to_string();
    assert_eq!(id, "019b8d62-8250-7000-8000-000000000001");
    assert_eq!(line.stream.to_string(), "bank_account/ada-savings");
    assert_eq!(line.event_type, "MoneyDeposited");
    assert_eq!(line.timestamp.unwrap().millis(), 1_767_603_602_000);
    assert_eq!(line.data.as_str(), r#"{"b":5.00,"a":"x y"}"#);
    assert_eq!(line.version, Some(Version(3)));
    assert_eq!(line.position, Some(Position(2_147_483_648)));
    assert_eq!(line.schema_version, 2);
    assert_eq!(line.metadata.correlation_id, "talk-1");
    assert_eq!(line.metadata.causation_id.as_deref(), Some("c"));
    assert_eq!(line.metadata.actor.as_deref(), Some("ada"));
    assert!(line.metadata.extensions.is_empty());
}

#[test]
fn the_id_of_a_command_is_told_from_other_people_s_attribute_of_that_name() {
    let id = "00000000-0000-0000-0000-000000000007";
    let of = |value: &str| line_of(&format!("{{{LEAST},\"commandid\":{value}}}")).metadata;
    let metadata = of(&format!("\"{id}\""));
    assert_eq!(
        metadata.command_id.map(|id| id.to_string()),
        Some(id.to_owned())
    );
    assert!(metadata.extensions.get("commandid").is_none());
    for value in [
        "7",
        "true",
        "\"mine\"",
        "\"00000000000000000000000000000007\"",
    ] {
        let metadata = of(value);
        assert_eq!(metadata.command_id, None);
        assert_eq!(metadata.extensions["commandid"].to_string(), value);
    }
}

#[test]
fn white_space_between_the_tokens_goes_and_that_inside_texts_stays() {
    let line = line_of(&format!(
        "\t {{ {LEAST} , \"data\" : {{ \"a\" : \" b \" }} }} "
    ));
    assert_eq!(line.data.as_str(), r#"{"a":" b "}"#);
}

#[test]
fn what_a_foreign_event_says_is_given_back() {
    let head = r#"{"specversion":"1.0","id":"A1","source":"/shop","type":"Opened""#;
    let place = r#""subject":"s","time":"2018-04-05T17:31:00.000Z""#;
    let tail = r#""streamversion":1,"position":1,"schemaversion":1,"correlationid":"A1""#;
    for (content, extensions) in [
        (r#""datacontenttype":"application/json","data":{"a":1}"#, ""),
        (r#""datacontenttype":"application/json","data":null"#, ""),
        (
            r#""datacontenttype":"application/json; charset=utf-8","data":[1]"#,
            "",
        ),
        (
            r#""datacontenttype":"application/vnd.x+json","data":{}"#,
            "",
        ),
        (
            r#""datacontenttype":"application/xml","data":"<much wow=\"xml\"/>""#,
            r#","dataschema":"https://a.example/s""#,
        ),
        (
            r#""datacontenttype":"image/png""#,
            r#","data_base64":"iVBORw0KGgo=""#,
        ),
        (r#""datacontenttype":"application/json""#, ""),
        (
            r#""datacontenttype":"application/json","data":"""#,
            r#","attempt":-2,"sampled":true,"traceparent":"00-\n1","x":{"b":[null,1.5],"a":2}"#,
        ),
    ] {
        let line = format!("{head},{place},{content},{tail}{extensions}}}\n");
        assert_eq!(given_back(&line), line);
    }
}

#[test]
fn the_text_of_a_time_is_given_back() {
    for time in [
        "2026-03-01T10:00:00.123456789Z",
        "2026-03-01T10:00:00Z",
        "2026-03-01T11:00:00.123+01:00",
        "2026-03-01t10:00:00.123z",
        "2026-03-01T10:00:00.123Z",
    ] {
        let line = format!(
            concat!(
                r#"{{"specversion":"1.0","id":"A1","source":"/shop","type":"Opened","subject":"s","time":"{}","#,
                r#""datacontenttype":"application/json","data":{{}},"streamversion":1,"position":1,"#,
                r#""schemaversion":1,"correlationid":"A1"}}"#,
                "\n"
            ),
            time
        );
        assert_eq!(given_back(&line), line);
    }
}

#[test]
fn no_payload_stays_no_payload() {
    let line = concat!(
        r#"{"specversion":"1.0","id":"A1","source":"/shop","type":"Opened","subject":"s","#,
        r#""time":"2018-04-05T17:31:00.000Z","streamversion":1,"position":1,"#,
        r#""schemaversion":1,"correlationid":"A1""#
    );
    for end in ["}\n", ",\"data_base64\":\"AA==\"}\n"] {
        let line = format!("{line}{end}");
        assert_eq!(given_back(&line), line);
        assert_eq!(line_of(&line).data.as_str(), "{}");
    }
}

#[test]
fn an_id_and_a_source_of_any_form_are_given_back() {
    for (id, source, stream) in [
        ("1", "https://shop.example/a", "https://shop.example/a/s"),
        ("1", "urn:shop", "urn:shop/s"),
        ("1", "/", "//s"),
        ("1", "//x", "/x/s"),
        ("827E163D-F166-57A5-BFEA-FCAC65B1B25E", "shop", "shop/s"),
        ("\u{1}\"é", "sh\\op", "sh\\op/s"),
    ] {
        let [id_json, source_json] = [id, source].map(serde_json::Value::from);
        let line = format!(
            "{{\"specversion\":\"1.0\",\"id\":{id_json},\"source\":{source_json},{}",
            concat!(
                r#""type":"T","subject":"s","time":"2018-04-05T17:31:00.000Z","#,
                r#""datacontenttype":"application/json","data":1,"streamversion":1,"#,
                r#""position":1,"schemaversion":1,"correlationid":"c"}"#,
                "\n"
            )
        );
        assert_eq!(given_back(&line), line);
        assert_eq!(line_of(&line).stream.to_string(), stream);
    }
}

#[test]
fn a_position_may_be_a_number_or_a_text_of_digits() {
    assert_eq!(with(r#""position":7"#).position, Some(Position(7)));
    assert_eq!(with(r#""position":"7""#).position, Some(Position(7)));
    let most = format!("\"position\":{}", u64::MAX);
    assert_eq!(with(&most).position, Some(Position(u64::MAX)));
}

#[test]
fn a_payload_may_use_all_levels_of_nesting_and_no_more() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let data = |levels| format!("\"data\":{}", nested(levels));
    assert_eq!(with(&data(MAX_DEPTH)).data.as_str(), nested(MAX_DEPTH));
    assert_eq!(refusal_with(&data(MAX_DEPTH + 1)), Reason::TooDeep);
    assert_eq!(refusal_with(&data(200)), Reason::TooDeep);
    assert_eq!(refusal(&nested(200)), Reason::TooDeep);
    assert_eq!(refusal(&"[".repeat(500_000)), Reason::TooDeep);
    assert_eq!(refusal(&"{\"a\":".repeat(150_000)), Reason::TooDeep);
}

/// What an earlier Eventloom recorded, with its place: today it would be refused.
const PLACE: &str = r#""streamversion":1,"position":1"#;

#[test]
fn an_event_that_was_recorded_before_and_would_be_refused_today_comes_in_and_goes_out_as_it_is() {
    let line = |kind: &str, data: &str, extensions: &str| {
        format!(
            concat!(
                r#"{{"specversion":"1.0","id":"827e163d-f166-57a5-bfea-fcac65b1b25e","#,
                r#""source":"/shop","type":"{kind}","subject":"s","time":"2018-04-05T17:31:00.000Z","#,
                r#""datacontenttype":"application/json","data":{data},{place},"schemaversion":1,"#,
                r#""correlationid":"c"{extensions}}}"#,
                "\n"
            ),
            kind = kind,
            data = data,
            place = PLACE,
            extensions = extensions
        )
    };
    let nested = |levels: usize| format!(",\"x\":{}1{}", "[".repeat(levels), "]".repeat(levels));
    let long = format!("\"{}\"", "x".repeat(1 << 20));
    for (kind, data, extensions) in [
        ("", "{}", ""),
        (&*"é".repeat(2_000), "{}", ""),
        ("T", &*long, ""),
        ("T", "{}", &*nested(65)),
        ("T", "{}", &*nested(MAX_EARLIER_DEPTH)),
    ] {
        let exported = line(kind, data, extensions);
        assert_eq!(given_back(&exported), exported);
        // The same without its place, which no export leaves out.
        let foreign = exported.replace(PLACE, "\"a\":1");
        assert!(read(&foreign).is_err(), "{}", &foreign[..200]);
    }
    let deeper = line("T", "{}", &nested(MAX_EARLIER_DEPTH + 1));
    assert_eq!(read(&deeper).unwrap_err().reason, Reason::TooDeep);
}

#[test]
fn only_a_line_that_says_its_place_may_be_longer_than_one_mebibyte() {
    let long = "x".repeat(1 << 20);
    let line = |more: &str| format!("{{{LEAST},\"data\":\"{long}\"{more}}}");
    assert!(read(&line(&format!(",{PLACE}"))).is_ok());
    for more in ["", ",\"streamversion\":1", ",\"position\":1"] {
        assert_eq!(read(&line(more)).unwrap_err().reason, Reason::TooLong);
    }
    // The second line of a file, in pieces, and with the marks of other systems.
    let file = format!("\u{feff}{{{LEAST}}}\r\n{}\r\n", line(&format!(",{PLACE}")));
    let pieces = file.as_bytes().chunks(64 << 10);
    assert_eq!(files::lines(pieces).unwrap().len(), 2);
}

#[test]
fn lines_that_are_not_one_json_object_are_refused() {
    assert_eq!(
        refusal("nonsense"),
        Reason::NotJson {
            cause: "expected ident".to_owned(),
            column: 2,
        }
    );
    assert_eq!(
        refusal("{} {}"),
        Reason::NotJson {
            cause: "trailing characters".to_owned(),
            column: 4,
        }
    );
    for (line, found) in [
        ("null", JsonKind::Null),
        ("true", JsonKind::Bool),
        ("-1", JsonKind::Number),
        ("\"{}\"", JsonKind::Text),
        ("[{}]", JsonKind::Array),
    ] {
        assert_eq!(refusal(line), Reason::NotAnObject { found }, "{line}");
    }
}

#[test]
fn each_attribute_that_every_event_has_must_be_there() {
    let members = [
        ("specversion", r#""specversion":"1.0""#),
        ("id", r#""id":"A1""#),
        ("source", r#""source":"/shop""#),
        ("type", r#""type":"Opened""#),
    ];
    for (attribute, _) in members {
        let others: Vec<&str> = members
            .iter()
            .filter(|(name, _)| *name != attribute)
            .map(|(_, member)| *member)
            .collect();
        assert_eq!(
            refusal(&format!("{{{}}}", others.join(","))),
            Reason::Missing { attribute }
        );
    }
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    for (members, name) in [
        (r#""id":"A2""#, "id"),
        (r#""\u0069d":"A2""#, "id"),
        (r#""data":1,"data":1"#, "data"),
        (r#""traceparent":"a","traceparent":"a""#, "traceparent"),
    ] {
        let attribute = Excerpt::of(name);
        assert_eq!(refusal_with(members), Reason::Repeated { attribute });
    }
}

#[test]
fn a_line_with_a_hundred_thousand_names_is_read() {
    let names: Vec<String> = (0..100_000).map(|n| format!("\"{n}\":1")).collect();
    let line = with(&names.join(","));
    // Besides them: the id as it came, and that there was no payload.
    assert_eq!(line.metadata.extensions.len(), 100_002);
}

#[test]
fn another_version_of_cloudevents_is_refused() {
    for found in ["0.3", "1.0.2", "2.0", "1"] {
        let line = format!(r#"{{"specversion":"{found}","id":"1","source":"/a","type":"T"}}"#);
        let found = Excerpt::of(found);
        assert_eq!(refusal(&line), Reason::SpecVersion { found });
    }
    let number = r#"{"specversion":1.0,"id":"1","source":"/a","type":"T"}"#;
    assert!(matches!(refusal(number), Reason::WrongType { .. }));
}

#[test]
fn an_attribute_that_is_null_is_the_same_as_one_left_out() {
    let least = line_of(&format!("{{{LEAST}}}"));
    for name in [
        "subject",
        "time",
        "streamversion",
        "actor",
        "traceparent",
        "data_base64",
    ] {
        assert_eq!(with(&format!("\"{name}\":null")), least, "{name}");
    }
    let without_type = r#"{"specversion":"1.0","id":"A2","source":"/shop","type":null}"#;
    assert!(matches!(refusal(without_type), Reason::Missing { .. }));
}

#[test]
fn attributes_of_another_json_type_are_refused() {
    for (name, value, found, expected) in [
        ("subject", "7", JsonKind::Number, "a text in quotes"),
        ("time", "0", JsonKind::Number, "a text in quotes"),
        ("datacontenttype", "[]", JsonKind::Array, "a text in quotes"),
        ("data_base64", "1", JsonKind::Number, "a text in quotes"),
    ] {
        assert_eq!(
            refusal_with(&format!("\"{name}\":{value}")),
            Reason::WrongType {
                attribute: Excerpt::of(name),
                found,
                expected,
            }
        );
    }
    for line in [
        r#"{"specversion":"1.0","id":1,"source":"/a","type":"T"}"#,
        r#"{"specversion":"1.0","id":"1","source":{},"type":"T"}"#,
    ] {
        assert!(matches!(refusal(line), Reason::WrongType { .. }), "{line}");
    }
}

#[test]
fn empty_and_overlong_names_are_refused() {
    let line = |id: &str, source: &str, kind: &str, subject: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"{source}","type":"{kind}","subject":"{subject}"}}"#
        )
    };
    for (attribute, empty) in [
        ("id", line("", "/a", "T", "s")),
        ("source", line("1", "", "T", "s")),
        ("type", line("1", "/a", "", "s")),
        ("subject", line("1", "/a", "T", "")),
    ] {
        assert_eq!(refusal(&empty), Reason::Empty { attribute });
    }
    let long = |length| "é".repeat(length);
    let source = format!("/{}", long(1_024));
    assert!(read(&line(&long(1_024), &source, &long(1_024), &long(1_024))).is_ok());
    for (attribute, overlong) in [
        ("id", line(&long(1_025), "/a", "T", "s")),
        ("type", line("1", "/a", &long(1_025), "s")),
    ] {
        let (length, most) = (1_025, 1_024);
        assert_eq!(
            refusal(&overlong),
            Reason::TooMany {
                attribute,
                length,
                most,
            }
        );
    }
    assert!(matches!(
        refusal(&line("1", &long(1_025), "T", "s")),
        Reason::Stream(_)
    ));
    assert!(matches!(
        refusal(&line("1", "/a", "T", &long(1_025))),
        Reason::Stream(_)
    ));
}

#[test]
fn a_time_that_is_none_is_refused() {
    for found in ["", "2026-01-05", "yesterday", "2026-02-30T00:00:00Z"] {
        let members = format!("\"time\":\"{found}\"");
        let found = Excerpt::of(found);
        assert_eq!(refusal_with(&members), Reason::Time { found });
    }
}

#[test]
fn numbers_outside_their_range_are_refused() {
    for (attribute, value) in [
        ("streamversion", "0"),
        ("streamversion", "18446744073709551616"),
        ("schemaversion", "4294967296"),
        ("position", "0"),
        ("position", "18446744073709551616"),
    ] {
        let reason = refusal_with(&format!("\"{attribute}\":{value}"));
        let Reason::OutOfRange {
            attribute: named,
            found,
            ..
        } = reason
        else {
            panic!("{attribute} {value}: {reason:?}");
        };
        assert_eq!(named, attribute);
        assert_eq!(found, Excerpt::of(value.trim_matches('"')));
    }
}

#[test]
fn two_payloads_are_refused() {
    let members = r#""data":{},"data_base64":"AA==""#;
    assert_eq!(refusal_with(members), Reason::TwoPayloads);
}

#[test]
fn a_text_with_half_a_character_is_refused() {
    let reason = refusal_with(r#""subject":"\ud800""#);
    let Reason::Unreadable { attribute, .. } = reason else {
        panic!("{reason:?}");
    };
    assert_eq!(attribute, Excerpt::of("subject"));
}

#[test]
fn a_number_that_an_extension_cannot_keep_is_refused_and_one_in_a_payload_is_kept() {
    let number = "100000000000000000001";
    assert_eq!(
        refusal_with(&format!("\"trace\":{number}")),
        Reason::Inexact {
            attribute: Excerpt::of("trace")
        }
    );
    assert_eq!(with(&format!("\"data\":{number}")).data.as_str(), number);
}
