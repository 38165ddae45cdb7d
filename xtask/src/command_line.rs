//! The command line: what it may ask for, and what it is told where it asks for something else.

use crate::bench::{Folding, Measuring, Subject};
use crate::failure::{Failure, Result};
use crate::faults::Killing;
use crate::fuzz::Fuzzing;
use crate::mutants::{Mutating, Part};
use crate::serve::Serving;
use crate::simulation::Simulating;
use crate::stages::Stage;

/// With fewer, the streams to load would be too short to time.
const FEWEST_EVENTS: u32 = 1_000;

/// How `cargo xtask test faults` is told what to do.
const KILLING: &str = "cargo xtask test faults --rounds 20 --seed 7";

/// How `cargo xtask test simulation` is told what to do.
const SIMULATING: &str = "cargo xtask test simulation --schedules 200000 --seed 7";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub enum Task {
    /// What can be asked for.
    Help,
    /// The playground.
    Serve(Serving),
    /// Stages of what must hold.
    Test(Vec<Stage>),
    /// The kill test alone.
    Faults(Killing),
    /// The store's model, by more schedules.
    Simulation(Simulating),
    /// The decoders, fuzzed.
    Fuzz(Fuzzing),
    /// The tests, judged by changes of the code.
    Mutants(Mutating),
    /// The store, measured.
    BenchBrowser(Measuring),
    /// The page, measured with files of so many events.
    BenchPage(Option<u32>),
    /// The core, measured.
    BenchCore(Folding),
    /// The dependencies, checked.
    Audit,
}

/// Reads what stands after `cargo xtask`.
///
/// # Errors
/// When it asks for nothing that there is; the words say for what it can ask.
pub fn parse(arguments: &[String]) -> Result<Task> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] | ["help", ..] => Ok(Task::Help),
        all if all.contains(&"-h") || all.contains(&"--help") => Ok(Task::Help),
        ["serve", options @ ..] => parse_serving(options).map(Task::Serve),
        ["test"] => Ok(Task::Test(Stage::ALL.to_vec())),
        ["test", "lint"] => Ok(Task::Test(Stage::lint())),
        ["test", "faults", options @ ..] => parse_killing(options).map(Task::Faults),
        ["test", "simulation", options @ ..] => parse_simulating(options).map(Task::Simulation),
        ["test", name] => match Stage::named(name) {
            Some(stage) => Ok(Task::Test(vec![stage])),
            None => Err(misunderstood(name)),
        },
        ["fuzz", options @ ..] => parse_fuzzing(options).map(Task::Fuzz),
        ["mutants", options @ ..] => parse_mutating(options).map(Task::Mutants),
        ["bench"] => Err(Failure::new(
            "`cargo xtask bench` does not say what to measure.",
            "Give `cargo xtask bench browser`, `page` or `core`; `cargo xtask` alone lists their options.",
        )),
        ["bench", "browser", options @ ..] => parse_measuring(options).map(Task::BenchBrowser),
        ["bench", "page", options @ ..] => parse_page(options).map(Task::BenchPage),
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
            "--great" if measuring.of == Subject::Peers => measuring.of = Subject::Great,
            "--ratios" if measuring.of == Subject::Peers => measuring.of = Subject::Ratios,
            "--events" => measuring.events = Some(events(options.next().copied().unwrap_or(""))?),
            other => match other.strip_prefix("--events=") {
                Some(number) => measuring.events = Some(events(number)?),
                None => return Err(misunderstood(other)),
            },
        }
    }
    // Only the peers have a short form; the others take fewer events.
    match measuring.short && measuring.of != Subject::Peers {
        true => Err(misunderstood("--short")),
        false => Ok(measuring),
    }
}

fn parse_page(options: &[&str]) -> Result<Option<u32>> {
    match parse_measuring(options)? {
        Measuring {
            short: false,
            of: Subject::Peers,
            events,
        } => Ok(events),
        Measuring { short: true, .. } => Err(misunderstood("--short")),
        Measuring { .. } => Err(misunderstood("--great or --ratios")),
    }
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
            "--rounds" => killing.rounds = whole(value, KILLING)?.max(1),
            "--seed" => killing.seed = Some(whole(value, KILLING)?),
            _ => return Err(misunderstood(option)),
        }
    }
    Ok(killing)
}

fn parse_simulating(options: &[&str]) -> Result<Simulating> {
    let mut simulating = Simulating::default();
    let mut options = options.iter();
    while let Some(&option) = options.next() {
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, value),
            None => (option, options.next().copied().unwrap_or_default()),
        };
        match name {
            "--schedules" => simulating.schedules = whole(value, SIMULATING)?.max(1),
            "--seed" => simulating.seed = Some(whole(value, SIMULATING)?),
            _ => return Err(misunderstood(option)),
        }
    }
    Ok(simulating)
}

