//! A database that was closed is opened again once, and what others noted meanwhile stays noted.

use eventloom::store::conformance::Plain;
use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::faults::inject::Injector;
use super::second_copy::{append, end, local_storage, open};
use super::support::*;

/// Calls a function of JavaScript with a name.
fn with(name: &str, function: &str) -> JsValue {
    let function: Function = js(function).unchecked_into();
    function.call1(&JsValue::UNDEFINED, &name.into()).unwrap()
}

fn call(object: &JsValue, method: &str) -> JsValue {
    let method: Function = Reflect::get(object, &method.into())
        .unwrap()
        .unchecked_into();
    method.call0(&JsValue::UNDEFINED).unwrap()
}

#[wasm_bindgen_test]
async fn a_database_that_the_browser_closed_is_opened_once_for_all_who_ask() {
    let name = fresh_name();
    let injector = Injector::on(&name);
    let store = open(&name).await;
    append(&store, [1]).await;
    let openings = with(
        &name,
        "name => {
             const original = IDBFactory.prototype.open;
             let count = 0;
             IDBFactory.prototype.open = function (database, ...rest) {
                 if (database === name) count += 1;
                 return original.call(this, database, ...rest);
             };
             return {
                 end() {
                     IDBFactory.prototype.open = original;
                     return count;
                 },
             };
         }",
    );
    injector.lose();
    let reads = (0..3).map(|_| store.end());
    let ends = all(reads).await;
    assert_eq!(call(&openings, "end"), 1);
    assert!(ends.iter().all(Result::is_ok), "{ends:?}");
    drop(injector);
    append(&store, [2]).await;
    assert_eq!(everything(&store).await.len(), 2);
    end(store).await;
}

#[wasm_bindgen_test]
async fn what_another_tab_notes_while_a_store_is_compared_stays_noted() {
    let name = fresh_name();
    let store = open(&name).await;
    append(&store, [1]).await;
    store.close();
    // The other tab records one more event as soon as this one has looked.
    let other = with(
        &name,
        "name => {
             const { getItem } = Storage.prototype;
             const { request } = LockManager.prototype;
             let isTurn = false;
             let noted = null;
             LockManager.prototype.request = function (lock, ...rest) {
                 isTurn ||= lock === `${name}.opening`;
                 return request.call(this, lock, ...rest);
             };
             Storage.prototype.getItem = function (key) {
                 const found = getItem.call(this, key);
                 if (key === `${name}.sentinel` && isTurn && noted === null) {
                     const [store, segment, position, events, ...rest] = found.split(' ');
                     const more = [segment, position, events].map(number => Number(number) + 1);
                     noted = [store, ...more, ...rest].join(' ');
                     this.setItem(key, noted);
                 }
                 return found;
             };
             return {
                 end() {
                     Storage.prototype.getItem = getItem;
                     LockManager.prototype.request = request;
                     return noted;
                 },
             };
         }",
    );
    let store = open(&name).await;
    let noted = call(&other, "end");
    let key = format!("{name}.sentinel");
    assert_eq!(local_storage().get_item(&key), Ok(noted.as_string()));
    assert!(noted.is_string());
    end(store).await;
}
