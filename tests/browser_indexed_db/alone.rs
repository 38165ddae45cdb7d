//! Who is alone with a database tells nobody what it appends, and who comes misses nothing.

use eventloom::browser::{IndexedDbStore, Signal};
use eventloom::core::{ExpectedVersion, RecordedEvent};
use eventloom::store::conformance::Plain;
use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

/// Watches what is posted to the channel of one store, until it is dropped.
struct Posts(JsValue);

impl Posts {
    fn of(store: &IndexedDbStore) -> Posts {
        let install = js(
            "name => {
                 const original = BroadcastChannel.prototype.postMessage;
                 const posts = { count: 0, late: [], isHeld: false };
                 posts.end = () => { BroadcastChannel.prototype.postMessage = original; };
                 posts.release = () => { for (const post of posts.late.splice(0)) post(); };
                 BroadcastChannel.prototype.postMessage = function (message) {
                     if (this.name === name) posts.count += 1;
                     if (this.name === name && posts.isHeld) posts.late.push(() => original.call(this, message));
                     else original.call(this, message);
                 };
                 return posts;
             }",
        );
        let install: Function = install.unchecked_into();
        let posts = install.call1(&JsValue::NULL, &store.name().into());
        Posts(posts.unwrap())
    }

    fn count(&self) -> f64 {
        let count = Reflect::get(&self.0, &"count".into());
        count.unwrap().as_f64().unwrap()
    }

    /// What is posted takes its time, until it is released.
    fn hold(&self, is_held: bool) {
        set(&self.0, "isHeld", is_held);
    }

    fn call(&self, name: &str) {
        let method: Function = Reflect::get(&self.0, &name.into())
            .unwrap()
            .unchecked_into();
        method.call0(&JsValue::NULL).unwrap();
    }
}

impl Drop for Posts {
    fn drop(&mut self) {
        self.call("end");
    }
}

async fn append(store: &IndexedDbStore, number: u64) -> RecordedEvent {
    let (stream, batch) = (ada(), [event(number)]);
    let appended = store.record(&stream, ExpectedVersion::Any, &batch).await;
    appended.unwrap().remove(0)
}

/// Appends until nobody is told, which is as soon as the browser has said that nobody is there.
async fn append_until_silent(store: &IndexedDbStore, posts: &Posts) -> RecordedEvent {
    for number in 1..=1_000 {
        let before = posts.count();
        let appended = append(store, number).await;
        if posts.count() == before {
            return appended;
        }
    }
    panic!("it tells somebody though nobody is there");
}

#[wasm_bindgen_test]
async fn who_is_alone_tells_nobody_and_who_comes_is_told_of_each_append() {
    let here = fresh().await;
    let posts = Posts::of(&here);
    append_until_silent(&here, &posts).await;

    let there = open(here.name()).await;
    let mut ear = Ear::on(&there);
    let seen = there.end().await.unwrap();
    let next = append(&here, 2_000).await;
    while ear.next().await != Signal::Appended(next.position) {}
    assert!(next.position > seen);
    drop(posts);
    there.close();
    delete(here).await;
}

#[wasm_bindgen_test]
async fn a_tab_that_comes_is_told_what_was_appended_before_it_was_heard() {
    let here = fresh().await;
    let posts = Posts::of(&here);
    append_until_silent(&here, &posts).await;

    posts.hold(true);
    let there = open(here.name()).await;
    let seen = there.end().await.unwrap();
    let mut ear = Ear::on(&there);
    let appended = append(&here, 2_000).await;
    assert!(appended.position > seen);
    posts.hold(false);
    posts.call("release");
    assert_eq!(ear.next().await, Signal::Appended(appended.position));
    drop(posts);
    there.close();
    delete(here).await;
}

#[wasm_bindgen_test]
async fn a_page_that_is_shown_again_hears_of_what_it_missed() {
    let dispatch = |name: &str| {
        let event = web_sys::Event::new(name).unwrap();
        web_sys::window().unwrap().dispatch_event(&event).unwrap();
    };
    let here = fresh().await;
    append(&here, 1).await;
    dispatch("pagehide");
    let there = open(here.name()).await;
    let posts = Posts::of(&here);
    let last = append_until_silent(&there, &posts).await;
    drop(posts);
    there.close();

    let mut ear = Ear::on(&here);
    dispatch("pageshow");
    assert_eq!(ear.next().await, Signal::Appended(last.position));
    delete(here).await;
}
