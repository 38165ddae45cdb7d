//! The command panel: what can be asked of the stream, and what it would answer.

use yew::prelude::*;

use super::ViewProps;
use super::field::Form;
use super::notices::alert;
use crate::app::action::Action;
use crate::app::currency_of;
use crate::app::effect;
use crate::model::{CommandForm, Refusal};
use crate::timeline::Timeline;

/// The command panel. With the command that was refused last stands the alert.
pub fn commands(props: &ViewProps, refused: Option<&str>) -> Html {
    let state = &props.state;
    let body = match &state.timeline {
        Some(timeline) if timeline.model().commands().is_empty() => html! {
            <p class="empty">
                <bdi>{ timeline.stream().aggregate_type().to_owned() }</bdi>
                {" has no model here, so it takes no commands. Its history can be scrubbed, and its state is the last value of each key."}
            </p>
        },
        Some(timeline) => html! {
            <>
                if state.viewed.is_some() {
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
        <section class="column commands" aria-label="Commands">
            <div class="head"><h2>{"Commands"}</h2><span class="role" aria-hidden="true">{"decide →"}</span></div>
            { body }
        </section>
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
    let open = state.preferences.open_forms.contains(&key);
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
                <form aria-label={name} novalidate=true onsubmit={submit}>
                    <p class="summary">{ form.summary }</p>
                    { fields.fields(form.fields) }
                    <button type="submit" class="primary" aria-disabled={state.saving.is_some().to_string()}>{ name }</button>
                </form>
            }
        </div>
    }
}
