//! The check of the whole store: how far it is, and what it came to.

use yew::prelude::*;

use super::ViewProps;
use crate::app::action::{self, Action};
use crate::app::count;
use crate::app::keys;
use crate::app::state::Verifying;

/// The id of the button that starts it, where the focus returns to.
pub const VERIFY: &str = "verify";

/// What the check comes to, announced when it is there.
#[component]
pub fn Checked(props: &ViewProps) -> Html {
    let act = &props.act;
    let end = act.reform(|_: MouseEvent| {
        keys::focus(VERIFY);
        Action::EndVerification
    });
    html! {
        <div class="checked" aria-live="polite">
            { match &props.state.verifying {
                Verifying::No => Html::default(),
                Verifying::Running { percent } => html! {
                    <div class="importing">
                        <span>{"Checking the whole store"}</span>
                        <progress aria-label="Verify" max="100" value={percent.to_string()}></progress>
                        <button type="button" onclick={end}>{"Cancel verification"}</button>
                    </div>
                },
                Verifying::Done(checked) => html! {
                    <section class="verification" aria-label="Verification">
                        <div class="head">
                            <h2>{"Verification"}</h2>
                            <button type="button" class="quiet" onclick={end}>{"Close"}</button>
                        </div>
                        { came_to(checked) }
                    </section>
                },
            } }
        </div>
    }
}

fn came_to(checked: &action::Checked) -> Html {
    let action::Checked {
        events,
        unchecked,
        found,
        findings,
    } = checked;
    let (events, found) = (count(*events, "event"), *found);
    let hidden = found.saturating_sub(findings.len() as u64);
    html! {
        <>
            if found == 0 {
                <p class="whole">{ format!("No problems in {events}") }</p>
            } else {
                <p class="faulty">{ format!("{} in {events}", count(found, "problem")) }</p>
            }
            if *unchecked > 0 {
                <p>{ unchecked_words(*unchecked) }</p>
            }
            if found > 0 {
                <ul>
                    { for findings.iter().map(|finding| html! { <li>{ finding }</li> }) }
                    if hidden > 0 {
                        <li>{ format!("and {hidden} more") }</li>
                    }
                </ul>
            }
        </>
    }
}

fn unchecked_words(unchecked: u64) -> String {
    let were = if unchecked == 1 { "was" } else { "were" };
    format!(
        "{} {were} recorded before Eventloom kept checksums, and could have changed unnoticed.",
        count(unchecked, "event")
    )
}
