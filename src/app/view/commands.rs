//! The command panel: what can be asked of the stream, and what it would answer.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

use super::field::Form;
use super::notices::alert;
use super::{ViewProps, sentence, when};
use crate::app::action::Action;
use crate::app::effect;
use crate::app::phrases::currency_of;
use crate::app::words::means;
use crate::model::{CommandForm, Refusal};
use crate::timeline::Timeline;

/// The id of the command panel, where the skip link leads.
pub const COMMANDS: &str = "commands";

/// The command panel. With the command that was refused last stands the alert.
pub fn commands(props: &ViewProps, refused: Option<&str>) -> Html {
    let state = &props.state;
    let body = match state.decided_on() {
        Some(timeline) if timeline.model().commands().is_empty() => html! {
            <p class="empty">
                <bdi>{ timeline.stream().aggregate_type().to_owned() }</bdi>
                {" has no model here, so it takes no commands. Its history can be scrubbed, and its state is the last value of each key."}
            </p>
        },
        Some(timeline) => html! {
            <>
                { hold(props) }
                if let Some(held) = &state.held {
                    <p class="past-note">
                        { format!("Commands are decided at version {} and expect it", held.head()) }
                    </p>
                } else if state.viewed.is_some() {
                    <p class="past-note">
                        { format!("Commands are decided at version {}", state.head()) }
                    </p>
                }
                { for timeline.model().commands().iter().map(|form| command(props, refused, timeline, form)) }
            </>
        },
        None => Html::default(),
    };
    html! {
        <section class="column commands" aria-label="Commands" id={COMMANDS} tabindex="-1">
            <div class="head">
                <h2 title={means("command")}>{"Commands"}</h2>
                <span class="role" aria-hidden="true" title={means("decide")}>{"decide "}<span class="arrow">{"→"}</span></span>
            </div>
            { sentence(state, "Ask for something. It is weighed against what is known now, and recorded as events or refused.") }
            { body }
        </section>
    }
}

/// The switch that holds commands at the head as it is, so that what others record meanwhile is a conflict.
fn hold(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let held = state.held.as_ref().map(|held| held.head());
    let onchange = act.reform(|event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        Action::Hold(input.checked())
    });
    html! {
        <div class="hold">
            <label class="switch">
                <input type="checkbox" role="switch" checked={held.is_some()} {onchange} />
                <span>{ format!("Hold at version {}", held.unwrap_or_else(|| state.head())) }</span>
            </label>
            if let Some(held) = held {
                <span class="hint">{ format!("held at version {held}") }</span>
            }
        </div>
    }
}

fn command(
    props: &ViewProps,
    refused: Option<&str>,
    timeline: &Timeline,
    form: &CommandForm,
) -> Html {
    let ViewProps { state, act } = props;
    let told = refused == Some(form.name);
    let key = (
        timeline.stream().aggregate_type().to_owned(),
        form.name.to_owned(),
    );
    let open = state.is_form_open(&key);
    let name = form.name;
    let draft = state.draft(&key);
    let of_state = currency_of(timeline);
    let currency = form.currency(&draft, of_state.as_deref());
    let errors = match &state.bad_fields {
        Some((bad, errors)) if *bad == key => errors.as_slice(),
        _ => &[],
    };
    // Deciding is pure, so what a command would answer can be asked as often as one likes.
    let unlikely = form
        .read(&draft, of_state.as_deref())
        .ok()
        .and_then(|arguments| match timeline.decide(name, &arguments) {
            Err(Refusal::Rejected(reason)) => Some(reason),
            _ => None,
        });
    let hint = format!("{}-hint", super::field_id(name, ""));
    let toggle = act.reform(move |_: MouseEvent| Action::ToggleForm(name.to_owned()));
    let submit = act.reform(move |event: SubmitEvent| {
        event.prevent_default();
        Action::Submit {
            command: name.to_owned(),
            id: effect::fresh_command_id(),
        }
    });
    // A key that is held down sends it once.
    let onkeydown = when(act, move |event: KeyboardEvent| {
        if !event.repeat() || event.key() != "Enter" || !is_sent_from(&event) {
            return None;
        }
        event.prevent_default();
        let command = name.to_owned();
        Some(Action::Repeated { command })
    });
    let fields = Form {
        command: name,
        draft: &draft,
        currency: &currency,
        errors,
        act,
    };
    html! {
        <div key={name} class={classes!("command", unlikely.is_some().then_some("unlikely"))}>
            <button type="button" class="toggle" aria-expanded={open.to_string()} onclick={toggle}
                aria-describedby={hint.clone()}>
                { name }
            </button>
            <span id={hint} class="hint">{ unlikely.filter(|_| !told) }</span>
            if told {
                { alert(props) }
            }
            if open {
                <form aria-label={name} novalidate=true onsubmit={submit} {onkeydown}>
                    <p class="summary">{ form.summary }</p>
                    { fields.fields(form.fields) }
                    <button type="submit" class="primary" aria-disabled={state.saving.is_some().to_string()}>{ name }</button>
                </form>
            }
        </div>
    }
}

/// Whether Enter sends the form where it was pressed: in a field, and on the button for that.
fn is_sent_from(event: &KeyboardEvent) -> bool {
    let target = event.target();
    let target = target.and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.matches("input, [type=submit]").unwrap_or(false))
}
