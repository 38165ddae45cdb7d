//! The dialogs: emptying the store, archiving a stream, all keys, and what becomes of what was set aside.

use std::rc::Rc;

use web_sys::{HtmlDialogElement, HtmlInputElement};
use yew::prelude::*;

use super::{ViewProps, click, when};
use crate::app::action::{Action, AfterReset, Packing};
use crate::app::phrases::count;
use crate::app::state::{About, Dialog, State};
use crate::app::words::WORDS;

/// How what a reset deletes comes back.
const BACK: &str = "Undo reset brings them back for five minutes, unless something is recorded before; then only a \
                    file that you exported does.";

#[derive(Properties, PartialEq)]
struct ModalProps {
    open: bool,
    name: &'static str,
    act: Callback<Action>,
    children: Html,
}

/// A dialog above the page: the browser keeps the focus in it, and gives it back.
#[component]
fn Modal(props: &ModalProps) -> Html {
    let dialog = use_node_ref();
    {
        let dialog = dialog.clone();
        use_effect_with(props.open, move |&open| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                if open && !dialog.open() {
                    // It fails only for a dialog that is open already or not in the document.
                    let _ = dialog.show_modal();
                } else if !open {
                    dialog.close();
                }
            }
        });
    }
    // Escape asks first. The page closes the dialog itself then, since the browser would do it at
    // once and tell later, when the next key may already have opened it again.
    let oncancel = props.act.reform(|event: Event| {
        event.prevent_default();
        Action::CloseDialog
    });
    let onclose = {
        let dialog = dialog.clone();
        when(&props.act, move |_: Event| {
            let open = dialog.cast::<HtmlDialogElement>()?.open();
            (!open).then_some(Action::CloseDialog)
        })
    };
    let heading = format!(
        "dialog-{}",
        props.name.to_ascii_lowercase().replace(' ', "-")
    );
    html! {
        <dialog ref={dialog} aria-labelledby={heading.clone()} {oncancel} {onclose}>
            <h2 id={heading}>{ props.name }</h2>
            if props.open {
                { props.children.clone() }
            }
        </dialog>
    }
}

fn is_open(state: &Rc<State>, dialog: Dialog) -> bool {
    state.dialog == Some(dialog)
}

/// What the store holds, in words.
fn events_here(state: &State) -> String {
    match state.streams {
        Some(_) => match state.events_in_store() {
            1 => "the 1 event that is here".to_owned(),
            events => format!("the {events} events that are here"),
        },
        None => "what is here, an unknown number of events,".to_owned(),
    }
}

/// All dialogs.
pub fn dialogs(props: &ViewProps) -> Html {
    html! {
        <>
            { reset(props) }
            { archive(props) }
            { help(props) }
            { bring_back(props) }
            { delete_set_aside(props) }
        </>
    }
}

/// Emptying the store.
fn reset(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let click = |action: fn() -> Action| click(act, action);
    let streams = state.streams.as_deref().map_or(0, Vec::len);
    let events = state.events_in_store();
    html! {
        <Modal open={is_open(state, Dialog::Reset)} name="Reset" act={act.clone()}>
            <p>
                if state.streams.is_some() {
                    { format!(
                        "This deletes {} in {} from this browser, for all its tabs. {BACK}",
                        count(events, "event"),
                        count(streams as u64, "stream")
                    ) }
                } else {
                    { format!("This deletes all events from this browser, for all its tabs: how many isn't known yet. {BACK}") }
                }
            </p>
            <p>{"The story is what the first visit shows: nine events of the account ada-savings. Restoring it empties the store, too."}</p>
            <div class="choices">
                <button type="button" aria-disabled={state.export.is_some().to_string()}
                    onclick={click(|| Action::Export(Packing::Plain))}>{"Export first"}</button>
                <button type="button" class="danger" onclick={click(|| Action::Reset(AfterReset::Empty))}>{"Empty store"}</button>
                <button type="button" onclick={click(|| Action::Reset(AfterReset::Story))}>{"Restore the story"}</button>
                <button type="button" autofocus=true onclick={click(|| Action::CloseDialog)}>{"Cancel"}</button>
            </div>
            <p class="said-here" aria-live="polite">{ exported(state) }</p>
        </Modal>
    }
}

/// How the export of before a reset goes, or went.
fn exported(state: &State) -> Option<String> {
    if let Some(export) = &state.export {
        return Some(export.words.clone());
    }
    let told = state.outcome.as_ref();
    let told = told.filter(|told| told.about == About::Store("Export"))?;
    Some(format!("{} {}", told.title, told.text))
}

