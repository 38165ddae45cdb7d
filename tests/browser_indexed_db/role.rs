//! Who keeps the second copy, and who gives that up.

use eventloom::browser::{InUse, IndexedDbStore, Signal};
use eventloom::core::ExpectedVersion;
use eventloom::store::{AppendError, EventStore, SecondCopy};
use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::second_copy::{append, copied, deleted, end, open, reopened_after_loss};
use super::second_copy_waits::is_next_answered_by_the_database_alone;
use super::support::*;

/// The locks of a store that somebody holds, once `count` are left or some time is over.
async fn locks(name: &str, count: u32) -> Vec<String> {
    let look = Function::new_with_args(
        "name, count",
        "return (async () => {
             for (let tries = 0; ; tries++) {
                 const { held } = await navigator.locks.query();
                 const names = held.map((lock) => lock.name).filter((lock) => lock.startsWith(name));
                 if (names.length <= count || tries === 100) return names.sort();
                 await new Promise((again) => setTimeout(again, 20));
             }
         })();",
    );
    let looked = look.call2(&JsValue::UNDEFINED, &name.into(), &count.into());
    let names = JsFuture::from(looked.unwrap().unchecked_into::<Promise>()).await;
    let names: Array = names.unwrap().unchecked_into();
    names.iter().filter_map(|name| name.as_string()).collect()
}

#[wasm_bindgen_test]
async fn a_tab_that_was_superseded_lets_go_of_the_journal_and_of_its_place_among_the_tabs() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, [1]).await;
    let both = [format!("{name} is open"), format!("{name}.journals")];
    assert_eq!(locks(&name, 2).await, both);
    let mut ear = Ear::on(&store);
    let newer = raw(&name, Some(9)).await;
    while ear.next().await != Signal::Superseded {}
    assert_eq!(locks(&name, 0).await, [""; 0]);
    let reason = InUse::Superseded.to_string();
    assert_eq!(store.second_copy(), Some(SecondCopy::Missing(reason)));
    let any = ExpectedVersion::Any;
    let refused = store.append(&ada(), any, None, &[event(2)]).await;
    assert_eq!(refused, Err(AppendError::Store(InUse::Superseded.into())));
    newer.close();
    end(store).await;
}

#[wasm_bindgen_test]
async fn what_was_under_way_when_a_newer_tab_came_is_in_both_copies_all_the_same() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, [1]).await;
    let (stream, batch) = (ada(), [event(2)]);
    let raced = eventloom::store::conformance::both(
        store.append(&stream, ExpectedVersion::Any, None, &batch),
        raw(&name, Some(9)),
    );
    let (appended, newer) = raced.await;
    newer.close();
    assert!(appended.is_ok(), "{appended:?}");
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(2, 0), 2));
}

#[wasm_bindgen_test]
async fn a_tab_whose_store_was_taken_over_while_it_was_closed_there_lets_go_as_well() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, [1]).await;
    // Deleted here, and made by a newer Eventloom.
    IndexedDbStore::delete(&name).await.unwrap();
    let newer = raw(&name, Some(9)).await;
    let read = store.last_position().await;
    assert_eq!(read, Err(InUse::Superseded.into()));
    assert_eq!(locks(&name, 0).await, [""; 0]);
    newer.close();
    end(store).await;
}

/// The journals' workers that are started until this is dropped.
struct Workers(JsValue);

impl Workers {
    fn watched() -> Workers {
        Workers(js("(() => {
             const original = globalThis.Worker;
             const started = [], alive = new Set();
             globalThis.Worker = new Proxy(original, {
                 construct(_, [script, options]) {
                     const worker = new original(script, options);
                     if (options?.name !== 'eventloom journal') return worker;
                     const { terminate } = worker;
                     started.push([worker, () => terminate.call(worker)]);
                     alive.add(worker);
                     worker.terminate = () => {
                         terminate.call(worker);
                         alive.delete(worker);
                     };
                     return worker;
                 },
             });
             return {
                 alive: () => alive.size,
                 started: () => started.length,
                 kill(number) {
                     const [worker, terminate] = started.at(number);
                     terminate();
                     worker.dispatchEvent(new ErrorEvent('error', { message: 'it is gone' }));
                 },
                 end() { globalThis.Worker = original; },
             };
         })()"))
    }

