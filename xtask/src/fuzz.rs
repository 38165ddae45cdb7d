//! `cargo xtask fuzz`: feeds the decoders what nobody would think of, each for some minutes.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::bench::step;
use crate::failure::{Failure, Result};
use crate::process::{self, Ending};
use crate::project::{Project, read};
use crate::tools::{self, Tool};

/// What it needs on the machine.
const NEEDS: &[Tool] = &[Tool::Nightly, Tool::CargoFuzz];

/// Where the targets are, and the inputs that are kept.
const FOLDER: &str = "tests/fuzz";

/// Where new inputs go: what is kept is chosen from them by hand.
const FOUND: &str = "target/fuzz/found";

/// What no decoder may need of an input, which has 16 KiB at most: 256 times as much in one piece, half a
/// gigabyte in all, which the fuzzer needs for itself, or ten seconds.
const LIMITS: [&str; 4] = [
    "-rss_limit_mb=512",
    "-malloc_limit_mb=4",
    "-timeout=10",
    "-max_len=16384",
];

/// What is fuzzed, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Fuzzing {
    /// For how many seconds each target runs.
    pub seconds: u32,
    /// The one target; none for all of them.
    pub target: Option<String>,
}

impl Default for Fuzzing {
    fn default() -> Self {
        Self {
            seconds: 600,
            target: None,
        }
    }
}

/// Runs one target after another, a line for each.
///
/// # Errors
/// When a tool is missing and can't be installed, there is no such target, they can't be built, or a
/// decoder broke its law.
pub fn fuzz(project: &Project, fuzzing: &Fuzzing) -> Result<()> {
    let targets = chosen(targets(project)?, fuzzing.target.as_deref())?;
    tools::provide(project, NEEDS)?;
    println!("Building the fuzz targets, a minute or two");
    let failed = "The fuzz targets could not be built.";
    step(&mut cargo_fuzz(project, "build", &[]), failed)?;
    let (count, seconds) = (targets.len(), fuzzing.seconds);
    println!("Feeding {count} of them for {seconds} s each");
    let mut broken = Vec::new();
    for target in &targets {
        if !run(project, target, seconds)? {
            broken.push(target.as_str());
        }
    }
    println!("New inputs are in {FOUND}; CONTRIBUTING.md says how to keep one.");
    if broken.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("These broke their law: {}.", broken.join(", ")),
        "The inputs that did it are named above; each becomes a test before the mend.",
    ))
}

/// The names of all targets, in their order.
fn targets(project: &Project) -> Result<Vec<String>> {
    let folder = project.file(FOLDER).join("fuzz_targets");
    let entries = fs::read_dir(&folder).map_err(|cause| {
        Failure::new(
            format!("{} could not be read: {cause}.", folder.display()),
            "See that the repository is whole, then try again.",
        )
    })?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

fn chosen(targets: Vec<String>, one: Option<&str>) -> Result<Vec<String>> {
    match one {
        None => Ok(targets),
        Some(one) if targets.iter().any(|target| target == one) => Ok(vec![one.to_owned()]),
        Some(one) => Err(Failure::new(
            format!("There is no fuzz target `{one}`."),
            format!("Give one of these: {}.", targets.join(", ")),
        )),
    }
}

/// Runs a target and says how it went; whether its decoder kept its law.
fn run(project: &Project, target: &str, seconds: u32) -> Result<bool> {
    let found = project.file(FOUND).join(target);
    fs::create_dir_all(&found).map_err(|cause| {
        Failure::new(
            format!("{} could not be made: {cause}.", found.display()),
            "See that target/ can be written and the disk is not full, then try again.",
        )
    })?;
    let kept = project.file(FOLDER).join("corpus").join(target);
    let mut command = cargo_fuzz(project, "run", &[target]);
    command.arg(&found).arg(&kept);
    command.args(["--", "-fork=0", "-print_final_stats=1"]);
    command
        .args(LIMITS)
        .arg(format!("-max_total_time={seconds}"));
    let (path, log) = project.log(&format!("fuzz-{target}"))?;
    let started = process::now();
    let ending = process::logged(&mut command, &log)?;
    let took = started.elapsed().as_secs();
    let output = read(&path)?;
    let figures = Figures::read(&output);
    let is_well = ending == Ending::Well;
    let result = if is_well { "ok" } else { "FAILED" };
    println!("{target:<10} {result:<6} {took:>5} s {figures}");
    if !is_well {
        blame(&output, &path);
    }
    Ok(is_well)
}

/// Shows which input it was, and where all that was printed is.
fn blame(output: &str, path: &Path) {
    let told = ["panicked at", "ERROR: libFuzzer", "Test unit written to"];
    let is_told = |line: &&str| told.iter().any(|words| line.contains(words));
    for line in output.lines().filter(is_told) {
        println!("  {}", line.trim());
    }
    println!("  The whole output is in {}", path.display());
}

fn cargo_fuzz(project: &Project, what: &str, arguments: &[&str]) -> Command {
    let mut command = project.command("rustup");
    command.args(["run", "nightly", "cargo", "fuzz", what]);
    command.args(["--fuzz-dir", FOLDER, "--target-dir", "target/fuzz"]);
    command.args(arguments);
    command
}

/// What libFuzzer counted; none where it ended without saying so.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Figures {
    executions: Option<u64>,
    new_inputs: Option<u64>,
    peak_megabytes: Option<u64>,
}

impl Figures {
    fn read(output: &str) -> Self {
        let figure = |name: &str| {
            let line = output.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|number| number.trim().parse().ok())
        };
        Self {
            executions: figure("stat::number_of_executed_units:"),
            new_inputs: figure("stat::new_units_added:"),
            peak_megabytes: figure("stat::peak_rss_mb:"),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |figure: Option<u64>| figure.map_or("?".to_owned(), |n| n.to_string());
        write!(
            formatter,
            "{:>10} runs {:>6} new inputs, {} MB at most",
            or_none(self.executions),
            or_none(self.new_inputs),
            or_none(self.peak_megabytes),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_fuzzer_counted_is_read_from_its_last_lines() {
        let output = "#2\tINITED cov: 93\nDone 207141 runs in 16 second(s)\n\
            stat::number_of_executed_units: 207141\nstat::average_exec_per_sec:     12946\n\
            stat::new_units_added:          1082\nstat::slowest_unit_time_sec:    0\n\
            stat::peak_rss_mb:              267\n";
        let figures = Figures {
            executions: Some(207_141),
            new_inputs: Some(1_082),
            peak_megabytes: Some(267),
        };
        assert_eq!(Figures::read(output), figures);
        assert_eq!(
            figures.to_string(),
            "    207141 runs   1082 new inputs, 267 MB at most"
        );
    }

    #[test]
    fn a_fuzzer_that_ended_early_counted_nothing() {
        let figures = Figures::read("==1== ERROR: libFuzzer: deadly signal\n");
        assert_eq!(figures, Figures::default());
        assert!(figures.to_string().contains("? runs"));
    }

    #[test]
    fn one_target_is_chosen_by_its_name_and_a_wrong_name_is_told_the_right_ones() {
        let targets = || vec!["archive".to_owned(), "json".to_owned()];
        assert_eq!(chosen(targets(), None).unwrap(), targets());
        assert_eq!(chosen(targets(), Some("json")).unwrap(), ["json"]);
        let failure = chosen(targets(), Some("jsno")).unwrap_err().to_string();
        assert!(failure.contains("archive, json"), "{failure}");
    }
}
