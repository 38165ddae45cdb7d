//! A program that comes as a crate: which version is wanted, and how it gets to target/tools.

use std::fs;
use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::process::{self, Ending};
use crate::project::Project;

/// A program that comes as a crate.
pub struct CargoTool {
    name: &'static str,
    program: &'static str,
    version: String,
    locked: bool,
    asked: &'static [&'static str],
    time: &'static str,
}

impl CargoTool {
    /// A tool whose own lock file is used.
    pub fn locked(
        name: &'static str,
        program: &'static str,
        version: &str,
        time: &'static str,
    ) -> Self {
        Self {
            name,
            program,
            version: version.to_owned(),
            locked: true,
            asked: &["--version"],
            time,
        }
    }

    /// A tool whose own lock file names a crate that is no longer to be had.
    pub fn unlocked(
        name: &'static str,
        program: &'static str,
        version: &str,
        time: &'static str,
    ) -> Self {
        Self {
            locked: false,
            ..Self::locked(name, program, version, time)
        }
    }

    /// The same, which knows its version only as a subcommand of Cargo.
    pub fn asked_as(self, asked: &'static [&'static str]) -> Self {
        Self { asked, ..self }
    }

    /// Whether the first program of that name on the project's PATH has the right version.
    pub fn is_here(&self, project: &Project) -> bool {
        project.which(self.program).is_some_and(|program| {
            process::answer(std::process::Command::new(program).args(self.asked))
                .is_some_and(|text| has_version(&text, &self.version))
        })
    }

    /// What will be installed, and about how long that takes.
    pub fn promise(&self) -> String {
        format!(
            "{} {}, compiled into target/tools: {}",
            self.name, self.version, self.time
        )
    }

    /// Installs it into target/tools: a ready-made one when `cargo binstall` is there to fetch it, or else compiled.
    ///
    /// # Errors
    /// When it can't be compiled.
    pub fn install(&self, project: &Project) -> Result<()> {
        if self.fetch(project)? {
            return Ok(());
        }
        let root = project.file("target/tools");
        let mut command = project.cargo();
        command
            .args([
                "install",
                "--force",
                self.name,
                "--version",
                &self.version,
                "--root",
            ])
            .arg(&root);
        if self.locked {
            command.arg("--locked");
        }
        // One folder for all of them: what they have in common is compiled once.
        command.env("CARGO_TARGET_DIR", root.join("build"));
        // They are built for this machine, however the project itself is being built.
        for variable in ["CARGO_BUILD_TARGET", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            command.env_remove(variable);
        }
        match process::shown(&mut command)? {
            Ending::Well => Ok(()),
            Ending::Badly | Ending::Late => Err(Failure::new(
                format!("{} {} could not be installed.", self.name, self.version),
                format!(
                    "See the output above; with the cause mended, try again, or put a `{}` of this version on the PATH.",
                    self.program
                ),
            )),
        }
    }

    /// Whether `cargo binstall` is there and has fetched the tool in bearable time.
    fn fetch(&self, project: &Project) -> Result<bool> {
        if project.which("cargo-binstall").is_none() {
            return Ok(false);
        }
        let mut command = project.cargo();
        command
            .args([
                "binstall",
                "--no-confirm",
                "--force",
                "--disable-strategies",
                "compile",
                "--root",
            ])
            .arg(project.file("target/tools"))
            .arg(format!("{}@{}", self.name, self.version));
        let ending = process::shown_within(&mut command, Duration::from_secs(120))?;
        if ending == Ending::Well && self.is_here(project) {
            return Ok(true);
        }
        println!(
            "A ready-made {} was not to be had: compiling it.",
            self.name
        );
        Ok(false)
    }
}

/// Removes what compiling the tools left behind. It costs only space, so a failure is no matter.
pub fn tidy(project: &Project) {
    let _ = fs::remove_dir_all(project.file("target/tools/build"));
}

fn has_version(text: &str, version: &str) -> bool {
    text.split_whitespace()
        .any(|word| word.trim_start_matches('v') == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_must_be_the_same_to_the_last_digit() {
        assert!(has_version("wasm-bindgen 0.2.130", "0.2.130"));
        assert!(has_version("trunk 0.21.14 (a1b2c3)", "0.21.14"));
        assert!(!has_version("wasm-bindgen 0.2.13", "0.2.130"));
        assert!(!has_version("wasm-bindgen 0.2.130", "0.2.13"));
    }
}
