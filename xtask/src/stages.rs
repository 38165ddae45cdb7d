//! The stages of a test run: their order, what each needs, and the commands that it is made of.

use std::process::Command;

use crate::browser;
use crate::faults::{self, Killing};
use crate::project::Project;
use crate::serve;
use crate::tools::Tool;

const WASM: &str = "wasm32-unknown-unknown";

/// One stage of a test run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    /// The code is laid out by rustfmt.
    Format,
    /// Clippy has nothing to say, for this machine.
    Clippy,
    /// Clippy has nothing to say, for the browser.
    ClippyWasm,
    /// The tests that run on this machine, those in the documentation included.
    Native,
    /// The library's tests that run in a browser.
    Web,
    /// The page that is shipped, used as a person uses it.
    EndToEnd,
    /// A browser is killed while it appends, a few times.
    Faults,
    /// The documentation is whole.
    Doc,
}

impl Stage {
    /// All stages, in the order in which they run: what is fast to fail comes first.
    pub const ALL: [Self; 8] = [
        Self::Format,
        Self::Clippy,
        Self::ClippyWasm,
        Self::Native,
        Self::Web,
        Self::EndToEnd,
        Self::Faults,
        Self::Doc,
    ];

    /// The stages that run no tests.
    pub fn lint() -> Vec<Self> {
        Self::ALL
            .into_iter()
            .filter(|stage| !stage.runs_tests())
            .collect()
    }

    /// The stage of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Clippy => "clippy",
            Self::ClippyWasm => "clippy-wasm",
            Self::Native => "native",
            Self::Web => "web",
            Self::EndToEnd => "e2e",
            Self::Faults => "faults",
            Self::Doc => "doc",
        }
    }

    /// Whether it runs tests, and so fails when it ran none.
    pub fn runs_tests(self) -> bool {
        matches!(
            self,
            Self::Native | Self::Web | Self::EndToEnd | Self::Faults
        )
    }

    /// What it needs on the machine.
    pub fn needs(self) -> &'static [Tool] {
        match self {
            Self::Format | Self::Clippy => &[Tool::Linters],
            Self::ClippyWasm => &[Tool::Linters, Tool::WasmTarget],
            Self::Native => &[],
            Self::Doc => &[Tool::WasmTarget],
            Self::Faults => faults::NEEDS,
            Self::Web => &[
                Tool::WasmTarget,
                Tool::Browser,
                Tool::WasmBindgen,
                Tool::WasmPack,
            ],
            Self::EndToEnd => &[
                Tool::WasmTarget,
                Tool::NodePackages,
                Tool::Browser,
                Tool::WasmBindgen,
                Tool::Trunk,
            ],
        }
    }

    /// The commands that it is made of, in order; it fails with the first that fails.
    pub fn commands(self, project: &Project) -> Vec<Command> {
        match self {
            Self::Format => vec![cargo(
                project,
                &["fmt", "--all", "--check", "--", "--color", "never"],
            )],
            Self::Clippy => vec![cargo(
                project,
                &[
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--locked",
                    "--",
                    "-D",
                    "warnings",
                ],
            )],
            Self::ClippyWasm => vec![cargo(
                project,
                &[
                    "clippy",
                    "--package",
                    "eventloom",
                    "--target",
                    WASM,
                    "--all-targets",
                    "--locked",
                    "--",
                    "-D",
                    "warnings",
                ],
            )],
            // `--no-fail-fast`: one run names every test that fails.
            Self::Native => vec![cargo(
                project,
                &["test", "--workspace", "--locked", "--no-fail-fast"],
            )],
            Self::Web => vec![wasm_pack(project)],
            Self::EndToEnd => vec![build(project), playwright(project)],
            Self::Faults => faults::commands(project, Killing::SHORT),
            Self::Doc => vec![
                doc(project, &[]),
                // What is there only in a browser is documented too.
                doc(project, &["--target", WASM, "--features", "js-api"]),
            ],
        }
    }
}

fn cargo(project: &Project, arguments: &[&str]) -> Command {
    let mut command = project.cargo();
    command.args(arguments);
    command
}

fn doc(project: &Project, target: &[&str]) -> Command {
    let mut command = cargo(project, &["doc", "--no-deps", "--locked"]);
    command.args(target).env("RUSTDOCFLAGS", "-D warnings");
    command
}

fn wasm_pack(project: &Project) -> Command {
    let mut command = project.command("wasm-pack");
    command.args(["test", "--headless", "--chrome", "--mode", "no-install"]);
    if let Some(driver) = browser::chromedriver(project) {
        command.arg("--chromedriver").arg(driver);
    }
    // Both its build and its run, so that all is compiled once.
    command.args(["--", "--locked", "--profile", "test"]);
    command
}

fn build(project: &Project) -> Command {
    let mut command = serve::trunk(project);
    command.args(["build", "--release"]);
    command
}

fn playwright(project: &Project) -> Command {
    let mut command = browser::script(project, "node_modules/@playwright/test/cli.js");
    command.arg("test");
    command
}
