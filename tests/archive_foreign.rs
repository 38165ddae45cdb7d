//! Attributes and sources of logs that others wrote: names that happen to be ours, capitals, slashes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/files.rs"]
mod files;

use eventloom::archive::{Line, Refused, write_event};
use eventloom::core::{RecordedEvent, Timestamp};
use eventloom::model::Registry;
use files::Planned;

const NOW: Timestamp = Timestamp::from_millis(1_767_603_602_000);

fn line(id: &str, source: &str, members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"{source}","type":"Noted","subject":"s","time":"2026-02-03T08:00:00.000Z","data":{{}}{comma}{members}}}"#
    )
}

fn read(lines: &[String]) -> Vec<Line> {
    files::lines([lines.join("\n").as_bytes()]).unwrap()
}

/// Plans a file as the page does: with the models that ship.
fn plan(held: &[RecordedEvent], lines: &[String]) -> Result<Planned, Refused> {
    let registry = Registry::shipped();
    files::plan(held, &read(lines), NOW, |event| {
        registry.check(event).map_err(|error| error.to_string())
    })
}

fn exported(events: &[RecordedEvent]) -> Vec<String> {
    let mut out = String::new();
    events.iter().for_each(|event| write_event(event, &mut out));
    out.lines().map(str::to_owned).collect()
}

fn streams(planned: &Planned) -> Vec<String> {
    let events = planned.events.iter();
    events.map(|event| event.stream.to_string()).collect()
}

// --- names that are ours ----------------------------------------------------------------------