    fn ask(&self, what: &str, told: i32) -> u32 {
        let ask: Function = js_sys::Reflect::get(&self.0, &what.into())
            .unwrap()
            .unchecked_into();
        let answer = ask.call1(&JsValue::UNDEFINED, &told.into()).unwrap();
        answer.as_f64().unwrap_or(0.0) as u32
    }

    /// How many weren't ended, but for those that ended themselves.
    fn alive(&self) -> u32 {
        self.ask("alive", 0)
    }

    /// Ends one, from the last where the number is negative, as the browser may.
    fn kill(&self, number: i32) {
        self.ask("kill", number);
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.ask("end", 0);
    }
}

#[wasm_bindgen_test]
async fn a_tab_whose_worker_died_gives_the_journal_to_the_other_and_waits_for_that() {
    let name = fresh_name();
    let workers = Workers::watched();
    let first = open(&name).await;
    let second = open(&name).await;
    append(&first, [1]).await;
    let mut ear = Ear::on(&first);
    workers.kill(0);
    // Told as behind, until the other has it.
    soon(append(&first, [2])).await;
    copied(&mut ear, 2).await;
    for (store, number) in [(&first, 3), (&second, 4), (&first, 5)] {
        assert!(!is_next_answered_by_the_database_alone(store, number).await);
        assert_eq!(store.second_copy(), Some(SecondCopy::Kept));
    }
    assert_eq!(everything(&first).await.len(), 5);

    // And keeps it again when the other is gone.
    let mut ear = Ear::on(&first);
    second.close();
    append(&first, [6]).await;
    copied(&mut ear, 6).await;
    assert!(!is_next_answered_by_the_database_alone(&first, 7).await);
    assert_eq!(first.second_copy(), Some(SecondCopy::Kept));
    first.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(7, 0), 7));
}

#[wasm_bindgen_test]
async fn a_tab_that_is_alone_and_whose_worker_died_starts_another() {
    let name = fresh_name();
    let workers = Workers::watched();
    let store = open(&name).await;
    append(&store, [1]).await;
    let mut ear = Ear::on(&store);
    workers.kill(0);
    soon(append(&store, [2])).await;
    copied(&mut ear, 2).await;
    assert!(!is_next_answered_by_the_database_alone(&store, 3).await);
    assert_eq!(store.second_copy(), Some(SecondCopy::Kept));
    store.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(3, 0), 3));
}

#[wasm_bindgen_test]
async fn a_tab_whose_waiting_worker_died_waits_again_with_what_it_records_next() {
    let name = fresh_name();
    let workers = Workers::watched();
    let first = open(&name).await;
    append(&first, [1]).await;
    let second = open(&name).await;
    // It asked for the journal, and then waited for it.
    workers.kill(-1);
    append(&second, [2]).await;
    assert!(!is_next_answered_by_the_database_alone(&second, 3).await);
    assert_eq!(second.second_copy(), Some(SecondCopy::Kept));
    first.close();
    let mut ear = Ear::on(&second);
    append(&second, [4]).await;
    copied(&mut ear, 4).await;
    second.close();
    let (recovery, after) = reopened_after_loss(&name).await;
    assert_eq!((recovery, after.len()), (deleted(4, 0), 4));
}

#[wasm_bindgen_test]
async fn a_store_that_is_closed_while_another_tab_keeps_the_journal_leaves_no_worker_behind() {
    let name = fresh_name();
    let keeper = open(&name).await;
    append(&keeper, [1]).await;
    let workers = Workers::watched();
    for round in 2..6 {
        let store = open(&name).await;
        append(&store, [round]).await;
        match round % 2 {
            0 => store.close(),
            _ => drop(store),
        }
        everything(&keeper).await;
        assert_eq!(workers.alive(), 0, "in round {round}");
    }
    assert!(workers.ask("started", 0) >= 4);
    end(keeper).await;
}
