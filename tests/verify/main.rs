//! A check of a whole store: what is whole passes, and each kind of damage is found, by its place
//! and in words. Records are shown to the checker as a damaged store would show them.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod advice;
#[path = "../support/files.rs"]
mod files;
mod laws;
#[path = "../support/mod.rs"]
mod support;

use std::ops::ControlFlow;

use eventloom::core::{
    EventId, ExpectedVersion, Position, RecordedEvent, StreamHead, StreamId, Version,
};
use eventloom::store::conformance::Plain;
use eventloom::store::verify::{Checker, Place};
use eventloom::store::{Damaged, Finding, Held, InspectStore, MemoryStore, Verification};
use pollster::block_on;
use support::{foreign, stream};

/// What is advised where events are missing.
const RESTORE: &str = "If an export made before holds what is missing, export the store now, put the \
                       lines of the new export behind those of the old one in one file, reset the \
                       store, and import that file. If none does, export the store, reset it, and \
                       import the export: what is missing has holes in its place then, and all else is \
                       whole.";

/// How the advice begins where all events are there.
const REBUILD: &str = "If nothing is wrong with the events themselves, export the store, reset it, \
                       and import the export: ";

/// The records of a store, to be damaged.
#[derive(Clone, Debug, Default)]
struct Records {
    log: Vec<Result<RecordedEvent, Damaged>>,
    heads: Vec<Result<StreamHead, Damaged>>,
}

