//! The list of events, oldest first. A long one has only the rows in view in the document.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use super::{ViewProps, called, glyph, short, when, wording};
use crate::app::action::{Action, Settled, Step};
use crate::app::address::meant;
use crate::app::loom::Tenths;
use crate::app::state::State;
use crate::app::words::means;
use crate::core::{RecordedEvent, Version};
use crate::model::{Look, Wording};
use crate::timeline::Timeline;

/// Up to so many events every row is in the document.
const ALL_ROWS: usize = 500;

/// How many rows beyond the edges of the view are there already.
const MARGIN: usize = 12;

/// The list of events.
#[component]
pub fn Events(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let list = use_node_ref();
    let scrolled = use_state_eq(|| (0_usize, 60_usize));
    let row = use_state_eq(|| 40_f64);
    let viewed = state.viewed_version();
    {
        // The viewed event stays in sight, by scrolling the list alone and never the page.
        let (list, row) = (list.clone(), row.clone());
        let stream = state.stream().cloned();
        use_effect_with((viewed, state.head(), stream), move |(viewed, _, _)| {
            if let Some(list) = list.cast::<HtmlElement>() {
                if let Some(height) = row_height(&list) {
                    row.set(height);
                }
                keep_in_sight(&list, *viewed, *row);
            }
        });
    }
    let onscroll = {
        let (list, scrolled, row) = (list.clone(), scrolled.clone(), row.clone());
        Callback::from(move |_: Event| {
            if let Some(list) = list.cast::<HtmlElement>() {
                let first = (f64::from(list.scroll_top()) / *row) as usize;
                let rows = (f64::from(list.client_height()) / *row) as usize + 1;
                scrolled.set((first, rows));
            }
        })
    };
    let onkeydown = when(act, |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowUp" => Step::Previous,
            "ArrowDown" => Step::Next,
            _ => return None,
        };
        event.prevent_default();
        Some(Action::Step(step))
    });
    let body = match &state.timeline {
        Some(timeline) if !timeline.events().is_empty() => {
            let windowed = timeline.events().len() > ALL_ROWS;
            html! {
                <div ref={list} class={classes!("events", windowed.then_some("windowed"))} role="listbox" aria-label="Events" tabindex="0"
                    aria-activedescendant={(viewed > Version::NONE).then(|| format!("event-{viewed}"))}
                    {onscroll} {onkeydown}>
                    { rows(state, act, timeline, *scrolled, *row) }
                </div>
            }
        }
        Some(timeline) => html! {
            <p class="empty">
                {"The stream "}<bdi>{ short(timeline.stream().aggregate_id()) }</bdi>{" begins with its first event. "}
                if !timeline.model().commands().is_empty() {
                    { "Send a command to record one; nothing is stored until then." }
                }
                if let Some(meant) = meant(timeline.stream(), state.streams.as_deref().map_or(&[], Vec::as_slice)) {
                    {" There is a stream with events under a name much like it: "}
                    <a href={meant.clone()}>{ meant }</a>
                }
                { story(props) }
            </p>
        },
        None => html! { <p class="empty">{ super::reading(state) }</p> },
    };
    html! {
        <section class="timeline" aria-label="Timeline">
            <div class="head">
                <h2 title={means("event")}>{"Events"}</h2>
                <span class="role" aria-hidden="true" title={means("fold")}>{"fold "}<span class="arrow">{"→"}</span></span>
            </div>
            { super::sentence(state, "All that happened here, the oldest first. None of it ever changes.") }
            <p class="zone">{"Times in UTC"}</p>
            { body }
        </section>
    }
}

/// The way to a story, from an empty stream.
fn story(props: &ViewProps) -> Html {
    let Some(tale) = props.state.offered_story() else {
        return Html::default();
    };
    let tell = props
        .act
        .reform(move |_: MouseEvent| Action::TellStory(tale));
    html! { <span class="offer">{ super::button(tale.offer(), tell) }</span> }
}

fn rows(
    state: &State,
    act: &Callback<Action>,
    timeline: &Timeline,
    (first, shown): (usize, usize),
    height: f64,
) -> Html {
    let events = timeline.events();
    let viewed = state.viewed_version();
    let words = Rc::new(wording(timeline));
    let dated = dated(events);
    let windowed = events.len() > ALL_ROWS;
    let row = |index: usize| {
        let event = &events[index];
        let version = event.version;
        let when = if version < viewed {
            When::Before
        } else if version == viewed {
            When::Viewed
        } else {
            When::After
        };
        html! {
            <Row key={version.0} event={Rc::clone(event)} look={timeline.look(event)}
                words={Rc::clone(&words)} {when} {dated} last={version == timeline.head()} act={act.clone()}
                total={windowed.then_some(events.len())}
                top={windowed.then_some(index as f64 * height)} />
        }
    };
    let (mut from, mut to) = (0, events.len());
    if windowed {
        from = first.saturating_sub(MARGIN).min(to);
        to = (first + shown + MARGIN).min(to);
    }
    let mut indexes: Vec<usize> = (from..to).collect();
    // The viewed one is there wherever it is.
    match usize::try_from(viewed.previous().0) {
        Ok(selected) if selected < from && viewed > Version::NONE => indexes.insert(0, selected),
        Ok(selected) if selected >= to => indexes.push(selected),
        _ => {}
    }
    html! {
        <>
            if windowed {
                <div class="space" role="presentation" style={format!("height:{}px", Tenths(events.len() as f64 * height))}></div>
            }
            { for indexes.into_iter().map(row) }
        </>
    }
}