#[test]
fn what_has_one_of_our_names_and_another_type_is_somebody_else_s_and_given_back() {
    for (name, value) in [
        ("schemaversion", r#""1.0""#),
        ("schemaversion", "2.5"),
        ("streamversion", r#""one""#),
        ("streamversion", "-4"),
        ("position", r#""left""#),
        ("position", "true"),
        ("actor", "7"),
        ("actor", r#"{"name":"Ada"}"#),
        ("correlationid", "12"),
        ("causationid", "[1]"),
    ] {
        let member = format!(r#""{name}":{value}"#);
        let planned = plan(&[], &[line("a", "/deck", &member), line("b", "/deck", "")]).unwrap();
        let event = &planned.events[0];
        assert_eq!(
            (event.schema_version, event.version.0, event.position.0),
            (1, 1, 1)
        );
        assert_eq!(event.metadata.actor, None);
        let first = exported(&planned.events);
        assert_eq!(
            first[0].matches(&format!(r#""{name}":"#)).count(),
            1,
            "{}",
            first[0]
        );
        assert!(first[0].contains(&member), "{}", first[0]);
        let again = plan(&[], &first).unwrap();
        assert_eq!(exported(&again.events), first);
        assert_eq!(plan(&planned.events, &first).unwrap().skipped, 2);
    }
}

#[test]
fn positions_of_a_file_stay_where_one_line_has_somebody_else_s() {
    let place =
        |version: u64, position: u64| format!(r#""streamversion":{version},"position":{position}"#);
    let lines = [
        line("a", "/deck", &place(1, 3)),
        line("b", "/deck", r#""position":"left""#),
        line("c", "/deck", &place(3, 9)),
    ];
    let planned = plan(&[], &lines).unwrap();
    let positions: Vec<u64> = planned
        .events
        .iter()
        .map(|event| event.position.0)
        .collect();
    assert_eq!(positions, [3, 4, 9]);
}

#[test]
fn in_a_source_of_a_model_that_ships_such_an_attribute_is_refused_by_its_name() {
    let opened = line("a", "/bank_account", r#""schemaversion":"1.0""#)
        .replace("Noted", "AccountOpened")
        .replace(r#""data":{}"#, r#""data":{"owner":"Ada","currency":"EUR"}"#);
    let refused = plan(&[], std::slice::from_ref(&opened))
        .err()
        .unwrap()
        .to_string();
    assert!(
        refused.starts_with("line 1: ") && refused.contains("schemaversion"),
        "{refused}"
    );
    let ours = opened.replace(r#""schemaversion":"1.0""#, r#""schemaversion":1"#);
    assert!(plan(&[], &[ours]).is_ok());
}

// --- capitals ---------------------------------------------------------------------------------

#[test]
fn names_with_other_capitals_are_counted_by_line() {
    let lines = [
        line("a", "/deck", r#""Subject":"x","TYPE":"y""#),
        line("b", "/deck", r#""Subject":"z","Actor":"w","trace-id":"t""#),
    ];
    let planned = plan(&[], &lines).unwrap();
    assert_eq!(
        planned.capitals,
        [
            r#"2 lines have "Subject" where CloudEvents has "subject""#,
            r#"1 line has "TYPE" where CloudEvents has "type""#,
        ]
    );
    assert_eq!(streams(&planned), ["deck/s", "deck/s"]);
}

// --- slashes ----------------------------------------------------------------------------------

#[test]
fn two_sources_that_differ_by_a_slash_are_two_aggregate_types() {
    for (first, second, named) in [
        ("deck", "/deck", "deck (source /deck)/s"),
        ("/deck", "deck", "deck (source deck)/s"),
    ] {
        let lines = [
            line("a", first, ""),
            line("b", second, ""),
            line("c", first, ""),
        ];
        let planned = plan(&[], &lines).unwrap();
        assert_eq!(streams(&planned), ["deck/s", named, "deck/s"]);
        let out = exported(&planned.events);
        for (line, source) in out.iter().zip([first, second, first]) {
            assert!(line.contains(&format!(r#""source":"{source}","#)), "{line}");
        }
        // The export comes in the same, and is known.
        let again = plan(&[], &out).unwrap();
        assert_eq!(streams(&again), streams(&planned));
        assert_eq!(exported(&again.events), out);
        assert_eq!(plan(&planned.events, &out).unwrap().skipped, 3);
    }
}

#[test]
fn a_stream_that_held_both_before_they_were_told_apart_stays_whole() {
    let place = |at: u64| format!(r#""streamversion":{at},"position":{at}"#);
    for (first, second) in [("deck", "/deck"), ("/deck", "deck")] {
        let lines = [first, second, second, first].map(|source| source.to_owned());
        let lines: Vec<String> = (1..)
            .zip(lines)
            .map(|(at, source)| line(&format!("n{at}"), &source, &place(at)))
            .collect();
        let planned = plan(&[], &lines).unwrap();
        assert_eq!(streams(&planned), ["deck/s"; 4]);
        let out = exported(&planned.events);
        assert_eq!(exported(&plan(&[], &out).unwrap().events), out);
        assert_eq!(plan(&planned.events, &out).unwrap().skipped, 4);
    }
}

#[test]
fn what_the_store_holds_came_first() {
    let held = plan(&[], &[line("a", "/deck", "")]).unwrap().events;
    let planned = plan(&held, &[line("b", "deck", ""), line("c", "/deck", "")]).unwrap();
    assert_eq!(streams(&planned), ["deck (source deck)/s", "deck/s"]);
}

#[test]
fn a_source_of_a_model_is_one_with_a_slash_and_without() {
    let opened = |id: &str, source: &str, subject: &str| {
        line(id, source, "")
            .replace("Noted", "AccountOpened")
            .replace(r#""subject":"s""#, &format!(r#""subject":"{subject}""#))
            .replace(r#""data":{}"#, r#""data":{"owner":"Ada","currency":"EUR"}"#)
    };
    let lines = [
        opened("a", "bank_account", "x"),
        opened("b", "/bank_account", "y"),
    ];
    let planned = plan(&[], &lines).unwrap();
    assert_eq!(streams(&planned), ["bank_account/x", "bank_account/y"]);
}