fn parse_fuzzing(options: &[&str]) -> Result<Fuzzing> {
    const EXAMPLE: &str = "cargo xtask fuzz --seconds 60 archive";
    let mut fuzzing = Fuzzing::default();
    let mut options = options.iter();
    while let Some(&option) = options.next() {
        match option {
            "--seconds" => {
                let seconds = options.next().copied().unwrap_or_default();
                fuzzing.seconds = whole(seconds, EXAMPLE)?.max(1);
            }
            other => match other.strip_prefix("--seconds=") {
                Some(seconds) => fuzzing.seconds = whole(seconds, EXAMPLE)?.max(1),
                None if other.starts_with('-') || fuzzing.target.is_some() => {
                    return Err(misunderstood(other));
                }
                None => fuzzing.target = Some(other.to_owned()),
            },
        }
    }
    Ok(fuzzing)
}

fn parse_mutating(options: &[&str]) -> Result<Mutating> {
    const EXAMPLE: &str = "cargo xtask mutants core --sample 50 --seed 7";
    let mut mutating = Mutating::default();
    let mut options = options.iter();
    while let Some(&option) = options.next() {
        if let Some(part) = Part::named(option) {
            mutating.parts.push(part);
            continue;
        }
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, value),
            None => (option, options.next().copied().unwrap_or_default()),
        };
        match name {
            "--sample" => mutating.sample = Some(whole(value, EXAMPLE)?.max(1)),
            "--seed" => mutating.seed = whole(value, EXAMPLE)?,
            _ => return Err(misunderstood(option)),
        }
    }
    Ok(mutating)
}

fn whole(text: &str, example: &str) -> Result<u32> {
    text.parse().map_err(|_| {
        Failure::new(
            format!("`{text}` is not a whole number."),
            format!("Give one, as in `{example}`."),
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
    fn test_simulation_takes_its_options_in_any_order() {
        let expected = Simulating {
            schedules: 20,
            seed: Some(7),
        };
        for line in [
            "test simulation --schedules 20 --seed 7",
            "test simulation --seed=7 --schedules=20",
        ] {
            assert_eq!(parsed(line).unwrap(), Task::Simulation(expected));
        }
        let ordinary = Simulating::default();
        assert_eq!(
            parsed("test simulation").unwrap(),
            Task::Simulation(ordinary)
        );
        for line in ["test simulation --schedules", "test simulation --rounds 2"] {
            assert!(parsed(line).is_err(), "{line}");
        }
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
            rounds: 300,
            seed: None,
        };
        assert_eq!(parsed("test faults").unwrap(), Task::Faults(ordinary));
        for line in ["test faults --rounds", "test faults --seed many"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }

    #[test]
    fn fuzz_takes_seconds_and_one_target_in_any_order() {
        let expected = Fuzzing {
            seconds: 60,
            target: Some("json".to_owned()),
        };
        for line in ["fuzz --seconds 60 json", "fuzz json --seconds=60"] {
            assert_eq!(
                parsed(line).unwrap(),
                Task::Fuzz(expected.clone()),
                "{line}"
            );
        }
        let ordinary = Fuzzing {
            seconds: 600,
            target: None,
        };
        assert_eq!(parsed("fuzz").unwrap(), Task::Fuzz(ordinary));
        for line in ["fuzz --seconds", "fuzz --second 5", "fuzz json texts"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }

    #[test]
    fn mutants_takes_parts_and_options_in_any_order() {
        let expected = Mutating {
            parts: vec![Part::Core, Part::Log],
            sample: Some(20),
            seed: 7,
        };
        for line in [
            "mutants core log --sample 20 --seed 7",
            "mutants --seed=7 core --sample=20 log",
        ] {
            assert_eq!(parsed(line).unwrap(), Task::Mutants(expected.clone()));
        }
        let all = Mutating::default();
        assert_eq!(parsed("mutants").unwrap(), Task::Mutants(all));
        for line in ["mutants --sample", "mutants lgo", "mutants --round 1"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }

    #[test]
    fn bench_takes_its_options_in_any_order() {
        let expected = Measuring {
            short: true,
            of: Subject::Peers,
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
    fn bench_takes_great_stores_and_the_page_with_a_number_of_events() {
        for (option, of) in [("--great", Subject::Great), ("--ratios", Subject::Ratios)] {
            let expected = Measuring {
                of,
                events: Some(20_000),
                ..Measuring::default()
            };
            let line = format!("bench browser --events 20000 {option}");
            assert_eq!(parsed(&line).unwrap(), Task::BenchBrowser(expected));
        }
        assert_eq!(parsed("bench page").unwrap(), Task::BenchPage(None));
        assert_eq!(
            parsed("bench page --events=20000").unwrap(),
            Task::BenchPage(Some(20_000))
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
            "bench browser --short --great",
            "bench browser --ratios --short",
            "bench browser --great --ratios",
            "bench page --short",
            "bench page --great",
            "bench page --ratios",
            "serve --prot 1",
            "test faults --round 1",
            "test web e2e",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
