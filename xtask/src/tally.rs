//! How many tests a stage ran, read from what its runner printed.

use std::fmt;
use std::ops::AddAssign;

/// Tests that were run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// Those that held.
    pub passed: u64,
    /// Those that did not.
    pub failed: u64,
}

impl Tally {
    /// Counts the results in the output of `cargo test`, `wasm-bindgen-test`, Playwright or `node --test`.
    pub fn read(output: &str) -> Self {
        let mut tally = Self::default();
        for line in output.lines().map(str::trim) {
            // Rust's harness: `test result: ok. 3 passed; 0 failed; …`, one line for each test program.
            if let Some((_, counts)) = line
                .strip_prefix("test result: ")
                .and_then(|rest| rest.split_once(". "))
            {
                counts.split("; ").for_each(|count| tally.add(count));
            } else if let Some((kind @ ("pass" | "fail"), number)) = line
                .strip_prefix("# ")
                .and_then(|rest| rest.split_once(' '))
            {
                // Node's, as TAP: `# pass 3` and `# fail 1`.
                tally.add(&format!("{number} {kind}ed"));
            } else {
                // Playwright: `3 passed (4.5s)` and `1 failed`, each on a line of its own at the end.
                tally.add(line.split(" (").next().unwrap_or(line));
            }
        }
        tally
    }

    /// Whether no test ran at all.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    fn add(&mut self, count: &str) {
        if let Some((number, kind)) = count.split_once(' ')
            && let Ok(number) = number.parse::<u64>()
        {
            match kind {
                "passed" => self.passed += number,
                "failed" | "flaky" | "interrupted" | "did not run" => self.failed += number,
                _ => {}
            }
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_program_of_cargo_counts() {
        let output = "running 2 tests\ntest a ... ok\n\n\
            test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n\
            test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(
            Tally::read(output),
            Tally {
                passed: 3,
                failed: 3
            }
        );
    }

    #[test]
    fn the_summary_of_playwright_counts() {
        let output = "  ✓  1 [chromium] › smoke.spec.mjs:5:1 › 7 passed (1.0s)\n\n  1 failed\n    [chromium] › a\n  12 passed (4.5s)\n";
        assert_eq!(
            Tally::read(output),
            Tally {
                passed: 12,
                failed: 1
            }
        );
    }

    #[test]
    fn the_summary_of_node_counts() {
        let output = "1..3\n# tests 3\n# pass 2\n# fail 1\n# skipped 0\n";
        assert_eq!(
            Tally::read(output),
            Tally {
                passed: 2,
                failed: 1
            }
        );
    }

    #[test]
    fn output_without_results_is_empty() {
        assert!(
            Tally::read("no tests to run!\n3 warnings\ntest result: ok. 0 passed; 0 failed")
                .is_empty()
        );
    }
}
