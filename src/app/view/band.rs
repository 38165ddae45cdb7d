//! The band: the thread, the shuttle on it, and the buttons that move it.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

use super::icons::{self, icon};
use super::notices::status;
use super::weave::{THREAD, Weave, Woven};
use super::{PLACE, ViewProps, called, glyph, reading, when};
use crate::app::action::{Action, Settled, Step};
use crate::app::loom::{Loom, Tenths, tenths};
use crate::app::state::{Place, State};
use crate::app::words::means;
use crate::core::Version;
use crate::timeline::Timeline;

/// The band.
pub fn band(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
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
                { status(props) }
                { steps(state, act) }
            </div>
            { super::sentence(state, "Drag along the thread, or step, to any moment. Looking back changes nothing.") }
            <Scrubber {state} {act} />
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

/// The thread with its shuttle: a slider.
#[component]
fn Scrubber(props: &ViewProps) -> Html {
    let ViewProps { state, act } = props;
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
    let dragging = use_mut_ref(|| false);
    let onpointerdown = {
        let (at, slider, dragging) = (at.clone(), slider.clone(), dragging.clone());
        when(act, move |event: PointerEvent| {
            if event.button() != 0 {
                return None;
            }
            // The slider's own node: to Yew, which listens at the root, the target is that root.
            if let Some(element) = slider.cast::<Element>() {
                // Without capture a drag ends at the edge of the band, and still works inside.
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            *dragging.borrow_mut() = true;
            Some(Action::View(at(&event)?, Settled::No))
        })
    };
    let onpointermove = {
        let (at, dragging) = (at.clone(), dragging.clone());
        when(act, move |event: PointerEvent| {
            let version = at(&event)?;
            let dragged = *dragging.borrow() && event.buttons() & 1 == 1;
            (dragged && version != viewed).then_some(Action::View(version, Settled::No))
        })
    };
    let onpointerup = {
        let dragging = dragging.clone();
        when(act, move |event: PointerEvent| {
            let dragged = dragging.replace(false);
            let version = at(&event)?;
            dragged.then_some(Action::View(version, Settled::Dragged))
        })
    };
    // The browser took the drag over, to scroll: what was reached stays.
    let onpointercancel = when(act, move |_: PointerEvent| {
        let dragged = dragging.replace(false);
        dragged.then_some(Action::View(viewed, Settled::Yes))
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
            if let Some(timeline) = state.timeline.as_ref().filter(|_| size.0 > 0.0) {
                { drawing(timeline, loom, size.1, viewed) }
            }
        </div>
    }
}

fn drawing(timeline: &Rc<Timeline>, loom: Loom, height: f64, viewed: Version) -> Html {
    let x = loom.x(viewed.0);
    let bottom = height - 18.0;
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
    html! {
        <svg width={tenths(loom.width)} height={tenths(height)} aria-hidden="true">
            <clipPath id="woven"><rect x="0" y="0" width={tenths(x)} height={tenths(height)} /></clipPath>
            <clipPath id="loose"><rect x={tenths(x)} y="0" width={tenths(rest)} height={tenths(height)} /></clipPath>
            if loom.head > 0 && timeline.measures().iter().any(Option::is_some) {
                <text class="measure" x={tenths(measure)} y={tenths(THREAD + 26.0)}>{ timeline.model().measure_name() }</text>
            }
            <g clip-path="url(#woven)">
                <Woven timeline={Rc::clone(timeline)} {loom} {height} weave={Weave::Woven} />
            </g>
            <g clip-path="url(#loose)">
                <Woven timeline={Rc::clone(timeline)} {loom} {height} weave={Weave::Loose} />
            </g>
            <circle class="origin" cx={tenths(loom.x(0))} cy={tenths(THREAD)} r="3.5" />
            <path class="shuttle" d={format!("M{} 6V{}", Tenths(x), Tenths(bottom))} />
            <circle class="shuttle-ring" cx={tenths(x)} cy={tenths(THREAD)} r={tenths(radius + 7.5)} />
            if let Some(look) = look {
                <g class={glyph::dye(look)}>{ glyph::knot(look.glyph, x, THREAD, radius) }</g>
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
