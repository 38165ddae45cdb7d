//! What befalls a store while its copies are compared: whoever writes meanwhile, and whatever is broken off, no
//! event is lost, mixed or told wrongly.

use std::ops::ControlFlow;
use std::pin::Pin;

use eventloom::browser::IndexedDbStore;
use eventloom::core::{ExpectedVersion, Position, RecordedEvent};
use eventloom::store::conformance::Plain;
use eventloom::store::{Durability, ImportStore, Loss, SecondCopy};
use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::doubted::{NoWorkers, five, gone_on_blindly, has_set_aside, lose_after, told};
use super::second_copy::{
    append, copied, end, in_files, journal_bytes, kept, local_storage, lose_database, open,
};
use super::support::{
    Ear, Spy, ada, events, everything, fresh_name, js, raw_found, raw_segment, recorded,
};

/// Something of the browser that is other than it should be, until this is dropped.
struct Spoiled(Function);

impl Spoiled {
    /// `spoil` is the body of a function that answers with what undoes it.
    fn by(spoil: &str) -> Spoiled {
        let undo = Function::new_no_args(spoil).call0(&JsValue::UNDEFINED);
        Spoiled(undo.unwrap().unchecked_into())
    }
}

impl Drop for Spoiled {
    fn drop(&mut self) {
        self.0.call0(&JsValue::UNDEFINED).unwrap();
    }
}

/// Whether the text of a record of `meta` is there, and which.
async fn meta(name: &str, key: &str) -> Option<String> {
    let found = raw_found(name, "meta", key.into()).await?;
    Reflect::get(&found, &"value".into()).unwrap().as_string()
}

#[wasm_bindgen_test]
async fn a_store_without_a_second_copy_appends_nothing_before_it_knows_whether_that_is_in_doubt() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=3).await;
    let three = everything(&store).await;
    store.close();
    lose_after(&name, 2, 3).await;
    // It takes long to find out who else is there.
    let slow = Spoiled::by(
        "const { query } = LockManager.prototype;
         LockManager.prototype.query = function () {
             return new Promise((go) => setTimeout(go, 300)).then(() => query.call(this));
         };
         return () => { LockManager.prototype.query = query; };",
    );
    let plain = IndexedDbStore::open(&name).await.unwrap();
    append(&plain, [11]).await;
    plain.close();
    drop(slow);

    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Shortened, 0, 0, 1, true));
    let expected = [(1, 1), (2, 2), (11, 3)].map(|(n, at)| recorded(n, at, at));
    assert_eq!(everything(&store).await, expected);
    has_set_aside(&store, &three).await;
    end(store).await;
}

#[wasm_bindgen_test]
async fn a_store_without_a_second_copy_is_in_doubt_beside_one_that_can_not_ask_its_own() {
    let name = fresh_name();
    let five = five(&name).await;
    lose_after(&name, 4, 5).await;
    // Nor does what was noted beside both tell that the fifth is another.
    let noted = format!("{name}.sentinel");
    local_storage().remove_item(&noted).unwrap();
    let blind = NoWorkers::just_now();
    let doubting = open(&name).await;
    let plain = IndexedDbStore::open(&name).await.unwrap();
    append(&plain, [11]).await;
    plain.close();
    doubting.close();
    drop(blind);
    local_storage().remove_item(&noted).unwrap();

    let store = open(&name).await;
    let mut expected = five[..4].to_vec();
    expected.push(recorded(11, 5, 5));
    assert_eq!(everything(&store).await, expected);
    has_set_aside(&store, &five).await;
    end(store).await;
}

#[wasm_bindgen_test]
async fn what_is_appended_in_doubt_is_not_put_among_what_another_tab_brings_back() {
    let name = fresh_name();
    let store = IndexedDbStore::open(&name).await.unwrap();
    let store = store.with_durability(Durability::Relaxed);
    // Old segments that can be joined, and as many as are too new for that.
    for first in (1..5_000).step_by(100) {
        let batch = events(first..first + 100);
        let any = ExpectedVersion::Any;
        store.record(&ada(), any, &batch).await.unwrap();
    }
    append(&store, 5_001..=5_256).await;
    store.compact().await.unwrap();
    store.close();
    // The journal is filled from what was joined, so that its entries stand for many numbers.
    let store = open(&name).await;
    let mut ear = Ear::on(&store);
    kept(&store, &mut ear).await;
    let mut expected = everything(&store).await;
    assert!(raw_found(&name, "log", 1.into()).await.is_none());
    store.close();
    journal_bytes(&name).await;
    lose_database(&name).await;

    let blind = NoWorkers::just_now();
    let doubting = open(&name).await;
    drop(blind);
    let store = open(&name).await;
    assert_eq!(everything(&store).await, expected);
    append(&doubting, [6_001]).await;
    expected.push(recorded(6_001, 5_257, 5_257));
    assert_eq!(everything(&store).await, expected);
    doubting.close();
    end(store).await;
}

