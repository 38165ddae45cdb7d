//! The page's state as a fold of actions: what is shown after what happened, and what the page
//! asks of the world. No browser is needed for any of it.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod archive;
mod beginning;
mod commands;
mod course;
mod damaged;
mod files;
mod following;
mod holding;
mod late;
mod opening;
mod page_version;
mod parts;
mod places;
mod play;
mod pressing;
mod reading;
mod resets;
mod retrying;
mod robust;
mod set_aside;
mod store;
#[path = "../support/mod.rs"]
mod support;
mod telling;
mod verification;
mod waiting;

use eventloom::app::action::{Action, Effect, Entry};
use eventloom::app::reading::Read;
use eventloom::app::state::{Outcome, Preferences, State, Storage, Unread};
use eventloom::core::{
    CommandId, History, RecordedEvent, StreamHead, StreamId, Timestamp, Version,
};
use eventloom::model::Registry;
use eventloom::model::bank_account::{BankAccount, Event};
use eventloom::store::{AppendError, StoreError};

/// The stream that most tests look at, and its address at the head.
const ADA: &str = "#/bank_account/ada-savings";

fn ada() -> StreamId {
    support::stream("bank_account", "ada-savings")
}

/// The id of a command that a test submits.
const ID: CommandId = CommandId(uuid::Uuid::from_u128(7));

/// So long after the beginning of a test a press is another one.
const HALF_A_SECOND: Timestamp = Timestamp::from_millis(500);

/// The history that the store has, unless a test says otherwise.
const HISTORY: History = History(uuid::Uuid::from_u128(9));

/// Another tab stands in the way of the store.
fn in_use() -> StoreError {
    let cause = "another tab keeps an older version of this store open".into();
    StoreError::InUse { cause }
}

/// A command is submitted, under an id.
fn submitted(command: &str, id: CommandId) -> Action {
    let command = command.to_owned();
    Action::Submit { command, id }
}

/// Ada's account: opened in EUR, then one euro deposited again and again.
fn history(count: usize) -> Vec<RecordedEvent> {
    let opened = Event::AccountOpened {
        owner: "Ada Byron".into(),
        currency: "EUR".into(),
    };
    let deposited = Event::MoneyDeposited {
        amount: 100,
        reference: "salary".into(),
    };
    let events = [opened]
        .into_iter()
        .chain(std::iter::repeat(deposited))
        .take(count);
    support::recorded(&BankAccount, "ada-savings", events)
}

/// The page as it begins, before anything came back from the store.
fn begun_at(address: &str) -> State {
    let (registry, preferences) = (Registry::shipped(), Preferences::default());
    State::new(registry, preferences, address.to_owned())
}

fn head_of(stream: StreamId, version: u64) -> StreamHead {
    let version = Version(version);
    StreamHead { stream, version }
}

/// The page after it listed a store that holds so many events of Ada's.
fn listed_at(address: &str, count: usize) -> (State, Vec<Effect>) {
    let mut page = begun_at(address);
    page.reduce(Action::Opened(Storage::Kept));
    let heads = match count {
        0 => vec![],
        _ => vec![head_of(ada(), count as u64)],
    };
    let effects = page.reduce(listed(&page, heads));
    (page, effects)
}

/// The page after it also loaded Ada's events.
fn loaded_at(address: &str, count: usize) -> (State, Vec<Effect>) {
    let (mut page, _) = listed_at(address, count);
    let effects = page.reduce(loaded(&page, history(count)));
    (page, effects)
}

/// The page that shows so many events of Ada's at a version, or at the head.
fn showing(viewed: Option<u64>, count: usize) -> State {
    let address = match viewed {
        Some(version) => format!("{ADA}?v={version}"),
        None => ADA.to_owned(),
    };
    loaded_at(&address, count).0
}

/// These streams came back, as asked of what is shown now.
fn listed(page: &State, heads: Vec<StreamHead>) -> Action {
    listed_with(page, heads, &[])
}

/// The same, and some of them are archived.
fn listed_with(page: &State, heads: Vec<StreamHead>, archived: &[StreamId]) -> Action {
    Action::Listed {
        asked: page.views.now(),
        streams: Ok(heads),
        archived: Some(archived.iter().cloned().collect()),
    }
}

/// They couldn't be listed.
fn not_listed(page: &State, error: StoreError) -> Action {
    Action::Listed {
        asked: page.views.now(),
        streams: Err(error),
        archived: None,
    }
}

/// What was read of a stream came back, as asked of what is shown now.
fn came(page: &State, stream: StreamId, whole: bool, read: Read) -> Action {
    Action::Loaded {
        asked: page.views.now(),
        stream,
        whole,
        read,
    }
}

/// A stream could be read to its end.
fn to_the_end(events: Vec<RecordedEvent>) -> Read {
    Read {
        history: Some(HISTORY),
        events,
        failed: None,
    }
}

/// A stream could be read to there.
fn until(events: Vec<RecordedEvent>, failed: StoreError) -> Read {
    Read {
        failed: Some(failed),
        ..to_the_end(events)
    }
}

/// All of Ada's events came back.
fn loaded(page: &State, events: Vec<RecordedEvent>) -> Action {
    came(page, ada(), true, to_the_end(events))
}

/// Those of Ada's events that follow what is held came back.
fn arrived(page: &State, events: &[RecordedEvent]) -> Action {
    came(page, ada(), false, to_the_end(events.to_vec()))
}

/// The append of a command came back, as sent from what is shown now.
fn appended(page: &State, result: Result<Vec<RecordedEvent>, AppendError>) -> Action {
    let asked = page.views.now();
    Action::Appended { asked, result }
}

/// The streams are asked for, of what is shown now.
fn list(page: &State) -> Effect {
    Effect::List(page.views.now())
}

/// A stream is asked for from its beginning, of what is shown now.
fn load(page: &State, stream: StreamId) -> Effect {
    Effect::Load(page.views.now(), stream)
}

/// Ada's events are looked through for what a command led to.
fn seek(page: &State) -> Effect {
    Effect::Seek(page.views.now(), ada())
}

/// What is looked at: version N of M.
fn view(page: &State) -> (u64, u64) {
    (page.viewed_version().0, page.head().0)
}

fn shown_balance(page: &State) -> i64 {
    let timeline = page.timeline.as_ref().unwrap();
    let state = timeline.state_at(page.viewed_version());
    state.get("balance").unwrap().as_i64().unwrap()
}

fn outcome(page: &State) -> &Outcome {
    page.outcome.as_ref().expect("an outcome")
}

fn unread(page: &State) -> &Unread {
    page.unread.as_ref().expect("a stream that can't be read")
}

fn push(address: &str) -> Effect {
    Effect::Show(address.to_owned(), Entry::Push)
}

fn replace(address: &str) -> Effect {
    Effect::Show(address.to_owned(), Entry::Replace)
}
