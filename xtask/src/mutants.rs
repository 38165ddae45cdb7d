//! `cargo xtask mutants`: changes the code in one place at a time, and looks whether a test fails of it.
//!
//! What was judged is in `mutants/judged.rs`; the changes are made, built and tested by `cargo-mutants`.

mod copy;
mod judged;
mod part;

use std::collections::BTreeSet;
use std::process::Command;

use crate::failure::{Failure, Result};
use crate::process;
use crate::project::Project;
use crate::tools::{self, Tool};

use judged::{Counts, Judged};
pub use part::{Part, Slice};

/// What it needs on the machine.
const NEEDS: &[Tool] = &[Tool::CargoMutants];

/// Where all of it is built and noted.
const FOLDER: &str = "target/mutants";

/// So many mutants are handed over at once: before them the tests run without one.
const AT_ONCE: usize = 200;

/// So much of what is judged whole has to be caught, in percent.
const LEAST: u64 = 90;

/// What is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutating {
    /// These parts; none for all of them.
    pub parts: Vec<Part>,
    /// So many mutants of each; none for all of what is judged whole, and 300 of the others.
    pub sample: Option<u32>,
    /// What the choice of a sample begins with.
    pub seed: u32,
}

impl Default for Mutating {
    fn default() -> Self {
        Self {
            parts: Vec::new(),
            sample: None,
            seed: 1,
        }
    }
}

/// Parts that are counted together, and how many of their mutants are chosen.
struct Group {
    parts: Vec<Part>,
    sample: Option<u32>,
}

/// Judges one group after another, and says what was missed.
///
/// # Errors
/// When the tool is missing and can't be installed, the tests fail without a mutant, or too few are caught
/// of what is judged whole.
pub fn mutants(project: &Project, mutating: &Mutating) -> Result<()> {
    tools::provide(project, NEEDS)?;
    let mut poor = Vec::new();
    for group in groups(mutating) {
        let counts = judge(project, &group, mutating.seed)?;
        if group.sample.is_none() && counts.percent() < LEAST {
            poor.push(group.name());
        }
    }
    if poor.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("Less than {LEAST} % are caught in {}.", poor.join(" and ")),
        "Write tests of what the missed ones change; run this again, and the missed ones are judged anew.",
    ))
}

fn groups(mutating: &Mutating) -> Vec<Group> {
    let is_asked = |part: &Part| mutating.parts.is_empty() || mutating.parts.contains(part);
    let (whole, others): (Vec<Part>, Vec<Part>) = Part::ALL
        .into_iter()
        .filter(is_asked)
        .partition(|part| part.is_judged_whole());
    let mut groups: Vec<Group> = whole
        .into_iter()
        .map(|part| Group {
            parts: vec![part],
            sample: mutating.sample,
        })
        .collect();
    if !others.is_empty() {
        groups.push(Group {
            parts: others,
            sample: mutating.sample.or(Some(300)),
        });
    }
    groups
}

impl Group {
    fn name(&self) -> String {
        let names: Vec<&str> = self.parts.iter().map(|part| part.name()).collect();
        names.join(" and ")
    }
}

/// Judges what of the group wasn't judged before. All is looked up again after each batch: the sources may
/// have changed meanwhile, and then other mutants are to be judged.
fn judge(project: &Project, group: &Group, seed: u32) -> Result<Counts> {
    loop {
        let mut counts = Counts::default();
        let mut missed = Vec::new();
        let mut next = None;
        let all = list(project, group)?;
        let chosen = choose(&all, group.sample, seed);
        for &part in &group.parts {
            let judged = Judged::open(project, part)?;
            let mut left = Vec::new();
            for (_, name) in chosen.iter().filter(|(of, _)| *of == part) {
                match judged.outcome(name) {
                    Some(outcome) => {
                        counts.add(outcome);
                        if outcome.is_to_be_named() {
                            missed.push(format!("  {:<8} {name}", outcome.name()));
                        }
                    }
                    None => left.push(name.as_str()),
                }
            }
            if !left.is_empty() && next.is_none() {
                let slice = left.first().and_then(|name| part.slice_of(name));
                left.retain(|name| part.slice_of(name) == slice);
                left.truncate(AT_ONCE);
                next = slice.map(|slice| (slice, judged, left));
            }
        }
        let of = match group.sample {
            None => String::new(),
            Some(_) => format!(" of {} (seed {seed})", all.len()),
        };
        println!("{}: {} mutants{of}: {counts}", group.name(), chosen.len());
        let Some((slice, judged, batch)) = next else {
            missed.iter().for_each(|line| println!("{line}"));
            return Ok(counts);
        };
        run(project, slice, &judged, &batch)?;
    }
}

/// All mutants of the group's parts, by the names that `cargo-mutants` gives them.
fn list(project: &Project, group: &Group) -> Result<Vec<(Part, String)>> {
    let mut all = Vec::new();
    for &part in &group.parts {
        let mut command = cargo_mutants(project);
        command.arg("--list").arg("--file").arg(part.files());
        let names = process::answer(&mut command).ok_or_else(|| {
            Failure::new(
                format!("The mutants of {} could not be listed.", part.name()),
                "`cargo check` says whether the sources are whole.",
            )
        })?;
        let names: BTreeSet<&str> = names.lines().collect();
        all.extend(names.into_iter().map(|name| (part, name.to_owned())));
    }
    Ok(all)
}

