//! Which code is judged, and by which tests.

/// A part of the code that is judged by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What becomes of a store whose copies are compared.
    Judging,
    /// The forms of the journal and of segments.
    Log,
    /// Events, streams, deciders.
    Core,
    /// How aggregates are loaded and saved.
    Runtime,
}

impl Part {
    /// All of them, in the order in which they are judged.
    pub const ALL: [Self; 4] = [Self::Judging, Self::Log, Self::Core, Self::Runtime];

    /// The part of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Judging => "judging",
            Self::Log => "log",
            Self::Core => "core",
            Self::Runtime => "runtime",
        }
    }

    /// Whether each of its mutants is judged: of the others a sample has to do.
    pub fn is_judged_whole(self) -> bool {
        matches!(self, Self::Judging | Self::Log)
    }

    /// Its files, as a pattern.
    pub fn files(self) -> &'static str {
        match self {
            Self::Judging => "src/store/judging.rs",
            Self::Log => "src/log/**/*.rs",
            Self::Core => "src/core/**/*.rs",
            Self::Runtime => "src/runtime/**/*.rs",
        }
    }

    /// Whether a file, from the repository's root, is one of its own.
    pub fn has(self, file: &str) -> bool {
        match self.files().split_once("**") {
            Some((folder, _)) => file.starts_with(folder),
            None => file == self.files(),
        }
    }

    /// The tests that judge it, as Cargo is told them. All that can't fail of it are left out: each is built
    /// anew for each mutant, and the unit tests, which bring the whole library once more, take longest.
    pub fn tests(self) -> impl Iterator<Item = &'static str> {
        let names: &[&str] = match self {
            Self::Judging => &["judging", "simulated_store"],
            Self::Log => &[
                "chain",
                "envelope",
                "first_journal",
                "foreign_bytes",
                "fuzz_corpus",
                "histories",
                "joining",
                "journal",
                "packed_form",
                "segments",
            ],
            Self::Core => &[
                "command_ids",
                "envelope",
                "foreign_bytes",
                "histories",
                "laws",
                "models",
                "repository",
                "root",
                "text_laws",
                "third_model",
            ],
            Self::Runtime => &[
                "command_ids",
                "histories",
                "laws",
                "one_at_a_time",
                "repository",
                "root",
                "snapshots",
            ],
        };
        let unit = match self {
            Self::Judging => None,
            Self::Log | Self::Core | Self::Runtime => Some("--lib"),
        };
        let integration = names.iter().flat_map(|name| ["--test", name]);
        unit.into_iter().chain(integration)
    }
}