impl Records {
    /// Appends to one stream after another, as the indexes say.
    fn appended(streams: &[usize]) -> Records {
        let store = MemoryStore::new();
        let names = ["ada", "ben", "cyd"].map(|id| stream("account", id));
        let sealed = foreign(&names[0], &vec![("Noted", r#"{"n":1}"#); streams.len()]);
        for (&index, event) in streams.iter().zip(sealed) {
            let event = eventloom::core::NewEvent {
                event_id: event.event_id,
                event_type: event.event_type,
                schema_version: event.schema_version,
                data: event.data,
                timestamp: event.timestamp,
                metadata: event.metadata,
            };
            block_on(store.record(&names[index], ExpectedVersion::Any, &[event])).unwrap();
        }
        let mut records = Records::default();
        let all = store.inspect(|held| {
            match held {
                Held::Event { event, .. } => records.log.push(event.cloned()),
                Held::Head(head) => records.heads.push(head),
                Held::Snapshot(_) => {}
            }
            ControlFlow::Continue(())
        });
        block_on(all).unwrap();
        records
    }

    fn event(&mut self, index: usize) -> &mut RecordedEvent {
        self.log[index].as_mut().unwrap()
    }

    /// Makes a record unreadable. `says` is what can still be told of it.
    fn damage(&mut self, index: usize, says: impl FnOnce(&mut Damaged)) -> Finding {
        let event = self.event(index);
        let mut damaged = Damaged {
            stream: Some(event.stream.clone()),
            version: event.version,
            position: event.position,
            cause: "data is not a text".to_owned(),
        };
        says(&mut damaged);
        self.log[index] = Err(damaged.clone());
        Finding::Damaged(damaged)
    }

    fn checked(&self) -> Verification {
        self.checked_with(|_| Ok(()))
    }

    fn checked_with(&self, decodes: fn(&RecordedEvent) -> Result<(), String>) -> Verification {
        let mut checker = Checker::new();
        for record in &self.log {
            checker.event(record.as_ref().map_err(Clone::clone), false, decodes);
        }
        for head in &self.heads {
            checker.head(head.clone());
        }
        checker.finish()
    }

    fn findings(&self) -> Vec<Finding> {
        let verification = self.checked();
        assert_eq!(verification.more, 0);
        verification.findings
    }
}

/// Ada 1 at position 1, Ben 1 at 2, Ada 2 at 3, Ada 3 at 4, Ben 2 at 5, Ada 4 at 6.
fn two_streams() -> Records {
    Records::appended(&[0, 1, 0, 0, 1, 0])
}

fn ada() -> StreamId {
    stream("account", "ada")
}

fn place(stream: StreamId, version: u64, position: u64) -> Place {
    Place {
        stream,
        version: Version(version),
        position: Position(position),
    }
}

#[track_caller]
fn found(records: &Records, finding: Finding, words: &str) {
    assert_eq!(finding.to_string(), words);
    assert_eq!(records.findings(), [finding]);
}

#[test]
fn a_whole_store_passes() {
    let whole = Verification {
        events: 6,
        unchecked: 0,
        findings: vec![],
        more: 0,
    };
    assert_eq!(two_streams().checked(), whole);
    assert_eq!(Records::default().checked().events, 0);
}

#[test]
fn records_without_a_checksum_are_counted() {
    let mut checker = Checker::new();
    for (index, record) in two_streams().log.iter().enumerate() {
        checker.event(Ok(record.as_ref().unwrap()), index < 2, |_| Ok(()));
    }
    assert_eq!(checker.finish().unchecked, 2);
}

#[test]
fn a_damaged_record_is_found_once_wherever_it_stands() {
    for index in 0..6 {
        let mut records = two_streams();
        let finding = records.damage(index, |_| {});
        assert_eq!(records.findings(), [finding], "{index}");
    }
}

#[test]
fn a_damaged_record_is_found_once_whatever_it_says_of_itself() {
    for index in 0..6 {
        let mut records = two_streams();
        let first = records.damage(index, |damaged| damaged.stream = None);
        let other = (index + 1) % 6;
        let second = records.damage(other, |damaged| damaged.version = Version(9));
        let findings = records.findings();
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings.contains(&first) && findings.contains(&second));
    }
}

#[test]
fn a_damaged_record_is_told_by_its_place_as_far_as_that_can_be_told() {
    let mut records = two_streams();
    let finding = records.damage(3, |_| {});
    found(
        &records,
        finding,
        &format!(
            "The record at position 4 (account/ada version 3, as it says) is damaged: data is not a \
             text. {RESTORE}"
        ),
    );
    let mut records = two_streams();
    let finding = records.damage(3, |damaged| {
        damaged.stream = None;
        damaged.version = Version::NONE;
    });
    found(
        &records,
        finding,
        &format!(
            "The record at position 4 (of a stream that can't be told) is damaged: data is not a \
             text. {RESTORE}"
        ),
    );
}

#[test]
fn a_missing_version_is_a_gap() {
    let mut records = two_streams();
    drop(records.log.remove(2));
    let gap = |first, last, after, before| Finding::Gap {
        stream: ada(),
        first: Version(first),
        last: Version(last),
        after: Position(after),
        before: Position(before),
    };
    found(
        &records,
        gap(2, 2, 1, 4),
        &format!("account/ada lacks version 2, between positions 1 and 4. {RESTORE}"),
    );
    drop(records.log.remove(2));
    found(
        &records,
        gap(2, 3, 1, 6),
        &format!("account/ada lacks versions 2 to 3, between positions 1 and 6. {RESTORE}"),
    );
    drop(records.log.remove(0));
    found(
        &records,
        gap(1, 3, 0, 6),
        &format!("account/ada lacks versions 1 to 3, before position 6. {RESTORE}"),
    );
}

#[test]
fn a_missing_last_event_is_told_by_the_head() {
    let mut records = two_streams();
    drop(records.log.pop());
    found(
        &records,
        Finding::HeadWrong {
            place: place(ada(), 3, 4),
            head: Version(4),
        },
        &format!(
            "account/ada version 3 at position 4 is the last event of its stream, but the stream's \
             head says version 4. {RESTORE}"
        ),
    );
}

#[test]
fn a_version_that_comes_too_late_is_found() {
    let mut records = two_streams();
    records.event(5).version = Version(3);
    records.heads[0].as_mut().unwrap().version = Version(3);
    found(
        &records,
        Finding::VersionOutOfOrder {
            place: place(ada(), 3, 6),
            after: Version(3),
        },
        "account/ada version 3 at position 6 comes after version 3 of its stream. Export the \
         store, put the lines of this stream in order and delete \"streamversion\" from them, reset \
         the store, and import the file.",
    );
}

#[test]
fn a_position_that_does_not_grow_is_found() {
    let mut records = two_streams();
    records.event(4).position = Position(4);
    found(
        &records,
        Finding::PositionOutOfOrder {
            place: place(stream("account", "ben"), 2, 4),
            after: Position(4),
        },
        &format!(
            "account/ben version 2 at position 4 comes after position 4 in the log, and positions \
             must grow. {REBUILD}that gives positions anew."
        ),
    );
}

#[test]
fn an_id_that_a_stream_holds_twice_is_found_and_in_another_stream_it_is_another_event() {
    let mut records = two_streams();
    let other: EventId = records.event(1).event_id;
    records.event(5).event_id = other;
    assert_eq!(records.findings(), []);
    let id: EventId = records.event(2).event_id;
    records.event(5).event_id = id;
    found(
        &records,
        Finding::RepeatedId {
            place: place(ada(), 4, 6),
            event_id: id,
            first: Position(3),
        },
        &format!(
            "account/ada version 4 at position 6 has the id of the event of its stream at position \
             3, {id}: one fact was recorded twice. To take the later one out, export the store, \
             delete its line, and \"streamversion\" from the lines of this stream behind it, reset \
             the store, and import the file."
        ),
    );
}

#[test]
fn an_event_that_its_model_can_not_read_is_found() {
    let records = two_streams();
    let decodes = |event: &RecordedEvent| match event.position {
        Position(5) => Err("there is no amount".to_owned()),
        _ => Ok(()),
    };
    let finding = Finding::Undecodable {
        place: place(stream("account", "ben"), 2, 5),
        cause: "there is no amount".to_owned(),
    };
    assert_eq!(
        finding.to_string(),
        "account/ben version 2 at position 5 is not an event that its model can read: there is no \
         amount. Use the Eventloom that recorded it, or teach the model to read it."
    );
    assert_eq!(records.checked_with(decodes).findings, [finding]);
}

#[test]
fn a_stream_without_a_head_is_found() {
    let mut records = two_streams();
    drop(records.heads.remove(0));
    found(
        &records,
        Finding::HeadMissing {
            place: place(ada(), 4, 6),
        },
        &format!(
            "account/ada version 4 at position 6 is the last event of a stream that has no head. \
             {REBUILD}that makes every head anew."
        ),
    );
}

#[test]
fn a_head_that_is_behind_its_stream_is_found() {
    let mut records = two_streams();
    records.heads[0].as_mut().unwrap().version = Version(2);
    found(
        &records,
        Finding::HeadWrong {
            place: place(ada(), 4, 6),
            head: Version(2),
        },
        &format!(
            "account/ada version 4 at position 6 is the last event of its stream, but the stream's \
             head says version 2. {REBUILD}that makes every head anew."
        ),
    );
}

#[test]
fn a_head_without_events_is_found() {
    let mut records = two_streams();
    let extra = StreamHead {
        stream: stream("account", "dee"),
        version: Version(2),
    };
    records.heads.push(Ok(extra));
    found(
        &records,
        Finding::HeadExtra {
            stream: stream("account", "dee"),
            head: Version(2),
        },
        &format!(
            "account/dee has a head that says version 2, but the log has none of its events, at any \
             position. {RESTORE}"
        ),
    );
}

#[test]
fn a_damaged_head_is_found_once() {
    let mut records = two_streams();
    let damaged = Damaged {
        stream: Some(ada()),
        version: Version::NONE,
        position: Position::START,
        cause: "version is not a whole number".to_owned(),
    };
    records.heads[0] = Err(damaged.clone());
    found(
        &records,
        Finding::HeadDamaged(damaged),
        &format!(
            "The head of account/ada is damaged: version is not a whole number. {REBUILD}that makes \
             every head anew."
        ),
    );
}

#[test]
fn after_a_thousand_findings_the_rest_is_counted() {
    let mut records = Records::appended(&[0; 1_204]);
    for index in 0..1_204 {
        records.damage(index, |_| {});
    }
    let verification = records.checked();
    assert_eq!(
        (verification.findings.len(), verification.more),
        (1_000, 204)
    );
    assert_eq!(verification.events, 1_204);
}
