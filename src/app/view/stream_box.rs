//! The stream box: an editable combobox over the streams of the model that is looked at.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::{ViewProps, short};
use crate::app::action::Action;
use crate::app::keys::{self, is_composing};
use crate::app::phrases::count;
use crate::app::state::State;
use crate::app::words::means;
use crate::core::StreamHead;
use crate::model::money::is_invisible;

/// The id of the box, for the key that leads to it.
pub const STREAM_BOX: &str = "stream";

/// The most options that are listed at once; typing finds the others.
const MOST: usize = 1_000;

/// What the box shows while it is open.
#[derive(Clone, Default, PartialEq)]
struct Search {
    open: bool,
    typed: Option<String>,
    active: Option<usize>,
    /// Whether Enter begins what was typed: the page has just begun a stream under a name of its own.
    names: bool,
    /// Whether to begin what was typed is offered: Enter found no stream of that name.
    offers: bool,
}

/// The stream box.
#[component]
pub fn StreamBox(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let search = use_state_eq(Search::default);
    let chosen = state
        .stream()
        .map(|stream| stream.aggregate_id().to_owned())
        .unwrap_or_default();
    {
        // Choosing a stream by any way closes the box. The name of one that the page begins is there to be exchanged.
        let search = search.clone();
        let of = (state.stream().cloned(), state.names_stream);
        use_effect_with(of, move |&(_, names)| {
            if names {
                keys::focus(STREAM_BOX);
            }
            search.set(Search {
                names,
                ..Search::default()
            });
        });
    }
    let found = if search.open {
        matches(state, search.typed.as_deref())
    } else {
        Vec::new()
    };
    let found = Rc::new(found);
    let can_begin = state
        .stream()
        .is_some_and(|stream| state.registry.find(stream.aggregate_type()).is_some());

    let take = {
        let (act, search) = (act.clone(), search.clone());
        Callback::from(move |id: String| {
            search.set(Search::default());
            act.emit(Action::ChooseStream(id));
        })
    };
    let open = {
        let search = search.clone();
        Callback::from(move |()| {
            if !search.open {
                search.set(Search {
                    open: true,
                    names: search.names,
                    ..Search::default()
                });
            }
        })
    };
    let oninput = {
        let search = search.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            search.set(Search {
                open: true,
                typed: Some(input.value()),
                active: None,
                offers: false,
                names: search.names,
            });
        })
    };
    let onkeydown = {
        let (search, found, take) = (search.clone(), Rc::clone(&found), take.clone());
        let open = open.clone();
        Callback::from(move |event: KeyboardEvent| {
            if is_composing(&event) {
                return;
            }
            let shown = found.len().min(MOST);
            let active = match event.key().as_str() {
                "Enter" if search.open => {
                    event.prevent_default();
                    let typed = search.typed.clone().filter(|typed| !typed.is_empty());
                    return match (typed, found.get(search.active.unwrap_or(0))) {
                        (Some(typed), _) if search.names && search.active.is_none() => {
                            take.emit(typed);
                        }
                        (_, Some(head)) => take.emit(head.stream.aggregate_id().to_owned()),
                        (Some(typed), None) if search.offers => take.emit(typed),
                        (Some(_), None) if can_begin => search.set(Search {
                            offers: true,
                            ..(*search).clone()
                        }),
                        (_, None) => {}
                    };
                }
                "Escape" => {
                    search.set(Search::default());
                    return;
                }
                "ArrowDown" | "ArrowUp" if !search.open => {
                    event.prevent_default();
                    return open.emit(());
                }
                "ArrowDown" => search
                    .active
                    .map_or(0, |active| (active + 1).min(shown.saturating_sub(1))),
                "ArrowUp" => search.active.map_or(0, |active| active.saturating_sub(1)),
                _ => return,
            };
            event.prevent_default();
            search.set(Search {
                active: (shown > 0).then_some(active),
                ..(*search).clone()
            });
            scroll_to_option(active);
        })
    };
    let onblur = {
        let search = search.clone();
        Callback::from(move |_: FocusEvent| search.set(Search::default()))
    };
    let onfocus = Callback::from(|event: FocusEvent| {
        if let Some(input) = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
        {
            input.select();
        }
    });
    let value = search.typed.clone().unwrap_or(chosen);
    let active = search.active.or(search.offers.then_some(0));
    let active = active.map(|active| format!("stream-option-{active}"));
    html! {
        <div class="pick stream-box">
            <label for={STREAM_BOX} title={means("stream")}>{"Stream"}</label>
            <div class="combo">
                <input id={STREAM_BOX} type="text" role="combobox" autocomplete="off" spellcheck="false"
                    aria-autocomplete="list" aria-controls="stream-options"
                    aria-expanded={search.open.to_string()} aria-activedescendant={active}
                    {value} {oninput} {onkeydown} {onblur} {onfocus}
                    onclick={open.reform(|_: MouseEvent| ())} />
                <ul id="stream-options" role="listbox" aria-label="Streams" hidden={!search.open}>
                    { for found.iter().take(MOST).enumerate().map(|(index, head)| option(index, head, &search, &take)) }
                    if let Some(typed) = search.typed.as_ref().filter(|_| search.offers) {
                        { begin(typed, &take) }
                    } else if search.open && found.is_empty() {
                        <li role="option" aria-disabled="true" aria-selected="false" class="none">
                            {"No stream here has that in its name"}
                        </li>
                    }
                    if found.len() > MOST {
                        <li role="option" aria-disabled="true" aria-selected="false" class="none">
                            { format!("{} more: type to find them", found.len() - MOST) }
                        </li>
                    }
                </ul>
            </div>
        </div>
    }
}

