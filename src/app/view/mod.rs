//! The page's views: functions of the state that send actions and know nothing of storage.

mod band;
mod commands;
mod dialogs;
mod event;
mod events;
mod field;
mod glyph;
mod header;
mod icons;
mod notices;
mod state_tree;
mod storage;
mod stream_box;
mod verification;
mod weave;

use std::rc::Rc;

use web_sys::File;
use yew::prelude::*;

use super::action::Action;
use super::state::{About, OutcomeKind, Place, State};
use crate::timeline::{Timeline, Wording};

pub use field::field_id;
pub use stream_box::STREAM_BOX;

/// Said while a stream is on its way from the store, or never comes: its version isn't known.
fn reading(state: &State) -> &'static str {
    let failed = state.outcome.as_ref();
    let failed =
        failed.is_some_and(|it| it.kind == OutcomeKind::Refused && it.about == About::Store);
    if failed {
        "Can't be read"
    } else {
        "Reading…"
    }
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
#[derive(Properties, Clone)]
pub struct PageProps {
    /// The state of the page.
    pub state: Rc<State>,
    /// Where actions go.
    pub act: Callback<Action>,
    /// Where chosen files go.
    pub import: Callback<File>,
}

impl PartialEq for PageProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }
}

/// The whole page.
#[component]
pub fn Page(props: &PageProps) -> Html {
    let PageProps { state, act, import } = props.clone();
    let refused = refused_command(&state);
    let shown = matches!(state.place, Place::Stream(_));
    let (state, act) = (&state, &act);
    html! {
        <>
            <header::Header state={state} act={act} {import} />
            <main>
                if refused.is_none() {
                    <notices::Alert state={state} act={act} />
                }
                <notices::Files state={state} act={act} />
                <verification::Checked state={state} act={act} />
                <notices::Tip state={state} act={act} />
                <band::Band state={state} act={act} />
                if shown {
                    <div class="columns">
                        <commands::Commands state={state} act={act} {refused} />
                        <div class="column timeline-column">
                            <events::Events state={state} act={act} />
                            <event::Event state={state} act={act} />
                        </div>
                        <div class="column state-column">
                            <state_tree::StateTree state={state} />
                            <state_tree::Changes state={state} />
                        </div>
                    </div>
                }
            </main>
            <footer>
                <storage::Storage state={state} act={act} />
                if state.preferences.shortcuts {
                    <span><kbd>{"←"}</kbd>{" "}<kbd>{"→"}</kbd>{" one version"}</span>
                    <span><kbd>{"Space"}</kbd>{" play"}</span>
                    <span><kbd>{"Home"}</kbd>{" "}<kbd>{"End"}</kbd>{" first, latest"}</span>
                    <span><kbd>{"/"}</kbd>{" find a stream"}</span>
                    <span><kbd>{"?"}</kbd>{" all keys"}</span>
                } else {
                    <span>{"Single keys are off. Help turns them on."}</span>
                }
            </footer>
            <dialogs::Reset state={state} act={act} />
            <dialogs::Archive state={state} act={act} />
            <dialogs::Help state={state} act={act} />
        </>
    }
}

/// The command on screen that was refused last: the alert then stands with it.
fn refused_command(state: &State) -> Option<String> {
    let outcome = state.outcome.as_ref()?;
    match &outcome.about {
        About::Command((aggregate_type, command))
            if outcome.kind != OutcomeKind::Done
                && state.stream()?.aggregate_type() == aggregate_type =>
        {
            Some(command.clone())
        }
        _ => None,
    }
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
    Wording {
        money_keys: timeline
            .model()
            .money_keys()
            .iter()
            .map(|key| (*key).to_owned())
            .collect(),
        currency: timeline.currency().unwrap_or_default(),
    }
}
