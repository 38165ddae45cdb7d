//! `cargo xtask`: sets up what is missing, then serves, tests, measures or audits Eventloom.
//!
//! This file is the command line. What a command does is in the file of its name.

mod audit;
mod bench;
mod browser;
mod cargo_tool;
mod failure;
mod faults;
mod module;
mod node;
mod process;
mod project;
mod serve;
mod stages;
mod tally;
mod test;
mod tools;

use std::env;
use std::process::ExitCode;

use bench::{Folding, Measuring};
use failure::{Failure, Result};
use faults::Killing;
use project::Project;
use serve::Serving;
use stages::Stage;

const HELP: &str = "\
Eventloom's tasks. Each installs what it misses first (into target/tools and node_modules), and says so.

  cargo xtask serve [--open] [--port N] [--release]
      Build the playground and serve it at http://127.0.0.1:8080, again at each change.
      --open opens the browser, --port chooses another port, --release builds it as it is shipped.

  cargo xtask test [STAGE]
      Run everything that must hold, stage by stage, or one stage:
      format, clippy, clippy-wasm, native, web, e2e, doc; lint is all of them that run no tests.

  cargo xtask test faults [--rounds N] [--seed N]
      Kill a browser in the middle of appending, start it again, and look whether all that was
      acknowledged is there: 100 times, or as often as --rounds says; `cargo xtask test` does it 10 times.
      In two of ten rounds the database's files are deleted or damaged meanwhile. --seed repeats the
      same rounds.

  cargo xtask bench browser [--short] [--events N]
      Measure the store in Chromium against bare IndexedDB, Dexie, idb, SQLite and PGlite; print a table
      and keep all figures in target/bench/browser.json. A quarter of an hour; --short takes two minutes
      and shows that it works, --events chooses how many events the big stores hold (100,000).

  cargo xtask bench core [--short] [--page]
      Measure how fast events are folded and states found, natively and as wasm in Chromium; print tables
      and keep all figures in target/bench/core.json. Two minutes; --short takes seconds and shows that
      it works, --page builds the wasm as the page's is, for size.

  cargo xtask audit
      Check the licences, sources and known vulnerabilities of the dependencies, with cargo-deny.
";

/// With fewer, the streams to load would be too short to time.
const FEWEST_EVENTS: u32 = 1_000;

/// What the command line asks for.
#[derive(Debug, PartialEq)]
enum Task {
    Help,
    Serve(Serving),
    Test(Vec<Stage>),
    Faults(Killing),
    BenchBrowser(Measuring),
    BenchCore(Folding),
    Audit,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let task = parse(&arguments)?;
    if task == Task::Help {
        print!("{HELP}");
        return Ok(());
    }
    let project = Project::find()?;
    match task {
        Task::Help => Ok(()),
        Task::Serve(serving) => serve::serve(&project, serving),
        Task::Test(stages) => test::test(&project, &stages),
        Task::Faults(killing) => faults::faults(&project, killing),
        Task::BenchBrowser(measuring) => bench::browser(&project, measuring),
        Task::BenchCore(folding) => bench::core(&project, folding),
        Task::Audit => audit::audit(&project),
    }
}

fn parse(arguments: &[String]) -> Result<Task> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] | ["help", ..] => Ok(Task::Help),
        all if all.contains(&"-h") || all.contains(&"--help") => Ok(Task::Help),
        ["serve", options @ ..] => parse_serving(options).map(Task::Serve),
        ["test"] => Ok(Task::Test(Stage::ALL.to_vec())),
        ["test", "lint"] => Ok(Task::Test(Stage::lint())),
        ["test", "faults", options @ ..] => parse_killing(options).map(Task::Faults),
        ["test", name] => match Stage::named(name) {
            Some(stage) => Ok(Task::Test(vec![stage])),
            None => Err(misunderstood(name)),
        },
        ["bench"] => Err(Failure::new(
            "`cargo xtask bench` does not say what to measure.",
            "Give `cargo xtask bench browser` or `cargo xtask bench core`; `cargo xtask` alone lists their options.",
        )),
        ["bench", "browser", options @ ..] => parse_measuring(options).map(Task::BenchBrowser),
        ["bench", "core", options @ ..] => parse_folding(options).map(Task::BenchCore),
        ["audit"] => Ok(Task::Audit),
        ["test" | "audit", _, extra, ..] | ["audit" | "bench", extra, ..] | [extra, ..] => {
            Err(misunderstood(extra))
        }
    }
}

fn parse_serving(options: &[&str]) -> Result<Serving> {
    let mut serving = Serving::default();
    let mut options = options.iter();
    while let Some(&option) = options.next() {
        match option {
            "--open" => serving.open = true,
            "--release" => serving.release = true,
            "--port" => {
                let port = options.next().copied().unwrap_or_default();
                serving.port = port.parse().map_err(|_| not_a_port(port))?;
            }
            other => match other.strip_prefix("--port=") {
                Some(port) => serving.port = port.parse().map_err(|_| not_a_port(port))?,
                None => return Err(misunderstood(other)),
            },
        }
    }
    Ok(serving)
}

fn parse_measuring(options: &[&str]) -> Result<Measuring> {
    let mut measuring = Measuring::default();
    let mut options = options.iter();
    while let Some(&option) = options.next() {
        match option {
            "--short" => measuring.short = true,
            "--events" => measuring.events = Some(events(options.next().copied().unwrap_or(""))?),
            other => match other.strip_prefix("--events=") {
                Some(number) => measuring.events = Some(events(number)?),
                None => return Err(misunderstood(other)),
            },
        }
    }
    Ok(measuring)
}

