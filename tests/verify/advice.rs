//! What a finding advises, followed to its end: damage, export, reset, import. Afterwards the store is
//! whole, and holds what the advice promises.

use std::convert::Infallible;
use std::ops::ControlFlow;

use eventloom::archive::{Exporter, Reason, Refused, Summary, write_event};
use eventloom::core::{JsonText, Position, RecordedEvent, StreamHead, StreamId, Version};
use eventloom::store::verify::Fold;
use eventloom::store::{
    EventStore, Finding, Held, ImportStore, InspectStore, MemoryStore, Snapshot, SnapshotStore,
    Verification, verify,
};
use pollster::block_on;

use super::files::Planned;
use super::support::{TIME, stream};
use super::{REBUILD, RESTORE, Records, ada, files, two_streams};

/// What is there, as a file.
fn export(records: &Records) -> String {
    exported(records).0
}

fn exported(records: &Records) -> (String, Summary) {
    let mut exporter = Exporter::new();
    for record in &records.log {
        match record.clone() {
            Ok(event) => exporter.event(&event),
            Err(damaged) => exporter.damaged(damaged.stream, damaged.version, damaged.position),
        }
    }
    for head in records.heads.iter().flatten() {
        exporter.head(&head.stream, head.version);
    }
    exporter.text()
}

/// A store that was reset, six positions having been given, and into which a file was imported.
fn imported(file: &str) -> Result<MemoryStore, Refused> {
    let store = MemoryStore::new();
    import(&store, file)?;
    assert_eq!(check(&store).findings, []);
    Ok(store)
}

/// Imports a file as the page does: planned against all that the store holds.
fn import(store: &MemoryStore, file: &str) -> Result<Planned, Refused> {
    let lines = files::lines([file.as_bytes()])?;
    let next = block_on(store.next_position()).unwrap().place;
    let next = next.max(Position(7));
    let planned = files::plan_from(next, &lying(store), &lines, TIME, |_| Ok(()))?;
    let events = [&planned.events[..], &planned.fills].concat();
    let go_on = |_| ControlFlow::Continue(());
    block_on(store.import(planned.after, None, &events, go_on)).unwrap();
    Ok(planned)
}

/// What a store holds, its holes too.
fn lying(store: &MemoryStore) -> Vec<RecordedEvent> {
    let mut events = Vec::new();
    let look = store.inspect(|held| {
        if let Held::Event { event, .. } = held {
            events.push(event.unwrap().clone());
        }
        ControlFlow::Continue(())
    });
    block_on(look).unwrap();
    events
}

fn check(store: &MemoryStore) -> Verification {
    let go_on = |_| ControlFlow::Continue(());
    block_on(verify(
        store,
        |_| Ok(()),
        |_: &Snapshot| None::<Infallible>,
        go_on,
    ))
    .unwrap()
}

fn held(store: &MemoryStore) -> Vec<RecordedEvent> {
    block_on(store.read_all(Position::START, 100, None))
        .unwrap()
        .items
}

fn log(records: &Records) -> Vec<RecordedEvent> {
    let log = records.log.iter();
    log.map(|event| event.clone().unwrap()).collect()
}

/// The lines of a file, to be edited as a person would.
fn lines(file: &str) -> Vec<String> {
    file.lines().map(|line| format!("{line}\n")).collect()
}

