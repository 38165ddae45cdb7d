//! What a version of the page is made of, for the service worker that keeps it: every file with the hash of its last
//! bytes. Trunk's names carry hashes of what was there before the page was cut into parts, and are no proof.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Result;

/// The service worker, and what it says of a version that isn't known.
const SCRIPT: &str = "sw.js";
const NO_FILES: &str = "const FILES = {};";
const NO_VERSION: &str = "const VERSION = '';";

/// Writes it into the service worker, once all other files are as they are served.
pub fn write_list(folder: &Path) -> Result<()> {
    let mut files = BTreeMap::new();
    collect(folder, "", &mut files)?;
    files.remove(SCRIPT);
    let list = serde_json::to_string_pretty(&files)?;
    let version = hash(list.as_bytes());
    let version = version.get(..16).unwrap_or_default();

    let path = folder.join(SCRIPT);
    let script = fs::read_to_string(&path)?;
    let filled = script
        .replacen(NO_FILES, &format!("const FILES = {list};"), 1)
        .replacen(NO_VERSION, &format!("const VERSION = '{version}';"), 1);
    if filled.contains(NO_FILES) || filled.contains(NO_VERSION) || filled.len() == script.len() {
        return Err(format!("{SCRIPT} has no place for the list of files").into());
    }
    fs::write(path, filled)?;
    Ok(())
}

/// The files in a folder and below, by their paths as addresses have them.
fn collect(folder: &Path, path: &str, files: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}{name}/"), files)?;
        } else {
            files.insert(format!("{path}{name}"), hash(&fs::read(entry.path())?));
        }
    }
    Ok(())
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
