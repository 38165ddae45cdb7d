//! The page's views: functions of the state that send actions and know nothing of storage.

pub mod about;
mod band;
mod commands;
pub mod dialogs;
mod event;
mod events;
mod field;
mod glyph;
mod header;
mod icons;
mod notices;
pub mod set_aside;
mod state_tree;
mod storage;
mod stream_box;
pub mod verification;
mod weave;

use std::rc::Rc;

use web_sys::File;
use yew::prelude::*;

use super::action::Action;
use super::address;
use super::loading::Drawn;
use super::parts::Beside;
use super::state::{About, OutcomeKind, Place, State};
use crate::core::RecordedEvent;
use crate::model::Wording;
use crate::timeline::Timeline;

pub use field::field_id;
pub use stream_box::STREAM_BOX;

/// The id of the heading of the place that is shown.
pub const PLACE: &str = "place";

/// Said while a stream is on its way from the store, or never comes: its version isn't known.
fn reading(state: &State) -> &'static str {
    if state.unread.is_some() || state.unlisted.is_some() {
        "Can't be read"
    } else {
        "Reading…"
    }
}

/// What an event is called.
fn called(event: &RecordedEvent) -> &str {
    match event.is_hole() {
        true => "damaged",
        false => &event.event_type,
    }
}

/// The most characters of a name that are shown where it stands among others.
const MOST_OF_NAME: usize = 80;

/// A name, shortened in its middle where it is long.
fn short(name: &str) -> String {
    let length = name.chars().count();
    if length <= MOST_OF_NAME {
        return name.to_owned();
    }
    let half = MOST_OF_NAME / 2;
    let begin: String = name.chars().take(half).collect();
    let end: String = name.chars().skip(length - half + 1).collect();
    format!("{begin}…{end}")
}

/// What most views need: the state, and where actions go.
#[derive(Properties, Clone)]
pub struct ViewProps {
    /// The state of the page.
    pub state: Rc<State>,
    /// Where actions go.
    pub act: Callback<Action>,
}

impl PartialEq for ViewProps {
    /// States are shared, never changed in place: the same place is the same state.
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }
}

/// What the whole page needs.
pub struct PageProps {
    /// The state of the page.
    pub state: Rc<State>,
    /// Where actions go.
    pub act: Callback<Action>,
    /// Where chosen files go.
    pub import: Callback<File>,
    /// The parts that were fetched.
    pub drawn: Drawn,
}

/// The whole page.
pub fn page(props: &PageProps) -> Html {
    let PageProps {
        state, act, drawn, ..
    } = props;
    let views = &ViewProps {
        state: Rc::clone(state),
        act: act.clone(),
    };
    let refused = refused_command(state);
    html! {
        <>
            { header::header(props) }
            <main>
                if refused.is_none() {
                    { notices::alert(views) }
                }
                { notices::files(views) }
                { verification::checked(views, drawn) }
                { match &state.beside {
                    None => streams(views, refused.as_deref()),
                    Some(beside) => place(views, beside, drawn),
                } }
            </main>
            <footer>
                { storage::storage(views, drawn) }
                if state.beside.is_some() {
                } else if state.preferences.shortcuts {
                    { keys(&["←", "→"], "one version") }
                    { keys(&["Space"], "play") }
                    { keys(&["Home", "End"], "first, latest") }
                    { keys(&["/"], "find a stream") }
                    { keys(&["?"], "all keys") }
                } else {
                    <span>{"Single keys are off. Help turns them on."}</span>
                }
                { to_about(state) }
            </footer>
            { drawn.dialogs(views) }
        </>
    }
}

/// A stream: its history, its state and its commands.
fn streams(views: &ViewProps, refused: Option<&str>) -> Html {
    let ViewProps { state, act } = views;
    html! {
        <>
            { notices::tip(views) }
            <band::Band {state} {act} />
            if matches!(state.place, Place::Stream(_)) {
                <div class="columns">
                    { commands::commands(views, refused) }
                    <div class="column timeline-column">
                        <events::Events {state} {act} />
                        { event::event(views) }
                    </div>
                    <div class="column state-column">
                        <state_tree::StateTree {state} {act} />
                        { state_tree::changes(views) }
                    </div>
                </div>
            }
        </>
    }
}

/// A place that shows no stream.
fn place(views: &ViewProps, beside: &Beside, drawn: &Drawn) -> Html {
    html! {
        <>
            <div class="band place">
                <h2 class="at" id={PLACE} tabindex="-1">{ match beside {
                    Beside::About => "About",
                    Beside::Unknown(_) => "No such place",
                } }</h2>
                { notices::status(views) }
                { to_streams(&views.state) }
            </div>
            if *beside == Beside::About {
                { drawn.about(views) }
            }
        </>
    }
}

/// The way to the stream that is looked at, or was.
fn to_streams(state: &State) -> Html {
    let address = state.stream_address().unwrap_or_else(|| "#/".to_owned());
    html! { <a href={address}>{"Streams"}</a> }
}

/// The way to the place `About`.
fn to_about(state: &State) -> Html {
    let here = state.beside == Some(Beside::About);
    html! { <a href={address::ABOUT} aria-current={here.then_some("page")}>{"About"}</a> }
}

/// The command on screen that was refused last: the alert then stands with it.
fn refused_command(state: &State) -> Option<String> {
    let outcome = state.told()?;
    match &outcome.about {
        About::Command((aggregate_type, command))
            if state.beside.is_none()
                && outcome.kind != OutcomeKind::Done
                && state.stream()?.aggregate_type() == aggregate_type =>
        {
            Some(command.clone())
        }
        _ => None,
    }
}

/// A sentence under a heading that says what stands there, until that is known.
fn sentence(state: &State, words: &'static str) -> Html {
    match state.preferences.tip {
        true => html! { <p class="sentence">{ words }</p> },
        false => Html::default(),
    }
}

/// A button that always does something.
fn button(name: &str, onclick: Callback<MouseEvent>) -> Html {
    html! { <button type="button" {onclick}>{ name.to_owned() }</button> }
}

/// What some keys do.
fn keys(keys: &[&str], words: &str) -> Html {
    let key = |key: &&str| html! { <><kbd>{ (*key).to_owned() }</kbd>{" "}</> };
    html! { <span>{ for keys.iter().map(key) }{ words.to_owned() }</span> }
}

/// A callback that sends an action when something is clicked.
fn click(act: &Callback<Action>, action: fn() -> Action) -> Callback<MouseEvent> {
    act.reform(move |_| action())
}

/// A callback that sends an action for some events and nothing for the others.
fn when<E: 'static>(
    act: &Callback<Action>,
    action: impl Fn(E) -> Option<Action> + 'static,
) -> Callback<E> {
    let act = act.clone();
    Callback::from(move |event: E| {
        if let Some(action) = action(event) {
            act.emit(action);
        }
    })
}

/// How the values of a stream are put into words.
fn wording(timeline: &Timeline) -> Wording {
    Wording::of(
        timeline.model().as_ref(),
        &timeline.state_at(timeline.known()),
    )
}
