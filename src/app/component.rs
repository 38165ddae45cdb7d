//! The root of the page: holds the state, reduces actions, and hands effects on.

use std::cell::Cell;
use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Event, File, KeyboardEvent};
use yew::prelude::*;

use super::action::Action;
use super::effect::{self, Runner};
use super::keys::{self, Key, Mode};
use super::loading::Loaders;
use super::parts::Beside;
use super::preferences;
use super::state::State;
use super::view::{PageProps, page};
use crate::browser::clock::BrowserClock;
use crate::core::Clock;
use crate::model::Registry;

/// What reaches the root.
pub enum Message {
    /// Something happened.
    Act(Action),
    /// A file was chosen to import; it can't be part of a pure action.
    Import(File),
}

/// The page.
pub struct App {
    state: Rc<State>,
    /// The place beside the streams that was shown last.
    shown: Option<Beside>,
    runner: Runner,
    act: Callback<Action>,
    import: Callback<File>,
    /// Which keys do something now.
    mode: Rc<Cell<Mode>>,
    _listeners: Vec<EventListener>,
}

impl Component for App {
    type Message = Message;
    type Properties = Loaders;

    fn create(ctx: &Context<Self>) -> App {
        let act = ctx.link().callback(Message::Act);
        let mut state = State::new(
            Registry::shipped(),
            preferences::remembered(),
            effect::shown_address(),
        );
        state.packs = effect::can_pack();
        state.last_export = preferences::last_export();
        // What is no stream needs no store to be shown.
        let effects = state.reduce(Action::AddressChanged(effect::shown_address()));
        effect::show_theme(state.preferences.theme);
        let mut runner = Runner::start(act.clone(), *ctx.props());
        effects.into_iter().for_each(|effect| runner.run(effect));
        let mode = Rc::new(Cell::new(Mode::of(&state)));
        App {
            shown: None,
            state: Rc::new(state),
            runner,
            import: ctx.link().callback(Message::Import),
            _listeners: listeners(&act, &mode),
            mode,
            act,
        }
    }

    fn update(&mut self, _ctx: &Context<Self>, message: Message) -> bool {
        let action = match message {
            Message::Act(action) => action,
            Message::Import(file) => {
                let name = file.name();
                self.runner.file = Some(file);
                Action::ImportChosen { file: name }
            }
        };
        let state = Rc::make_mut(&mut self.state);
        state.now = BrowserClock.now();
        let effects = state.reduce(action);
        self.mode.set(Mode::of(&self.state));
        for effect in effects {
            self.runner.run(effect);
        }
        true
    }

    fn view(&self, _ctx: &Context<Self>) -> Html {
        let props = PageProps {
            state: Rc::clone(&self.state),
            act: self.act.clone(),
            import: self.import.clone(),
            drawn: self.runner.drawn.clone(),
        };
        page(&props)
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        let state = &self.state;
        effect::show_title(&match (&state.beside, state.stream()) {
            (Some(Beside::About), _) => "Eventloom · About".to_owned(),
            (None, Some(stream)) => {
                let version = state.viewed_version();
                format!("Eventloom · {} v{version}", stream.aggregate_id())
            }
            (Some(Beside::Unknown(_)), _) | (None, None) => "Eventloom".to_owned(),
        });
        if self.shown != state.beside {
            self.shown.clone_from(&state.beside);
            keys::focus(super::view::PLACE);
            effect::scroll_to_the_top();
        }
    }
}

/// The events of window and document that are actions.
fn listeners(act: &Callback<Action>, mode: &Rc<Cell<Mode>>) -> Vec<EventListener> {
    let Some(window) = web_sys::window() else {
        return Vec::new();
    };
    let mut listeners = Vec::new();
    for event in ["popstate", "hashchange"] {
        let act = act.clone();
        listeners.push(EventListener::new(&window, event, move |_| {
            act.emit(Action::AddressChanged(effect::shown_address()));
        }));
    }
    let (pressed, mode) = (act.clone(), Rc::clone(mode));
    let options = EventListenerOptions::enable_prevent_default();
    let keydown = move |event: &Event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
            return;
        };
        let Some(key) = keys::action(event, mode.get()) else {
            return;
        };
        event.prevent_default();
        match key {
            Key::Act(action) => pressed.emit(action),
            Key::FindStream => keys::focus(super::view::STREAM_BOX),
        }
    };
    let keydown = EventListener::new_with_options(&window, "keydown", options, keydown);
    listeners.push(keydown);
    // A tab that missed hints while it was hidden catches up when it is shown again.
    if let Some(document) = window.document() {
        let act = act.clone();
        let shown = document.clone();
        listeners.push(EventListener::new(
            &document,
            "visibilitychange",
            move |_| {
                if !shown.hidden() {
                    act.emit(Action::StoreChanged);
                }
            },
        ));
    }
    // Local storage was changed by another tab.
    let exported = act.clone();
    listeners.push(EventListener::new(&window, "storage", move |event| {
        let key = js_sys::Reflect::get(event, &"key".into());
        if key.is_ok_and(|key| key == preferences::EXPORTED) {
            exported.emit(Action::ExportedElsewhere(preferences::last_export()));
        }
    }));
    let act = act.clone();
    listeners.push(EventListener::new(&window, "pageshow", move |event| {
        let kept = js_sys::Reflect::get(event, &"persisted".into());
        if kept.is_ok_and(|kept| kept.is_truthy()) {
            act.emit(Action::StoreChanged);
        }
    }));
    listeners
}
