//! The state as a tree, with what the viewed event changed, and the list of those changes.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::{ViewProps, called, glyph, reading, wording};
use crate::app::action::Action;
use crate::app::phrases::count;
use crate::app::state::State;
use crate::app::toggle::toggle;
use crate::app::words::means;
use crate::core::{JsonValue, StreamId, Version};
use crate::model::Wording;
use crate::timeline::{Change, Leaf, Node, Path, Timeline, tree};

/// The state at the viewed version.
#[component]
pub fn StateTree(props: &ViewProps) -> Html {
    let state = &props.state;
    let (viewed, head) = (state.viewed_version(), state.head());
    let closed = use_state_eq(Vec::<Path>::new);
    let focused = use_state_eq(Path::root);
    {
        let (closed, focused) = (closed.clone(), focused.clone());
        use_effect_with(state.stream().cloned(), move |_: &Option<StreamId>| {
            closed.set(Vec::new());
            focused.set(Path::root());
        });
    }
    let (mut nodes, mut unread, mut words) = (Vec::new(), None, Wording::default());
    let nothing = match &state.timeline {
        None => Some(reading(state).to_owned()),
        _ if viewed == Version::NONE => {
            Some("Nothing has happened yet: version 0 is the empty state.".to_owned())
        }
        Some(timeline) if viewed > timeline.known() => timeline.unknown(),
        Some(timeline) => {
            nodes = tree(&timeline.state_at(viewed), &timeline.changes_at(viewed));
            unread = timeline.unread_at(viewed);
            words = wording(timeline);
            nodes
                .is_empty()
                .then(|| "Empty: no data so far.".to_owned())
        }
    };
    let visible = Rc::new(visible(&nodes, &closed));
    // One item can be reached with Tab; arrows lead from there.
    let entry = if visible.iter().any(|line| line.path == *focused) {
        (*focused).clone()
    } else {
        visible
            .first()
            .map(|line| line.path.clone())
            .unwrap_or_default()
    };
    let toggle = {
        let closed = closed.clone();
        Callback::from(move |path: Path| {
            let mut paths = (*closed).clone();
            toggle(&mut paths, path);
            closed.set(paths);
        })
    };
    let choose = props
        .act
        .reform(|path: Path| Action::ChooseCourse(path.to_string()));
    let list = use_node_ref();
    let onkeydown = {
        let list = list.clone();
        let choose = choose.clone();
        let (visible, entry, toggle) = (Rc::clone(&visible), entry.clone(), toggle.clone());
        let (focused, closed) = (focused.clone(), closed.clone());
        Callback::from(move |event: KeyboardEvent| {
            let Some(index) = visible.iter().position(|line| line.path == entry) else {
                return;
            };
            let line = &visible[index];
            let is_closed = closed.contains(&line.path);
            let to = match event.key().as_str() {
                "ArrowDown" => index + 1,
                "ArrowUp" => index.saturating_sub(1),
                "Home" => 0,
                "End" => visible.len() - 1,
                "ArrowRight" if line.branch && is_closed => {
                    toggle.emit(line.path.clone());
                    index
                }
                "ArrowRight" if line.branch => index + 1,
                "ArrowLeft" if line.branch && !is_closed => {
                    toggle.emit(line.path.clone());
                    index
                }
                "ArrowLeft" => line.parent.unwrap_or(index),
                "Enter" | " " if line.number => {
                    choose.emit(line.path.clone());
                    index
                }
                "Enter" | " " if line.branch => {
                    toggle.emit(line.path.clone());
                    index
                }
                _ => return,
            };
            event.prevent_default();
            if let Some(line) = visible.get(to) {
                focused.set(line.path.clone());
                focus_item(&list, to);
            }
        })
    };
    let reached = {
        let focused = focused.clone();
        Callback::from(move |path: Path| focused.set(path))
    };
    let item = Item {
        closed: &closed,
        entry: &entry,
        toggle: &toggle,
        reached: &reached,
        choose: &choose,
        words: &words,
        class: dye(state),
    };
    let counted = state.timeline.as_ref().and_then(|timeline| {
        let is_foreign = timeline.model().commands().is_empty();
        let last = timeline.event(viewed).filter(|_| is_foreign)?;
        Some((count(viewed.0, "event"), called(last).to_owned()))
    });
    html! {
        <section class="state" aria-label="State">
            <div class="head">
                <h2 title={means("state")}>{"State"}</h2>
                <span class="role">
                    if state.timeline.is_some() {
                        { format!("Version {viewed} of {head}") }
                    } else {
                        { reading(state) }
                    }
                </span>
            </div>
            { super::sentence(state, "What follows from the events up to the version you look at.") }
            if let Some((events, last)) = counted {
                <p class="beside">{"Last type "}<bdi>{ last }</bdi>{", "}{ events }</p>
            }
            if let Some(unread) = unread {
                <p class="unread">{ unread }</p>
            }
            <ul ref={list} role="tree" aria-label="State" class="tree" {onkeydown}>
                if let Some(nothing) = nothing {
                    <li role="treeitem" class="nothing" tabindex="0" aria-selected="false">{ nothing }</li>
                }
                { for nodes.iter().map(|node| item.html(node, 1)) }
            </ul>
        </section>
    }
}

fn is_number(leaf: &Leaf) -> bool {
    matches!(leaf.value, JsonValue::Number(_))
}

/// A line of the tree that can be seen.
struct Line {
    path: Path,
    branch: bool,
    /// Whether its value is a number, whose course can be drawn.
    number: bool,
    parent: Option<usize>,
}

