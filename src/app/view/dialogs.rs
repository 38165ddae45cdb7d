//! The dialogs: emptying the store, archiving a stream, and all keys.

use std::rc::Rc;

use web_sys::{HtmlDialogElement, HtmlInputElement};
use yew::prelude::*;

use super::{ViewProps, when};
use crate::app::action::{Action, AfterReset};
use crate::app::count;
use crate::app::state::{Dialog, State};

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

/// Emptying the store.
#[component]
pub fn Reset(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let click = |action: Action| act.reform(move |_: MouseEvent| action.clone());
    let streams = state.streams.as_deref().map_or(0, Vec::len);
    let events = state.events_in_store();
    html! {
        <Modal open={is_open(state, Dialog::Reset)} name="Reset" act={act.clone()}>
            <p>
                { format!(
                    "This deletes {} in {} from this browser, for all its tabs. Only a file that you exported brings them back.",
                    count(events, "event"),
                    count(streams as u64, "stream")
                ) }
            </p>
            <div class="choices">
                <button type="button" class="danger" onclick={click(Action::Reset(AfterReset::Empty))}>{"Empty store"}</button>
                <button type="button" class="danger" onclick={click(Action::Reset(AfterReset::Story))}>{"Restore the story"}</button>
                <button type="button" onclick={click(Action::CloseDialog)}>{"Cancel"}</button>
            </div>
        </Modal>
    }
}

/// Archiving the stream that is looked at.
#[component]
pub fn Archive(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let click = |action: Action| act.reform(move |_: MouseEvent| action.clone());
    let id = state.stream().map_or("", |stream| stream.aggregate_id());
    html! {
        <Modal open={is_open(state, Dialog::Archive)} name="Archive stream" act={act.clone()}>
            <p>
                { format!(
                    "This leaves {id} out of the list of streams, in all tabs of this browser. Nothing is lost: its {} stay in the store and in each export, and Show archived lists it again.",
                    count(state.head().0, "event")
                ) }
            </p>
            <div class="choices">
                <button type="button" onclick={click(Action::Archive(true))}>{"Archive"}</button>
                <button type="button" onclick={click(Action::CloseDialog)}>{"Cancel"}</button>
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
#[component]
pub fn Help(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let on = state.preferences.shortcuts;
    let switch = act.reform(|event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        Action::SetShortcuts(input.checked())
    });
    let close = act.reform(|_: MouseEvent| Action::CloseDialog);
    html! {
        <Modal open={is_open(state, Dialog::Help)} name="Help" act={act.clone()}>
            <p>
                {"A command is decided on the latest state and recorded as events. State is those events, folded. Go back to any version to see what was known then; the log never changes."}
            </p>
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
