//! No opening hangs: who can't get the database is told within two seconds, and nobody stands in
//! another's way meanwhile.

use std::cell::Cell;
use std::rc::Rc;

use eventloom::browser::{InUse, IndexedDbStore};
use eventloom::core::Position;
use eventloom::store::StoreError;
use eventloom::store::conformance::{Plain, both};
use futures_channel::oneshot;
use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::second_copy;
use super::support::{all, fresh, fresh_name, js, raw, soon, within};

/// Longer than the five seconds after which one is told, as far as a busy machine keeps to them.
const TOLD: u32 = 9_000;

/// What comes of openings at once, with a second copy and without.
async fn openings(name: &str) -> Vec<Option<Result<(), StoreError>>> {
    let open = async |second_copy: bool| {
        let opened = match second_copy {
            true => IndexedDbStore::open_with_second_copy(name).await,
            false => IndexedDbStore::open(name).await,
        };
        opened.map(drop)
    };
    all([true, false, true].map(|second_copy| within(TOLD, open(second_copy)))).await
}

#[wasm_bindgen_test]
async fn who_opens_behind_a_deletion_that_is_blocked_is_told() {
    let name = fresh_name();
    let holding = raw(&name, None).await;
    let deleted = IndexedDbStore::delete(&name).await;
    assert_eq!(deleted, Err(InUse::Blocked.into()));
    // Nobody says what it is behind.
    let unanswered = Some(Err(InUse::Unanswered.into()));
    assert_eq!(openings(&name).await, [1, 2, 3].map(|_| unanswered.clone()));
    // So is who deletes once more.
    let deleted = within(TOLD, IndexedDbStore::delete(&name)).await;
    assert_eq!(deleted, Some(Err(InUse::Blocked.into())));
    holding.close();
    // None of those that were given up keeps it open.
    assert_eq!(soon(IndexedDbStore::delete(&name)).await, Ok(()));
}

#[wasm_bindgen_test]
async fn who_opens_behind_an_upgrade_that_is_blocked_is_told() {
    let name = fresh_name();
    let holding = raw(&name, Some(1)).await;
    let blocked = Some(Err(InUse::Blocked.into()));
    let opened = within(TOLD, IndexedDbStore::open(&name)).await;
    assert_eq!(opened.map(|opened| opened.map(drop)), blocked);
    let unanswered = Some(Err(InUse::Unanswered.into()));
    assert_eq!(openings(&name).await, [1, 2, 3].map(|_| unanswered.clone()));
    holding.close();
    assert_eq!(soon(IndexedDbStore::delete(&name)).await, Ok(()));
}

#[wasm_bindgen_test]
async fn a_patient_opening_behind_a_request_that_is_blocked_says_so_and_goes_on() {
    let name = fresh_name();
    let holding = raw(&name, None).await;
    let deleted = IndexedDbStore::delete(&name).await;
    assert_eq!(deleted, Err(InUse::Blocked.into()));
    let told = Rc::new(Cell::new(0));
    let counted = Rc::clone(&told);
    let opened = IndexedDbStore::open_patiently(&name, move || {
        counted.set(counted.get() + 1);
        holding.close();
    });
    let store = soon(opened).await.unwrap();
    assert_eq!(told.get(), 1);
    assert_eq!(store.end().await, Ok(Position::START));
    super::support::delete(store).await;
}

#[wasm_bindgen_test]
async fn who_waits_for_the_database_keeps_no_other_opening_from_it() {
    // One that is blocked for ever, and the lock that openings take is free meanwhile.
    let name = fresh_name();
    let holding = raw(&name, Some(1)).await;
    let lock = format!("{name}.opening");
    let (opened, is_free) = both(
        IndexedDbStore::open_with_second_copy(&name),
        soon(is_free(&lock)),
    )
    .await;
    assert_eq!(opened.map(drop), Err(InUse::Blocked.into()));
    assert!(is_free);
    holding.close();
    soon(IndexedDbStore::delete(&name)).await.unwrap();
}

/// Whether a lock can be had while another waits: asked for a while after that began.
async fn is_free(name: &str) -> bool {
    let ask = Function::new_with_args(
        "name",
        "return new Promise((again) => setTimeout(again, 200)).then(() =>
             navigator.locks.request(name, { ifAvailable: true }, (lock) => lock !== null));",
    );
    let asked = ask.call1(&JsValue::UNDEFINED, &name.into()).unwrap();
    let answer = JsFuture::from(asked.unchecked_into::<Promise>()).await;
    answer.unwrap().is_truthy()
}

#[wasm_bindgen_test]
async fn an_opening_that_another_tab_does_not_let_go_on_ends() {
    let store = fresh().await;
    let name = store.name().to_owned();
    // A tab that was frozen while it opened.
    let frozen = Held::on(&format!("{name}.opening")).await;
    let opened = soon(IndexedDbStore::open_with_second_copy(&name)).await;
    let late = opened.map(drop).unwrap_err();
    assert_eq!(late, InUse::Unanswered.into());
    assert!(IndexedDbStore::may_open_later(&late));
    // And one that stands in nobody's way while it waits for its turn.
    let (opened, deleted) = both(IndexedDbStore::open_with_second_copy(&name), async {
        is_free("some time").await;
        let deleted = IndexedDbStore::delete(&name).await;
        drop(frozen);
        deleted
    })
    .await;
    assert_eq!(deleted, Ok(()));
    let opened = opened.unwrap();
    assert_eq!(opened.end().await, Ok(Position::START));
    store.close();
    second_copy::end(opened).await;
}

/// A Web Lock, until this is dropped.
pub struct Held(Function);

impl Held {
    pub async fn on(name: &str) -> Held {
        let (held, is_held) = oneshot::channel();
        let hold = js("(name, held) => {
            let free;
            const until = new Promise((let_go) => { free = let_go; });
            navigator.locks.request(name, () => { held(); return until; });
            return free;
        }");
        let held = wasm_bindgen::closure::Closure::once(move || {
            let _ = held.send(());
        });
        let free = hold.unchecked_into::<Function>().call2(
            &JsValue::UNDEFINED,
            &name.into(),
            held.as_ref(),
        );
        is_held.await.unwrap();
        Held(free.unwrap().unchecked_into())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.call0(&JsValue::UNDEFINED).unwrap();
    }
}