fn visible(nodes: &[Node], closed: &[Path]) -> Vec<Line> {
    fn collect(nodes: &[Node], parent: Option<usize>, closed: &[Path], lines: &mut Vec<Line>) {
        for node in nodes {
            let index = lines.len();
            lines.push(Line {
                path: node.path.clone(),
                branch: node.leaf.is_none(),
                number: node.leaf.as_ref().is_some_and(is_number),
                parent,
            });
            if !closed.contains(&node.path) {
                collect(&node.children, Some(index), closed, lines);
            }
        }
    }
    let mut lines = Vec::new();
    collect(nodes, None, closed, &mut lines);
    lines
}

/// The items of a tree in document order are its visible lines.
fn focus_item(tree: &NodeRef, index: usize) {
    let items = tree
        .cast::<web_sys::Element>()
        .and_then(|tree| tree.query_selector_all("[role=treeitem]").ok());
    let item = items
        .and_then(|items| items.get(u32::try_from(index).ok()?))
        .and_then(|item| item.dyn_into::<HtmlElement>().ok());
    if let Some(item) = item {
        // An item that can't take the focus leaves it where it is.
        let _ = item.focus();
    }
}

struct Item<'a> {
    closed: &'a [Path],
    entry: &'a Path,
    toggle: &'a Callback<Path>,
    /// An item that takes the focus, by a click too, is where arrows go on from.
    reached: &'a Callback<Path>,
    /// A number whose key is pressed is drawn.
    choose: &'a Callback<Path>,
    words: &'a Wording,
    class: String,
}

impl Item<'_> {
    /// The key of a leaf. That of a number chooses it for the curve.
    fn key(&self, node: &Node, leaf: &Leaf, name: String) -> Html {
        let name = html! { <><bdi>{ name }</bdi>{": "}</> };
        if !is_number(leaf) {
            return html! { <span class="key">{ name }</span> };
        }
        let path = node.path.clone();
        let onclick = self.choose.reform(move |_: MouseEvent| path.clone());
        html! { <span class="key number" title="Draw its course" {onclick}>{ name }</span> }
    }

    fn html(&self, node: &Node, level: usize) -> Html {
        let name = Path::of([node.key.as_str()]).to_string();
        let tabindex = if node.path == *self.entry { "0" } else { "-1" };
        let level = level.to_string();
        let onfocus = {
            let path = node.path.clone();
            self.reached.reform(move |_: FocusEvent| path.clone())
        };
        if let Some(leaf) = &node.leaf {
            let text = |value: &JsonValue| self.words.value(&node.key, value);
            let changed = leaf.changed.then(|| classes!("changed", &self.class));
            let value = html! { <span class={changed}>{ text(&leaf.value) }</span> };
            return html! {
                <li key={node.key.clone()} role="treeitem" {tabindex} {onfocus} aria-level={level} aria-selected="false">
                    { self.key(node, leaf, name) }{ value }
                    if let Some(was) = &leaf.was {
                        {" "}<s class="was">{ text(was) }</s>
                    }
                </li>
            };
        }
        let open = !self.closed.contains(&node.path);
        let onclick = {
            let path = node.path.clone();
            self.toggle.reform(move |_: MouseEvent| path.clone())
        };
        let depth = level.parse::<usize>().unwrap_or(1) + 1;
        html! {
            <li key={node.key.clone()} role="treeitem" {tabindex} {onfocus} aria-level={level} aria-selected="false"
                aria-expanded={open.to_string()} aria-label={name.clone()}>
                <span class="branch key" {onclick}>{ name }</span>
                if open {
                    <ul role="group">{ for node.children.iter().map(|child| self.html(child, depth)) }</ul>
                }
            </li>
        }
    }
}

/// The colour of the viewed event.
fn dye(state: &State) -> String {
    let look = state
        .timeline
        .as_ref()
        .and_then(|timeline| look_of(timeline, state.viewed_version()));
    look.unwrap_or_default()
}

fn look_of(timeline: &Timeline, version: Version) -> Option<String> {
    let event = timeline.event(version)?;
    Some(glyph::dye(timeline.look(event)))
}

/// What the viewed event changed.
pub fn changes(props: &ViewProps) -> Html {
    let state = &props.state;
    let viewed = state.viewed_version();
    let Some(timeline) = &state.timeline else {
        return html! { <section class="changes" aria-label="Changes"></section> };
    };
    let words = wording(timeline);
    let class = dye(state);
    let line = |change: &Change| {
        let key = change.path().last_key().unwrap_or_default();
        let word = |value: &JsonValue| html! { <bdi>{ words.value(key, value) }</bdi> };
        let (kind, text) = match change {
            Change::Added { new, .. } => ("added", word(new)),
            Change::Removed { old, .. } => ("removed", word(old)),
            Change::Changed { old, new, .. } => {
                ("changed", html! { <>{ word(old) }{" → "}{ word(new) }</> })
            }
        };
        let path = change.path().to_string();
        html! {
            <li key={format!("{kind} {path}")}>
                <span class={classes!("kind", class.clone())}>{ kind }</span>{" "}
                <span class="what"><span class="path">{ path }</span>{" "}{ text }</span>
            </li>
        }
    };
    let changes = timeline.changes_at(viewed);
    let by = timeline
        .event(viewed)
        .map(|event| format!("by v{viewed} {}", called(event)))
        .unwrap_or_default();
    html! {
        <section class="changes" aria-label="Changes">
            <div class="head"><h2>{"Changes"}</h2><span class="role">{ by }</span></div>
            { super::sentence(state, "What that event made different.") }
            if changes.is_empty() {
                <p class="empty">{ if viewed > timeline.known() { "Can't be known" } else { "Nothing changed" } }</p>
            } else {
                <ul>{ for changes.iter().map(line) }</ul>
            }
        </section>
    }
}