fn parse_killing(options: &[&str]) -> Result<Killing> {
    let mut killing = Killing::default();
    let mut options = options.iter();
    while let Some(&option) = options.next() {
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, value),
            None => (option, options.next().copied().unwrap_or_default()),
        };
        match name {
            "--rounds" => killing.rounds = whole(value)?.max(1),
            "--seed" => killing.seed = Some(whole(value)?),
            _ => return Err(misunderstood(option)),
        }
    }
    Ok(killing)
}

fn whole(text: &str) -> Result<u32> {
    text.parse().map_err(|_| {
        Failure::new(
            format!("`{text}` is not a whole number."),
            "Give one, as in `cargo xtask test faults --rounds 20 --seed 7`.",
        )
    })
}

fn parse_folding(options: &[&str]) -> Result<Folding> {
    let mut folding = Folding::default();
    for &option in options {
        match option {
            "--short" => folding.short = true,
            "--page" => folding.page = true,
            other => return Err(misunderstood(other)),
        }
    }
    Ok(folding)
}

fn events(text: &str) -> Result<u32> {
    text.parse()
        .ok()
        .filter(|number| *number >= FEWEST_EVENTS)
        .ok_or_else(|| {
            Failure::new(
                format!("`{text}` is not a number of events to measure with."),
                format!("Give {FEWEST_EVENTS} or more, as in `cargo xtask bench browser --events 20000`."),
            )
        })
}

fn misunderstood(argument: &str) -> Failure {
    Failure::new(
        format!("`{argument}` is not something that `cargo xtask` knows here."),
        "`cargo xtask` alone lists what it can do.",
    )
}

fn not_a_port(text: &str) -> Failure {
    Failure::new(
        format!("`{text}` is not a port."),
        "Give a number from 1 to 65535, as in `cargo xtask serve --port 8081`.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&arguments)
    }

    #[test]
    fn nothing_asks_for_help() {
        assert_eq!(parsed("").unwrap(), Task::Help);
        assert_eq!(parsed("serve --help").unwrap(), Task::Help);
        assert_eq!(parsed("bench browser --help").unwrap(), Task::Help);
    }

    #[test]
    fn serve_takes_its_options_in_any_order() {
        let expected = Serving {
            open: true,
            port: 8081,
            release: false,
        };
        assert_eq!(
            parsed("serve --port 8081 --open").unwrap(),
            Task::Serve(expected)
        );
        assert_eq!(
            parsed("serve --open --port=8081").unwrap(),
            Task::Serve(expected)
        );
    }

    #[test]
    fn a_port_that_is_none_is_an_error() {
        assert!(parsed("serve --port").is_err());
        assert!(parsed("serve --port many").is_err());
    }

    #[test]
    fn test_takes_one_stage_or_lint_or_all() {
        assert_eq!(parsed("test").unwrap(), Task::Test(Stage::ALL.to_vec()));
        assert_eq!(parsed("test web").unwrap(), Task::Test(vec![Stage::Web]));
        assert_eq!(parsed("test lint").unwrap(), Task::Test(Stage::lint()));
    }

    #[test]
    fn test_faults_takes_its_options_in_any_order() {
        let expected = Killing {
            rounds: 20,
            seed: Some(7),
        };
        for line in [
            "test faults --rounds 20 --seed 7",
            "test faults --seed=7 --rounds=20",
        ] {
            assert_eq!(parsed(line).unwrap(), Task::Faults(expected), "{line}");
        }
        let ordinary = Killing {
            rounds: 100,
            seed: None,
        };
        assert_eq!(parsed("test faults").unwrap(), Task::Faults(ordinary));
        for line in ["test faults --rounds", "test faults --seed many"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }

    #[test]
    fn bench_takes_its_options_in_any_order() {
        let expected = Measuring {
            short: true,
            events: Some(20_000),
        };
        for line in [
            "bench browser --short --events 20000",
            "bench browser --events=20000 --short",
        ] {
            assert_eq!(
                parsed(line).unwrap(),
                Task::BenchBrowser(expected),
                "{line}"
            );
        }
        assert_eq!(
            parsed("bench browser").unwrap(),
            Task::BenchBrowser(Measuring::default())
        );
    }

    #[test]
    fn bench_core_takes_its_options_in_any_order() {
        let folding = |short, page| Task::BenchCore(Folding { short, page });
        assert_eq!(parsed("bench core").unwrap(), folding(false, false));
        for line in ["bench core --short --page", "bench core --page --short"] {
            assert_eq!(parsed(line).unwrap(), folding(true, true), "{line}");
        }
    }

    #[test]
    fn too_few_events_or_no_number_of_them_is_an_error() {
        for events in ["", "999", "many", "-1"] {
            assert!(parsed(&format!("bench browser --events {events}")).is_err());
        }
        assert!(parsed("bench browser --events 1000").is_ok());
    }

    #[test]
    fn what_is_unknown_is_named() {
        for line in [
            "sevre",
            "test wbe",
            "audit now",
            "bench",
            "bench cores",
            "bench core --events 5000",
            "bench browser --long",
            "serve --prot 1",
            "test faults --round 1",
            "test web e2e",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
