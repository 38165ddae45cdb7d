//! Modules for JavaScript: wasm, and what wasm-bindgen makes beside it.

use std::process::Command;

use crate::project::Project;

const WASM: &str = "wasm32-unknown-unknown";

/// The commands that make target/bench/eventloom, the store as a JavaScript program calls it.
pub fn of_the_store(project: &Project) -> [Command; 2] {
    let module = format!("target/{WASM}/module/eventloom.wasm");
    [library(project), bindings(project, &module, "eventloom")]
}

/// The library as one module with what JavaScript calls; the page isn't in it.
fn library(project: &Project) -> Command {
    let mut command = project.cargo();
    command.args([
        "rustc",
        "--profile",
        "module",
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

/// Makes a module for JavaScript, in the folder of that name in target/bench.
pub fn bindings(project: &Project, module: &str, name: &str) -> Command {
    let mut command = project.command("wasm-bindgen");
    command
        .args(["--target", "web", "--out-dir"])
        .arg(project.file(&format!("target/bench/{name}")))
        .arg(project.file(module));
    command
}
