//! `cargo xtask test`: runs stages one after another, a line for each, and adds up their tests.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::process::{self, Ending};
use crate::project::{Project, read};
use crate::stages::Stage;
use crate::tally::Tally;
use crate::tools::{self, Tool};

/// Of what a failed stage printed, at most so many lines are shown.
const SHOWN_LINES: usize = 150;

/// Installs what the stages need, then runs them up to the first that fails.
///
/// # Errors
/// When a tool is missing and can't be installed, a stage fails, or one that should ran no tests.
pub fn test(project: &Project, stages: &[Stage]) -> Result<()> {
    let needs: Vec<Tool> = stages
        .iter()
        .flat_map(|stage| stage.needs())
        .copied()
        .collect();
    tools::provide(project, &needs)?;

    let started = process::now();
    let mut total = Tally::default();
    for &stage in stages {
        let outcome = run(project, stage, &mut total);
        if let Err(failure) = outcome {
            if total.failed > 0 {
                println!("eventloom: {total}");
            }
            return Err(failure);
        }
    }
    if stages.len() > 1 {
        println!("All of it holds, in {}.", seconds(started.elapsed()));
    }
    if stages.iter().any(|stage| stage.runs_tests()) {
        println!("eventloom: {total}");
    }
    Ok(())
}

fn run(project: &Project, stage: Stage, total: &mut Tally) -> Result<()> {
    print!("{:<12}", stage.name());
    // The name is to be seen while the stage runs; when it can't be written, nothing depends on it.
    let _ = io::stdout().flush();

    let started = process::now();
    let (path, log) = project.log(stage.name())?;
    let mut ending = Ending::Well;
    for mut command in stage.commands(project) {
        // A log is plain text, whatever the terminal is.
        command
            .env("CARGO_TERM_COLOR", "never")
            .env_remove("FORCE_COLOR");
        ending = process::logged(&mut command, &log)?;
        if ending != Ending::Well {
            break;
        }
    }
    let time = seconds(started.elapsed());
    let output = read(&path)?;
    let tally = if stage.runs_tests() {
        Tally::read(&output)
    } else {
        Tally::default()
    };
    *total += tally;

    if ending != Ending::Well || tally.failed > 0 {
        println!("FAILED {time:>10}");
        show(&output, &path);
        return Err(Failure::new(
            format!("The stage `{}` failed.", stage.name()),
            repeat(stage),
        ));
    }
    if stage.runs_tests() && tally.is_empty() {
        println!("FAILED {time:>10}");
        show(&output, &path);
        return Err(Failure::new(
            format!("The stage `{}` ran no tests at all.", stage.name()),
            repeat(stage),
        ));
    }
    match stage.runs_tests() {
        true => println!("ok {time:>14}   {} passed", tally.passed),
        false => println!("ok {time:>14}"),
    }
    Ok(())
}

/// Shows a log without what went well, or the end of that when it is long.
fn show(output: &str, path: &Path) {
    let lines: Vec<&str> = output.lines().filter(|line| !went_well(line)).collect();
    let shown = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
    for line in shown {
        println!("{line}");
    }
    println!("\nThe whole output is in {}", path.display());
}

fn went_well(line: &str) -> bool {
    line.starts_with("test ") && line.ends_with(" ... ok")
        || ["Compiling ", "Checking ", "Downloaded ", "✓ ", "Invoking test: "]
            .iter()
            .any(|start| line.trim_start().starts_with(start))
        // A frame of a browser's stack: the message above says where it was.
        || line.contains(":wasm-function[")
}

fn repeat(stage: Stage) -> String {
    let options = if stage == Stage::Faults {
        " --rounds 10"
    } else {
        ""
    };
    let name = stage.name();
    let again = format!("Repeat it alone with `cargo xtask test {name}{options}`.");
    match stage {
        Stage::Format => format!("`cargo fmt --all` lays the code out. {again}"),
        _ => again,
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
