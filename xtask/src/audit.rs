//! `cargo xtask audit`: what the dependencies allow, where they come from, and what is known against them.

use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::process::{self, Ending};
use crate::project::{Project, read};
use crate::tools::{self, Tool};

/// How long fetching the database of advisories may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// Checks licences, bans and sources, and the known vulnerabilities where their database can be had.
///
/// # Errors
/// When cargo-deny is missing and can't be installed, or finds something.
pub fn audit(project: &Project) -> Result<()> {
    tools::provide(project, &[Tool::CargoDeny])?;

    let mut command = project.command("cargo-deny");
    command.args(["--locked", "check", "licenses", "bans", "sources"]);
    if process::shown(&mut command)? != Ending::Well {
        return Err(found(
            "The licences, bans or sources in deny.toml are not kept.",
        ));
    }

    println!("Looking for known vulnerabilities; the database is fetched first.");
    let (path, log) = project.log("advisories")?;
    let mut command = project.command("cargo-deny");
    command.args(["--locked", "check", "advisories"]);
    let ending = process::logged_within(&mut command, &log, PATIENCE)?;
    let output = read(&path)?;
    match ending {
        Ending::Well => println!("No vulnerability is known in any dependency."),
        Ending::Badly if !database_is_missing(&output) => {
            print!("{output}");
            return Err(found("Something is known against a dependency."));
        }
        Ending::Badly | Ending::Late => println!(
            "The database of known vulnerabilities could not be fetched, so they were not looked for. \
             (What cargo-deny said is in {}.) Everything else was checked.",
            path.display()
        ),
    }
    Ok(())
}

/// Whether cargo-deny failed for want of its database, rather than because of what it found there.
fn database_is_missing(output: &str) -> bool {
    output.contains("advisory database") && output.contains("failed to")
}

fn found(what: &str) -> Failure {
    Failure::new(
        what,
        "See the output above: change the dependency, or say in deny.toml why it may stay.",
    )
}
