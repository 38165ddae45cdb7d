//! `cargo xtask`: sets up what is missing, then serves, tests, measures or audits Eventloom.
//!
//! What a command does is in the file of its name.

mod audit;
mod bench;
mod browser;
mod cargo_tool;
mod command_line;
mod failure;
mod faults;
mod fuzz;
mod module;
mod mutants;
mod node;
mod process;
mod project;
mod serve;
mod simulation;
mod stages;
mod tally;
mod test;
mod tools;

use std::env;
use std::process::ExitCode;

use command_line::{Task, parse};
use failure::Result;
use project::Project;

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
      acknowledged is there: 300 times, or as often as --rounds says; `cargo xtask test` does it 10 times.
      In most rounds more goes wrong: a copy can't be had, is damaged or is old, a tab is frozen, or
      the database is being moved. --seed repeats the same rounds.

  cargo xtask test simulation [--schedules N] [--seed N]
      Run a model of the store's two copies by a million schedules of what happens to them, or as many as
      --schedules says; `cargo test` runs a hundred thousand of them, always the same. One that breaks a law is
      printed with its seed, made as small as it can be; --seed begins with it.

  cargo xtask fuzz [--seconds N] [TARGET]
      Feed the decoders of files, records and the journal what nobody would think of, on a nightly
      compiler: each target for ten minutes, or as long as --seconds says; or one target.

  cargo xtask mutants [PART...] [--sample N] [--seed N]
      Change the code in one place at a time, and look whether a test fails of it: of judging and log each
      change, of core and runtime a sample of 300. Hours for all; stopped and started again, it goes on from
      there. --sample takes so many of each part, chosen by --seed (1). What was missed is named, and judged
      again once a test or another file has changed; without target/mutants all is judged anew.

  cargo xtask bench browser [--short | --great | --ratios] [--events N]
      Measure the store in Chromium against bare IndexedDB, Dexie, idb, SQLite and PGlite; print a table
      and keep all figures in target/bench/browser.json. A quarter of an hour; --short takes two minutes
      and shows that it works, --events chooses how many events the big stores hold (100,000). --great
      is about opening a store of a million, after it was closed and after the browser was killed;
      --ratios about what is done to much against little, and for the first time against the second.

  cargo xtask bench page [--events N]
      Import, export, check and empty a million events in the page: how long each takes, the longest task
      of the page meanwhile, and its memory. The figures are kept in target/bench/page.json.

  cargo xtask bench core [--short] [--page]
      Measure how fast events are folded and states found, natively and as wasm in Chromium; print tables
      and keep all figures in target/bench/core.json. Two minutes; --short takes seconds and shows that
      it works, --page builds the wasm as the page's is, for size.

  cargo xtask audit
      Check the licences, sources and known vulnerabilities of the dependencies, with cargo-deny.
";

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
        Task::Simulation(simulating) => simulation::simulate(&project, simulating),
        Task::Fuzz(fuzzing) => fuzz::fuzz(&project, &fuzzing),
        Task::Mutants(mutating) => mutants::mutants(&project, &mutating),
        Task::BenchBrowser(measuring) => bench::browser(&project, measuring),
        Task::BenchPage(events) => bench::page(&project, events),
        Task::BenchCore(folding) => bench::core(&project, folding),
        Task::Audit => audit::audit(&project),
    }
}
