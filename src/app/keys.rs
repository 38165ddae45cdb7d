//! Which key does what, and where it doesn't.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::action::{Action, Step};
use super::parts::{Fetched, Part};
use super::state::{Dialog, State};

/// Where keys belong to what has the focus.
const OWN_KEYS: &str =
    "input, textarea, select, [role=combobox], [role=tree], dialog, [contenteditable]";

/// Where Space belongs to what has the focus.
const OWN_SPACE: &str = "button, summary, a[href]";

/// Where arrows go through versions even when single keys are off.
const VERSIONS: &str = "[role=slider], [role=listbox]";

/// On what it hangs which keys do something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    /// Whether single keys do.
    pub shortcuts: bool,
    /// In a place beside the streams only the help has a key.
    pub beside: bool,
    /// A dialog that is on its way is closed by the key that would close it.
    pub awaits_dialog: bool,
}

impl Mode {
    /// That of the page as it is.
    pub fn of(state: &State) -> Mode {
        Mode {
            shortcuts: state.preferences.shortcuts,
            beside: state.beside.is_some(),
            awaits_dialog: state.dialog.is_some()
                && *state.parts.get(Part::Dialogs) != Fetched::Here,
        }
    }
}

/// What a key pressed anywhere on the page does, if anything. The caller prevents the default.
pub fn action(event: &KeyboardEvent, mode: Mode) -> Option<Key> {
    let Mode {
        shortcuts,
        beside,
        awaits_dialog,
    } = mode;
    if is_composing(event)
        || event.default_prevented()
        || event.ctrl_key()
        || event.meta_key()
        || event.alt_key()
    {
        return None;
    }
    if awaits_dialog && event.key() == "Escape" {
        return Some(Key::Act(Action::CloseDialog));
    }
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    let inside = |selector: &str| {
        target
            .as_ref()
            .is_some_and(|target| matches!(target.closest(selector), Ok(Some(_))))
    };
    if inside(OWN_KEYS) || (!shortcuts && !inside(VERSIONS)) {
        return None;
    }
    let help = || Some(Key::Act(Action::Open(Dialog::Help)));
    if beside {
        return (event.key() == "?").then(help).flatten();
    }
    let step = |step| Some(Key::Act(Action::Step(step)));
    match event.key().as_str() {
        "ArrowLeft" => step(Step::Previous),
        "ArrowRight" => step(Step::Next),
        "Home" => step(Step::First),
        "End" => step(Step::Latest),
        _ if !shortcuts => None,
        " " if !inside(OWN_SPACE) => Some(Key::Act(Action::TogglePlay)),
        "/" => Some(Key::FindStream),
        "?" => help(),
        _ => None,
    }
}

/// Whether a key belongs to an input method: also the one that ends a composition, where a browser says that it is
/// over already.
pub fn is_composing(event: &KeyboardEvent) -> bool {
    const OF_INPUT_METHOD: u32 = 229;
    event.is_composing() || event.key_code() == OF_INPUT_METHOD
}

/// What a key asks for.
pub enum Key {
    /// An action.
    Act(Action),
    /// The focus on the stream box.
    FindStream,
}

/// Moves the focus to the element with this id; nothing happens where there is none.
pub fn focus(id: &str) {
    let element = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(id))
        .and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        // An element that can't take the focus leaves it where it is.
        let _ = element.focus();
    }
}
