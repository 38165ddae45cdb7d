//! `cargo xtask test faults`: kills a browser in the middle of appending, again and again.

use std::process::Command;

use crate::bench::step;
use crate::browser;
use crate::failure::Result;
use crate::module;
use crate::project::Project;
use crate::tools::{self, Tool};

/// What it needs on the machine.
pub const NEEDS: &[Tool] = &[
    Tool::WasmTarget,
    Tool::NodePackages,
    Tool::Browser,
    Tool::WasmBindgen,
];

/// How often, and by what chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Killing {
    /// How many times a browser is killed while it appends strictly.
    pub rounds: u32,
    /// What chance is drawn from; none for another one each time.
    pub seed: Option<u32>,
}

impl Killing {
    /// Enough to see that it works, and to find what happens often.
    pub const SHORT: Self = Self {
        rounds: 10,
        seed: None,
    };
}

impl Default for Killing {
    fn default() -> Self {
        Self {
            rounds: 300,
            seed: None,
        }
    }
}

/// Kills and looks, with a line for each round.
///
/// # Errors
/// When a tool is missing and can't be installed, the store can't be built, or something that was
/// acknowledged is lost.
pub fn faults(project: &Project, killing: Killing) -> Result<()> {
    tools::provide(project, NEEDS)?;
    println!("Building the store, then killing a browser that appends; some seconds for each time");
    for mut command in commands(project, killing) {
        step(
            &mut command,
            "The store does not survive, or could not be looked at.",
        )?;
    }
    Ok(())
}

/// The commands that it is made of, in order.
pub fn commands(project: &Project, killing: Killing) -> Vec<Command> {
    // What judges is itself judged first.
    let mut check = project.command("node");
    check.args(["--test", "--test-reporter=tap", "tests/faults"]);
    let mut run = browser::script(project, "tests/faults/run.mjs");
    run.arg("--rounds").arg(killing.rounds.to_string());
    if let Some(seed) = killing.seed {
        run.arg("--seed").arg(seed.to_string());
    }
    let mut commands = vec![check];
    commands.extend(module::of_the_store(project));
    commands.push(run);
    commands
}
