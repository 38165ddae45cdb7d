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

/// Files of a part, and what judges them. Each test is built anew for each mutant, so only those are named that
/// are about these files; the unit tests, which bring the whole library once more, take longest.
#[derive(Debug, PartialEq)]
pub struct Slice {
    /// What the names of its files begin with.
    pub files: &'static str,
    /// The tests, as Cargo is told them.
    pub tests: &'static [&'static str],
}

const JUDGING: &[Slice] = &[Slice {
    files: "src/store/judging.rs",
    tests: &["--test=judging", "--test=simulated_store"],
}];

const LOG: &[Slice] = &[
    Slice {
        files: "src/log/journal/first_form.rs",
        tests: &["--test=first_journal"],
    },
    Slice {
        files: "src/log/journal/",
        tests: &["--test=journal", "--test=foreign_bytes"],
    },
    Slice {
        files: "src/log/segments/joining.rs",
        tests: &["--test=index", "--test=joining", "--test=segments"],
    },
    Slice {
        files: "src/log/segments/known.rs",
        tests: &["--lib", "--test=index", "--test=segments"],
    },
    Slice {
        files: "src/log/segments/portion.rs",
        tests: &["--lib"],
    },
    Slice {
        files: "src/log/segments/packed.rs",
        tests: &["--test=index", "--test=packed_form", "--test=segments"],
    },
    Slice {
        files: "src/log/segments/",
        tests: &[
            "--test=foreign_bytes",
            "--test=index",
            "--test=packed_form",
            "--test=segments",
        ],
    },
    Slice {
        files: "src/log/checksum.rs",
        tests: &["--lib", "--test=journal", "--test=foreign_bytes"],
    },
    Slice {
        files: "src/log/",
        tests: &["--test=chain", "--test=journal", "--test=packed_form"],
    },
];

const CORE: &[Slice] = &[
    Slice {
        files: "src/core/root.rs",
        tests: &["--test=root", "--test=command_ids", "--test=repository"],
    },
    Slice {
        files: "src/core/envelope.rs",
        tests: &["--lib", "--test=envelope"],
    },
    Slice {
        files: "src/core/",
        tests: &["--lib", "--test=laws", "--test=text_laws", "--test=models"],
    },
];

const RUNTIME: &[Slice] = &[Slice {
    files: "src/runtime/",
    tests: &[
        "--test=command_ids",
        "--test=histories",
        "--test=one_at_a_time",
        "--test=repository",
        "--test=snapshots",
    ],
}];

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

    /// Its files; the last slice has all that are in none before it.
    fn slices(self) -> &'static [Slice] {
        match self {
            Self::Judging => JUDGING,
            Self::Log => LOG,
            Self::Core => CORE,
            Self::Runtime => RUNTIME,
        }
    }

    /// Its files, as a pattern.
    pub fn files(self) -> String {
        let all = self.slices().last().map_or("", |slice| slice.files);
        match all.ends_with('/') {
            true => format!("{all}**/*.rs"),
            false => all.to_owned(),
        }
    }

    /// Where a file belongs, or a mutant, whose name begins with that of its file. None where it is of no
    /// file of this part.
    pub fn slice_of(self, name: &str) -> Option<&'static Slice> {
        let slices = self.slices().iter();
        slices
            .into_iter()
            .find(|slice| name.starts_with(slice.files))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_slice_of_a_part_has_all_its_files() {
        for part in Part::ALL {
            let last = part.slices().last().unwrap();
            for slice in part.slices() {
                assert!(slice.files.starts_with(last.files), "{slice:?}");
                assert_eq!(part.slice_of(slice.files), Some(slice));
            }
        }
    }

    #[test]
    fn files_of_a_folder_are_found_at_any_depth() {
        assert_eq!(Part::Log.files(), "src/log/**/*.rs");
        assert_eq!(Part::Judging.files(), "src/store/judging.rs");
        assert_eq!(Part::Judging.slice_of("src/store/recovery.rs"), None);
    }
}
