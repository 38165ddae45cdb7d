//! What was set aside of the store: events of another history, that a person may want.

use std::rc::Rc;

use yew::prelude::*;

use super::ViewProps;
use crate::app::action::Action;
use crate::app::phrases::minute;
use crate::app::state::Dialog;
use crate::store::SetAside;

/// All that was set aside; nothing where nothing was.
pub fn set_aside(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let asides = state.room.as_ref().map_or(&[][..], |room| &room.set_aside);
    if asides.is_empty() {
        return Html::default();
    }
    html! {
        <div class="set-aside" role="group" aria-label="Set aside">
            <ul>
                { for asides.iter().map(|aside| entry(aside, state.exchanging, act)) }
            </ul>
        </div>
    }
}

fn entry(aside: &Rc<SetAside>, exchanging: bool, act: &Callback<Action>) -> Html {
    let save = {
        let name = aside.name.clone();
        act.reform(move |_: MouseEvent| Action::SaveSetAside(name.clone()))
    };
    let ask = |dialog: fn(Rc<SetAside>) -> Dialog| {
        let aside = Rc::clone(aside);
        act.reform(move |_: MouseEvent| Action::Open(dialog(Rc::clone(&aside))))
    };
    let id = format!("about-{}", aside.name);
    let at = aside
        .at
        .map_or_else(String::new, |at| format!(", {}", minute(at)));
    html! {
        <li key={aside.name.clone()}>
            <span id={id.clone()}>
                { format!("Set aside: {aside}{at}: {}", aside.why) }
            </span>
            <button type="button" aria-describedby={id.clone()} onclick={save}>{"Save as file"}</button>
            <button type="button" aria-describedby={id.clone()} onclick={ask(Dialog::BringBack)}
                aria-disabled={exchanging.to_string()}>{"Bring back"}</button>
            <button type="button" aria-describedby={id} onclick={ask(Dialog::DeleteSetAside)}>{"Delete"}</button>
        </li>
    }
}
