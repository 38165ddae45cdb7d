//! What became of each mutant, kept in `target/mutants` as long as it says something.
//!
//! A mutant that was caught stays so while its file is the same. One that was missed is judged again as soon
//! as anything changes that could catch it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use super::{FOLDER, Part};
use crate::failure::{Failure, Result};
use crate::project::Project;

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A test failed of it.
    Caught,
    /// No test did.
    Missed,
    /// The tests didn't end in their time.
    Timeout,
    /// It can't be compiled.
    Unviable,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Caught, Self::Missed, Self::Timeout, Self::Unviable];

    /// As `cargo-mutants` calls it, and the file that it lists them in.
    pub fn name(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Missed => "missed",
            Self::Timeout => "timeout",
            Self::Unviable => "unviable",
        }
    }

    /// Whether somebody should look at it.
    pub fn is_to_be_named(self) -> bool {
        matches!(self, Self::Missed | Self::Timeout)
    }
}

/// How many there were of each.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    caught: u64,
    missed: u64,
    timeout: u64,
    unviable: u64,
}

impl Counts {
    /// Counts one.
    pub fn add(&mut self, outcome: Outcome) {
        let count = match outcome {
            Outcome::Caught => &mut self.caught,
            Outcome::Missed => &mut self.missed,
            Outcome::Timeout => &mut self.timeout,
            Outcome::Unviable => &mut self.unviable,
        };
        *count += 1;
    }

    /// How many of a hundred that can be compiled are caught, rounded down. One that doesn't end isn't: the
    /// machine may only have been busy.
    pub fn percent(&self) -> u64 {
        let viable = self.caught + self.missed + self.timeout;
        (self.caught * 100).checked_div(viable).unwrap_or(100)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} caught, {} missed, {} timeout, {} unviable; {} % caught",
            self.caught,
            self.missed,
            self.timeout,
            self.unviable,
            self.percent()
        )
    }
}

/// What of the sources decides whether an outcome still holds.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sources {
    /// The part's files without their tests, each by its hash.
    files: BTreeMap<String, String>,
    /// All else that is built: tests, other files, versions.
    around: String,
}

/// What was judged of a part.
pub struct Judged {
    folder: PathBuf,
    part: Part,
    outcomes: BTreeMap<String, Outcome>,
}

impl Judged {
    /// What is known of a part, with what a run noted before it ended or was stopped.
    ///
    /// # Errors
    /// When files can't be read or written.
    pub fn open(project: &Project, part: Part) -> Result<Self> {
        let folder = project.file(FOLDER).join(part.name());
        fs::create_dir_all(&folder).map_err(|cause| unwritten(&folder, &cause))?;
        let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
        let mut noted = text("judged.txt");
        for outcome in Outcome::ALL {
            let name = outcome.name();
            for mutant in text(&format!("mutants.out/{name}.txt")).lines() {
                noted.push_str(&format!("{name} {mutant}\n"));
            }
        }
        let then = Sources::read(&text("sources.txt"));
        let now = Sources::find(project, part)?;
        let judged = Self {
            outcomes: still_true(&noted, &then, &now),
            folder,
            part,
        };
        Ok(judged)
    }

    /// Notes all that is known and for which sources it is true, before a run adds to it.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn begin(&self, project: &Project) -> Result<()> {
        let lines = self
            .outcomes
            .iter()
            .map(|(mutant, outcome)| format!("{} {mutant}\n", outcome.name()));
        self.write("judged.txt", &lines.collect::<String>())?;
        // It is in judged.txt now, and would be taken for true of sources that it isn't true of.
        for old in ["mutants.out", "mutants.out.old"] {
            let old = self.folder.join(old);
            if old.is_dir() {
                fs::remove_dir_all(&old).map_err(|cause| unwritten(&old, &cause))?;
            }
        }
        let sources = Sources::find(project, self.part)?;
        self.write("sources.txt", &sources.to_string()).map(drop)
    }

    /// Tells `cargo-mutants` to judge these only; the file that says so.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn choose(&self, mutants: &[&str]) -> Result<PathBuf> {
        let lines = mutants
            .iter()
            .map(|mutant| format!("  '''^{}$''',\n", escaped(mutant)));
        let text = format!("examine_re = [\n{}]\n", lines.collect::<String>());
        self.write("chosen.toml", &text)
    }

    /// What became of a mutant, where that is known.
    pub fn outcome(&self, mutant: &str) -> Option<Outcome> {
        self.outcomes.get(mutant).copied()
    }

    /// Of which part it is.
    pub fn part(&self) -> Part {
        self.part
    }

    /// Of how many mutants it is known.
    pub fn count(&self) -> usize {
        self.outcomes.len()
    }

    /// Where all of it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, text).map_err(|cause| unwritten(&path, &cause))?;
        Ok(path)
    }
}

/// What of the noted outcomes holds for today's sources.
fn still_true(noted: &str, then: &Sources, now: &Sources) -> BTreeMap<String, Outcome> {
    let holds = |mutant: &str, outcome: Outcome| {
        let file = mutant.split(':').next().unwrap_or_default();
        let is_same = then.files.contains_key(file) && then.files.get(file) == now.files.get(file);
        is_same && (!outcome.is_to_be_named() || then.around == now.around)
    };
    let read = |line: &str| {
        let (name, mutant) = line.split_once(' ')?;
        let outcome = Outcome::ALL
            .into_iter()
            .find(|outcome| outcome.name() == name)?;
        holds(mutant, outcome).then(|| (mutant.to_owned(), outcome))
    };
    noted.lines().filter_map(read).collect()
}

