//! A database that doesn't open is left as it is, once a person chose that: the store goes on under the next name.

use eventloom::browser::{InUse, IndexedDbStore, LoadCode, read_set_aside};
use eventloom::core::RecordedEvent;
use eventloom::store::{Loss, Recovery, SetAside, Unopened, WhySetAside};
use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::second_copy::{append, journal_bytes, open};
use super::support::{everything, fresh_name};

/// While it lives, the browser can't read the database of this name.
struct Unreadable(Function);

impl Unreadable {
    fn on(name: &str) -> Unreadable {
        Unreadable::with(
            name,
            "const { open } = IDBFactory.prototype;
             IDBFactory.prototype.open = function (asked, ...rest) {
                 if (asked === name) throw new DOMException('Internal error opening backing store', 'UnknownError');
                 return open.call(this, asked, ...rest);
             };
             return () => { IDBFactory.prototype.open = open; };",
        )
    }

    /// While it lives, the browser lists no databases.
    fn listing() -> Unreadable {
        Unreadable::with(
            "",
            "const { databases } = IDBFactory.prototype;
             IDBFactory.prototype.databases = async () => [];
             return () => { IDBFactory.prototype.databases = databases; };",
        )
    }

    fn with(name: &str, install: &str) -> Unreadable {
        let install = Function::new_with_args("name", install);
        let undo = install.call1(&JsValue::UNDEFINED, &name.into());
        Unreadable(undo.unwrap().unchecked_into())
    }
}

impl Drop for Unreadable {
    fn drop(&mut self) {
        self.0.call0(&JsValue::UNDEFINED).unwrap();
    }
}

/// The names of this store's databases, as the browser lists them.
async fn databases(name: &str) -> Vec<String> {
    let list = Function::new_no_args(
        "return indexedDB.databases().then((all) => all.map(({ name }) => name).sort());",
    );
    let listed = list.call0(&JsValue::UNDEFINED).unwrap();
    let listed = JsFuture::from(listed.unchecked_into::<Promise>()).await;
    let listed = listed.unwrap().unchecked_into::<Array>();
    let names = listed.iter().map(|name| name.as_string().unwrap());
    names.filter(|listed| listed.starts_with(name)).collect()
}

/// Local storage knows nothing of a store any more.
fn forget_notes(name: &str) {
    let storage = web_sys::window().unwrap().local_storage().unwrap().unwrap();
    for what in ["database", "sentinel"] {
        storage.remove_item(&format!("{name}.{what}")).unwrap();
    }
}

/// A store of five events whose database didn't open and was left; those events.
async fn left(name: &str) -> Vec<RecordedEvent> {
    let store = open(name).await;
    append(&store, 1..=5).await;
    let before = everything(&store).await;
    store.close();
    // Nobody has it open any more once the journal can be read.
    journal_bytes(name).await;
    let _unreadable = Unreadable::on(name);
    let refused = IndexedDbStore::open_with_second_copy(name).await;
    assert!(IndexedDbStore::may_open_later(&refused.unwrap_err()));
    let known = Unopened {
        events: Some(5),
        second_copy: Some(5),
        is_open_elsewhere: false,
    };
    assert_eq!(IndexedDbStore::unopened(name).await, known);
    // Nothing is made before it is chosen.
    assert_eq!(databases(name).await, [name]);
    IndexedDbStore::leave_unopened(name).await.unwrap();
    before
}

/// What is there once the store went on in the next, without a second copy.
async fn gone_on(name: &str) -> Vec<RecordedEvent> {
    left(name).await;
    let plain = IndexedDbStore::open(name).await.unwrap();
    append(&plain, 6..=7).await;
    let here = everything(&plain).await;
    plain.close();
    here
}

fn why(aside: &[SetAside]) -> Vec<(&str, Option<u64>, WhySetAside)> {
    let each = aside.iter();
    each.map(|aside| (&*aside.name, aside.events, aside.why))
        .collect()
}