#[wasm_bindgen_test]
async fn who_looks_for_a_journal_of_the_release_before_makes_none() {
    let name = fresh_name();
    five(&name).await;
    lose_database(&name).await;
    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Deleted, 5, 0, 0, true));
    store.close();
    let files = in_files(
        &name,
        "const names = [];
         for await (const file of folder.keys()) if (file.startsWith(store + '.journal')) names.push(file);
         return names.join();",
    );
    assert_eq!(files.await.as_string(), Some(format!("{name}.journal-1")));
    lose_database(&name).await;
    end(open(&name).await).await;
}

#[wasm_bindgen_test]
async fn a_database_that_was_not_brought_back_whole_is_not_said_to_be_the_store() {
    let name = fresh_name();
    let store = open(&name).await.with_durability(Durability::Relaxed);
    let mut ear = Ear::on(&store);
    append(&store, 1..=300).await;
    copied(&mut ear, 300).await;
    let before = everything(&store).await;
    store.close();
    lose_database(&name).await;
    // Some of it is in when the second transaction that brings back fails.
    let broken = Spy::of(
        &name,
        "entry.restores = tx.mode === 'readwrite' && tx.objectStoreNames.contains('pages');
         if (entry.restores && seen.filter((one) => one.restores).length === 2) tx.abort();",
        &JsValue::UNDEFINED,
    );
    let opened = IndexedDbStore::open_with_second_copy(&name).await.map(drop);
    drop(broken);
    assert!(opened.is_err(), "{opened:?}");
    assert!(raw_found(&name, "log", 1.into()).await.is_some());
    assert_eq!(meta(&name, "store").await, None);

    let store = open(&name).await;
    assert_eq!(everything(&store).await, before);
    assert!(meta(&name, "store").await.is_some());
    end(store).await;
}

#[wasm_bindgen_test]
async fn what_was_appended_while_the_copies_were_compared_is_not_overwritten() {
    let (name, other) = (fresh_name(), fresh_name());
    let five = five(&name).await;
    lose_database(&name).await;
    let plain = IndexedDbStore::open(&other).await.unwrap();
    append(&plain, [11]).await;
    plain.close();
    let record = raw_segment(&other, 1).await;
    IndexedDbStore::delete(&other).await.unwrap();
    // It is added between the comparison and what brings back.
    let meanwhile = Spy::of(
        &name,
        "if (tx.mode === 'readonly' && tx.objectStoreNames.contains('pages') && !seen.isAdded) {
             seen.isAdded = true;
             original.call(this, ['log'], 'readwrite').objectStore('log').add(given);
         }",
        &record,
    );
    let opened = IndexedDbStore::open_with_second_copy(&name).await.map(drop);
    drop(meanwhile);
    assert!(opened.is_err(), "{opened:?}");

    let store = open(&name).await;
    assert_eq!(everything(&store).await, [recorded(11, 1, 1)]);
    assert_eq!(store.recovery(), told(Loss::Shortened, 0, 0, 5, true));
    has_set_aside(&store, &five).await;
    end(store).await;
}

/// The browser makes the database anew, and finds these records of the log again.
fn found_again(name: &str, records: &Array) -> Spoiled {
    let install = Function::new_with_args(
        "name, records",
        "const original = IDBDatabase.prototype.createObjectStore;
         IDBDatabase.prototype.createObjectStore = function (...asked) {
             const store = original.apply(this, asked);
             if (this.name === name && asked[0] === 'log') records.forEach((record) => store.put(record));
             return store;
         };
         return () => { IDBDatabase.prototype.createObjectStore = original; };",
    );
    let undo = install.call2(&JsValue::UNDEFINED, &name.into(), records);
    Spoiled(undo.unwrap().unchecked_into())
}

