//! The top bar: which model and stream, and what can be done with the store as a whole.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::commands::COMMANDS;
use super::icons::{self, icon};
use super::storage::kept;
use super::stream_box::StreamBox;
use super::verification::VERIFY;
use super::{PageProps, ViewProps, click, short};
use crate::app::action::{Action, Packing};
use crate::app::effect;
use crate::app::keys;
use crate::app::state::{Dialog, Place, Theme, Verifying};
use crate::app::words::means;

/// The top bar.
pub fn header(props: &PageProps) -> Html {
    let PageProps { state, act, .. } = props;
    let (class, words) = kept(state);
    let click = |action: fn() -> Action| click(act, action);
    let new_stream = {
        let (act, state) = (act.clone(), Rc::clone(state));
        Callback::from(move |_: MouseEvent| {
            if let Some(stream) = state.stream() {
                act.emit(Action::NewStream(effect::fresh_id(stream.aggregate_type())));
            }
        })
    };
    let theme = act.reform(|_: MouseEvent| Action::ToggleTheme {
        system: effect::system_theme(),
    });
    html! {
        <header>
            { skip(props) }
            <h1 class="brand">
                <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.2"
                    stroke-linecap="round" aria-hidden="true">
                    <path d="M3 7c4 0 5 10 9 10s5-10 9-10" />
                    <path d="M3 17c4 0 5-10 9-10s5 10 9 10" opacity=".45" />
                </svg>
                {"Eventloom"}
            </h1>
            if state.beside.is_none() {
                <ModelBox state={state} act={act} />
                <StreamBox state={state} act={act} />
                <button type="button" class="new-stream" onclick={new_stream}
                    aria-disabled={state.stream().is_none().to_string()}>{"New stream"}</button>
            }
            <span class="grow"></span>
            // At a glance; the group at the foot of the page says it to everybody, with the rest.
            <span class={classes!("kept", class)} aria-hidden="true">{ words }</span>
            <span class="store">
                { import_button(props) }
                { work("Export", click(|| Action::Export(Packing::Plain)), state.export.is_some(), None) }
                if state.packs {
                    <button type="button" class="gzip" onclick={click(|| Action::Export(Packing::Gzip))}
                        aria-disabled={state.export.is_some().to_string()}>
                        <span>{"Export "}</span>{"gzip"}
                    </button>
                }
                { work("Verify", click(|| Action::Verify), matches!(state.verifying, Verifying::Running { .. }), Some(VERIFY)) }
                { work("Reset", click(|| Action::Open(Dialog::Reset)), state.resetting, None) }
            </span>
            <button type="button" class="round help" aria-label="Help" onclick={click(|| Action::Open(Dialog::Help))}>
                <span aria-hidden="true">{"?"}</span>
            </button>
            <button type="button" class="round theme" aria-label="Theme" onclick={theme}
                title={state.preferences.theme.map_or("As the system's", Theme::title)}>
                { icon(icons::THEME) }
            </button>
        </header>
    }
}

/// The way past what stands before the commands, for those who come by Tab.
fn skip(props: &PageProps) -> Html {
    let here = props
        .state
        .address()
        .filter(|_| props.state.beside.is_none());
    let onclick = Callback::from(|event: MouseEvent| {
        event.prevent_default();
        keys::focus(COMMANDS);
    });
    here.map_or_else(Html::default, |here| {
        html! { <a class="skip" href={here} {onclick}>{"Skip to the commands"}</a> }
    })
}

/// The models to choose from.
#[component]
fn ModelBox(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let chosen = match &state.place {
        Place::Stream(stream) => stream.aggregate_type().to_owned(),
        Place::Undecided | Place::UnknownModel(_) => String::new(),
    };
    let select = use_node_ref();
    {
        // Once a person has chosen, the attribute `selected` has no effect any more.
        let (select, chosen) = (select.clone(), chosen.clone());
        use_effect(move || {
            if let Some(select) = select.cast::<HtmlSelectElement>()
                && select.value() != chosen
            {
                select.set_value(&chosen);
            }
        });
    }
    let onchange = act.reform(|event: Event| {
        let select: HtmlSelectElement = event.target_unchecked_into();
        Action::ChooseModel(select.value())
    });
    let option = |aggregate_type: &str, title: &str| {
        html! {
            <option key={aggregate_type.to_owned()} value={aggregate_type.to_owned()}
                selected={aggregate_type == chosen}>{ short(title) }</option>
        }
    };
    let shipped = state.registry.models().iter();
    let mut foreign = state.foreign_types();
    // A foreign type without events left is still what is looked at.
    if !chosen.is_empty() && state.registry.find(&chosen).is_none() && !foreign.contains(&chosen) {
        foreign.push(chosen.clone());
    }
    html! {
        <label class="pick">
            <span>{"Model"}</span>
            <select ref={select} {onchange}>
                if matches!(state.place, Place::UnknownModel(_)) {
                    <option key="" value="" selected=true disabled=true>{"Choose a model"}</option>
                }
                { for shipped.map(|model| option(model.aggregate_type(), model.title())) }
                { for foreign.iter().map(|aggregate_type| option(aggregate_type, aggregate_type)) }
            </select>
        </label>
    }
}

/// A button for work on the store, while that isn't under way.
fn work(
    name: &'static str,
    onclick: Callback<MouseEvent>,
    runs: bool,
    id: Option<&'static str>,
) -> Html {
    let word = means(&name.to_ascii_lowercase());
    html! { <button type="button" {id} {onclick} aria-disabled={runs.to_string()} title={word}>{ name }</button> }
}

fn import_button(props: &PageProps) -> Html {
    let input = NodeRef::default();
    let onclick = {
        let (input, running) = (input.clone(), props.state.import.is_some());
        Callback::from(move |_: MouseEvent| {
            if let Some(input) = input.cast::<HtmlInputElement>()
                && !running
            {
                input.click();
            }
        })
    };
    let onchange = props.import.clone();
    let onchange = Callback::from(move |event: Event| {
        let input = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let Some(input) = input else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            onchange.emit(file);
        }
        // The same file can then be chosen once more.
        input.set_value("");
    });
    html! {
        <>
            { work("Import", onclick, props.state.import.is_some(), None) }
            <input ref={input} type="file" hidden=true {onchange} tabindex="-1"
                accept=".ndjson,.jsonl,.json,.gz,application/x-ndjson,application/cloudevents-batch+json" />
        </>
    }
}
