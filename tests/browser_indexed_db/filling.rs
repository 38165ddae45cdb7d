//! Filling holes: whatever the record that holds them, whoever looks, and in the second copy.

use std::ops::ControlFlow;
use std::pin::pin;

use eventloom::browser::{IndexedDbStore, read_set_aside};
use eventloom::core::{ExpectedVersion, Position, RecordedEvent, StreamId, Version};
use eventloom::store::conformance::{Plain, PlainImport, both};
use eventloom::store::{Durability, EventStore, StoreError};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::compact::polled;
use super::second_copy::{
    copied, deleted, end, in_files, journal_bytes, kept, open, reopened_after_loss,
    set_journal_bytes,
};
use super::support::{
    Ear, Spy, ada, change_event, delete, event, events, everything, fresh, fresh_name, js, meddle,
    recorded,
};
use super::verify::verified;

const GO_ON: fn(usize) -> ControlFlow<()> = |_| ControlFlow::Continue(());

fn hole(at: u64) -> RecordedEvent {
    RecordedEvent::hole(ada(), Version(at), Position(at))
}

/// So many events of one stream, each third of which a hole stands for; and what fills these.
fn log(count: u64) -> (Vec<RecordedEvent>, Vec<RecordedEvent>) {
    let is_lost = |at: &u64| at.is_multiple_of(3);
    let event = |at| recorded(at, at, at);
    let held = (1..=count).map(|at| if is_lost(&at) { hole(at) } else { event(at) });
    (
        held.collect(),
        (1..=count).filter(is_lost).map(event).collect(),
    )
}

fn whole(count: u64) -> Vec<RecordedEvent> {
    (1..=count).map(|at| recorded(at, at, at)).collect()
}

async fn import(store: &IndexedDbStore, after: u64, events: &[RecordedEvent]) {
    store.take_in(Position(after), events, GO_ON).await.unwrap();
}

async fn append(store: &IndexedDbStore, number: u64) {
    let (stream, batch) = (
        StreamId::new("bank_account", "ben").unwrap(),
        [event(number)],
    );
    let appended = store.record(&stream, ExpectedVersion::Any, &batch);
    appended.await.unwrap();
}

/// Readable in the storage inspector, packed in its segment, in pages.
const FORMS: [u64; 3] = [9, 90, 900];

#[wasm_bindgen_test]
async fn holes_are_filled_in_records_of_every_form_and_all_tabs_see_it() {
    for count in FORMS {
        let (held, fills) = log(count);
        let store = fresh().await;
        import(&store, 0, &held).await;
        let other = super::support::open(store.name()).await;
        let before = other.last_position().await.unwrap();
        assert_eq!(
            other
                .read_all(Position::START, 9, None)
                .await
                .unwrap()
                .items
                .len(),
            2
        );
        import(&store, count, &fills).await;
        let old = other.read_all(Position(2), 9, Some(before.history)).await;
        assert!(
            matches!(old, Err(StoreError::HistoryChanged { .. })),
            "{old:?}"
        );
        for tab in [&store, &other, &super::support::open(store.name()).await] {
            assert_eq!(everything(tab).await, whole(count));
            let stream = tab
                .stream_events(&ada(), Version::NONE, 1_000)
                .await
                .unwrap();
            assert_eq!(stream, whole(count));
            let verification = verified(tab).await;
            assert_eq!(
                (verification.findings, verification.events),
                (vec![], count)
            );
        }
        // It is as any other to who appends, also with what was recorded as the hole's event.
        let again = other
            .record(&ada(), ExpectedVersion::Any, &[event(3)])
            .await;
        assert_eq!(again.unwrap(), [recorded(3, 3, 3)]);
        let next = other
            .record(&ada(), ExpectedVersion::Any, &[event(count + 1)])
            .await;
        assert_eq!(next.unwrap(), [recorded(count + 1, count + 1, count + 1)]);
        other.close();
        delete(store).await;
    }
}

#[wasm_bindgen_test]
async fn holes_in_joined_segments_are_filled_and_joined_later_too() {
    let store = fresh().await.with_durability(Durability::Relaxed);
    import(&store, 0, &log(9).0).await;
    for number in 1..=1_400 {
        append(&store, 10_000 + number).await;
    }
    store.compact().await.unwrap();
    let rest = store.all_events(Position(9), 2_000).await.unwrap();
    import(&store, 1_409, &log(9).1).await;
    store.compact().await.unwrap();
    let all = [whole(9), rest].concat();
    let again = super::support::open(store.name()).await;
    for tab in [&store, &again] {
        assert_eq!(everything(tab).await, all);
        assert_eq!(verified(tab).await.findings, []);
    }
    again.close();
    delete(store).await;
}