#[wasm_bindgen_test]
async fn what_the_browser_found_again_and_the_journal_has_otherwise_is_not_dropped() {
    // In the place of one that the journal has, and after a number that neither has.
    for last in [5, 7] {
        let (name, other) = (fresh_name(), fresh_name());
        let five = five(&name).await;
        lose_database(&name).await;
        let plain = IndexedDbStore::open(&other).await.unwrap();
        append(&plain, 1..last).await;
        append(&plain, [10 + last]).await;
        plain.close();
        let found = Array::of1(&raw_segment(&other, last).await);
        IndexedDbStore::delete(&other).await.unwrap();
        let again = found_again(&name, &found);
        let store = open(&name).await;
        drop(again);
        assert_eq!(store.recovery(), told(Loss::Shortened, 0, 0, 5, true));
        has_set_aside(&store, &five).await;
        let kept = store.all_events(Position(last - 1), 9).await.unwrap();
        assert_eq!(kept, [recorded(10 + last, last, last)]);
        end(store).await;
    }
}

#[wasm_bindgen_test]
async fn what_was_found_again_and_goes_on_from_the_journal_stays() {
    let (name, other) = (fresh_name(), fresh_name());
    let mut before = five(&name).await;
    lose_database(&name).await;
    let plain = IndexedDbStore::open(&other).await.unwrap();
    append(&plain, 1..=6).await;
    plain.close();
    let found = Array::of2(&raw_segment(&other, 5).await, &raw_segment(&other, 6).await);
    IndexedDbStore::delete(&other).await.unwrap();
    let again = found_again(&name, &found);
    let store = open(&name).await;
    drop(again);
    before.push(recorded(6, 6, 6));
    assert_eq!(everything(&store).await, before);
    assert_eq!(store.set_aside().await.unwrap(), []);
    end(store).await;
}

#[wasm_bindgen_test]
async fn what_was_found_again_and_not_compared_at_once_is_made_whole_later() {
    let (name, other) = (fresh_name(), fresh_name());
    let five = five(&name).await;
    lose_database(&name).await;
    let plain = IndexedDbStore::open(&other).await.unwrap();
    append(&plain, 1..=5).await;
    plain.close();
    let found = Array::of2(&raw_segment(&other, 4).await, &raw_segment(&other, 5).await);
    IndexedDbStore::delete(&other).await.unwrap();
    let again = found_again(&name, &found);
    // As if who made it was killed.
    IndexedDbStore::open(&name).await.unwrap().close();
    drop(again);

    let store = open(&name).await;
    assert_eq!(everything(&store).await, five);
    assert_eq!(store.recovery(), told(Loss::Deleted, 5, 0, 0, true));
    end(store).await;
}

#[wasm_bindgen_test]
async fn what_an_emptying_or_an_import_notes_to_be_in_doubt_is_of_the_database_that_it_writes_to() {
    for is_reset in [true, false] {
        let name = fresh_name();
        let plain = IndexedDbStore::open(&name).await.unwrap();
        append(&plain, 1..=5).await;
        plain.close();
        let plain = IndexedDbStore::open(&name).await.unwrap();
        assert_eq!(everything(&plain).await.len(), 5);
        // Closed here; the next call makes another.
        lose_database(&name).await;
        match is_reset {
            true => drop(plain.reset(&[]).await.unwrap()),
            false => {
                let brought: [RecordedEvent; 1] = [recorded(9, 1, 1)];
                let import = plain.import(Position::START, None, &brought, |_| {
                    ControlFlow::Continue(())
                });
                import.await.unwrap();
            }
        }
        plain.close();
        assert_eq!(meta(&name, "doubt").await.as_deref(), Some("0 0"));
        IndexedDbStore::delete(&name).await.unwrap();
    }
}

#[wasm_bindgen_test]
async fn no_position_is_given_again_after_an_emptied_store_lost_both_copies() {
    for is_reopened in [false, true] {
        let name = fresh_name();
        let store = open(&name).await;
        append(&store, 1..=3).await;
        store.reset(&[]).await.unwrap();
        store.close();
        if is_reopened {
            let store = open(&name).await;
            assert_eq!(store.recovery(), None);
            store.close();
        }
        in_files(&name, "await folder.removeEntry(name);").await;
        lose_database(&name).await;
        let store = open(&name).await;
        append(&store, [4]).await;
        assert_eq!(everything(&store).await, [recorded(4, 1, 4)]);
        end(store).await;
    }
}

