//! The band: the thread, the shuttle on it, and the buttons that move it.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

use super::icons::{self, icon};
use super::notices::status;
use super::weave::{Weave, Woven, lane, thread};
use super::{PLACE, ViewProps, called, glyph, reading, when, wording};
use crate::app::action::{Action, Settled, Step};
use crate::app::course::Course;
use crate::app::loom::{Loom, Tenths, tenths};
use crate::app::state::{Place, State};
use crate::app::words::means;
use crate::core::Version;
use crate::timeline::Timeline;

/// The band.
#[component]
pub fn Band(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
    let course = {
        // A history that grows is another value.
        let of = state.timeline.as_ref().map_or(std::ptr::null(), Rc::as_ptr);
        let chosen = state.chosen_course().map(str::to_owned);
        let timeline = state.timeline.clone();
        use_memo((of, state.head(), chosen), move |(_, _, chosen)| {
            timeline.map(|timeline| Course::of(&timeline, chosen.as_deref()))
        })
    };
    if matches!(state.place, Place::UnknownModel(_)) {
        return html! { <div class="band unknown">{ status(props) }</div> };
    }
    let (viewed, head) = (state.viewed_version(), state.head());
    html! {
        <div class="band">
            <div class="band-head">
                <h2 class="at" id={PLACE} tabindex="-1" title={means("version")}>
                    if state.timeline.is_some() {
                        { format!("Version {viewed} ") }<small>{ format!("of {head}") }</small>
                    } else {
                        { reading(state) }
                    }
                </h2>
                if state.viewed.is_some() {
                    <span class="past">{"Looking back. "}<span>{ acting(state) }</span></span>
                }
                <span class="went">{ went(state, course.as_ref().as_ref()) }</span>
                <div class="told">{ status(props) }</div>
                { steps(state, act) }
            </div>
            { super::sentence(state, "Drag along the thread, or step, to any moment. Looking back changes nothing.") }
            <Scrubber {state} {act} course={(*course).clone()} />
        </div>
    }
}

/// On what commands act while an older version is viewed, where there are any.
fn acting(state: &State) -> Option<String> {
    let decided = state.decided_on()?;
    if decided.model().commands().is_empty() {
        return None;
    }
    Some(match &state.held {
        Some(held) => format!("Commands are held at version {}.", held.head()),
        None => "Commands still act on the latest version.".to_owned(),
    })
}

fn steps(state: &State, act: &Callback<Action>) -> Html {
    let (viewed, head) = (state.viewed_version(), state.head());
    let button = |name: &'static str, path: &'static str, step: Step, at_end: bool| {
        let onclick = act.reform(move |_: MouseEvent| Action::Step(step));
        html! {
            <button type="button" aria-label={name} aria-disabled={at_end.to_string()} {onclick}>
                { icon(path) }
            </button>
        }
    };
    let (at_first, at_last) = (viewed == Version::NONE, viewed == head);
    let play = act.reform(|_: MouseEvent| Action::TogglePlay);
    let (name, path) = if state.playing {
        ("Pause", icons::PAUSE)
    } else {
        ("Play", icons::PLAY)
    };
    html! {
        <div class="steps" role="group" aria-label="Stepping">
            { button("First version", icons::FIRST, Step::First, at_first) }
            { button("Previous version", icons::PREVIOUS, Step::Previous, at_first) }
            <button type="button" class="primary play" onclick={play} aria-disabled={(head == Version::NONE).to_string()}>
                { icon(path) }<span>{ name }</span>
            </button>
            { button("Next version", icons::NEXT, Step::Next, at_last) }
            { button("Latest version", icons::LATEST, Step::Latest, at_last) }
        </div>
    }
}

/// What the last step or command did to the number of the course; what it is, before there was any.
fn went(state: &State, course: Option<&Course>) -> Option<String> {
    let timeline = state.timeline.as_ref()?;
    let viewed = state.viewed_version();
    let (from, to) = state.went.unwrap_or((viewed, viewed));
    course?.step(from, to, &wording(timeline))
}

#[derive(Properties, Clone)]
struct ScrubberProps {
    state: Rc<State>,
    act: Callback<Action>,
    course: Option<Course>,
}

impl PartialEq for ScrubberProps {
    fn eq(&self, other: &Self) -> bool {
        // What the course is depends on the state alone.
        Rc::ptr_eq(&self.state, &other.state)
    }
}

