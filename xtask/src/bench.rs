//! `cargo xtask bench`: the store in IndexedDB against its peers, in Chromium; the page with great
//! files; and the core, on this machine and in Chromium.

use std::process::Command;

use crate::browser;
use crate::failure::{Failure, Result};
use crate::module;
use crate::process::{self, Ending};
use crate::project::Project;
use crate::serve;
use crate::tools::{self, Tool};

const WASM: &str = "wasm32-unknown-unknown";

/// How much of the store is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measuring {
    /// Whether it is to end within two minutes, to see that everything works.
    pub short: bool,
    /// What it is about.
    pub of: Subject,
    /// How many events the big stores hold; none for what the form of the run says.
    pub events: Option<u32>,
}

/// What of the store is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Subject {
    /// The store against its peers.
    #[default]
    Peers,
    /// Opening a great store: after it was closed, and after a kill.
    Great,
    /// The store against itself: much against little, the first time against the second.
    Ratios,
}

/// How the core is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Folding {
    /// Whether it is to end at once, to see that everything works.
    pub short: bool,
    /// Whether the wasm is built as the page's is, for size, rather than for speed.
    pub page: bool,
}

/// Measures the store, prints a table, and keeps the figures in target/bench/browser.json.
///
/// # Errors
/// When a tool is missing and can't be installed, the store can't be built, or a run fails.
pub fn browser(project: &Project, measuring: Measuring) -> Result<()> {
    let needs = [
        Tool::WasmTarget,
        Tool::NodePackages,
        Tool::Peers,
        Tool::Browser,
        Tool::WasmBindgen,
    ];
    tools::provide(project, &needs)?;

    println!("Building the store as a module for JavaScript");
    for mut command in module::of_the_store(project) {
        step(&mut command, "The store could not be built.")?;
    }
    let time = match measuring {
        Measuring {
            of: Subject::Great, ..
        } => "half an hour with 1,000,000 events",
        Measuring {
            of: Subject::Ratios,
            ..
        } => "some minutes with 1,000,000 events",
        Measuring { short: true, .. } => "a minute or two",
        _ => "a quarter of an hour with 100,000 events",
    };
    println!("Measuring, {time}; the figures are worth most when the machine does nothing else");
    step(&mut run(project, measuring), "The run failed.")
}

/// Measures the page with files of so many events, a million where that isn't said, and keeps the
/// figures in target/bench/page.json.
///
/// # Errors
/// When a tool is missing and can't be installed, the page can't be built, or a run fails.
pub fn page(project: &Project, events: Option<u32>) -> Result<()> {
    let needs = [
        Tool::WasmTarget,
        Tool::NodePackages,
        Tool::Browser,
        Tool::WasmBindgen,
        Tool::Trunk,
    ];
    tools::provide(project, &needs)?;

    println!("Building the page as it is shipped");
    step(
        serve::trunk(project).args(["build", "--release"]),
        "The page could not be built.",
    )?;
    println!(
        "Measuring, some minutes with 1,000,000 events; the figures are worth most when the machine does nothing else"
    );
    let mut run = browser::script(project, "benches/page/files.mjs");
    if let Some(events) = events {
        run.arg("--events").arg(events.to_string());
    }
    step(&mut run, "The run failed.")
}

/// Measures the core natively and in wasm, prints tables, and keeps the figures in
/// target/bench/core.json.
///
/// # Errors
/// When a tool is missing and can't be installed, the core can't be built, or a run fails.
pub fn core(project: &Project, folding: Folding) -> Result<()> {
    let needs = [
        Tool::WasmTarget,
        Tool::NodePackages,
        Tool::Browser,
        Tool::WasmBindgen,
    ];
    tools::provide(project, &needs)?;

    println!("Building the core with its measurements, for this machine and as wasm");
    let failed = "The core could not be built.";
    step(&mut program(project, &["--profile", "bench"]), failed)?;
    let profile = if folding.page { "release" } else { "bench" };
    let arguments = ["--profile", profile, "--target", WASM];
    step(&mut program(project, &arguments), failed)?;
    let module = format!("target/{WASM}/release/examples/core.wasm");
    step(
        &mut module::bindings(project, &module, "core"),
        "wasm-bindgen failed.",
    )?;
    if folding.page {
        step(&mut smaller(project), "wasm-opt failed.")?;
    }
    let time = match folding.short {
        true => "a few seconds",
        false => "two minutes",
    };
    println!("Measuring, {time}; the figures are worth most when the machine does nothing else");
    let mut run = browser::script(project, "benches/core/run.mjs");
    // Cargo puts what either profile makes into the folder `release`.
    let suffix = std::env::consts::EXE_SUFFIX;
    run.arg(project.file(&format!("target/release/examples/core{suffix}")));
    if folding.short {
        run.arg("--short");
    }
    step(&mut run, "The run failed.")
}

/// Runs a part of a task with its output shown, and fails as it fails.
///
/// # Errors
/// `failed`, when the part fails or can't be started.
pub fn step(command: &mut Command, failed: &str) -> Result<()> {
    match process::shown(command)? {
        Ending::Well => Ok(()),
        Ending::Badly | Ending::Late => Err(Failure::new(
            failed,
            "See the output above, then try again.",
        )),
    }
}

/// The program that measures the core, or the module of the same sources.
fn program(project: &Project, arguments: &[&str]) -> Command {
    let mut command = project.cargo();
    command.args(["build", "--locked", "--package", "eventloom"]);
    command.args(["--example", "core"]).args(arguments);
    command
}

/// What Trunk does to the page's wasm, as index.html asks it to.
fn smaller(project: &Project) -> Command {
    let module = project.file("target/bench/core/core_bg.wasm");
    let mut command = project.command("wasm-opt");
    command.arg("-Os").arg("--output").arg(&module).arg(&module);
    command
}

fn run(project: &Project, measuring: Measuring) -> Command {
    let script = match measuring.of {
        Subject::Peers => "benches/browser/run.mjs",
        Subject::Great => "benches/browser/great.mjs",
        Subject::Ratios => "benches/browser/ratios.mjs",
    };
    let mut command = browser::script(project, script);
    if measuring.short {
        command.arg("--short");
    }
    if let Some(events) = measuring.events {
        command.arg("--events").arg(events.to_string());
    }
    command
}