#[wasm_bindgen_test]
async fn a_database_that_does_not_open_is_left_and_the_store_goes_on_from_the_second_copy() {
    let name = fresh_name();
    let before = left(&name).await;
    let store = open(&name).await;
    let taken = Recovery {
        cause: Loss::Unopened,
        restored: 5,
        lost: 0,
        set_aside: 0,
        is_known: true,
        is_counted: true,
    };
    assert_eq!(store.recovery(), Some(taken));
    assert_eq!(everything(&store).await, before);
    assert_eq!(databases(&name).await, [name.clone(), format!("{name}~2")]);
    append(&store, 6..=6).await;
    // A worker is told which it is: what the browser lists may be another by now.
    assert_eq!(store.database(), format!("{name}~2"));
    let worker = IndexedDbStore::open_beside(&name, store.database(), LoadCode::AT_HAND).await;
    let worker = worker.unwrap();
    assert_eq!(everything(&worker).await, everything(&store).await);
    worker.close();
    let aside = store.set_aside().await.unwrap();
    assert_eq!(why(&aside), [(&*name, None, WhySetAside::Unopened)]);
    assert!(aside[0].at.is_some());
    store.close();
    journal_bytes(&name).await;
    let store = open(&name).await;
    assert_eq!(
        (store.recovery(), everything(&store).await.len()),
        (None, 6)
    );
    // What was left is as it was, and can be read once it opens.
    assert_eq!(read_set_aside(&name).await.unwrap(), before);
    assert_eq!(store.bring_back(&aside[0]).await.unwrap(), 5);
    assert_eq!(everything(&store).await, before);
    assert_eq!(databases(&name).await, [format!("{name}~2")]);
    let aside = store.set_aside().await.unwrap();
    assert_eq!(aside.len(), 1);
    assert_eq!(
        (aside[0].events, aside[0].why),
        (Some(6), WhySetAside::Exchanged)
    );
    store.close();
    journal_bytes(&name).await;
    IndexedDbStore::delete(&name).await.unwrap();
    assert_eq!(databases(&name).await, [""; 0]);
    let store = open(&name).await;
    assert!(store.is_untouched().await.unwrap());
    assert_eq!(databases(&name).await, [name]);
    store.close();
}

#[wasm_bindgen_test]
async fn where_local_storage_knows_nothing_the_last_that_the_browser_lists_is_the_store() {
    let name = fresh_name();
    let here = gone_on(&name).await;
    forget_notes(&name);
    let plain = IndexedDbStore::open(&name).await.unwrap();
    assert_eq!(everything(&plain).await, here);
    let aside = plain.set_aside().await.unwrap();
    assert_eq!(why(&aside), [(&*name, None, WhySetAside::Unopened)]);
    plain.close();
}

/// A browser writes local storage seconds later: killed before, it still knows the first.
#[wasm_bindgen_test]
async fn what_is_noted_of_an_earlier_database_is_passed_over() {
    let name = fresh_name();
    let here = gone_on(&name).await;
    let storage = web_sys::window().unwrap().local_storage().unwrap().unwrap();
    let key = format!("{name}.database");
    storage.set_item(&key, "1 1767604079000 ").unwrap();
    let plain = IndexedDbStore::open(&name).await.unwrap();
    assert_eq!(everything(&plain).await, here);
    assert_eq!(plain.set_aside().await.unwrap().len(), 1);
    plain.close();
}

/// That the first is the store was noted before; the sentinel still is.
#[wasm_bindgen_test]
async fn where_nothing_can_be_noted_the_last_that_the_browser_lists_is_the_store() {
    let name = fresh_name();
    open(&name).await.close();
    journal_bytes(&name).await;
    let full = Unreadable::with(
        &format!("{name}.database"),
        "const { setItem } = Storage.prototype;
         Storage.prototype.setItem = function (key, ...rest) {
             if (key === name) throw new DOMException('full', 'QuotaExceededError');
             return setItem.call(this, key, ...rest);
         };
         return () => { Storage.prototype.setItem = setItem; };",
    );
    left(&name).await;
    for _ in 0..2 {
        let store = open(&name).await;
        assert_eq!(store.database(), format!("{name}~2"));
        store.close();
        journal_bytes(&name).await;
    }
    drop(full);
}

#[wasm_bindgen_test]
async fn a_store_is_not_called_as_a_later_database_of_another() {
    let name = fresh_name();
    for number in ["1", "2", "17"] {
        let taken = format!("{name}~{number}");
        assert!(IndexedDbStore::open(&taken).await.is_err());
        assert!(IndexedDbStore::delete(&taken).await.is_err());
    }
    assert_eq!(databases(&name).await, [""; 0]);
    let other = format!("{name}~two");
    IndexedDbStore::open(&other).await.unwrap().close();
    IndexedDbStore::delete(&other).await.unwrap();
}

#[wasm_bindgen_test]
async fn where_the_browser_lists_none_the_mark_of_the_second_copy_says_which_it_is() {
    let name = fresh_name();
    left(&name).await;
    let store = open(&name).await;
    append(&store, 6..=6).await;
    let here = everything(&store).await;
    store.close();
    journal_bytes(&name).await;
    forget_notes(&name);
    let _unlisted = Unreadable::listing();
    let store = open(&name).await;
    assert_eq!(everything(&store).await, here);
    store.close();
}

#[wasm_bindgen_test]
async fn what_another_tab_has_open_is_not_left() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, 1..=2).await;
    let known = IndexedDbStore::unopened(&name).await;
    assert!(known.is_open_elsewhere);
    let refused = IndexedDbStore::leave_unopened(&name).await;
    assert_eq!(refused, Err(InUse::Blocked.into()));
    let beside = IndexedDbStore::open(&name).await.unwrap();
    assert_eq!(everything(&beside).await.len(), 2);
    assert_eq!(databases(&name).await, [name]);
    beside.close();
    store.close();
}
