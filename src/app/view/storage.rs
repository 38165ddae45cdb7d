//! Where events are kept and what that is worth: saved or not, how much room they take, whether the
//! browser may delete them, and what a saved command survives.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::{ViewProps, button, click};
use crate::app::action::Action;
use crate::app::loading::Drawn;
use crate::app::loom::Tenths;
use crate::app::phrases::count;
use crate::app::state::{Dialog, Room, State, Storage as Kept};
use crate::app::words::means;
use crate::core::Version;
use crate::store::{Durability, SecondCopy};

/// The id of what is said of the chosen durability.
const SURVIVES: &str = "durability-survives";

/// Whether what is on screen is kept: a class, and words.
pub fn kept(state: &State) -> (&'static str, String) {
    match (&state.storage, &state.saving) {
        (Kept::Opening, _) => ("opening", "Opening…".to_owned()),
        (Kept::Kept, Some(_)) => ("saving", "Saving…".to_owned()),
        (Kept::Kept, None) => ("saved", "Saved in this browser".to_owned()),
        (Kept::InMemory(_), _) => ("lost", "Not saved: in memory only".to_owned()),
        (Kept::Lost(reason), _) => ("lost", format!("Not saved: {reason}")),
    }
}

/// Where events are kept.
pub fn storage(props: &ViewProps, drawn: &Drawn) -> Html {
    let ViewProps { state, act } = props;
    let (class, words) = kept(state);
    let chosen = state.preferences.durability;
    let onchange = act.reform(|event: Event| {
        let select: HtmlSelectElement = event.target_unchecked_into();
        let named = |durability: &Durability| durability.name() == select.value();
        Action::SetDurability(Durability::ALL.into_iter().find(named).unwrap_or_default())
    });
    html! {
        <>
        <div class="storage" role="group" aria-label="Storage">
            <span class={classes!("kept", class)}>{ words }</span>
            if state.storage == Kept::Kept {
                if let Some(used) = state.room.as_ref().and_then(|room| room.used) {
                    <span>{ format!("About {} used", bytes(used)) }</span>
                }
                if let Some(copy) = state.room.as_ref().and_then(|room| room.second_copy.as_ref()) {
                    <span>{ second_copy(copy) }</span>
                }
                <span>{ protection(state.room.as_ref()) }</span>
                if let Some(exported) = state.last_export.words() {
                    <span>{ exported }</span>
                }
                <label class="pick">
                    <span title={means("durability")}>{"Durability"}</span>
                    <select {onchange} aria-describedby={SURVIVES}>
                        { for Durability::ALL.into_iter().map(|durability| html! {
                            <option value={durability.name()} selected={durability == chosen}>{ durability.name() }</option>
                        }) }
                    </select>
                </label>
                <span id={SURVIVES}>{ survives(chosen) }</span>
                { drawn.set_aside(props) }
            }
        </div>
        { archive(state, act) }
        </>
    }
}

/// Leaving the stream that is looked at out of the lists, and listing again what was left out.
fn archive(state: &State, act: &Callback<Action>) -> Html {
    let click = |action: fn() -> Action| click(act, action);
    let archived = state.archived.len();
    html! {
        <div class="storage">
            if state.is_archived() {
                { button("Bring stream back", click(|| Action::Archive(false))) }
            } else {
                <button type="button" onclick={click(|| Action::Open(Dialog::Archive))}
                    aria-disabled={(state.head() == Version::NONE).to_string()}>{"Archive stream"}</button>
            }
            <button type="button" onclick={click(|| Action::ExportStream)}
                aria-disabled={(state.head() == Version::NONE || state.export.is_some()).to_string()}>{"Export this stream"}</button>
            if archived > 0 {
                <button type="button" aria-pressed={state.shows_archived.to_string()}
                    onclick={click(match state.shows_archived {
                        true => || Action::ShowArchived(false),
                        false => || Action::ShowArchived(true),
                    })}>{"Show archived"}</button>
                <span>{ format!("{} archived", count(archived as u64, "stream")) }</span>
            }
        </div>
    }
}

fn second_copy(copy: &SecondCopy) -> String {
    match copy {
        SecondCopy::Kept => "A second copy is kept in this browser's files".to_owned(),
        SecondCopy::Copying { events, of } => {
            format!("Copying {events} of {of} events into the second copy")
        }
        SecondCopy::Checking => "Checking the second copy".to_owned(),
        SecondCopy::Waiting => {
            "Close the other tab of this page, so that the second copy can be made".to_owned()
        }
        SecondCopy::Behind(reason) => format!("The second copy is behind: {reason}"),
        SecondCopy::Missing(reason) => {
            format!("No second copy here: {reason}. Only an export is one")
        }
    }
}

fn protection(room: Option<&Room>) -> &'static str {
    match room.and_then(|room| room.protected) {
        Some(true) => "The browser keeps it until you delete it",
        Some(false) => "The browser may delete it when the disk runs full: keep an export",
        None => "This browser doesn't say whether it may delete it: keep an export",
    }
}

fn survives(durability: Durability) -> &'static str {
    match durability {
        Durability::Strict => {
            "A saved command survives a power cut, as far as the system keeps its word"
        }
        Durability::Relaxed => {
            "A saved command survives a crash of the browser, but perhaps not a power cut"
        }
    }
}

/// A size as people write it.
fn bytes(size: u64) -> String {
    match size {
        0..1_000_000 => format!("{} kB", size.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", Tenths(size as f64 / 1e6)),
        _ => format!("{} GB", Tenths(size as f64 / 1e9)),
    }
}
