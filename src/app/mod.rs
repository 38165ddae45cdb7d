//! The page, built like what it teaches: its state is a fold of actions in one reducer, effects
//! run in one place and come back as actions, and views are functions of the state.

use crate::core::Timestamp;
use crate::model::currency;
use crate::timeline::Timeline;

pub mod action;
pub mod address;
pub mod asked;
pub mod checked;
pub mod last_export;
pub mod loom;
pub mod pace;
pub mod parts;
pub mod reading;
pub mod reduce;
pub mod state;
pub mod story;
pub mod trying;

#[cfg(target_arch = "wasm32")]
mod backend;
#[cfg(target_arch = "wasm32")]
mod component;
#[cfg(target_arch = "wasm32")]
mod effect;
#[cfg(target_arch = "wasm32")]
mod in_memory;
#[cfg(target_arch = "wasm32")]
mod job;
#[cfg(target_arch = "wasm32")]
mod keys;
#[cfg(target_arch = "wasm32")]
pub mod loading;
#[cfg(target_arch = "wasm32")]
mod opening;
#[cfg(target_arch = "wasm32")]
mod preferences;
#[cfg(target_arch = "wasm32")]
mod room;
#[cfg(target_arch = "wasm32")]
mod view;
#[cfg(target_arch = "wasm32")]
mod wishes;
#[cfg(target_arch = "wasm32")]
pub mod worker;

#[cfg(target_arch = "wasm32")]
pub use component::App;

/// A time to the minute: `2026-01-05 09:00 UTC`.
fn minute(time: Timestamp) -> String {
    let time = time.to_string();
    let (day, time) = time.split_once('T').unwrap_or((&time, ""));
    format!("{day} {} UTC", time.get(..5).unwrap_or(time))
}

/// The currency of a stream's amounts, as its last known state names it.
fn currency_of(timeline: &Timeline) -> Option<String> {
    let state = timeline.state_at(timeline.known());
    currency(&state).map(str::to_owned)
}

/// So many events were.
fn were(events: u64) -> String {
    let were = if events == 1 { "was" } else { "were" };
    format!("{} {were}", count(events, "event"))
}

/// A number with its noun.
fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// Puts one among others, or takes it away where it is there. There are few: a set would bring more code than they are.
fn toggle<T: PartialEq>(all: &mut Vec<T>, one: T) {
    match all.iter().position(|other| *other == one) {
        Some(at) => {
            all.remove(at);
        }
        None => all.push(one),
    }
}
