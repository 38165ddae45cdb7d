//! The root of the page: holds the state, reduces actions, and hands effects on.

use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{File, KeyboardEvent};
use yew::prelude::*;

use super::action::Action;
use super::effect::{self, Runner};
use super::keys::{self, Key};
use super::preferences;
use super::state::{Place, State};
use super::view::Page;
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
    runner: Runner,
    act: Callback<Action>,
    import: Callback<File>,
    _listeners: Vec<EventListener>,
}

impl Component for App {
    type Message = Message;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> App {
        let act = ctx.link().callback(Message::Act);
        let mut state = State::new(
            Registry::shipped(),
            preferences::remembered(),
            effect::shown_address(),
        );
        state.packs = effect::can_pack();
        effect::show_theme(state.preferences.theme);
        let runner = Runner::start(act.clone());
        App {
            state: Rc::new(state),
            runner,
            import: ctx.link().callback(Message::Import),
            _listeners: listeners(&act),
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
        let effects = Rc::make_mut(&mut self.state).reduce(action);
        for effect in effects {
            self.runner.run(effect);
        }
        true
    }

    fn view(&self, _ctx: &Context<Self>) -> Html {
        let shortcuts = self.state.preferences.shortcuts;
        html! {
            <>
                <Shortcuts {shortcuts} act={self.act.clone()} />
                <Page state={Rc::clone(&self.state)} act={self.act.clone()} import={self.import.clone()} />
            </>
        }
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        effect::show_title(&match &self.state.place {
            Place::Stream(stream) => {
                let version = self.state.viewed_version();
                format!("Eventloom · {} v{version}", stream.aggregate_id())
            }
            Place::Undecided | Place::UnknownModel(_) => "Eventloom".to_owned(),
        });
    }
}

/// The events of window and document that are actions.
fn listeners(act: &Callback<Action>) -> Vec<EventListener> {
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
    let act = act.clone();
    listeners.push(EventListener::new(&window, "pageshow", move |event| {
        let kept = js_sys::Reflect::get(event, &"persisted".into());
        if kept.is_ok_and(|kept| kept.is_truthy()) {
            act.emit(Action::StoreChanged);
        }
    }));
    listeners
}

#[derive(Properties, PartialEq)]
struct ShortcutsProps {
    shortcuts: bool,
    act: Callback<Action>,
}

/// Listens to keys wherever the focus is.
#[component]
fn Shortcuts(props: &ShortcutsProps) -> Html {
    let act = props.act.clone();
    use_effect_with(props.shortcuts, move |&shortcuts| {
        let listener = web_sys::window().map(|window| {
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&window, "keydown", options, move |event| {
                let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
                    return;
                };
                let Some(key) = keys::action(event, shortcuts) else {
                    return;
                };
                event.prevent_default();
                match key {
                    Key::Act(action) => act.emit(action),
                    Key::FindStream => keys::focus(super::view::STREAM_BOX),
                }
            })
        });
        move || drop(listener)
    });
    Html::default()
}
