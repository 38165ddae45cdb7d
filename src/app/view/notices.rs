//! What is told to the user: the one alert, the one status, running imports and exports, the tip.

use yew::prelude::*;

use super::{ViewProps, button};
use crate::app::action::{Action, Wish};
use crate::app::page_version::PageVersion;
use crate::app::parts::Beside;
use crate::app::phrases::count;
use crate::app::state::{Outcome, OutcomeKind, Progress, State, Storage};
use crate::app::words::means;
use crate::browser::words::Recovered;
use crate::core::StreamId;
use crate::store::StoreError;

/// What stays to be told about storage.
fn storage_warning(state: &State) -> Option<String> {
    match &state.storage {
        Storage::InMemory(reason) => {
            let advice = match reason {
                StoreError::Unavailable { .. } => {
                    "Export them to keep them, or allow this site to store data and reload"
                }
                StoreError::Full => "Make room on the disk and reload, or export them to keep them",
                _ => "Export them to keep them",
            };
            let newer = match reason {
                StoreError::Newer { .. } => "; reload to get the newer one",
                _ => "",
            };
            let reason = reason.to_string();
            let reason = reason.trim_end_matches('.');
            Some(format!(
                "What you see is in memory only and goes with this page: {reason}{newer}. Events that were saved here \
                 before are untouched, and aren't shown. {advice}."
            ))
        }
        Storage::Lost(reason) => Some(format!("Nothing more can be saved here: {reason}.")),
        Storage::Opening | Storage::Kept => None,
    }
}

/// The name of a place that was asked for and isn't there.
fn nowhere(state: &State) -> Option<&str> {
    match &state.beside {
        Some(Beside::Unknown(name)) => Some(name),
        Some(Beside::About) | None => None,
    }
}

fn alarming(state: &State) -> Option<&Outcome> {
    state.told().filter(|told| told.kind != OutcomeKind::Done)
}

/// The one alert: what was refused last, what stays to be told about storage, and what was missing
/// from the store.
pub fn alert(props: &ViewProps) -> Html {
    let state = &props.state;
    let (warning, outcome) = (storage_warning(state), alarming(state));
    let recovery = state.recovery;
    let (unlisted, unread) = (state.unlisted.as_ref(), state.unread.as_ref());
    let unread = unread.map(|unread| (unread.title, &unread.text));
    let unread = unlisted
        .map(|text| ("The streams can't be listed:", text))
        .or(unread);
    let unread = unread.filter(|_| state.beside.is_none());
    let (unfetched, nowhere) = (state.unfetched(), nowhere(state));
    if state.trying.is_none()
        && warning.is_none()
        && outcome.is_none()
        && recovery.is_none()
        && state.version != PageVersion::Superseded
        && unread.is_none()
        && unfetched.is_none()
        && nowhere.is_none()
    {
        return Html::default();
    }
    let again = props.act.reform(|_: MouseEvent| Action::FetchAgain);
    let retry = props.act.reform(|_: MouseEvent| Action::Retry);
    let with_holes = props.act.reform(|_: MouseEvent| Action::ImportWithHoles);
    let dismiss = props.act.reform(|_: MouseEvent| Action::DismissRecovery);
    let wish = |wish: Wish| props.act.reform(move |_: MouseEvent| Action::Wish(wish));
    // A new element for each outcome, so that the same words are announced again.
    let key = if outcome.is_some() { state.outcomes } else { 0 };
    html! {
        <div key={key.to_string()} class="said" role="alert">
            if let Some(outcome) = outcome {
                <p>
                    if !outcome.title.is_empty() {
                        <b>{ &outcome.title }</b>{" "}
                    }
                    { &outcome.text }
                    { beside(state) }
                    { moment(outcome) }
                </p>
                if outcome.retry.is_some() {
                    <button type="button" onclick={retry}
                        aria-disabled={state.saving.is_some().to_string()}>{"Retry"}</button>
                }
                if let Some(offer) = &outcome.with_holes {
                    { button(&format!("Import with {}", count(offer.holes, "hole")), with_holes) }
                }
                { dismiss_outcome(props, outcome) }
            }
            if let Some(name) = nowhere {
                <p>{ format!("There is no place {name} here. ") }{ super::to_streams(state) }{" "}{ super::to_about(state) }</p>
            }
            if let Some((name, reason)) = unfetched {
                <p><b>{ format!("{name} can't be loaded:") }</b>{ format!(" {reason}.") }</p>
                { button("Try again", again) }
            }
            if let Some(trying) = &state.trying {
                <p>{ trying.words() }</p>
                { button("Try now", wish(Wish::TryNow)) }
                { button("Work in memory", wish(Wish::InMemory)) }
                if trying.can_be_left() {
                    { button("Go on from the second copy", wish(Wish::GoOn)) }
                }
            }
            if let Some((title, text)) = unread {
                <p><b>{ title }</b>{" "}{ text }</p>
            }
            if let Some(warning) = warning {
                <p>{ warning }</p>
            }
            if state.version == PageVersion::Superseded {
                <p>
                    {"A new version is ready"}
                    { if state.is_switching { ", and is used once what is under way is done." } else { "." } }
                </p>
                { button("Use it now", props.act.reform(|_: MouseEvent| Action::UseNewVersion)) }
            }
            if let Some(recovery) = recovery {
                <p>{ Recovered(recovery).to_string() }{"."}</p>
                { button("Dismiss Recovery", dismiss) }
            }
        </div>
    }
}