/// Whether an event lies before, at or after the viewed version.
#[derive(Clone, Copy, PartialEq)]
enum When {
    Before,
    Viewed,
    After,
}

#[derive(Properties, Clone)]
struct RowProps {
    event: Rc<RecordedEvent>,
    look: Look,
    words: Rc<Wording>,
    when: When,
    dated: bool,
    last: bool,
    act: Callback<Action>,
    /// The length of a list of which only a window is in the document.
    total: Option<usize>,
    /// Where the row is then, in pixels.
    top: Option<f64>,
}

impl PartialEq for RowProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.event, &other.event)
            && self.words == other.words
            && (self.when, self.dated, self.last, self.total, self.top)
                == (other.when, other.dated, other.last, other.total, other.top)
    }
}

/// One event in the list.
#[component]
fn Row(props: &RowProps) -> Html {
    let event = &props.event;
    let version = event.version;
    let onclick = props
        .act
        .reform(move |_: MouseEvent| Action::View(version, Settled::Yes));
    let mut summary = props.words.summary(&event.data.value());
    let time = event.timestamp.to_string();
    let mut shown = if props.dated {
        time[..19].replace('T', " ")
    } else {
        time[11..19].to_owned()
    };
    let mut time = Some(time);
    if event.is_hole() {
        // Neither is known of it.
        summary.clear();
        shown.clear();
        time = None;
    }
    let when = match props.when {
        When::Before => None,
        When::Viewed if props.last => Some("on"),
        When::Viewed => Some("on looking-back"),
        When::After => Some("later"),
    };
    html! {
        <div id={format!("event-{version}")} role="option" class={classes!("event-row", when)}
            aria-selected={(props.when == When::Viewed).to_string()}
            aria-posinset={props.total.map(|_| version.to_string())}
            aria-setsize={props.total.map(|total| total.to_string())}
            style={props.top.map(|top| format!("top:{}px", Tenths(top)))} {onclick}>
            { glyph::icon(props.look) }
            <span class="version">{ format!("v{version}") }</span>{" "}
            <span class="words">
                <span class="type">{ called(event) }</span>{" "}
                <span class="payload">{ summary }</span>
            </span>{" "}
            <time class="time" datetime={time}>{ shown }</time>
        </div>
    }
}

/// Whether the events lie on more than one day, so that times need their dates.
fn dated(events: &[Rc<RecordedEvent>]) -> bool {
    let day = |event: &RecordedEvent| event.timestamp.millis().div_euclid(86_400_000);
    match (events.first(), events.last()) {
        (Some(first), Some(last)) => day(first) != day(last),
        _ => false,
    }
}

fn row_height(list: &HtmlElement) -> Option<f64> {
    let row = list.query_selector(".event-row").ok().flatten()?;
    let height = row.get_bounding_client_rect().height();
    (height > 0.0).then_some(height)
}

fn keep_in_sight(list: &HtmlElement, viewed: Version, row: f64) {
    let selected = list.query_selector("[aria-selected=true]").ok().flatten();
    let windowed = list.class_list().contains("windowed");
    let (top, bottom) = match selected {
        Some(selected) if !windowed => {
            let (list_box, row_box) = (
                list.get_bounding_client_rect(),
                selected.get_bounding_client_rect(),
            );
            let top = row_box.top() - list_box.top() + f64::from(list.scroll_top());
            (top, top + row_box.height())
        }
        _ => {
            let top = viewed.previous().0 as f64 * row;
            (top, top + row)
        }
    };
    let (seen, height) = (
        f64::from(list.scroll_top()),
        f64::from(list.client_height()),
    );
    let beyond = (seen - top).max(bottom - seen - height);
    if beyond > bottom - top {
        // From afar: what comes before and after it is seen as well.
        list.set_scroll_top((top - (height - row) / 2.0).max(0.0) as i32);
    } else if top < seen {
        list.set_scroll_top(top as i32);
    } else if bottom > seen + height {
        list.set_scroll_top((bottom - height).ceil() as i32);
    }
}
