//! Who may use whom, as the sources say it. A plain scan of their text: enough to notice a wrong
//! turn on the day that it is taken.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod files;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use files::Files;

/// Each module at the top, and those that it may use besides itself. What isn't here is forbidden.
const ALLOWED: &[(&str, &[&str])] = &[
    ("target", &[]),
    ("core", &["target"]),
    ("log", &["core"]),
    ("store", &["log", "core", "target"]),
    ("runtime", &["store", "core", "target"]),
    ("model", &["core"]),
    ("timeline", &["model", "core"]),
    ("archive", &["core"]),
    // What takes place in it is its users'.
    ("sim", &[]),
    ("browser", &["runtime", "store", "log", "core", "target"]),
    (
        "app",
        &[
            "browser", "archive", "timeline", "model", "runtime", "store", "log", "core", "target",
        ],
    ),
    ("bin", &["app"]),
];

/// What only a browser has.
const BROWSER_CRATES: &[&str] = &["web_sys", "js_sys", "idb", "yew", "gloo", "wasm_bindgen"];

/// Where one of them is named all the same: the one place that starts a task, and the line by
/// which a backend elsewhere enters the conformance suite in a browser.
const NAMED_ALL_THE_SAME: &[(&str, &str)] = &[
    ("src/target.rs", "wasm_bindgen_futures"),
    ("src/store/conformance", "wasm_bindgen_test"),
];

/// The most lines of a file; past that, it answers a second question.
const MOST_LINES: usize = 500;

/// Files that still use one another in a circle.
const STILL_IN_A_CIRCLE: &[&str] = &[
    "app",
    "app::action",
    "app::component",
    "app::effect",
    "app::job",
    "app::keys",
    "app::last_export",
    "app::loading",
    "app::opening",
    "app::parts",
    "app::preferences",
    "app::room",
    "app::state",
    "app::view",
    "app::view::about",
    "app::view::band",
    "app::view::commands",
    "app::view::dialogs",
    "app::view::event",
    "app::view::events",
    "app::view::field",
    "app::view::header",
    "app::view::notices",
    "app::view::set_aside",
    "app::view::state_tree",
    "app::view::storage",
    "app::view::stream_box",
    "app::view::verification",
    "app::wishes",
    "app::worker",
    "app::worker::export",
    "app::worker::import",
    "app::worker::verify",
];

/// A source file: its path from the package on, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The module at the top that it belongs to: `core` for `src/core/event.rs` and
    /// `src/core.rs`. None for `src/lib.rs`, which is the map of them all.
    fn module(&self) -> Option<&str> {
        let rest = self.path.strip_prefix("src/")?;
        let first = rest.split('/').next()?;
        let module = first.strip_suffix(".rs").unwrap_or(first);
        (module != "lib").then_some(module)
    }

    /// Whether it is a door: the file that says which modules there are.
    fn is_door(&self) -> bool {
        let door = |name: &str| self.path.ends_with(name);
        door("/mod.rs") || door("/lib.rs") || self.module() == Some("bin")
    }

    /// Its lines that aren't comments, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..)
            .zip(self.text.lines())
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The code alone, so that a path can be read across lines.
    fn code_text(&self) -> String {
        self.code()
            .map(|(_, line)| format!("{line}\n"))
            .collect::<String>()
    }

    /// The modules at the top that it uses, itself left out.
    fn uses(&self) -> BTreeSet<String> {
        let code = self.code_text();
        let mut used = BTreeSet::new();
        // `super::super::` can lead to the top as well; what it leads to elsewhere is no module there.
        for root in ["crate::", "eventloom::", "super::super::"] {
            for (start, _) in code.match_indices(root) {
                let before = code[..start].chars().next_back();
                if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                    continue;
                }
                used.extend(first_names(&code[start + root.len()..]));
            }
        }
        let top = |name: &String| ALLOWED.iter().any(|(module, _)| module == name);
        used.retain(|name| top(name) && Some(name.as_str()) != self.module());
        used
    }
}

/// The names that a path goes on with: one, or those at the top of a group in braces.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![name(rest)];
    };
    let mut names = vec![name(group)];
    let mut depth = 0_usize;
    for (index, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&group[index + 1..])),
            _ => {}
        }
    }
    names
}

/// Whether a line names a crate, or one whose name begins with it: `wasm_bindgen_futures`.
fn names_crate(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + name.len()..].chars().next();
        let ends = after.is_none_or(|c| !c.is_alphanumeric());
        ends && before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    })
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<Source>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(root).unwrap();
                let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source {
                    path: parts.join("/"),
                    text,
                });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join("src"), root, &mut found);
    assert!(found.len() > 20, "the sources are not where they were");
    found
}