/// Those that come first in an order that the seed alone makes: the same ones for the same sources.
fn choose(all: &[(Part, String)], sample: Option<u32>, seed: u32) -> Vec<(Part, String)> {
    let Some(sample) = sample else {
        return all.to_vec();
    };
    let mut ordered: Vec<_> = all.to_vec();
    ordered.sort_by_cached_key(|(_, name)| scattered(seed, name));
    ordered.truncate(usize::try_from(sample).unwrap_or(usize::MAX));
    ordered.sort();
    ordered
}

/// A number for a name, as good as random: FNV-1a, with its bits mixed once more. The standard library's
/// hash may be another with the next compiler.
fn scattered(seed: u32, name: &str) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(name.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ (mixed >> 32)
}

/// Has one batch judged.
fn run(project: &Project, slice: &Slice, judged: &Judged, batch: &[&str]) -> Result<()> {
    let (count, part) = (batch.len(), judged.part());
    println!(
        "Judging {count} mutants of {}; stopped and started again, it goes on from there",
        slice.files
    );
    let copy = project.file(FOLDER).join("copy");
    copy::refresh(&project.file(""), &copy)?;
    judged.begin(project)?;
    let mut command = cargo_mutants(project);
    // It makes mutants that leave out a field of any file that it is given, chosen or not.
    for file in files_of(batch) {
        command.arg("--file").arg(file);
    }
    command.arg("--in-place").arg("--dir").arg(copy);
    command.arg("--config").arg(judged.choose(batch)?);
    command.arg("--output").arg(judged.folder());
    command.arg("--no-times");
    command.args(["--minimum-test-timeout", "20", "--colors", "never"]);
    for argument in slice.tests.iter().chain(&["--locked"]) {
        command.arg(format!("--cargo-arg={argument}"));
    }
    // Fewer than in a run of the tests, and the first of those: they run again for each mutant.
    command.env("EVENTLOOM_SCHEDULES", "2000");
    // That a case fails is enough: nobody reads the smallest.
    command.env("PROPTEST_MAX_SHRINK_ITERS", "0");
    // Whoever works on the sources meanwhile doesn't wait for it.
    command.env("CARGO_TARGET_DIR", project.file(FOLDER).join("build"));
    match process::exit_code(&mut command)? {
        // All were judged; of these some were missed, or some didn't end.
        Some(0 | 2 | 3) if Judged::open(project, part)?.count() > judged.count() => Ok(()),
        Some(4) => Err(Failure::new(
            format!("The tests of {} fail without a mutant.", slice.files),
            "See the output above; with the cause mended, start this again.",
        )),
        _ => Err(Failure::new(
            format!("The mutants of {} were not all judged.", slice.files),
            "See the output above; started again, it goes on from where it was.",
        )),
    }
}

fn cargo_mutants(project: &Project) -> Command {
    let mut command = project.cargo();
    command.args(["mutants", "--package", "eventloom"]);
    command
}

/// The files that these mutants are of.
fn files_of<'a>(batch: &[&'a str]) -> BTreeSet<&'a str> {
    let file = |name: &&'a str| name.split(':').next();
    batch.iter().filter_map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_core(count: usize) -> Vec<(Part, String)> {
        let name = |number| (Part::Core, format!("src/core/x.rs:{number}:1: replace x"));
        (0..count).map(name).collect()
    }

    #[test]
    fn a_seed_always_chooses_the_same_and_another_seed_others() {
        let all = of_core(1_000);
        let chosen = choose(&all, Some(300), 1);
        assert_eq!(chosen.len(), 300);
        assert_eq!(choose(&all, Some(300), 1), chosen);
        assert_ne!(choose(&all, Some(300), 2), chosen);
        assert_eq!(choose(&all, None, 1), all);
    }

    #[test]
    fn a_sample_is_taken_from_all_over() {
        let all = of_core(1_000);
        for (index, hundred) in all.chunks(100).enumerate() {
            let chosen = choose(&all, Some(300), 1);
            let here = chosen.iter().filter(|one| hundred.contains(one)).count();
            assert!((15..=45).contains(&here), "{here} of {index}");
        }
    }

    #[test]
    fn only_files_with_a_mutant_of_the_batch_are_handed_over() {
        let batch = [
            "src/log/a.rs:1:2: x",
            "src/log/a.rs:3:4: y",
            "src/log/b.rs:1:2: z",
        ];
        let files = files_of(&batch);
        assert!(files.into_iter().eq(["src/log/a.rs", "src/log/b.rs"]));
    }

    #[test]
    fn judging_and_log_are_judged_whole_and_the_others_by_one_sample() {
        let of = |mutating: &Mutating| -> Vec<(String, Option<u32>)> {
            let groups = groups(mutating);
            groups
                .iter()
                .map(|group| (group.name(), group.sample))
                .collect()
        };
        let whole = |name: &str| (name.to_owned(), None);
        let sample = |name: &str, count| (name.to_owned(), Some(count));
        assert_eq!(
            of(&Mutating::default()),
            [
                whole("judging"),
                whole("log"),
                sample("core and runtime", 300)
            ]
        );
        let some = Mutating {
            parts: vec![Part::Runtime, Part::Log],
            sample: Some(20),
            seed: 1,
        };
        assert_eq!(of(&some), [sample("log", 20), sample("runtime", 20)]);
    }
}
