//! What is woven: the thread with its knots and the course of the number. It depends on the
//! history and the width alone, so that scrubbing redraws none of it.

use std::rc::Rc;

use yew::prelude::*;

use super::glyph;
use crate::app::loom::{Lane, Loom, Tenths};
use crate::timeline::Timeline;

/// A band that is lower has no room to spare, in pixels.
const LOW: f64 = 100.0;

/// Where the thread runs in a band of a height, in pixels from above.
pub fn thread(height: f64) -> f64 {
    if height < LOW { 16.0 } else { 30.0 }
}

/// How many dyes there are, from 1.
const DYES: u8 = 6;

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
    pub values: Rc<[Option<f64>]>,
    pub loom: Loom,
    pub height: f64,
    pub weave: Weave,
}

impl PartialEq for WovenProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.timeline, &other.timeline)
            && Rc::ptr_eq(&self.values, &other.values)
            && (self.loom, self.height, self.weave) == (other.loom, other.height, other.weave)
    }
}

/// Where the course of the number runs in a band of a height.
pub fn lane(height: f64) -> Lane {
    let (above, below) = if height < LOW {
        (12.0, 16.0)
    } else {
        (22.0, 22.0)
    };
    Lane {
        top: thread(height) + above,
        bottom: height - below,
    }
}

/// Thread, knots and course.
#[component]
pub fn Woven(props: &WovenProps) -> Html {
    let WovenProps {
        timeline,
        values,
        loom,
        height,
        weave,
    } = props;
    let course = loom.course(values, lane(*height));
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
            <path class="thread" d={format!("M{} {}H{}", Tenths(from), Tenths(thread(*height)), Tenths(to))} />
            { knots(timeline, *loom, thread(*height)) }
        </g>
    }
}

fn knots(timeline: &Timeline, loom: Loom, thread: f64) -> Html {
    let events = timeline.events();
    if let Some(radius) = loom.knot() {
        return events
            .iter()
            .map(|event| {
                let look = timeline.look(event);
                html! {
                    <g class={glyph::dye(look)}>
                        { glyph::knot(look.glyph, loom.x(event.version.0), thread, radius) }
                    </g>
                }
            })
            .collect();
    }
    let dyes: Vec<u8> = events
        .iter()
        .map(|event| timeline.look(event).dye)
        .collect();
    // Each dye has a height of its own under the thread, so that none hides another or the thread. What is damaged
    // stands across it.
    (0..=DYES)
        .map(|dye| {
            let bottom = thread + 4.5 + 2.5 * f64::from(dye);
            let height = if dye == 0 { 13.0 } else { 2.0 };
            let lane = Lane {
                top: bottom - height,
                bottom,
            };
            let only: Vec<usize> = dyes.iter().map(|of| usize::from(*of != dye)).collect();
            let path = loom.ticks(&only, 2, lane).swap_remove(0);
            html! { <path class={classes!("tick", format!("dye-{dye}"))} d={path} /> }
        })
        .collect()
}
