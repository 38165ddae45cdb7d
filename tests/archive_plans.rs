//! What an import would add to a store, and what makes it refuse: ids, versions and positions of
//! a file against those that are there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/files.rs"]
mod files;

use eventloom::archive::{
    Difference, Excerpt, Holder, Line, MAX_POSITION, Planner, Reason, Refused, write_event,
};
use eventloom::core::{Position, RecordedEvent, Timestamp, Version};
use files::Planned;

const NOW: Timestamp = Timestamp::from_millis(1_767_603_602_000);

/// An event of the stream `shop/s`, with members besides.
fn event(id: &str, members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"/shop","type":"T","subject":"s"{comma}{members}}}"#
    )
}

fn read(lines: &[String]) -> Vec<Line> {
    files::lines([lines.join("\n").as_bytes()]).unwrap()
}

/// Plans a file for a store that holds these events already.
fn plan(held: &[RecordedEvent], lines: &[String]) -> Result<Planned, Refused> {
    files::plan(held, &read(lines), NOW, |_| Ok(()))
}

#[track_caller]
fn held(lines: &[String]) -> Vec<RecordedEvent> {
    plan(&[], lines).unwrap().events
}

fn versions(plan: &Planned) -> Vec<u64> {
    plan.events.iter().map(|event| event.version.0).collect()
}

fn positions(plan: &Planned) -> Vec<u64> {
    plan.events.iter().map(|event| event.position.0).collect()
}

#[track_caller]
fn refused(held: &[RecordedEvent], lines: &[String]) -> (u64, Reason) {
    let refused = plan(held, lines).unwrap_err();
    (refused.line, refused.reason)
}

#[test]
fn without_versions_and_positions_the_order_in_the_file_gives_them() {
    let other = event("b", "").replace("\"s\"", "\"other\"");
    let plan = plan(&[], &[event("a", ""), other, event("c", "")]).unwrap();
    assert_eq!(versions(&plan), [1, 1, 2]);
    assert_eq!(positions(&plan), [1, 2, 3]);
    assert_eq!((plan.after, plan.skipped), (Position::START, 0));
}

