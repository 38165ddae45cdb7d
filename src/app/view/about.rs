//! The place `About`: what is kept where, what is promised, and what Eventloom is made of.

use yew::prelude::*;

use super::ViewProps;
use crate::browser::indexed_db;

/// What is compiled into the page and its worker, a crate a line: name, version, licence. A test holds it to be what
/// Cargo says.
const CRATES: &str = include_str!("made_of.txt");

/// What is kept, and where.
const KEPT: &[(&str, &str)] = &[
    (
        "Events",
        "in this browser's IndexedDB, in the database eventloom, for this site alone; with them which streams are archived.",
    ),
    (
        "A second copy of them",
        "in this site's private files, where the browser has such. What the browser deletes of one is brought back from the other.",
    ),
    (
        "The theme, open forms, durability, when all was last exported, how far the events go",
        "in this site's local storage.",
    ),
    (
        "The page itself",
        "in this site's caches, where the browser has service workers and the page is served as it was released.",
    ),
    (
        "The version you look at, a dialog, what you type",
        "nowhere: they go with the page. The version is in the address.",
    ),
    (
        "Elsewhere",
        "nothing. The page asks no other host for anything, sends nothing, and sets no cookie.",
    ),
];

/// What is promised, and what can't be.
const PROMISED: &[&str] = &[
    "A command is recorded whole or not at all, and is said to be recorded only once it is stored.",
    "Of two tabs that record at the same version one succeeds, and the other is told.",
    "Versions have no gaps, and a position is never given twice. What was recorded never changes.",
    "What is damaged is named, and nothing is appended to a stream that it may belong to.",
    "Exported, imported into an empty store and exported again, a file is the same to the byte.",
];

/// What isn't.
const NOT_PROMISED: &[&str] = &[
    "A browser may delete a site's data, both copies, when the disk runs full, unless it agreed to protect them. So do people who clear site data, and private windows.",
    "Strict durability asks the system to have written before it answers; some answer too early.",
    "An export is safe from all of these.",
];

/// The place.
pub fn about(props: &ViewProps) -> Html {
    let versions = [
        ("Eventloom", env!("CARGO_PKG_VERSION").to_owned()),
        ("Layout of the database", indexed_db::LAYOUT.to_string()),
    ];
    html! {
        <div class="about">
            <section aria-label="What is kept where">
                <h3>{"What is kept where"}</h3>
                <dl>{ for KEPT.iter().map(|(what, place)| html! {
                    <div><dt>{ *what }</dt><dd>{ *place }</dd></div>
                }) }</dl>
            </section>
            <section aria-label="What is promised">
                <h3>{"What is promised"}</h3>
                { list(PROMISED) }
                <h3>{"What can't be"}</h3>
                { list(NOT_PROMISED) }
            </section>
            <section aria-label="Versions">
                <h3>{"Versions"}</h3>
                <dl>{ for versions.map(|(what, version)| html! {
                    <div><dt>{ what }</dt><dd>{ version }</dd></div>
                }) }</dl>
                <p>{ props.state.version.words() }</p>
            </section>
            <section aria-label="Licences">
                <h3>{"Licences"}</h3>
                <p>{"Eventloom is licensed under MIT or Apache-2.0, as you choose. It is shipped with:"}</p>
                <ul>
                    <li>
                        {"Atkinson Hyperlegible Next and Mono, "}
                        <a href="fonts/OFL.txt">{"SIL Open Font License 1.1"}</a>
                    </li>
                    <li>{"the standard library of Rust, MIT OR Apache-2.0"}</li>
                    { for CRATES.lines().map(made_of) }
                </ul>
            </section>
        </div>
    }
}

fn list(sentences: &[&'static str]) -> Html {
    html! { <ul>{ for sentences.iter().map(|sentence| html! { <li>{ *sentence }</li> }) }</ul> }
}

/// A crate, its version, its licence.
fn made_of(line: &'static str) -> Html {
    let mut parts = line.splitn(3, ' ');
    let mut next = || parts.next().unwrap_or_default();
    let (name, version, licence) = (next(), next(), next());
    html! { <li>{ format!("{name} {version}, {licence}") }</li> }
}