/// A pointer that went down on the thread.
#[derive(Clone, Copy)]
struct Drag {
    /// Where.
    from: (f64, f64),
    /// What was looked at then.
    before: Version,
    /// Whether it is known to move the shuttle: a finger may begin to scroll.
    moves: bool,
}

/// So many pixels decide whether a finger drags the shuttle, or scrolls.
const DECIDES: f64 = 10.0;

/// The thread with its shuttle: a slider.
#[component]
fn Scrubber(props: &ScrubberProps) -> Html {
    let ScrubberProps { state, act, course } = props;
    let slider = use_node_ref();
    let size = use_state_eq(|| (0.0_f64, 132.0_f64));
    {
        let (slider, size) = (slider.clone(), size.clone());
        use_effect_with((), move |()| {
            let observed = slider
                .cast::<Element>()
                .and_then(|element| observe(element, size));
            move || drop(observed)
        });
    }
    let (viewed, head) = (state.viewed_version(), state.head());
    let loom = Loom {
        head: head.0,
        width: size.0,
    };

    let at = {
        let slider = slider.clone();
        move |event: &PointerEvent| {
            let left = slider.cast::<Element>()?.get_bounding_client_rect().left();
            Some(Version(loom.version(f64::from(event.client_x()) - left)))
        }
    };
    // Only what began on the thread is a drag.
    let drag = use_mut_ref(|| None::<Drag>);
    let place = |event: &PointerEvent| (f64::from(event.client_x()), f64::from(event.client_y()));
    let onpointerdown = {
        let (at, slider, drag) = (at.clone(), slider.clone(), drag.clone());
        when(act, move |event: PointerEvent| {
            if event.button() != 0 {
                return None;
            }
            // The slider's own node: to Yew, which listens at the root, the target is that root.
            if let Some(element) = slider.cast::<Element>() {
                // Without capture a drag ends at the edge of the band, and still works inside.
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            let moves = event.pointer_type() != "touch";
            *drag.borrow_mut() = Some(Drag {
                from: place(&event),
                before: viewed,
                moves,
            });
            moves
                .then(|| Some(Action::View(at(&event)?, Settled::No)))
                .flatten()
        })
    };
    let onpointermove = {
        let (at, drag) = (at.clone(), drag.clone());
        when(act, move |event: PointerEvent| {
            let mut drag = drag.borrow_mut();
            let dragged = drag.as_mut().filter(|_| event.buttons() & 1 == 1)?;
            if !dragged.moves {
                let (x, y) = place(&event);
                let (aside, upward) = ((x - dragged.from.0).abs(), (y - dragged.from.1).abs());
                if aside.max(upward) < DECIDES {
                    return None;
                }
                if upward > aside {
                    *drag = None;
                    return None;
                }
                dragged.moves = true;
            }
            let version = at(&event)?;
            (version != viewed).then_some(Action::View(version, Settled::No))
        })
    };
    let onpointerup = {
        let drag = drag.clone();
        when(act, move |event: PointerEvent| {
            drag.borrow_mut().take()?;
            Some(Action::View(at(&event)?, Settled::Dragged))
        })
    };
    // The browser took the drag over, to scroll: the version from before is put back.
    let onpointercancel = when(act, move |_: PointerEvent| {
        let dragged = drag.borrow_mut().take()?;
        Some(Action::View(dragged.before, Settled::Dragged))
    });
    let onkeydown = when(act, move |event: KeyboardEvent| {
        let tenth = (head.0 / 10).max(1);
        let to = match event.key().as_str() {
            "ArrowUp" => viewed.0 + 1,
            "ArrowDown" => viewed.0.saturating_sub(1),
            "PageUp" => viewed.0 + tenth,
            "PageDown" => viewed.0.saturating_sub(tenth),
            _ => return None,
        };
        event.prevent_default();
        Some(Action::View(Version(to.min(head.0)), Settled::Yes))
    });
    let event = state
        .timeline
        .as_ref()
        .and_then(|timeline| timeline.event(viewed));
    let text = match event {
        None if state.timeline.is_none() => reading(state).to_owned(),
        Some(event) => format!("Version {viewed} of {head}, {}", called(event)),
        None => format!("Version {viewed} of {head}"),
    };
    html! {
        <div ref={slider} class="loom" role="slider" tabindex="0" aria-label="Version" aria-orientation="horizontal"
            aria-valuemin="0" aria-valuemax={head.to_string()} aria-valuenow={viewed.to_string()} aria-valuetext={text}
            {onpointerdown} {onpointermove} {onpointerup} {onpointercancel} {onkeydown}>
            if let (Some(timeline), Some(course)) = (state.timeline.as_ref().filter(|_| size.0 > 0.0), course) {
                { drawing(timeline, course, loom, size.1, viewed) }
            }
        </div>
    }
}

fn drawing(
    timeline: &Rc<Timeline>,
    course: &Course,
    loom: Loom,
    height: f64,
    viewed: Version,
) -> Html {
    let x = loom.x(viewed.0);
    let (thread, bottom) = (thread(height), height - 18.0);
    let look = timeline.event(viewed).map(|event| timeline.look(event));
    let radius = (loom.knot().unwrap_or(5.0) * 1.2).clamp(5.5, 9.0);
    // A label that would touch the viewed version's gives way to it.
    let near = |label: u64| label != viewed.0 && (loom.x(label) - x).abs() < 30.0;
    let mut labels = loom.labels();
    labels.retain(|label| !near(*label));
    if !labels.contains(&viewed.0) {
        labels.push(viewed.0);
    }
    let rest = (loom.width - x).max(0.0);
    // The number's name stands at the left edge, or right of the shuttle while that is there.
    let measure = if x < 90.0 { x + 12.0 } else { 8.0 };
    let values = &course.values;
    // The step of the viewed version is solid, up to where its value is reached.
    let solid = x + 1.0;
    let here = course
        .at(viewed)
        .map(|value| lane(height).height(values)(value));
    let value = course.words(viewed, &wording(timeline));
    let (beside, anchor) = match x > loom.width - 110.0 {
        true => (x - 10.0, "end"),
        false => (x + 10.0, "start"),
    };
    html! {
        <svg width={tenths(loom.width)} height={tenths(height)} aria-hidden="true">
            <clipPath id="woven"><rect x="0" y="0" width={tenths(solid)} height={tenths(height)} /></clipPath>
            <clipPath id="loose"><rect x={tenths(x)} y="0" width={tenths(rest)} height={tenths(height)} /></clipPath>
            <g clip-path="url(#woven)">
                <Woven timeline={Rc::clone(timeline)} values={Rc::clone(values)} {loom} {height} weave={Weave::Woven} />
            </g>
            <g clip-path="url(#loose)">
                <Woven timeline={Rc::clone(timeline)} values={Rc::clone(values)} {loom} {height} weave={Weave::Loose} />
            </g>
            // Above the lines, so that none strikes it through.
            if loom.head > 0 && values.iter().any(Option::is_some) {
                <text class="measure name" x={tenths(measure)} y={tenths(thread + 26.0)}>{ &course.name }</text>
            }
            <circle class="origin" cx={tenths(loom.x(0))} cy={tenths(thread)} r="3.5" />
            <path class="shuttle" d={format!("M{} {}V{}", Tenths(x), Tenths(thread - 24.0), Tenths(bottom))} />
            <circle class="shuttle-ring" cx={tenths(x)} cy={tenths(thread)} r={tenths(radius + 7.5)} />
            if let Some(look) = look {
                <g class={glyph::dye(look)}>{ glyph::knot(look.glyph, x, thread, radius) }</g>
            }
            if let Some(here) = here.filter(|_| loom.head > 0) {
                <circle class="value-dot" cx={tenths(x)} cy={tenths(here)} r="4" />
                if let Some(value) = value {
                    <text class="measure value" x={tenths(beside)} y={tenths(here + 4.5)} text-anchor={anchor}>{ value }</text>
                }
            }
            { for labels.into_iter().map(|label| html! {
                <text key={label} class={classes!("label", (label == viewed.0).then_some("here"))}
                    x={tenths(loom.x(label))} y={tenths(height - 5.0)} text-anchor="middle">{ label }</text>
            }) }
        </svg>
    }
}

/// An observer that is stopped when dropped.
struct Observed {
    observer: ResizeObserver,
    _changed: Closure<dyn FnMut()>,
}

impl Drop for Observed {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

fn observe(element: Element, size: UseStateHandle<(f64, f64)>) -> Option<Observed> {
    let measure = {
        let element = element.clone();
        move || {
            size.set((
                f64::from(element.client_width()),
                f64::from(element.client_height()),
            ))
        }
    };
    measure();
    let changed = Closure::<dyn FnMut()>::new(measure);
    let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok()?;
    observer.observe(&element);
    Some(Observed {
        observer,
        _changed: changed,
    })
}