#[test]
fn a_stream_that_is_there_goes_on_after_its_head_and_the_store_after_its_last_position() {
    let mut there = held(&[event("a", ""), event("b", "")]);
    there[1].position = Position(40);
    let lines = [
        event("c", r#""streamversion":3,"position":99"#),
        event("d", ""),
    ];
    let plan = plan(&there, &lines).unwrap();
    assert_eq!(plan.after, Position(40));
    assert_eq!(versions(&plan), [3, 4]);
    assert_eq!(positions(&plan), [41, 42]);
}

#[test]
fn an_empty_store_keeps_positions_only_when_all_are_there_and_increase() {
    let file = |given: [&str; 3]| {
        let ids = ["a", "b", "c"];
        let lines: Vec<String> = (0..3).map(|i| event(ids[i], given[i])).collect();
        positions(&plan(&[], &lines).unwrap())
    };
    let [three, nine] = [r#""position":3"#, r#""position":9"#];
    assert_eq!(
        file([three, nine, r#""position":"2147483648""#]),
        [3, 9, 2_147_483_648]
    );
    assert_eq!(file([three, nine, nine]), [1, 2, 3]);
    assert_eq!(file([nine, three, ""]), [1, 2, 3]);
    assert_eq!(file([three, nine, ""]), [1, 2, 3]);
}

#[test]
fn a_line_that_says_an_earlier_one_again_is_skipped_and_positions_hold_nonetheless() {
    let again = event("a", r#""position":5"#);
    let lines = [again.clone(), event("b", r#""position":7"#), again];
    let plan = plan(&[], &lines).unwrap();
    assert_eq!((positions(&plan), plan.skipped), (vec![5, 7], 1));
}

#[test]
fn events_that_are_there_are_skipped_and_only_new_ones_count_as_stamped() {
    let there = held(&[event("a", ""), event("b", "")]);
    let plan = plan(&there, &[event("a", ""), event("b", ""), event("c", "")]).unwrap();
    assert_eq!((plan.skipped, plan.stamped_with_import_time), (2, 1));
    assert_eq!(plan.events[0].timestamp, NOW);
    assert_eq!(versions(&plan), [3]);
}

#[test]
fn content_is_the_same_whatever_spelling_correlation_and_finer_time() {
    let time = r#""time":"2026-01-05T09:00:02.0001Z""#;
    let there = held(&[event("a", &format!(r#"{time},"data":{{"x":1,"y":[2]}}"#))]);
    for members in [
        r#""time":"2026-01-05T10:00:02.0009+01:00","data":{"y":[2.0],"x":1}"#,
        r#""data":{"x":1,"y":[2]},"streamversion":1,"schemaversion":1"#,
        r#""data":{"x":1,"y":[2]},"correlationid":"z","actor":"z","trace":"z","position":9"#,
    ] {
        let plan = plan(&there, &[event("a", members)]).unwrap();
        assert_eq!((plan.skipped, plan.events.len()), (1, 0), "{members}");
    }
}

#[test]
fn an_id_that_its_stream_holds_with_other_content_is_refused_wherever_that_event_is() {
    let base = r#""time":"2026-01-05T09:00:02Z","data":{"x":1}"#;
    let id = "827e163d-f166-57a5-bfea-fcac65b1b25e";
    let first = event(id, base);
    let there = held(std::slice::from_ref(&first));
    for (other, difference) in [
        (first.replace("\"T\"", "\"U\""), Difference::Type),
        (
            event(id, &format!("{base},\"schemaversion\":2")),
            Difference::SchemaVersion,
        ),
        (first.replace("{\"x\":1}", "{\"x\":2}"), Difference::Data),
        (
            first.replace("\"data\":{\"x\":1}", "\"data_base64\":\"AA==\""),
            Difference::Data,
        ),
        (first.replace("02Z", "02.001Z"), Difference::Time),
        (
            event(id, &format!("{base},\"streamversion\":2")),
            Difference::StreamVersion,
        ),
    ] {
        let reused = |holder| Reason::IdReused {
            id: Excerpt::of(id),
            holder,
            difference,
        };
        let store = refused(&there, &[event("z", ""), other.clone()]);
        assert_eq!(store, (2, reused(Holder::Store)), "{other}");
        let file = refused(&[], &[first.clone(), event("z", ""), other.clone()]);
        assert_eq!(file, (3, reused(Holder::Line(1))), "{other}");
    }
}

#[test]
fn one_id_in_several_streams_is_an_event_in_each_and_such_ids_are_counted() {
    let id = "827e163d-f166-57a5-bfea-fcac65b1b25e";
    let of = |subject: &str| event(id, "").replace("\"s\"", &format!("\"{subject}\""));
    let alone = event("b", "");
    let lines = [of("s"), alone.clone(), of("t"), of("u")];
    let planned = plan(&[], &lines).unwrap();
    assert_eq!((versions(&planned), planned.skipped), (vec![1, 2, 1, 1], 0));
    assert_eq!(planned.shared_ids, 1);
    // Each is known again, in its own stream.
    let again = plan(&planned.events, &lines).unwrap();
    assert_eq!((again.events.len(), again.skipped), (0, 4));
    assert_eq!(again.shared_ids, 0);
    // The store's count as well, and an id once, however many streams a file adds.
    let there = held(&[of("s"), alone]);
    let planned = plan(&there, &[of("s"), of("t"), of("u"), event("c", "")]).unwrap();
    assert_eq!((planned.events.len(), planned.skipped), (3, 1));
    assert_eq!(planned.shared_ids, 1);
    let both = held(&[of("s"), of("t")]);
    assert_eq!(plan(&both, &[of("u")]).unwrap().shared_ids, 1);
    // In one stream it stays one event, also of those that came later.
    let clash = of("t").replace("\"T\"", "\"U\"");
    let (line, reason) = refused(&both, &[clash]);
    let difference = Difference::Type;
    assert!(matches!(reason, Reason::IdReused { difference: d, .. } if d == difference));
    assert_eq!(line, 1);
}

#[test]
fn an_id_that_thousands_of_streams_have_is_counted_once() {
    let lines: Vec<String> = (0..5_000)
        .map(|n| event("1", "").replace("\"s\"", &format!("\"{n}\"")))
        .collect();
    let planned = plan(&[], &lines).unwrap();
    assert_eq!((planned.events.len(), planned.shared_ids), (5_000, 1));
    let again = plan(&planned.events, &lines).unwrap();
    assert_eq!(again.skipped, 5_000);
}

#[test]
fn an_emptied_store_gives_no_position_twice_unless_the_file_brings_its_own() {
    let lines = [event("a", ""), event("b", "")];
    let from = |next, held: &[RecordedEvent], lines: &[String]| {
        let planned = files::plan_from(Position(next), held, &read(lines), NOW, |_| Ok(()));
        positions(&planned.unwrap())
    };
    // Three were given before the reset.
    assert_eq!(from(4, &[], &lines), [4, 5]);
    let own = [event("a", r#""position":2"#), event("b", r#""position":3"#)];
    assert_eq!(from(4, &[], &own), [2, 3]);
    // A store that has lost its end: 8 is the last event, and 9 to 11 were given.
    let mut there = held(&lines);
    there[1].position = Position(8);
    assert_eq!(from(12, &there, &[event("c", "")]), [12]);
    // What it was shown counts as well, whatever it says.
    assert_eq!(from(1, &there, &[event("c", "")]), [9]);
}

#[test]
fn positions_beyond_those_that_leave_room_are_given_anew() {
    let file = |positions: [u64; 2]| {
        let line = |id, position| event(id, &format!(r#""position":"{position}""#));
        [line("a", positions[0]), line("b", positions[1])]
    };
    let most = MAX_POSITION.0;
    let planned = |lines: &[String]| positions(&plan(&[], lines).unwrap());
    assert_eq!(planned(&file([most - 1, most])), [most - 1, most]);
    // An event that is appended behind the highest that a file may keep is exported with a higher one.
    assert_eq!(planned(&file([most, most + 1])), [1, 2]);
    assert_eq!(planned(&file([u64::MAX - 1, u64::MAX])), [1, 2]);
}

#[test]
fn binary_payloads_are_content_too() {
    let lines = ["AA==", "AQ=="].map(|data| event("a", &format!("\"data_base64\":\"{data}\"")));
    let (line, reason) = refused(&[], &lines);
    assert!(matches!(
        reason,
        Reason::IdReused {
            difference: Difference::Data,
            ..
        }
    ));
    assert_eq!(line, 2);
}

#[test]
fn a_version_that_another_event_has_is_refused_at_the_later_line() {
    let taken = |version, head| Reason::VersionTaken {
        stream: Excerpt::of("shop/s"),
        version: Version(version),
        head: Version(head),
    };
    let first = event("a", r#""streamversion":1"#);
    let there = held(&[first.clone(), event("b", "")]);
    let clash = event("c", r#""streamversion":1"#);
    let store = refused(&there, &[first.clone(), clash.clone()]);
    assert_eq!(store, (2, taken(1, 2)));
    assert_eq!(refused(&[], &[first, clash]), (2, taken(1, 1)));
}

#[test]
fn an_event_that_no_import_would_take_after_an_export_is_refused_at_once() {
    const MOST: usize = 1 << 20;
    // Written as \b, a backspace has two bytes, and six when it is exported.
    let actor = |count: usize| event("a", &format!(r#""actor":"{}""#, r"\b".repeat(count)));
    let length_of = |count| {
        let mut exported = String::new();
        write_event(&held(&[actor(count)])[0], &mut exported);
        exported.len() - 1
    };
    // The greatest version and position take 50 digits more than the first, and what isn't set 100.
    let most = (MOST - length_of(0) - 200) / 6;
    assert!(length_of(most) <= MOST);
    let refused_line = |lines: &[String]| {
        let refused = files::lines([lines.join("\n").as_bytes()]).unwrap_err();
        (refused.line, refused.reason)
    };
    let (line, reason) = refused_line(&[event("z", ""), actor(most + 40)]);
    assert_eq!(line, 2);
    assert!(
        matches!(reason, Reason::TooLongExported { length, most } if length > MOST && most == MOST)
    );
    // One that is as long as a line may be has no room for what an export adds.
    let padding = |count: usize| event("a", &format!(r#""data":"{}""#, "x".repeat(count)));
    let fill = MOST - padding(0).len();
    let (line, reason) = refused_line(&[padding(fill)]);
    assert_eq!(line, 1);
    assert!(matches!(reason, Reason::TooLongExported { .. }));
}

#[test]
fn a_gap_in_the_versions_is_refused() {
    let gap = |expected, found| Reason::Gap {
        stream: Excerpt::of("shop/s"),
        expected: Version(expected),
        found: Version(found),
        holes: Some(found - expected),
    };
    let third = event("c", r#""streamversion":3"#);
    assert_eq!(refused(&[], std::slice::from_ref(&third)), (1, gap(1, 3)));
    assert_eq!(refused(&[], &[event("a", ""), third]), (2, gap(2, 3)));
}

#[test]
fn a_refused_gap_says_what_the_file_lacks_and_what_to_do() {
    let lacking = |version| {
        let last = event("c", &format!("\"streamversion\":{version}"));
        plan(&[], &[event("a", ""), last]).unwrap_err().to_string()
    };
    assert_eq!(
        lacking(3),
        "line 2: it is version 3 of \"shop/s\", where version 2 comes next: the file lacks version 2, \
         as an export of an earlier Eventloom does where a record was damaged. If an export made \
         before holds what is missing, put its lines in front of these; what is said twice is \
         skipped. It can also be imported with a hole in the place of the event that is missing"
    );
    let many = lacking(9);
    assert!(many.contains(": the file lacks versions 2 to 8, as"));
    assert!(many.ends_with("with 7 holes in the places of the events that are missing"));
}

#[test]
fn a_model_can_refuse_an_event_and_its_words_are_shown_in_bounds() {
    let file = read(&[event("a", ""), event("b", "")]);
    let refused = files::plan(&[], &file, NOW, |event| match event.version {
        Version(2) => Err("no such type ".repeat(100)),
        _ => Ok(()),
    })
    .unwrap_err();
    let text = refused.to_string();
    let begin = "line 2: it can't be an event of \"shop\": no such type no such";
    assert!(
        text.starts_with(begin) && text.chars().count() < 320,
        "{text}"
    );
}

#[test]
fn a_file_that_was_shortened_or_made_longer_meanwhile_is_not_placed_whole() {
    let lines = read(&[event("a", ""), event("b", "")]);
    let planner = Planner::new();
    let planned = || {
        let mut planning = planner.begin(NOW, Position(1));
        for line in &lines {
            planning.line(line.clone(), &mut |_| Ok(())).unwrap();
        }
        planning.finish().unwrap()
    };
    for (shown, is_placed) in [(0, false), (1, false), (2, true), (3, false)] {
        let mut plan = planned();
        let again = lines.iter().cycle().take(shown);
        again.for_each(|line| plan.place(line.clone(), &mut Vec::new()));
        assert_eq!(plan.is_placed(), is_placed, "{shown} lines");
    }
}

#[test]
fn a_skipped_event_is_not_asked_of_its_model() {
    let lines = [event("a", "")];
    let planned = files::plan(&held(&lines), &read(&lines), NOW, |_| Err("no".to_owned()));
    assert_eq!(planned.unwrap().skipped, 1);
}