/// At each step of a joining somebody fills the holes in what is being joined.
#[wasm_bindgen_test]
async fn what_is_filled_while_it_is_being_joined_stays_filled() {
    let (mut polls, mut ended) = (0, false);
    while !ended {
        polls += 1;
        let store = fresh().await.with_durability(Durability::Relaxed);
        import(&store, 0, &log(9).0).await;
        let ben = StreamId::new("bank_account", "ben").unwrap();
        for first in (10_000..15_000).step_by(100) {
            let batch = events(first..first + 100);
            let appended = store.record(&ben, ExpectedVersion::Any, &batch).await;
            appended.unwrap();
        }
        for number in 20_000..20_256 {
            append(&store, number).await;
        }
        let rest = store.all_events(Position(9), 9_999).await.unwrap();
        let mut joining = pin!(store.compact());
        ended = polled(polls, joining.as_mut()).await;
        let fills = log(9).1;
        let filling = import(&store, 5_265, &fills);
        match ended {
            true => filling.await,
            false => both(joining, filling).await.0.unwrap(),
        }
        store.compact().await.unwrap();
        let again = super::support::open(store.name()).await;
        for tab in [&store, &again] {
            assert_eq!(
                everything(tab).await,
                [whole(9), rest.clone()].concat(),
                "{polls}"
            );
        }
        again.close();
        delete(store.clone()).await;
    }
    assert!(polls > 3, "{polls}");
}

/// At each request of the transaction in turn it is undone: no hole is filled then, and all are where it is
/// asked for once more.
#[wasm_bindgen_test]
async fn a_filling_that_is_undone_at_any_step_leaves_all_holes() {
    for count in FORMS {
        let (held, fills) = log(count);
        let fills = [fills, vec![recorded(count + 1, count + 1, count + 1)]].concat();
        let mut step = 0;
        loop {
            let store = fresh().await;
            import(&store, 0, &held).await;
            let before = store.last_position().await.unwrap();
            let spoil = format!(
                "if (tx.mode === 'readwrite') {{
                     let step = {step};
                     const objectStore = tx.objectStore.bind(tx);
                     tx.objectStore = name => {{
                         const store = objectStore(name);
                         for (const asked of ['get', 'put', 'add']) {{
                             const original = store[asked].bind(store);
                             store[asked] = (...all) => {{
                                 const request = original(...all);
                                 if (step-- === 0) tx.abort();
                                 return request;
                             }};
                         }}
                         return store;
                     }};
                 }}"
            );
            let spy = Spy::on(&store, &spoil);
            let imported = store.take_in(Position(count), &fills, GO_ON).await;
            drop(spy);
            if imported.is_ok() {
                assert!(step > 3, "{count}: {step}");
                assert_eq!(everything(&store).await, whole(count + 1));
                delete(store).await;
                break;
            }
            for tab in [&store, &super::support::open(store.name()).await] {
                assert_eq!(tab.last_position().await.unwrap(), before);
                let page = tab.read_all(Position::START, 9, None).await.unwrap();
                assert_eq!(page.items, held[..2]);
                assert!(tab.read_all(Position(2), 9, None).await.is_err());
            }
            import(&store, count, &fills).await;
            assert_eq!(everything(&store).await, whole(count + 1));
            delete(store).await;
            step += 1;
        }
    }
}

/// What lies in the log and its pages.
async fn records(name: &str) -> [Vec<JsValue>; 2] {
    let [log, pages] = ["log", "pages"].map(|store| super::layout::records(name, store));
    [log.await, pages.await]
}

/// Puts that there in the place of what is.
async fn replace(name: &str, records: &[Vec<JsValue>; 2]) {
    for (store, records) in ["log", "pages"].iter().zip(records) {
        let replaced = meddle(name, store, |store| {
            store.clear().unwrap();
            for record in records {
                store.put(record, None).unwrap();
            }
        });
        replaced.await.unwrap();
    }
}

/// A store with a second copy, whose holes were filled once the copy had them.
async fn filled(count: u64) -> String {
    let name = fresh_name();
    let store = open(&name).await;
    let mut ear = Ear::on(&store);
    let (held, fills) = log(count);
    import(&store, 0, &held).await;
    copied(&mut ear, 1).await;
    kept(&store, &mut ear).await;
    import(&store, count, &fills).await;
    copied(&mut ear, 2).await;
    store.close();
    name
}

#[wasm_bindgen_test]
async fn what_filled_holes_comes_back_when_the_database_is_lost() {
    for count in FORMS {
        let name = filled(count).await;
        let (recovery, after) = reopened_after_loss(&name).await;
        assert_eq!(recovery, deleted(count, 0));
        assert_eq!(after, whole(count));
    }
}

#[wasm_bindgen_test]
async fn the_history_that_a_filling_began_comes_back_with_it() {
    let name = filled(9).await;
    let store = open(&name).await;
    let before = store.last_position().await.unwrap();
    store.close();
    super::second_copy::lose_database(&name).await;
    let store = open(&name).await;
    assert_eq!(store.last_position().await.unwrap(), before);
    // The copy that goes on from there is as good.
    append(&store, 50).await;
    let before = everything(&store).await;
    store.close();
    let (_, after) = reopened_after_loss(&name).await;
    assert_eq!(after, before);
}

