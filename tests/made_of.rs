//! The list of what the page is made of, in `About`, is what Cargo says.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::process::Command;

/// What Cargo is asked for the list, besides `--format '{p} {l}'`.
const TREE: &str = "tree --locked --package eventloom --target wasm32-unknown-unknown \
                    --edges normal,no-proc-macro --prefix none --no-dedupe";

#[test]
fn about_names_every_crate_that_is_shipped_with_its_version_and_licence() {
    let tree = Command::new(env!("CARGO"))
        .args(TREE.split(' '))
        .args(["--format", "{p} {l}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{tree:?}");
    let shipped: BTreeSet<String> = String::from_utf8(tree.stdout)
        .unwrap()
        .lines()
        // Ourselves, with the path; what is listed is what others made.
        .filter(|line| !line.starts_with("eventloom "))
        .map(|line| line.replacen(" v", " ", 1))
        .collect();
    let listed = include_str!("../src/app/view/made_of.txt");
    let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let (missing, gone): (Vec<_>, Vec<_>) = (
        shipped.difference(&listed).collect(),
        listed.difference(&shipped).collect(),
    );
    assert!(
        missing.is_empty() && gone.is_empty(),
        "src/app/view/made_of.txt lacks {missing:#?} and names {gone:#?} in vain; `cargo {TREE} --format '{{p}} {{l}}'` says what there is"
    );
}
