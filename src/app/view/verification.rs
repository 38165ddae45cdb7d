//! The check of the whole store: how far it is, and what it came to.

use yew::prelude::*;

use super::{ViewProps, button};
use crate::app::action::Action;
use crate::app::checked::Checked;
use crate::app::keys;
use crate::app::loading::Drawn;
use crate::app::outcome::moment;
use crate::app::phrases::count;
use crate::app::state::Verifying;

/// The id of the button that starts it, where the focus returns to.
pub const VERIFY: &str = "verify";

/// The check, and what it comes to, announced when it is there.
pub fn checked(props: &ViewProps, drawn: &Drawn) -> Html {
    let end = end(&props.act);
    html! {
        <div class="checked" aria-live="polite">
            { match &props.state.verifying {
                Verifying::No => Html::default(),
                Verifying::Running { percent } => html! {
                    <div class="importing">
                        <span>{ if props.state.is_open { "Checking the whole store" } else { "Waiting until the store is open" } }</span>
                        <progress aria-label="Verify" max="100" value={percent.to_string()}></progress>
                        { button("Cancel verification", end) }
                    </div>
                },
                Verifying::Done(_) => drawn.verification(props),
            } }
        </div>
    }
}

fn end(act: &Callback<Action>) -> Callback<MouseEvent> {
    act.reform(|_: MouseEvent| {
        keys::focus(VERIFY);
        Action::EndVerification
    })
}

/// What the check came to.
pub fn came_to(props: &ViewProps) -> Html {
    let Verifying::Done(checked) = &props.state.verifying else {
        return Html::default();
    };
    let mend = props.act.reform(|_: MouseEvent| {
        keys::focus(VERIFY);
        Action::Mend
    });
    html! {
        <section class="verification" aria-label="Verification">
            <div class="head">
                <h2>{"Verification"}</h2>
                <span class="moment">{ moment(props.state.checked_at, Some(checked.events)) }</span>
                <button type="button" class="quiet" onclick={end(&props.act)}>{"Close"}</button>
            </div>
            { figures(checked) }
            if let Some(words) = checked.second_copy.words() {
                <p>{ words }</p>
            }
            if checked.second_copy.mendable() > 0 {
                { button("Mend from the second copy", mend) }
            }
        </section>
    }
}

fn figures(checked: &Checked) -> Html {
    let Checked {
        events,
        unchecked,
        found,
        findings,
        second_copy: _,
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
