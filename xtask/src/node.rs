//! The packages from npm: whether they are those that a package-lock.json names, and how they get here.

use std::fs;
use std::path::PathBuf;

use crate::failure::{Failure, Result};
use crate::process::{self, Ending};
use crate::project::{Project, read};

/// Packages that a folder's lock file names.
pub struct Packages {
    folder: &'static str,
    /// What is said before they are installed.
    pub promise: &'static str,
}

/// What the tests and the release build take from npm.
pub const TOOLS: Packages = Packages {
    folder: ".",
    promise: "Playwright, axe and wasm-opt into node_modules, with npm: under a minute",
};

/// What the store is measured against. Apart, so that nobody who only tests downloads it.
pub const PEERS: Packages = Packages {
    folder: "benches/browser",
    promise: "Dexie, idb, SQLite-wasm and PGlite into benches/browser/node_modules, with npm: under a minute",
};

const OLDEST_NODE: u32 = 20;
const LOCK: &str = "package-lock.json";
/// A copy of the lock file that node_modules was filled from.
const STAMP: &str = "node_modules/.eventloom-package-lock.json";

impl Packages {
    fn file(&self, project: &Project, name: &str) -> PathBuf {
        project.file(self.folder).join(name)
    }
}

/// Whether node_modules was filled from the lock file as it is now.
///
/// # Errors
/// When the lock file can't be read.
pub fn is_here(project: &Project, packages: &Packages) -> Result<bool> {
    let wanted = read(&packages.file(project, LOCK))?;
    Ok(fs::read(packages.file(project, STAMP)).is_ok_and(|stamp| stamp == wanted.as_bytes()))
}

/// Fills node_modules from the lock file.
///
/// # Errors
/// When Node or npm is missing or too old, or npm fails.
pub fn install(project: &Project, packages: &Packages) -> Result<()> {
    let version = process::answer(project.command("node").arg("--version"));
    let recent = version
        .as_deref()
        .and_then(major)
        .is_some_and(|major| major >= OLDEST_NODE);
    if !recent || project.which("npm").is_none() {
        let found = version.map_or("none was found".to_owned(), |version| {
            format!("found: {version}")
        });
        return Err(Failure::new(
            format!("Node {OLDEST_NODE} or newer, with npm, is needed ({found})."),
            "Install it with your package manager or from nodejs.org, then try again.",
        ));
    }
    let mut command = project.command("npm");
    // The browser is the system's own; Playwright is not to fetch another.
    command
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(project.file(packages.folder))
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    let failed = |why: String| Failure::new(why, "See the output above, then try again.");
    match process::shown(&mut command)? {
        Ending::Well => fs::copy(packages.file(project, LOCK), packages.file(project, STAMP))
            .map(drop)
            .map_err(|cause| failed(format!("node_modules could not be written: {cause}."))),
        Ending::Badly | Ending::Late => Err(failed("`npm ci` failed.".to_owned())),
    }
}

fn major(version: &str) -> Option<u32> {
    version
        .trim_start_matches('v')
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node_is_its_first_number() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("unknown"), None);
    }
}