impl Sources {
    fn find(project: &Project, part: Part) -> Result<Self> {
        let root = project.file("");
        let mut paths = vec![root.join("Cargo.lock"), root.join("Cargo.toml")];
        for folder in ["src", "tests"] {
            walk(&root.join(folder), &mut paths)
                .map_err(|cause| unwritten(&root.join(folder), &cause))?;
        }
        paths.sort();
        let mut files = BTreeMap::new();
        let mut around = DefaultHasher::new();
        for path in paths {
            let name = path.strip_prefix(&root).unwrap_or(&path);
            let name = name.to_string_lossy().replace('\\', "/");
            // Nothing of it is built for this machine.
            if ["src/browser", "tests/browser", "tests/e2e"]
                .iter()
                .any(|folder| name.starts_with(folder))
            {
                continue;
            }
            let bytes = fs::read(&path).map_err(|cause| unwritten(&path, &cause))?;
            let text = String::from_utf8_lossy(&bytes);
            let code = part.slice_of(&name).map_or("", |_| without_tests(&text));
            if !code.is_empty() {
                files.insert(name.clone(), hash(code));
            }
            (name, &text[code.len()..]).hash(&mut around);
        }
        let around = format!("{:016x}", around.finish());
        Ok(Self { files, around })
    }

    fn read(text: &str) -> Self {
        let mut lines = text.lines();
        let around = lines.next().unwrap_or_default().to_owned();
        let file = |line: &str| {
            let (hash, name) = line.split_once(' ')?;
            Some((name.to_owned(), hash.to_owned()))
        };
        let files = lines.filter_map(file).collect();
        Self { files, around }
    }
}

impl fmt::Display for Sources {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.around)?;
        self.files
            .iter()
            .try_for_each(|(name, hash)| writeln!(formatter, "{hash} {name}"))
    }
}

/// What stands before a file's tests.
fn without_tests(text: &str) -> &str {
    let end = text.find("\n#[cfg(test)]\nmod tests").unwrap_or(text.len());
    &text[..end]
}

/// Another compiler may hash otherwise; then all is judged again.
fn hash(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => walk(&path, found)?,
            false => found.push(path),
        }
    }
    Ok(())
}

/// A name as a regular expression that nothing but the name matches.
fn escaped(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(character) {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

fn unwritten(path: &Path, cause: &io::Error) -> Failure {
    Failure::new(
        format!("{} could not be read or written: {cause}.", path.display()),
        "See that it is there, that target/ can be written and the disk is not full, then try again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTED: &str = "caught src/log/a.rs:1:2: replace a\nmissed src/log/a.rs:3:4: replace b\n\
        timeout src/log/b.rs:1:2: replace c\nunviable src/log/b.rs:5:6: replace d with x: y\n";

    fn sources(a: &str, b: &str, around: &str) -> Sources {
        let files = [("src/log/a.rs", a), ("src/log/b.rs", b)];
        Sources {
            files: files
                .map(|(name, hash)| (name.to_owned(), hash.to_owned()))
                .into(),
            around: around.to_owned(),
        }
    }

    fn kept(now: &Sources) -> Vec<Outcome> {
        let then = sources("1", "2", "3");
        still_true(NOTED, &then, now).into_values().collect()
    }

    #[test]
    fn while_nothing_changes_every_outcome_is_kept() {
        use Outcome::{Caught, Missed, Timeout, Unviable};
        let all = [Caught, Missed, Timeout, Unviable];
        assert_eq!(kept(&sources("1", "2", "3")), all);
    }

    #[test]
    fn with_another_test_what_was_missed_is_judged_again() {
        let all = [Outcome::Caught, Outcome::Unviable];
        assert_eq!(kept(&sources("1", "2", "4")), all);
    }

    #[test]
    fn with_another_file_all_of_it_is_judged_again() {
        assert_eq!(kept(&sources("5", "2", "4")), [Outcome::Unviable]);
        assert_eq!(kept(&Sources::default()), []);
    }

    #[test]
    fn what_was_written_of_the_sources_reads_as_the_same() {
        let sources = sources("1", "2", "3");
        assert_eq!(Sources::read(&sources.to_string()), sources);
    }

    #[test]
    fn a_file_is_the_same_when_only_its_tests_change() {
        let file = |tests| format!("code();\n\n#[cfg(test)]\nmod tests {tests}");
        assert_eq!(without_tests(&file("{ a }")), "code();\n");
        assert_eq!(without_tests(&file("{ b }")), "code();\n");
        assert_eq!(without_tests("code();"), "code();");
    }

    #[test]
    fn a_name_matches_nothing_but_itself() {
        // A `<` with a backslash before it would be the beginning of a word.
        assert_eq!(
            escaped("a.rs:1: f -> Option<u8> with (x)"),
            r"a\.rs:1: f \-> Option<u8> with \(x\)"
        );
    }

    #[test]
    fn unviable_ones_do_not_count_and_those_that_do_not_end_are_not_caught() {
        let mut counts = Counts::default();
        for (outcome, count) in [
            (Outcome::Caught, 9),
            (Outcome::Timeout, 1),
            (Outcome::Unviable, 5),
        ] {
            (0..count).for_each(|_| counts.add(outcome));
        }
        assert_eq!(counts.percent(), 90);
        assert_eq!(Counts::default().percent(), 100);
        counts.add(Outcome::Missed);
        assert_eq!(counts.percent(), 81);
    }
}
