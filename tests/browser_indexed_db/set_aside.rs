//! What was set aside is brought back or deleted by a person: nothing is lost by that, and all tabs hear of it.

use std::collections::BTreeSet;

use eventloom::browser::{IndexedDbStore, Signal, read_set_aside};
use eventloom::core::{EventId, RecordedEvent, Timestamp};
use eventloom::store::WhySetAside;
use eventloom::store::conformance::both;
use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::second_copy::{append, journal_bytes, open, set_journal_bytes, write_file};
use super::second_copy_epochs::places;
use super::support::{Ear, everything, fresh_name};

/// A store of three events, beside which seven of another history are set aside; those seven, and the bytes of
/// their journal.
async fn with_seven_set_aside(name: &str) -> (IndexedDbStore, Vec<RecordedEvent>, Vec<u8>) {
    let other = fresh_name();
    let store = open(&other).await;
    append(&store, 11..=17).await;
    let theirs = everything(&store).await;
    store.close();
    let foreign = journal_bytes(&other).await;
    IndexedDbStore::delete(&other).await.unwrap();
    let store = open(name).await;
    append(&store, 1..=3).await;
    store.close();
    journal_bytes(name).await;
    set_journal_bytes(name, &foreign).await;
    (open(name).await, theirs, foreign)
}

fn ids(events: &[RecordedEvent]) -> BTreeSet<EventId> {
    events.iter().map(|event| event.event_id).collect()
}

/// While it lives, the first file that is set aside is known to be whole on the disk only once the test lets it.
struct HeldUp(JsValue);

impl HeldUp {
    fn next() -> HeldUp {
        let install = Function::new_no_args(
            "const { postMessage } = Worker.prototype;
             const held = { undo: () => { Worker.prototype.postMessage = postMessage; } };
             held.up = new Promise((up) => {
                 Worker.prototype.postMessage = function (message, ...rest) {
                     const [what, told] = message;
                     if (what === 'open') this.isAside = told.includes('.aside.');
                     const isFlush = what === 'change' && message[3] && !message[2].length;
                     const post = () => postMessage.call(this, message, ...rest);
                     if (!this.isAside || !isFlush || held.goOn) return post();
                     held.goOn = post;
                     up();
                 };
             });
             return held;",
        );
        HeldUp(install.call0(&JsValue::UNDEFINED).unwrap())
    }

    fn get<T: JsCast>(&self, name: &str) -> T {
        let value = js_sys::Reflect::get(&self.0, &name.into()).unwrap();
        value.unchecked_into()
    }

    async fn is_reached(&self) {
        JsFuture::from(self.get::<Promise>("up")).await.unwrap();
    }

    fn go_on(&self) {
        let go_on = self.get::<Function>("goOn");
        go_on.call0(&JsValue::UNDEFINED).unwrap();
    }
}

impl Drop for HeldUp {
    fn drop(&mut self) {
        let undo = self.get::<Function>("undo");
        undo.call0(&JsValue::UNDEFINED).unwrap();
    }
}

#[wasm_bindgen_test]
async fn what_is_recorded_while_others_are_brought_back_is_not_lost() {
    let name = fresh_name();
    let (store, theirs, _) = with_seven_set_aside(&name).await;
    let aside = store.set_aside().await.unwrap();
    let beside = IndexedDbStore::open(&name).await.unwrap();
    let held_up = HeldUp::next();
    let appending = async {
        held_up.is_reached().await;
        append(&beside, 4..=4).await;
        held_up.go_on();
    };
    let (brought, ()) = both(store.bring_back(&aside[0]), appending).await;
    let told = brought.unwrap_err().to_string();
    assert!(told.contains("something was recorded meanwhile"), "{told}");
    let here = everything(&store).await;
    assert_eq!(here.len(), 4);
    assert_eq!(store.set_aside().await.unwrap(), aside);
    // Again, and nobody comes between.
    store.bring_back(&aside[0]).await.unwrap();
    assert_eq!(everything(&beside).await, theirs);
    let aside = store.set_aside().await.unwrap();
    assert_eq!((aside.len(), aside[0].events), (1, Some(4)));
    assert_eq!(aside[0].why, WhySetAside::Exchanged);
    let held = read_set_aside(&aside[0].name).await.unwrap();
    assert_eq!(ids(&held), ids(&here));
    beside.close();
    store.close();
}

#[wasm_bindgen_test]
async fn what_can_not_be_read_whole_stays_set_aside_when_it_is_brought_back() {
    let name = fresh_name();
    let (store, theirs, foreign) = with_seven_set_aside(&name).await;
    let aside = store.set_aside().await.unwrap();
    assert_eq!(aside[0].why, WhySetAside::Apart);
    let mut bytes = foreign.clone();
    bytes[places(&foreign)[6] + 60] ^= 1;
    write_file(&aside[0].name, &bytes).await;
    assert_eq!(store.bring_back(&aside[0]).await.unwrap(), 6);
    assert_eq!(everything(&store).await, theirs[..6]);
    let mut still = store.set_aside().await.unwrap();
    still.retain(|still| still.name == aside[0].name);
    assert_eq!(still, aside);
    store.close();
}

#[wasm_bindgen_test]
async fn nothing_is_exchanged_for_what_can_not_be_read_at_all() {
    let name = fresh_name();
    let (store, _, foreign) = with_seven_set_aside(&name).await;
    let before = everything(&store).await;
    let aside = store.set_aside().await.unwrap();
    write_file(&aside[0].name, &foreign[..256]).await;
    assert!(store.bring_back(&aside[0]).await.is_err());
    assert_eq!(everything(&store).await, before);
    assert_eq!(store.set_aside().await.unwrap(), aside);
    store.close();
}

#[wasm_bindgen_test]
async fn a_file_that_a_release_before_set_aside_is_listed() {
    let name = fresh_name();
    let (store, _, foreign) = with_seven_set_aside(&name).await;
    let now = store.set_aside().await.unwrap();
    write_file(&format!("{name}.journal.aside.1.7"), &foreign).await;
    let aside = store.set_aside().await.unwrap();
    assert_eq!(aside[1..], now);
    let before = (aside[0].at, aside[0].events, aside[0].why);
    assert_eq!(
        before,
        (Some(Timestamp::from_millis(1)), Some(7), WhySetAside::Apart)
    );
    store.close();
}

#[wasm_bindgen_test]
async fn all_tabs_hear_that_what_was_set_aside_is_brought_back_or_deleted() {
    let name = fresh_name();
    let (store, ..) = with_seven_set_aside(&name).await;
    let beside = IndexedDbStore::open(&name).await.unwrap();
    for deletes in [false, true] {
        let mut ear = Ear::on(&beside);
        let aside = store.set_aside().await.unwrap();
        match deletes {
            false => assert_eq!(store.bring_back(&aside[0]).await.unwrap(), 7),
            true => store.delete_set_aside(&aside[0]).await.unwrap(),
        }
        while ear.next().await != Signal::SetAside {}
    }
    assert_eq!(beside.set_aside().await.unwrap(), []);
    beside.close();
    store.close();
}