/// That a stream can be begun under a name that none has.
fn begin(name: &str, take: &Callback<String>) -> Html {
    let take = |name: &str| {
        let (take, name) = (take.clone(), name.to_owned());
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            take.emit(name.clone());
        })
    };
    html! {
        <li id="stream-option-0" role="option" aria-selected="true" onmousedown={take(name)} onclick={take(name)}>
            { format!("Begin {name}") }
        </li>
    }
}

fn option(index: usize, head: &StreamHead, search: &Search, take: &Callback<String>) -> Html {
    let id = head.stream.aggregate_id().to_owned();
    let selected = search.active.unwrap_or(0) == index;
    let onmousedown = {
        let (take, id) = (take.clone(), id.clone());
        Callback::from(move |event: MouseEvent| {
            // The box keeps the focus.
            event.prevent_default();
            take.emit(id.clone());
        })
    };
    let onclick = take.reform({
        let id = id.clone();
        move |_: MouseEvent| id.clone()
    });
    html! {
        <li key={id.clone()} id={format!("stream-option-{index}")} role="option"
            aria-selected={selected.to_string()} {onmousedown} {onclick}>
            <span class="id" title={id.clone()}>{ short(&id) }</span>{" "}
            if let Some(words) = told_apart(&id) {
                <span class="count">{ words }</span>{" "}
            }
            <span class="count">{ count(head.version.0, "event") }</span>
        </li>
    }
}

/// The streams of the model whose names hold what was typed, those that begin with it first.
fn matches(state: &State, typed: Option<&str>) -> Vec<StreamHead> {
    let (Some(stream), Some(streams)) = (state.stream(), state.streams.as_deref()) else {
        return Vec::new();
    };
    let wanted = folded(typed.unwrap_or_default());
    let (mut beginning, mut holding) = (Vec::new(), Vec::new());
    for head in streams.iter() {
        if head.stream.aggregate_type() != stream.aggregate_type() || !state.is_listed(&head.stream)
        {
            continue;
        }
        match folded(head.stream.aggregate_id()).find(&wanted) {
            Some(0) => beginning.push(head),
            Some(_) => holding.push(head),
            None => {}
        }
    }
    beginning.append(&mut holding);
    let found = beginning.into_iter().map(|head| StreamHead {
        stream: head.stream.clone(),
        version: state.version_of(head),
    });
    found.collect()
}

/// A text in small letters, in one form of those that look alike, and without what can't be seen. The browser knows
/// those beyond ASCII: a table of them is 10 KB of the page.
fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let one_form = js_sys::JsString::from(text).normalize("NFKC");
    // By way of the capitals `ß` is `ss`. The small letter of `İ` has a point of its own.
    let small: String = one_form.to_upper_case().to_lower_case().into();
    let seen = |c: &char| !is_invisible(*c) && *c != '\u{307}';
    small.chars().filter(seen).collect()
}

/// What tells a name from one that looks the same.
fn told_apart(id: &str) -> Option<&'static str> {
    if id.is_ascii() {
        return None;
    }
    let composed: String = js_sys::JsString::from(id).normalize("NFC").into();
    match id.chars().any(is_invisible) {
        true => Some("with invisible characters"),
        false => (composed != id).then_some("with combining marks"),
    }
}

fn scroll_to_option(index: usize) {
    let option = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(&format!("stream-option-{index}")));
    if let Some(option) = option {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        option.scroll_into_view_with_scroll_into_view_options(&options);
    }
}