/// Archiving the stream that is looked at.
fn archive(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let click = |action: fn() -> Action| click(act, action);
    let id = state.stream().map_or("", |stream| stream.aggregate_id());
    html! {
        <Modal open={is_open(state, Dialog::Archive)} name="Archive stream" act={act.clone()}>
            <p>
                {"This leaves "}<bdi>{ id.to_owned() }</bdi>
                { format!(
                    " out of the list of streams, in all tabs of this browser. Nothing is lost: its {} stay in the store and in each export, and Show archived lists it again.",
                    count(state.head().0, "event")
                ) }
            </p>
            <div class="choices">
                <button type="button" onclick={click(|| Action::Archive(true))}>{"Archive"}</button>
                <button type="button" onclick={click(|| Action::CloseDialog)}>{"Cancel"}</button>
            </div>
        </Modal>
    }
}

/// Exchanging what is here for what was set aside.
fn bring_back(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let aside = match &state.dialog {
        Some(Dialog::BringBack(aside)) => Some(Rc::clone(aside)),
        _ => None,
    };
    let words = aside.as_ref().map(|aside| {
        format!(
            "This exchanges {} for {aside}, for all tabs of this browser. Nothing is merged, and nothing is deleted: what is here now is set aside.",
            events_here(state)
        )
    });
    asked(act, "Bring back", words, aside.map(Action::BringBack))
}

/// Deleting what was set aside.
fn delete_set_aside(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let aside = match &state.dialog {
        Some(Dialog::DeleteSetAside(aside)) => Some(Rc::clone(aside)),
        _ => None,
    };
    let words = aside.as_ref().map(|aside| {
        format!("This deletes {aside} from this browser, for all its tabs. Only a file that you saved brings them back.")
    });
    asked(act, "Delete", words, aside.map(Action::DeleteSetAside))
}

/// A dialog that asks before something is done, open where there is something to do.
fn asked(
    act: &Callback<Action>,
    name: &'static str,
    words: Option<String>,
    action: Option<Action>,
) -> Html {
    let open = action.is_some();
    let sure = act.clone();
    let sure = Callback::from(move |_: MouseEvent| {
        if let Some(action) = &action {
            sure.emit(action.clone());
        }
    });
    html! {
        <Modal {open} {name} act={act.clone()}>
            <p>{ words }</p>
            <div class="choices">
                <button type="button" class="danger" onclick={sure}>{ name }</button>
                <button type="button" autofocus=true onclick={click(act, || Action::CloseDialog)}>{"Cancel"}</button>
            </div>
        </Modal>
    }
}

const KEYS: &[(&[&str], &str)] = &[
    (&["←", "→"], "one version back, forth"),
    (&["Home", "End"], "version 0, latest version"),
    (
        &["↑", "↓"],
        "the same in the list of events and on the thread",
    ),
    (
        &["Page Up", "Page Down"],
        "a tenth of the thread, on the thread",
    ),
    (&["Space"], "play, pause"),
    (&["/"], "find a stream"),
    (&["?"], "this help"),
    (&["Esc"], "close a dialog or a list"),
];

/// All keys.
fn help(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let on = state.preferences.shortcuts;
    let switch = act.reform(|event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        Action::SetShortcuts(input.checked())
    });
    let close = act.reform(|_: MouseEvent| Action::CloseDialog);
    html! {
        <Modal open={is_open(state, Dialog::Help)} name="Help" act={act.clone()}>
            // It has the focus, so that a long help is seen from its beginning.
            <dl class="words" tabindex="-1" autofocus=true>
                { for WORDS.iter().map(|(word, means)| html! { <div><dt>{ *word }</dt><dd>{ *means }</dd></div> }) }
            </dl>
            <table class="keys">
                <tbody>
                    { for KEYS.iter().map(|(keys, what)| html! {
                        <tr>
                            <th scope="row">{ for keys.iter().map(|key| html! { <><kbd>{ *key }</kbd>{" "}</> }) }</th>
                            <td>{ *what }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
            <label class="switch">
                <input type="checkbox" role="switch" checked={on} onchange={switch} />
                <span>{"Single-key shortcuts"}</span>
            </label>
            <div class="choices">
                <button type="button" onclick={close}>{"Close"}</button>
            </div>
        </Modal>
    }
}