/// Of which moment of the store something speaks.
fn moment(outcome: &Outcome) -> Html {
    let moment = outcome.moment();
    moment.map_or_else(Html::default, |moment| {
        html! { <>{" "}<span class="moment">{ moment }</span></> }
    })
}

/// What speaks of the store can be put away.
fn dismiss_outcome(props: &ViewProps, outcome: &Outcome) -> Html {
    let dismiss = props.act.reform(|_: MouseEvent| Action::DismissOutcome);
    let name = outcome.of_store();
    name.map_or_else(Html::default, |name| {
        button(&format!("Dismiss {name}"), dismiss)
    })
}

fn show(props: &ViewProps, stream: &StreamId) -> Callback<MouseEvent> {
    let stream = stream.clone();
    props
        .act
        .reform(move |_: MouseEvent| Action::Show(stream.clone()))
}

/// What is said beside what came of a command.
fn beside(state: &State) -> Html {
    let twice = state.twice().map(str::to_owned);
    let said = state.hold_ended().into_iter().chain(twice);
    said.map(|said| html! { <>{" "}<span>{ said }</span></> })
        .collect()
}

/// The one status: what waits, or what went well last.
pub fn status(props: &ViewProps) -> Html {
    let state = &props.state;
    let done = state.told().filter(|told| told.kind == OutcomeKind::Done);
    html! {
        <>
            <div class="status" role="status">
                if let Some(waits) = state.waiting_words() {
                    <span>{ waits }</span>
                } else if let Some(done) = done {
                    <span key={state.outcomes.to_string()} title={done.command.and(means("appended"))}>{ &done.text }</span>
                    { beside(state) }
                }
            </div>
            if let Some(done) = done {
                { moment(done) }
                if let Some(stream) = &done.brought {
                    <button type="button" onclick={show(props, stream)}>{ format!("Show {stream}") }</button>
                }
                { dismiss_outcome(props, done) }
            }
            if done.is_some_and(|done| done.retry.is_some()) {
                <button type="button" class="quiet" onclick={props.act.reform(|_: MouseEvent| Action::Retry)}
                    aria-disabled={state.saving.is_some().to_string()}>{"Send the same command again"}</button>
            }
            if state.undo.is_some() {
                { button("Undo reset", props.act.reform(|_: MouseEvent| Action::UndoReset)) }
            }
        </>
    }
}

/// The move to another layout, the import and the export that are running.
pub fn files(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let import = act.reform(|_: MouseEvent| Action::CancelImport);
    let export = act.reform(|_: MouseEvent| Action::CancelExport);
    html! {
        <>
            if let Some(percent) = state.moving {
                <div class="importing">
                    <span>{"Bringing this store into its new form"}</span>
                    <progress aria-label="Move" max="100" value={percent.to_string()}></progress>
                    <span class="pace">{"Its streams are shown once that is done; closed before, it goes on the next time"}</span>
                </div>
            }
            { file(state.import.as_ref(), "Import", "Cancel import", import) }
            { file(state.export.as_ref(), "Export", "Cancel export", export) }
        </>
    }
}

fn file(
    progress: Option<&Progress>,
    name: &'static str,
    cancel: &'static str,
    onclick: Callback<MouseEvent>,
) -> Html {
    let Some(progress) = progress else {
        return Html::default();
    };
    html! {
        <div class="importing">
            if let Some(file) = &progress.file {
                <span>{ file }</span>
            }
            <progress aria-label={name} max="100" value={progress.percent.to_string()}></progress>
            <span class="pace">{ &progress.words }</span>
            { button(cancel, onclick) }
        </div>
    }
}

/// The line that says what to try.
pub fn tip(props: &ViewProps) -> Html {
    let state = &props.state;
    let story = state
        .stream()
        .is_some_and(|stream| stream.aggregate_id() == "ada-savings");
    if !state.preferences.tip || state.timeline.is_none() {
        return Html::default();
    }
    let word = |word: &'static str| html! { <span title={means(word)}>{ word }</span> };
    let dismiss = props.act.reform(|_: MouseEvent| Action::DismissTip);
    html! {
        <p class="tip">
            <span>
                if story {
                    {"Try this: drag the "}{ word("shuttle") }{" along the "}{ word("thread") }
                    {" and watch the state follow. Then withdraw 900.00, and read why the account refuses."}
                } else {
                    {"Under each heading a sentence says what stands there. Help begins with a list of words."}
                }
            </span>
            { button("Got it", dismiss) }
        </p>
    }
}
