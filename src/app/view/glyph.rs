//! The knots: one shape for each glyph, in the colour of its dye.

use yew::prelude::*;

use crate::app::loom::{Tenths, tenths};
use crate::model::{Glyph, Look};

/// A knot around a point. The colour is that of `currentColor`; see [`dye`].
pub fn knot(glyph: Glyph, x: f64, y: f64, r: f64) -> Html {
    let at = |dx: f64, dy: f64| format!("{} {}", Tenths(x + dx * r), Tenths(y + dy * r));
    let shape = |points: &[(f64, f64)]| {
        let points: Vec<_> = points.iter().map(|&(dx, dy)| at(dx, dy)).collect();
        html! { <path d={format!("M{}Z", points.join("L"))} fill="currentColor" /> }
    };
    match glyph {
        Glyph::Ring => html! {
            <circle cx={tenths(x)} cy={tenths(y)} r={tenths((r * 0.85).max(1.5))}
                fill="var(--sheet)" stroke="currentColor" stroke-width={tenths((r * 0.34).min(2.8))} />
        },
        Glyph::Up => shape(&[(0.0, -1.0), (1.0, 0.8), (-1.0, 0.8)]),
        Glyph::Down => shape(&[(0.0, 1.0), (1.0, -0.8), (-1.0, -0.8)]),
        Glyph::Diamond => shape(&[(0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)]),
        Glyph::Square => shape(&[(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)]),
        Glyph::Hexagon => shape(&[
            (-1.0, 0.0),
            (-0.5, -0.9),
            (0.5, -0.9),
            (1.0, 0.0),
            (0.5, 0.9),
            (-0.5, 0.9),
        ]),
        Glyph::Plus => shape(&[
            (-0.33, -1.0),
            (0.33, -1.0),
            (0.33, -0.33),
            (1.0, -0.33),
            (1.0, 0.33),
            (0.33, 0.33),
            (0.33, 1.0),
            (-0.33, 1.0),
            (-0.33, 0.33),
            (-1.0, 0.33),
            (-1.0, -0.33),
            (-0.33, -0.33),
        ]),
        Glyph::Cross => shape(&[
            (-0.94, -0.5),
            (-0.5, -0.94),
            (0.0, -0.44),
            (0.5, -0.94),
            (0.94, -0.5),
            (0.44, 0.0),
            (0.94, 0.5),
            (0.5, 0.94),
            (0.0, 0.44),
            (-0.5, 0.94),
            (-0.94, 0.5),
            (-0.44, 0.0),
        ]),
    }
}

/// The class that sets the colour of a look's dye.
pub fn dye(look: Look) -> String {
    format!("dye-{}", look.dye)
}

/// A knot as an icon of its own.
pub fn icon(look: Look) -> Html {
    html! {
        <svg class={classes!("knot", dye(look))} viewBox="0 0 20 20" aria-hidden="true">
            { knot(look.glyph, 10.0, 10.0, 8.0) }
        </svg>
    }
}
