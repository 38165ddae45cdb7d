//! Where things are: the repository's root, its tools, and the versions that its lock file names.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Result};

/// The repository that is worked on.
pub struct Project {
    root: PathBuf,
    path: OsString,
    cargo: OsString,
}

impl Project {
    /// The repository that this program was built from.
    ///
    /// # Errors
    /// When there is none where Cargo says it is.
    pub fn find() -> Result<Self> {
        // Cargo tells it at run time: a path from compile time would name the place before a move.
        let root = env::var_os("CARGO_MANIFEST_DIR")
            .and_then(|xtask| Path::new(&xtask).parent().map(Path::to_path_buf))
            .filter(|root| root.join("Cargo.lock").is_file())
            .ok_or_else(|| {
                Failure::new(
                    "The repository of Eventloom was not found.",
                    "Start this program as `cargo xtask`, from inside the repository.",
                )
            })?;
        let own = [
            root.join("target/tools/bin"),
            root.join("node_modules/.bin"),
        ];
        let inherited = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(own.into_iter().chain(env::split_paths(&inherited))).map_err(
            |cause| {
                Failure::new(
                    format!("The tools can't be put on the PATH: {cause}."),
                    "Move the repository to a folder with a simpler name.",
                )
            },
        )?;
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Ok(Self { root, path, cargo })
    }

    /// A path inside the repository.
    pub fn file(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A program, to be run at the root with the project's own tools before any other.
    pub fn command(&self, program: &str) -> Command {
        let mut command = match self.which(program) {
            Some(found) => Command::new(found),
            None => Command::new(program),
        };
        command.current_dir(&self.root).env("PATH", &self.path);
        command
    }

    /// Cargo, the very one that runs this.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        command.current_dir(&self.root).env("PATH", &self.path);
        command
    }

    /// Where a program is found, the project's own tools first.
    pub fn which(&self, program: &str) -> Option<PathBuf> {
        let endings: &[&str] = if cfg!(windows) {
            &[".exe", ".cmd"]
        } else {
            &[""]
        };
        env::split_paths(&self.path)
            .flat_map(|folder| {
                endings
                    .iter()
                    .map(move |ending| folder.join(format!("{program}{ending}")))
            })
            .find(|candidate| candidate.is_file())
    }

    /// The version of a crate in `Cargo.lock`.
    ///
    /// # Errors
    /// When the lock file can't be read or doesn't name the crate.
    pub fn locked_version(&self, name: &str) -> Result<String> {
        let lock = read(&self.file("Cargo.lock"))?;
        version_in_lock(&lock, name).ok_or_else(|| {
            Failure::new(
                format!("Cargo.lock names no version of `{name}`."),
                "Bring the lock file up to date with `cargo metadata`, then try again.",
            )
        })
    }

    /// A new, empty log, in target/xtask.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn log(&self, name: &str) -> Result<(PathBuf, File)> {
        let path = self.file("target/xtask").join(format!("{name}.log"));
        let folder = self.file("target/xtask");
        fs::create_dir_all(folder)
            .and_then(|()| File::create(&path))
            .map(|file| (path.clone(), file))
            .map_err(|cause| {
                Failure::new(
                    format!("{} could not be written: {cause}.", path.display()),
                    "See that target/ can be written and the disk is not full, then try again.",
                )
            })
    }
}

/// The text of a file, whatever bytes it has.
///
/// # Errors
/// When it can't be read.
pub fn read(path: &Path) -> Result<String> {
    fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .map_err(|cause| {
            Failure::new(
                format!("{} could not be read: {cause}.", path.display()),
                "See that the file is there and can be read, then try again.",
            )
        })
}

fn version_in_lock(lock: &str, name: &str) -> Option<String> {
    let mut lines = lock.lines();
    lines.find(|line| *line == format!("name = \"{name}\""))?;
    let version = lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_version_is_that_of_the_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.80\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(
            version_in_lock(lock, "wasm-bindgen").as_deref(),
            Some("0.2.130")
        );
        assert_eq!(version_in_lock(lock, "wasm"), None);
    }
}