/// A store whose database is an older copy of itself, from before its holes were filled; the second copy has that.
async fn before_filling(count: u64) -> String {
    let (held, fills) = log(count);
    let name = fresh_name();
    let store = open(&name).await;
    let mut ear = Ear::on(&store);
    import(&store, 0, &held).await;
    copied(&mut ear, 1).await;
    let older = records(&name).await;
    import(&store, count, &fills).await;
    copied(&mut ear, 2).await;
    store.close();
    replace(&name, &older).await;
    name
}

/// What is brought back fills the holes that the database has.
#[wasm_bindgen_test]
async fn a_database_from_before_the_filling_is_filled_by_the_second_copy() {
    for count in FORMS {
        let name = before_filling(count).await;
        let store = open(&name).await;
        assert_eq!(everything(&store).await, whole(count));
        assert_eq!(verified(&store).await.findings, []);
        end(store).await;
    }
}

/// The database went on without what filled its holes: nobody else has that.
#[wasm_bindgen_test]
async fn what_filled_holes_in_the_second_copy_alone_is_set_aside() {
    for count in FORMS {
        let name = before_filling(count).await;
        let other = IndexedDbStore::open(&name).await.unwrap();
        append(&other, 10_000).await;
        other.close();
        let store = open(&name).await;
        let told = store.recovery().unwrap();
        assert_eq!((told.set_aside, told.restored), (count / 3, 0));
        let aside = store.set_aside().await.unwrap();
        let [aside] = &aside[..] else {
            panic!("{aside:?}");
        };
        assert_eq!(read_set_aside(&aside.name).await.unwrap(), whole(count));
        end(store).await;
    }
}

/// The copy of a record that was damaged since is filled, too.
#[wasm_bindgen_test]
async fn a_damaged_record_is_mended_with_what_filled_its_holes() {
    for count in FORMS {
        let name = filled(count).await;
        match count {
            9 => change_event(&name, 1, 3, "data", "{}".into()).await,
            _ => {
                let store = if count > 256 { "pages" } else { "log" };
                let key = match store {
                    "log" => JsValue::from_f64(1.0),
                    _ => js("[1, 0]"),
                };
                let record = super::support::raw_record(&name, store, key).await;
                super::support::set(&record, "checksum", 7);
                super::support::put(&name, store, &[record]).await;
            }
        }
        let store = open(&name).await;
        store.mend().await.unwrap();
        assert_eq!(everything(&store).await, whole(count));
        assert_eq!(verified(&store).await.findings, []);
        end(store).await;
    }
}

/// A second copy that ends amid segments that were joined since, with holes that were filled since.
#[wasm_bindgen_test]
async fn a_second_copy_with_holes_is_the_same_log_as_one_without() {
    let name = fresh_name();
    let store = open(&name).await.with_durability(Durability::Relaxed);
    let mut ear = Ear::on(&store);
    import(&store, 0, &log(9).0).await;
    for number in 1..=4 {
        append(&store, 10_000 + number).await;
    }
    copied(&mut ear, 5).await;
    store.close();
    let bytes = journal_bytes(&name).await;
    // Gone on with, filled and joined by a program that keeps no second copy.
    let other = IndexedDbStore::open(&name).await.unwrap();
    let other = other.with_durability(Durability::Relaxed);
    import(&other, 13, &log(9).1).await;
    for number in 5..=1_400 {
        append(&other, 10_000 + number).await;
    }
    other.compact().await.unwrap();
    let before = everything(&other).await;
    other.close();
    set_journal_bytes(&name, &bytes).await;
    let store = open(&name).await;
    assert_eq!(store.recovery(), None);
    assert!(store.set_aside().await.unwrap().is_empty());
    append(&store, 20_000).await;
    store.close();
    let (_, after) = reopened_after_loss(&name).await;
    assert_eq!(after[..after.len() - 1], before);
}

#[wasm_bindgen_test]
async fn what_is_set_aside_has_its_holes_filled() {
    let name = filled(9).await;
    let copy = format!("{name}.journal.aside.0.9.apart");
    in_files(
        &name,
        &format!(
            "const file = await (await folder.getFileHandle(name)).getFile();
             const handle = await folder.getFileHandle('{copy}', {{ create: true }});
             const writable = await handle.createWritable();
             await writable.write(await file.arrayBuffer());
             await writable.close();"
        ),
    )
    .await;
    assert_eq!(read_set_aside(&copy).await.unwrap(), whole(9));
    in_files(&name, &format!("await folder.removeEntry('{copy}');")).await;
    end(open(&name).await).await;
}