/// Deletes `"streamversion"` from a line.
fn without_version(line: &str) -> String {
    let (before, rest) = line.split_once(r#""streamversion":"#).unwrap();
    let (_, after) = rest.split_once(',').unwrap();
    format!("{before}{after}")
}

/// Whether every finding gives this advice.
#[track_caller]
fn advised(records: &Records, advice: &str) {
    let findings = records.findings();
    assert!(!findings.is_empty());
    for finding in findings {
        let words = finding.to_string();
        assert!(words.contains(advice), "{words}");
    }
}

/// Of `whole`, the first four events were exported before; then this was done to one of them.
#[track_caller]
fn restores(what: &str, damage: impl FnOnce(&mut Records)) {
    let whole = two_streams();
    let mut earlier = whole.clone();
    earlier.log.truncate(4);
    earlier.heads.clear();
    let mut records = whole.clone();
    damage(&mut records);
    advised(&records, RESTORE);
    let both = export(&earlier) + &export(&records);
    let store = imported(&both).unwrap_or_else(|refused| panic!("{what}: {refused}"));
    assert_eq!(held(&store), log(&whole), "{what}");
}

#[test]
fn a_damaged_or_missing_event_comes_back_from_an_export_made_before() {
    for index in 0..4 {
        restores("damaged", |records| {
            records.damage(index, |_| {});
        });
        restores("of a stream that can't be told", |records| {
            records.damage(index, |damaged| damaged.stream = None);
        });
        restores("gone", |records| drop(records.log.remove(index)));
    }
    restores("two at once", |records| {
        records.damage(0, |_| {});
        drop(records.log.remove(2));
    });
}

#[test]
fn the_end_of_a_stream_or_all_of_it_comes_back_from_an_export_made_before() {
    let whole = two_streams();
    let mut records = whole.clone();
    // Ada's last event, and both of Ben's.
    records.log.retain(|event| {
        let event = event.as_ref().unwrap();
        event.stream == ada() && event.version < Version(4)
    });
    advised(&records, RESTORE);
    let store = imported(&(export(&whole) + &export(&records))).unwrap();
    assert_eq!(held(&store), log(&whole));
}

/// Of `two_streams`, whose export is kept, this is damaged. What comes out goes in, with so many holes in
/// the places of what is missing; the kept export fills them.
#[track_caller]
fn goes_out_and_in(what: &str, holes: usize, damage: impl FnOnce(&mut Records)) {
    let whole = two_streams();
    let mut records = whole.clone();
    damage(&mut records);
    advised(&records, RESTORE);
    let (file, summary) = exported(&records);
    assert_eq!(
        (summary.missing, summary.untold),
        (holes as u64, 0),
        "{what}"
    );
    let store = MemoryStore::new();
    let planned = import(&store, &file).unwrap_or_else(|refused| panic!("{what}: {refused}"));
    assert_eq!(
        (planned.holes, planned.fills.len()),
        (holes as u64, 0),
        "{what}"
    );
    let findings = check(&store).findings;
    assert_eq!(findings.len(), holes, "{what}");
    for finding in findings {
        assert!(matches!(finding, Finding::Hole(_)), "{what}: {finding}");
        let words = finding.to_string();
        assert!(words.contains("Import a file that has the event, which fills the hole"));
    }
    let places = |events: &[RecordedEvent]| -> Vec<(StreamId, Version, Position)> {
        let place = |event: &RecordedEvent| (event.stream.clone(), event.version, event.position);
        events.iter().map(place).collect()
    };
    assert_eq!(places(&lying(&store)), places(&log(&whole)), "{what}");

    let before = block_on(store.last_position()).unwrap().history;
    let planned = import(&store, &export(&whole)).unwrap();
    assert_eq!(
        (planned.fills.len(), planned.events.len()),
        (holes, 0),
        "{what}"
    );
    assert_eq!(check(&store).findings, [], "{what}");
    assert_eq!(held(&store), log(&whole), "{what}");
    assert_ne!(block_on(store.last_position()).unwrap().history, before);
}

#[test]
fn what_is_damaged_goes_out_and_in_as_holes_which_a_whole_export_fills() {
    for index in 0..6 {
        goes_out_and_in("damaged", 1, |records| drop(records.damage(index, |_| {})));
        goes_out_and_in("of a stream that can't be told", 1, |records| {
            records.damage(index, |damaged| {
                damaged.stream = None;
                damaged.version = Version::NONE;
                damaged.position = Position::START;
            });
        });
        goes_out_and_in("of a stream that never was", 1, |records| {
            records.damage(index, |damaged| {
                damaged.stream = Some(stream("account", "abe"));
                damaged.version = Version(3);
            });
        });
        goes_out_and_in("gone", 1, |records| drop(records.log.remove(index)));
    }
    goes_out_and_in("all but one", 5, |records| {
        for index in [0, 1, 2, 4, 5] {
            records.damage(index, |_| {});
        }
    });
    goes_out_and_in(
        "a page that lies before its segment's events",
        2,
        |records| {
            let lost = records.damage(1, |damaged| {
                damaged.stream = None;
                damaged.position = Position::START;
            });
            assert!(matches!(lost, Finding::Damaged(_)));
            drop(records.log.remove(4));
        },
    );
}

#[test]
fn what_nothing_shows_is_told_by_count() {
    let mut records = two_streams();
    records.damage(5, |damaged| damaged.stream = None);
    records.heads[0].as_mut().unwrap().version = Version(3);
    let (file, summary) = exported(&records);
    assert_eq!((summary.events, summary.missing, summary.untold), (5, 0, 1));
    assert_eq!(held(&imported(&file).unwrap()).len(), 5);
}

#[test]
fn a_store_with_holes_goes_out_and_in_as_it_is() {
    let mut records = two_streams();
    records.damage(2, |_| {});
    let (file, _) = exported(&records);
    let store = MemoryStore::new();
    import(&store, &file).unwrap();
    let mut again = Exporter::new();
    lying(&store).iter().for_each(|event| again.event(event));
    let (text, summary) = again.text();
    assert_eq!(text, file);
    assert_eq!((summary.events, summary.holes, summary.missing), (5, 1, 0));
    // What is there is skipped, the hole too.
    let planned = import(&store, &file).unwrap();
    assert_eq!((planned.events.len(), planned.skipped), (0, 6));
}

#[test]
fn a_file_of_an_earlier_release_is_refused_with_what_it_lacks_and_taken_with_holes() {
    let whole = two_streams();
    for (index, is_amid) in [(0, true), (2, true), (3, true), (4, false), (5, false)] {
        let mut file = lines(&export(&whole));
        drop(file.remove(index));
        let file = file.concat();
        let store = MemoryStore::new();
        match import(&store, &file) {
            Ok(planned) => {
                assert!(!is_amid, "{index}");
                assert_eq!(planned.events.len(), 5);
            }
            Err(refused) => {
                assert!(is_amid, "{index}");
                let Reason::Gap { holes, .. } = refused.reason else {
                    panic!("{refused}");
                };
                assert_eq!(holes, Some(1));
                let lines = files::lines([file.as_bytes()]).unwrap();
                let planned = files::plan_with_holes(Position(7), &[], &lines, TIME).unwrap();
                assert_eq!(planned.holes, 1);
                let mut expected = log(&whole);
                let gone = &expected[index];
                let place = (gone.version, gone.position);
                expected[index] = RecordedEvent::hole(gone.stream.clone(), place.0, place.1);
                assert_eq!(planned.events, expected);
            }
        }
    }
}

#[test]
fn a_version_that_comes_too_late_is_put_in_order_by_hand() {
    let whole = two_streams();
    let mut records = whole.clone();
    records.log.swap(2, 3);
    let findings = records.findings();
    let advice = "put the lines of this stream in order and delete \"streamversion\" from them";
    let late = findings.iter().map(ToString::to_string);
    assert!(late.into_iter().any(|words| words.contains(advice)));
    let mut file = lines(&export(&records));
    file.swap(2, 3);
    for line in &mut file {
        if line.contains(r#""subject":"ada""#) {
            *line = without_version(line);
        }
    }
    assert_eq!(held(&imported(&file.concat()).unwrap()), log(&whole));
}

#[test]
fn a_version_that_is_there_twice_is_numbered_anew() {
    let mut records = two_streams();
    records.event(5).version = Version(3);
    records.heads[0].as_mut().unwrap().version = Version(3);
    assert!(imported(&export(&records)).is_err());
    let file: String = lines(&export(&records))
        .iter()
        .map(|line| match line.contains(r#""subject":"ada""#) {
            true => without_version(line),
            false => line.clone(),
        })
        .collect();
    assert_eq!(held(&imported(&file).unwrap()), log(&two_streams()));
}

#[test]
fn positions_that_do_not_grow_are_given_anew() {
    let mut records = two_streams();
    records.event(4).position = Position(4);
    advised(&records, REBUILD);
    let store = imported(&export(&records)).unwrap();
    let places: Vec<u64> = held(&store).iter().map(|event| event.position.0).collect();
    assert_eq!(places, [7, 8, 9, 10, 11, 12]);
}

#[test]
fn of_a_fact_that_was_recorded_twice_the_later_one_is_taken_out() {
    let mut records = two_streams();
    // Ada 2 once more as Ada 3.
    let twice = records.event(2).clone();
    records.event(3).event_id = twice.event_id;
    records.event(3).data = twice.data;
    assert!(matches!(
        &records.findings()[..],
        [Finding::RepeatedId { .. }]
    ));
    let exported = export(&records);
    assert!(imported(&exported).is_err());
    let mut file = lines(&exported);
    drop(file.remove(3));
    assert!(imported(&file.concat()).is_err());
    // Behind it only Ada 4 is of this stream.
    file[4] = without_version(&file[4]);
    let versions: Vec<Version> = held(&imported(&file.concat()).unwrap())
        .iter()
        .filter(|event| event.stream == ada())
        .map(|event| event.version)
        .collect();
    assert_eq!(versions, [1, 2, 3].map(Version));
}

#[test]
fn heads_are_made_anew() {
    let whole = two_streams();
    let damages: [fn(&mut Records); 2] = [
        |records| drop(records.heads.remove(0)),
        |records| records.heads[0].as_mut().unwrap().version = Version(2),
    ];
    for damage in damages {
        let mut records = whole.clone();
        damage(&mut records);
        advised(&records, REBUILD);
        let store = imported(&export(&records)).unwrap();
        assert_eq!(held(&store), log(&whole));
        let heads = block_on(store.streams(None, 9, None)).unwrap().items;
        let head = |id, version| StreamHead {
            stream: stream("account", id),
            version: Version(version),
        };
        assert_eq!(heads, [head("ada", 4), head("ben", 2)]);
    }
}

/// How many events were folded.
struct Count(u64);

impl Fold for Count {
    fn fold(&mut self, _: &RecordedEvent) -> Result<(), String> {
        self.0 += 1;
        Ok(())
    }

    fn state(&self) -> Option<JsonText> {
        JsonText::of(&self.0).ok()
    }
}

#[test]
fn a_snapshot_that_misleads_is_left_out_by_an_export() {
    let store = imported(&export(&two_streams())).unwrap();
    let last = held(&store).pop().unwrap();
    let state = JsonText::of(&7).unwrap();
    let snapshot = Snapshot {
        stream: ada(),
        version: last.version,
        event_id: last.event_id,
        schema: 1,
        state,
    };
    block_on(store.keep_snapshot(snapshot)).unwrap();
    let go_on = |_| ControlFlow::Continue(());
    let checked = |store: &MemoryStore| {
        block_on(verify(
            store,
            |_| Ok(()),
            |_: &Snapshot| Some(Count(0)),
            go_on,
        ))
        .unwrap()
    };
    let found = checked(&store).findings;
    assert!(matches!(&found[..], [Finding::SnapshotDiffers(_)]));
    assert!(found[0].to_string().contains(REBUILD));
    let mut file = String::new();
    let events = held(&store);
    events
        .iter()
        .for_each(|event| write_event(event, &mut file));
    block_on(store.reset(&[])).unwrap();
    let lines = files::lines([file.as_bytes()]).unwrap();
    let planned = files::plan_from(Position(7), &[], &lines, TIME, |_| Ok(())).unwrap();
    block_on(store.import(planned.after, None, &planned.events, |_| {
        ControlFlow::Continue(())
    }))
    .unwrap();
    assert_eq!(held(&store), events);
    assert_eq!(checked(&store).findings, []);
}
