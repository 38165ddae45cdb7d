//! A copy of the sources that mutants are made in: never in what somebody works on, and always in the same
//! place, so that what was built for the mutant before serves for the next, in another run as well.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};

/// What no sources are in.
const LEFT_OUT: [&str; 6] = [
    ".git",
    "dist",
    "node_modules",
    "playwright-report",
    "target",
    "test-results",
];

/// Makes `copy` the same as `sources`. A file that is the same already stays untouched: by its time Cargo
/// knows that it needs no building. One with a mutant in it, of a run that was stopped, doesn't.
///
/// # Errors
/// When files can't be read or written.
pub fn refresh(sources: &Path, copy: &Path) -> Result<()> {
    same_folder(sources, copy, &LEFT_OUT).map_err(|cause| {
        Failure::new(
            format!(
                "The sources could not be copied to {}: {cause}.",
                copy.display()
            ),
            "See that target/ can be written and the disk is not full, then try again.",
        )
    })
}

fn same_folder(from: &Path, to: &Path, left_out: &[&str]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if left_out.iter().any(|left| name == *left) {
            continue;
        }
        let target = to.join(&name);
        match entry.file_type()?.is_dir() {
            true => same_folder(&entry.path(), &target, &["target"])?,
            false => same_file(&entry.path(), &target)?,
        }
        names.insert(name);
    }
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if !names.contains(&entry.file_name()) {
            remove(entry.path())?;
        }
    }
    Ok(())
}

fn same_file(from: &Path, to: &Path) -> io::Result<()> {
    let bytes = fs::read(from)?;
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(to, bytes)
}

fn remove(path: PathBuf) -> io::Result<()> {
    match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_what_the_sources_have_and_keeps_what_is_the_same_untouched() {
        let root = std::env::temp_dir().join(format!("eventloom-copy-{}", std::process::id()));
        let (from, to) = (root.join("from"), root.join("to"));
        fs::create_dir_all(from.join("src")).unwrap();
        fs::create_dir_all(from.join("target")).unwrap();
        fs::write(from.join("src/same.rs"), "same").unwrap();
        fs::write(from.join("src/mutated.rs"), "sound").unwrap();
        fs::write(from.join("gone.rs"), "gone").unwrap();
        refresh(&from, &to).unwrap();
        let written = |name: &str| fs::metadata(to.join(name)).unwrap().modified().unwrap();
        let before = written("src/same.rs");

        fs::write(to.join("src/mutated.rs"), "mutant").unwrap();
        fs::remove_file(from.join("gone.rs")).unwrap();
        refresh(&from, &to).unwrap();

        let text = |name: &str| fs::read_to_string(to.join(name)).unwrap();
        assert_eq!(text("src/mutated.rs"), "sound");
        assert_eq!(written("src/same.rs"), before);
        assert!(!to.join("gone.rs").exists() && !to.join("target").exists());
        fs::remove_dir_all(root).unwrap();
    }
}
