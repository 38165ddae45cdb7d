//! `cargo xtask test simulation`: runs a model of the store's two copies by chosen schedules.

use std::process::Command;

use crate::bench::step;
use crate::failure::Result;
use crate::project::Project;

/// How many schedules, and from which seed on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulating {
    /// How many schedules are run.
    pub schedules: u32,
    /// The seed of the first; none for another one each time.
    pub seed: Option<u32>,
}

impl Default for Simulating {
    fn default() -> Self {
        Self {
            schedules: 1_000_000,
            seed: None,
        }
    }
}

/// Runs them; the first that breaks a law is printed, shrunk.
///
/// # Errors
/// When the model can't be built, or a schedule breaks a law.
pub fn simulate(project: &Project, simulating: Simulating) -> Result<()> {
    let seed = simulating.seed.unwrap_or_else(any_seed);
    let count = simulating.schedules;
    println!("Running {count} schedules from seed {seed} on; some minutes for a million");
    let failed = "A schedule breaks a law of the store; it is printed above, with its seed.";
    step(&mut command(project, count, seed), failed)
}

fn command(project: &Project, schedules: u32, seed: u32) -> Command {
    let mut command = project.cargo();
    command.args(["test", "--locked", "--profile", "simulation"]);
    command.args(["--test", "simulated_store"]);
    command.args(["no_schedule_breaks_a_law", "--", "--nocapture"]);
    command.env("EVENTLOOM_SCHEDULES", schedules.to_string());
    command.env("EVENTLOOM_SCHEDULE_SEED", seed.to_string());
    command
}

/// Another one each time.
fn any_seed() -> u32 {
    use std::hash::{BuildHasher, RandomState};
    let [_, _, _, _, rest @ ..] = RandomState::new().hash_one(()).to_le_bytes();
    u32::from_le_bytes(rest)
}
