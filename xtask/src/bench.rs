//! `cargo xtask bench browser`: the store in IndexedDB against its peers, in Chromium.

use std::process::Command;

use crate::browser;
use crate::failure::{Failure, Result};
use crate::process::{self, Ending};
use crate::project::Project;
use crate::tools::{self, Tool};

const WASM: &str = "wasm32-unknown-unknown";

/// How much is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measuring {
    /// Whether it is to end within two minutes, to see that everything works.
    pub short: bool,
    /// How many events the big stores hold; none for what the form of the run says.
    pub events: Option<u32>,
}

/// Measures, prints a table, and keeps the figures in target/bench/browser.json.
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
    step(&mut library(project), "The store could not be built.")?;
    step(&mut bindings(project), "wasm-bindgen failed.")?;
    let time = match measuring.short {
        true => "a minute or two",
        false => "a quarter of an hour with 100,000 events",
    };
    println!("Measuring, {time}; the figures are worth most when the machine does nothing else");
    step(&mut run(project, measuring), "The run failed.")
}

fn step(command: &mut Command, failed: &str) -> Result<()> {
    match process::shown(command)? {
        Ending::Well => Ok(()),
        Ending::Badly | Ending::Late => Err(Failure::new(
            failed,
            "See the output above, then try again.",
        )),
    }
}

/// The library as one module with what JavaScript calls; the page isn't in it.
fn library(project: &Project) -> Command {
    let mut command = project.cargo();
    command.args([
        "rustc",
        "--release",
        "--locked",
        "--package",
        "eventloom",
        "--lib",
    ]);
    command.args([
        "--crate-type",
        "cdylib",
        "--target",
        WASM,
        "--features",
        "js-api",
    ]);
    command
}

fn bindings(project: &Project) -> Command {
    let mut command = project.command("wasm-bindgen");
    command
        .args(["--target", "web", "--out-dir"])
        .arg(project.file("target/bench/eventloom"))
        .arg(project.file(&format!("target/{WASM}/release/eventloom.wasm")));
    command
}

fn run(project: &Project, measuring: Measuring) -> Command {
    let mut command = project.command("node");
    command.arg(project.file("benches/browser/run.mjs"));
    if measuring.short {
        command.arg("--short");
    }
    if let Some(events) = measuring.events {
        command.arg("--events").arg(events.to_string());
    }
    if let Some(chromium) = browser::chromium(project) {
        command.env("CHROMIUM", chromium);
    }
    command
}