/// While it lives, workers that begin move files so.
fn moved_by(how: &str) -> Spoiled {
    Spoiled::by(&format!(
        "const original = globalThis.Worker;
         const address = (script) => URL.createObjectURL(new Blob([script], {{ type: 'text/javascript' }}));
         const before = address(`FileSystemFileHandle.prototype.move = async () => {{ {how} }};`);
         globalThis.Worker = new Proxy(original, {{
             construct: (_, [script, options]) =>
                 new original(address(`import '${{before}}'; import '${{script}}';`), options),
         }});
         return () => {{ globalThis.Worker = original; }};"
    ))
}

/// Who opens the store is killed just when the file has its new name.
#[wasm_bindgen_test]
async fn what_is_set_aside_is_noted_as_no_more_of_the_store_before_it_is() {
    let name = fresh_name();
    five(&name).await;
    // An older copy of the database, which a program went on with that keeps no second copy.
    lose_after(&name, 3, 5).await;
    let other = IndexedDbStore::open(&name).await.unwrap();
    append(&other, [11]).await;
    other.close();
    let noted = || {
        let storage = web_sys::window().unwrap().local_storage().unwrap().unwrap();
        storage.get_item(&format!("{name}.sentinel")).unwrap()
    };
    let before = noted();
    let said = js(&format!(
        "new Promise((heard) => {{ new BroadcastChannel('{name}.moved').onmessage = heard; }})"
    ));
    let unmoved = moved_by(&format!(
        "new BroadcastChannel('{name}.moved').postMessage(1); await new Promise(() => {{}});"
    ));
    let mut said = JsFuture::from(said.unchecked_into::<Promise>());
    let mut opening = Box::pin(open(&name));
    std::future::poll_fn(|context| {
        assert!(opening.as_mut().poll(context).is_pending());
        Pin::new(&mut said).poll(context)
    })
    .await
    .unwrap();
    assert_ne!(noted(), before);
    drop((opening, unmoved));
}

#[wasm_bindgen_test]
async fn what_could_not_be_set_aside_is_not_told_as_set_aside() {
    let name = fresh_name();
    let five = five(&name).await;
    lose_database(&name).await;
    gone_on_blindly(&name, [11]).await;
    let unmoved = moved_by("throw new DOMException('so it was planned');");
    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Shortened, 0, 5, 0, false));
    assert_eq!(store.set_aside().await.unwrap(), []);
    let copy = store.second_copy();
    assert!(matches!(copy, Some(SecondCopy::Missing(_))), "{copy:?}");
    store.close();
    drop(unmoved);

    let store = open(&name).await;
    assert_eq!(store.recovery(), told(Loss::Shortened, 0, 0, 5, true));
    has_set_aside(&store, &five).await;
    end(store).await;
}

#[wasm_bindgen_test]
async fn a_second_copy_is_not_said_to_be_kept_while_what_came_last_is_on_its_way() {
    let hold = Function::new_no_args(
        "const { postMessage } = Worker.prototype;
         const held = [];
         Worker.prototype.postMessage = function (message, ...moved) {
             if (held.isOn && message[0] === 'change') held.push([this, message, ...moved]);
             else postMessage.call(this, message, ...moved);
         };
         return {
             begin() { held.isOn = true; },
             end() {
                 Worker.prototype.postMessage = postMessage;
                 for (const [worker, ...asked] of held) postMessage.apply(worker, asked);
             },
         };",
    );
    let hold = hold.call0(&JsValue::UNDEFINED).unwrap();
    let call = |what: &str| {
        let call: Function = Reflect::get(&hold, &what.into()).unwrap().unchecked_into();
        call.call0(&hold).unwrap();
    };
    let name = fresh_name();
    let keeper = open(&name).await.with_durability(Durability::Relaxed);
    let mut heard = Ear::on(&keeper);
    append(&keeper, [1]).await;
    copied(&mut heard, 1).await;
    // The worker takes nothing in for a while.
    call("begin");
    append(&keeper, [2]).await;
    let other = open(&name).await;
    let mut ear = Ear::on(&other);
    // It asked how far the second copy goes.
    copied(&mut ear, 0).await;
    let said = (keeper.second_copy(), other.second_copy());
    call("end");
    assert_ne!(said.0, Some(SecondCopy::Kept));
    assert_ne!(said.1, Some(SecondCopy::Kept));
    kept(&other, &mut ear).await;
    kept(&keeper, &mut heard).await;
    other.close();
    end(keeper).await;
}
