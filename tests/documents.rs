//! What the documents say of the tests is true: each test that they name is there.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;

/// All sources that hold tests, as one text.
fn tests() -> String {
    fn collect(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, text);
            } else if path
                .extension()
                .is_some_and(|ext| ext == "rs" || ext == "mjs")
            {
                *text += &fs::read_to_string(path).unwrap();
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    for folder in ["src", "tests"] {
        collect(&root.join(folder), &mut text);
    }
    text
}

#[test]
fn each_guarantee_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guarantees = fs::read_to_string(root.join("docs/guarantees.md")).unwrap();
    let lines: Vec<&str> = guarantees
        .lines()
        .filter(|line| line.starts_with('|') && line.contains('`'))
        .collect();
    assert_eq!(lines.len(), 15);
    let tests = tests();
    for line in lines {
        let cell = line.trim_end_matches('|').rsplit('|').next().unwrap();
        for name in cell.split('`').skip(1).step_by(2) {
            let there =
                tests.contains(&format!("fn {name}(")) || tests.contains(&format!("test('{name}'"));
            assert!(there, "{name}");
        }
    }
}
