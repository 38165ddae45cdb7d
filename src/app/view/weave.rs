//! What is woven: the thread with its knots and the course of the number. It depends on the
//! history and the width alone, so that scrubbing redraws none of it.

use std::rc::Rc;

use yew::prelude::*;

use super::glyph;
use crate::app::loom::{Lane, Loom, Tenths};
use crate::timeline::Timeline;

/// Where the thread runs, in pixels from above.
pub const THREAD: f64 = 30.0;

/// How many dyes there are.
const DYES: usize = 6;

/// How it is drawn: solid up to the viewed version, loose after it.
#[derive(Clone, Copy, PartialEq)]
pub enum Weave {
    /// It has happened by then.
    Woven,
    /// It comes later.
    Loose,
}

#[derive(Properties, Clone)]
pub struct WovenProps {
    pub timeline: Rc<Timeline>,
    pub loom: Loom,
    pub height: f64,
    pub weave: Weave,
}

impl PartialEq for WovenProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.timeline, &other.timeline)
            && (self.loom, self.height, self.weave) == (other.loom, other.height, other.weave)
    }
}

/// Thread, knots and course.
#[component]
pub fn Woven(props: &WovenProps) -> Html {
    let WovenProps {
        timeline,
        loom,
        height,
        weave,
    } = props;
    let lane = Lane {
        top: THREAD + 22.0,
        bottom: height - 22.0,
    };
    let course = loom.course(timeline.measures(), lane);
    let (from, to) = (loom.x(0), loom.x(loom.head));
    let class = match weave {
        Weave::Woven => "woven",
        Weave::Loose => "loose",
    };
    html! {
        <g {class}>
            if loom.head > 0 && !course.line.is_empty() {
                if *weave == Weave::Woven {
                    <path class="area" d={course.area} />
                }
                <path class="course" d={course.line} />
            }
            <path class="thread" d={format!("M{} {}H{}", Tenths(from), Tenths(THREAD), Tenths(to))} />
            { knots(timeline, *loom) }
        </g>
    }
}

fn knots(timeline: &Timeline, loom: Loom) -> Html {
    let look = |event_type: &str| timeline.model().look(event_type);
    if let Some(radius) = loom.knot() {
        return timeline
            .events()
            .iter()
            .map(|event| {
                let look = look(&event.event_type);
                html! {
                    <g class={glyph::dye(look)}>
                        { glyph::knot(look.glyph, loom.x(event.version.0), THREAD, radius) }
                    </g>
                }
            })
            .collect();
    }
    let dyes: Vec<usize> = timeline
        .events()
        .iter()
        .map(|event| usize::from(look(&event.event_type).dye.saturating_sub(1)) % DYES)
        .collect();
    // Each dye has a height of its own under the thread, so that none hides another or the thread.
    (0..DYES)
        .map(|dye| {
            let top = THREAD + 5.0 + 2.5 * dye as f64;
            let lane = Lane {
                top,
                bottom: top + 2.0,
            };
            let only: Vec<usize> = dyes.iter().map(|of| usize::from(*of != dye)).collect();
            let path = loom.ticks(&only, 2, lane).swap_remove(0);
            html! { <path class={classes!("tick", format!("dye-{}", dye + 1))} d={path} /> }
        })
        .collect()
}
