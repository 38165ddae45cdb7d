//! The few icons of the page, drawn with the text's colour.

use yew::prelude::*;

/// An icon from a path in a box of 20 by 20.
pub fn icon(path: &'static str) -> Html {
    html! {
        <svg viewBox="0 0 20 20" width="18" height="18" fill="currentColor" aria-hidden="true">
            <path d={path} />
        </svg>
    }
}

/// To the beginning.
pub const FIRST: &str = "M4 4h2.4v12H4zM16 4v12l-8.6-6z";
/// One back.
pub const PREVIOUS: &str = "M13.5 4v12L5 10z";
/// Play.
pub const PLAY: &str = "M6 4v12l9-6z";
/// Pause.
pub const PAUSE: &str = "M5.5 4h3.2v12H5.5zM11.3 4h3.2v12h-3.2z";
/// One forth.
pub const NEXT: &str = "M6.5 4v12l8.5-6z";
/// To the end.
pub const LATEST: &str = "M13.6 4H16v12h-2.4zM4 4v12l8.6-6z";
/// Half light, half dark.
pub const THEME: &str = "M10 2.5a7.5 7.5 0 1 0 0 15a7.5 7.5 0 0 0 0-15zm0 2v11a5.5 5.5 0 0 1 0-11z";
