//! What a task needs on the machine, whether it is there, and what is said before it is installed.
//!
//! Only versions and files decide whether something is missing: once set up, nothing here uses the network.

use std::collections::BTreeSet;
use std::path::Path;

use crate::browser;
use crate::cargo_tool::{self, CargoTool};
use crate::failure::{Failure, Result};
use crate::node;
use crate::process::{self, Ending};
use crate::project::Project;

const CARGO_DENY: &str = "0.20.2";
const CARGO_FUZZ: &str = "0.13.2";
const CARGO_MUTANTS: &str = "27.1.0";
const TRUNK: &str = "0.21.14";
const WASM_PACK: &str = "0.15.1";
const WASM: &str = "wasm32-unknown-unknown";

/// Something that a task needs, in the order in which it is installed: what is fast to fail comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// rustfmt and Clippy, which a minimal toolchain lacks.
    Linters,
    /// The standard library for WebAssembly.
    WasmTarget,
    /// A nightly compiler: a fuzzer asks for what stable ones don't give.
    Nightly,
    /// Playwright, axe and wasm-opt.
    NodePackages,
    /// Other stores of browsers, to measure ours against.
    Peers,
    /// Chromium and its driver.
    Browser,
    /// What turns the compiled wasm into a module for a browser, and runs its tests.
    WasmBindgen,
    /// What runs the library's tests in a browser.
    WasmPack,
    /// What builds and serves the page.
    Trunk,
    /// What checks the dependencies.
    CargoDeny,
    /// What builds and runs the fuzz targets.
    CargoFuzz,
    /// What changes the code and looks whether a test fails.
    CargoMutants,
}

/// Installs those of `tools` that are missing, having said which and for how long.
///
/// # Errors
/// When one is missing and can't be installed; the words say what to install by hand.
pub fn provide(project: &Project, tools: &[Tool]) -> Result<()> {
    let mut missing = Vec::new();
    for tool in tools.iter().copied().collect::<BTreeSet<_>>() {
        if !tool.is_here(project)? {
            missing.push(tool);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    println!("Not here yet, and installed now:");
    for tool in &missing {
        println!("  {}", tool.promise(project)?);
    }
    for tool in missing {
        tool.install(project)?;
        if !tool.is_here(project)? {
            return Err(Failure::new(
                format!(
                    "This was installed, but is not to be found: {}.",
                    tool.promise(project)?
                ),
                "See the output above for the reason, then try again.",
            ));
        }
    }
    cargo_tool::tidy(project);
    println!("All that was missing is installed.\n");
    Ok(())
}

impl Tool {
    fn is_here(self, project: &Project) -> Result<bool> {
        match self {
            Self::Linters => Ok(["fmt", "clippy"]
                .iter()
                .all(|name| process::answer(project.cargo().args([name, "--version"])).is_some())),
            Self::WasmTarget => Ok(has_wasm_target(project)),
            Self::Nightly => Ok(process::answer(project.command("rustup").args([
                "run",
                "nightly",
                "rustc",
                "--version",
            ]))
            .is_some()),
            Self::NodePackages => node::is_here(project, &node::TOOLS),
            Self::Peers => node::is_here(project, &node::PEERS),
            Self::Browser => Ok(browser::is_here(project)),
            Self::WasmBindgen
            | Self::Trunk
            | Self::WasmPack
            | Self::CargoDeny
            | Self::CargoFuzz
            | Self::CargoMutants => Ok(self.cargo_tool(project)?.is_here(project)),
        }
    }

    /// What will be installed, from where, and about how long that takes.
    fn promise(self, project: &Project) -> Result<String> {
        Ok(match self {
            Self::Linters => "rustfmt and Clippy, with rustup: under a minute".to_owned(),
            Self::Nightly => "a nightly compiler, with rustup: a minute or two".to_owned(),
            Self::WasmTarget => format!("the target {WASM}, with rustup: under a minute"),
            Self::NodePackages => node::TOOLS.promise.to_owned(),
            Self::Peers => node::PEERS.promise.to_owned(),
            Self::Browser => browser::PROMISE.to_owned(),
            Self::WasmBindgen
            | Self::Trunk
            | Self::WasmPack
            | Self::CargoDeny
            | Self::CargoFuzz
            | Self::CargoMutants => self.cargo_tool(project)?.promise(),
        })
    }

    fn install(self, project: &Project) -> Result<()> {
        println!("\nInstalling {}", self.promise(project)?);
        match self {
            Self::Linters => rustup(project, &["component", "add", "rustfmt", "clippy"]),
            Self::WasmTarget => rustup(project, &["target", "add", WASM]),
            Self::Nightly => rustup(
                project,
                &["toolchain", "install", "nightly", "--profile", "minimal"],
            ),
            Self::NodePackages => node::install(project, &node::TOOLS),
            Self::Peers => node::install(project, &node::PEERS),
            Self::Browser => browser::install(project),
            Self::WasmBindgen
            | Self::Trunk
            | Self::WasmPack
            | Self::CargoDeny
            | Self::CargoFuzz
            | Self::CargoMutants => self.cargo_tool(project)?.install(project),
        }
    }

    fn cargo_tool(self, project: &Project) -> Result<CargoTool> {
        Ok(match self {
            Self::Trunk => CargoTool::locked("trunk", "trunk", TRUNK, "about 11 minutes"),
            Self::WasmPack => {
                CargoTool::locked("wasm-pack", "wasm-pack", WASM_PACK, "about 3 minutes")
            }
            Self::CargoDeny => {
                CargoTool::locked("cargo-deny", "cargo-deny", CARGO_DENY, "about 6 minutes")
            }
            Self::CargoFuzz => {
                CargoTool::locked("cargo-fuzz", "cargo-fuzz", CARGO_FUZZ, "about a minute")
            }
            Self::CargoMutants => CargoTool::locked(
                "cargo-mutants",
                "cargo-mutants",
                CARGO_MUTANTS,
                "about 3 minutes",
            )
            .asked_as(&["mutants", "--version"]),
            // Its version must be that of the library, to the last digit.
            _ => CargoTool::unlocked(
                "wasm-bindgen-cli",
                "wasm-bindgen",
                &project.locked_version("wasm-bindgen")?,
                "about 5 minutes",
            ),
        })
    }
}

fn has_wasm_target(project: &Project) -> bool {
    let libraries = process::answer(project.command("rustc").args([
        "--print",
        "target-libdir",
        "--target",
        WASM,
    ]));
    libraries.is_some_and(|folder| Path::new(&folder).is_dir())
}

fn rustup(project: &Project, arguments: &[&str]) -> Result<()> {
    let by_hand = || {
        Failure::new(
            format!("`rustup {}` could not be done.", arguments.join(" ")),
            "Without rustup, install it with what your Rust came from (a package manager, say), then try again.",
        )
    };
    if project.which("rustup").is_none() {
        return Err(by_hand());
    }
    match process::shown(project.command("rustup").args(arguments))? {
        Ending::Well => Ok(()),
        Ending::Badly | Ending::Late => Err(by_hand()),
    }
}