#[track_caller]
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn no_module_uses_one_that_it_may_not() {
    let mut faults = Vec::new();
    for source in sources() {
        let Some(module) = source.module() else {
            continue;
        };
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == module) else {
            faults.push(format!("{}: {module} is not in the table", source.path));
            continue;
        };
        for used in source.uses() {
            if !allowed.contains(&used.as_str()) {
                faults.push(format!("{}: {module} may not use {used}", source.path));
            }
        }
    }
    none(&faults);
}

#[test]
fn the_table_of_modules_goes_round_in_no_circle() {
    // Each may use only what was settled before it.
    let mut settled = BTreeSet::new();
    while settled.len() < ALLOWED.len() {
        let next: Vec<_> = ALLOWED
            .iter()
            .filter(|(name, uses)| {
                !settled.contains(name) && uses.iter().all(|u| settled.contains(u))
            })
            .map(|(name, _)| *name)
            .collect();
        assert!(!next.is_empty(), "a circle beside {settled:?}");
        settled.extend(next);
    }
}

#[test]
fn files_use_one_another_in_no_circle() {
    let sources = sources();
    let texts = sources.iter().filter_map(|source| {
        let path = source.path.strip_prefix("src/")?;
        Some((path, &*source.text))
    });
    let circles = Files::read(texts).circles();
    let in_one: BTreeSet<&str> = circles.iter().flatten().map(|file| &**file).collect();
    let known: BTreeSet<&str> = STILL_IN_A_CIRCLE.iter().copied().collect();
    let mut faults: Vec<String> = circles
        .iter()
        .filter(|circle| circle.iter().any(|file| !known.contains(&**file)))
        .map(|circle| format!("in a circle: {}", circle.join(", ")))
        .collect();
    // The list only shrinks.
    faults.extend(
        known
            .difference(&in_one)
            .map(|file| format!("{file}: in no circle any more")),
    );
    none(&faults);
}

#[test]
fn only_the_browser_side_names_what_only_a_browser_has() {
    let mut faults = Vec::new();
    for source in sources() {
        if matches!(source.module(), Some("browser" | "app" | "bin")) {
            continue;
        }
        for (number, line) in source.code() {
            for name in BROWSER_CRATES {
                let known = NAMED_ALL_THE_SAME
                    .iter()
                    .any(|(path, name)| source.path.starts_with(path) && line.contains(name));
                if names_crate(line, name) && !known {
                    faults.push(format!("{}:{number}: names {name}", source.path));
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn only_doors_and_target_ask_which_target_it_is() {
    let mut faults = Vec::new();
    for source in sources() {
        if source.is_door() || source.path == "src/target.rs" {
            continue;
        }
        for (number, line) in source.code() {
            if line.contains("target_arch") {
                faults.push(format!("{}:{number}: asks for the target", source.path));
            }
        }
    }
    none(&faults);
}

#[test]
fn every_file_says_at_its_top_what_it_is_for() {
    let faults: Vec<_> = sources()
        .iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| format!("{}: has no //! at its top", source.path))
        .collect();
    none(&faults);
}

#[test]
fn no_file_is_so_long_that_it_answers_two_questions() {
    let mut faults = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            faults.push(format!(
                "{}: {lines} lines; at most {MOST_LINES}",
                source.path
            ));
        }
    }
    none(&faults);
}

// --- the scan itself --------------------------------------------------------------------------

fn uses(path: &str, text: &str) -> Vec<String> {
    let source = Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    source.uses().into_iter().collect()
}

#[test]
fn a_used_module_is_found_however_it_is_written() {
    let text = "use crate::app::state::State;\n\
                fn f(x: crate::store::StoreError) {}\n\
                use crate::{\n    core::{Version, event::EventId},\n    timeline as t,\n};\n";
    assert_eq!(
        uses("src/model/x.rs", text),
        ["app", "core", "store", "timeline"]
    );
    assert_eq!(
        uses("src/model/x.rs", "use super::super::runtime::Repository;"),
        ["runtime"]
    );
    assert_eq!(uses("src/bin/app.rs", "eventloom::app::App"), ["app"]);
}

#[test]
fn comments_and_the_module_itself_are_no_use() {
    let text = "//! [`crate::app`]\nuse crate::core::Version;\n    // crate::store\n\
                use my_crate::app;\n";
    assert_eq!(uses("src/core/x.rs", text), Vec::<String>::new());
}

#[test]
fn crates_are_told_from_words_that_hold_their_names() {
    assert!(names_crate("use web_sys::Window;", "web_sys"));
    assert!(names_crate("wasm_bindgen_futures::x()", "wasm_bindgen"));
    assert!(!names_crate("let idbx = 1;", "idb"));
    assert!(!names_crate("fn my_idb() {}", "idb"));
}
