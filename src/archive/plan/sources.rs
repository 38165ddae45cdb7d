//! Which aggregate type a source stands for beside another that differs from it by a slash alone, and which attributes
//! are written with other capitals than CloudEvents has.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use super::super::attribute;
use super::super::line::Line;
use crate::core::{Position, RecordedEvent, StreamId};

/// Of each aggregate type the source that came first in the log: that one alone is called so.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    /// The types of models, for which both spellings stand.
    models: HashSet<String>,
    first: HashMap<String, (Position, String)>,
}

impl Sources {
    pub(super) fn of_models(models: impl IntoIterator<Item = String>) -> Sources {
        Sources {
            models: models.into_iter().collect(),
            ..Sources::default()
        }
    }

    /// Notes the source of an event of the store.
    pub(super) fn observe(&mut self, event: &RecordedEvent) {
        let aggregate_type = event.stream.aggregate_type();
        let known = self.first.get(aggregate_type);
        if known.is_some_and(|(first, _)| *first <= event.position) {
            return;
        }
        let source = attribute::source(&event.stream, &event.metadata).into_owned();
        let first = (event.position, source);
        self.first.insert(aggregate_type.to_owned(), first);
    }

    /// The source that a line's aggregate type is called after: its own where none came before. None of a
    /// model's, and of a hole, which names its stream itself.
    pub(super) fn first(&mut self, store: &Sources, line: &Line) -> Option<String> {
        let aggregate_type = line.stream.aggregate_type();
        if line.is_hole() || store.models.contains(aggregate_type) {
            return None;
        }
        let known = store.first.get(aggregate_type);
        if let Some((_, first)) = known.or_else(|| self.first.get(aggregate_type)) {
            return Some(first.clone());
        }
        let first = line.source().into_owned();
        let entry = (Position::START, first.clone());
        self.first.insert(aggregate_type.to_owned(), entry);
        Some(first)
    }
}

/// The stream of the same name whose source came later, and differs from the first by its slash. None where that would
/// have a name that is too long: then both are one.
pub(super) fn later(first: &str, line: &Line) -> Option<StreamId> {
    let other = match first.strip_prefix('/') {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => format!("/{first}"),
    };
    let name = attribute::beside(&other);
    StreamId::new(name, line.stream.aggregate_id()).ok()
}

/// Puts a line into another stream, and keeps the source that it came with.
pub(super) fn put(line: &mut Line, stream: StreamId) {
    let source = line.source().into_owned();
    line.stream = stream;
    attribute::keep_source(&mut line.metadata, source);
}

/// The most names with other capitals that are told apart.
const MOST_NAMES: usize = 20;

/// A name that differs from one of CloudEvents by its capitals, and is an extension because of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capitals {
    /// As the file has it.
    pub found: String,
    /// As CloudEvents has it.
    pub meant: &'static str,
    /// How many lines have it.
    pub lines: u64,
}

impl fmt::Display for Capitals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Capitals {
            found,
            meant,
            lines,
        } = self;
        let lines = match lines {
            1 => "1 line has".to_owned(),
            many => format!("{many} lines have"),
        };
        write!(f, "{lines} {found:?} where CloudEvents has {meant:?}")
    }
}

/// Those of a file.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<String, Capitals>);

impl Names {
    pub(super) fn look(&mut self, line: &Line) {
        for found in line.metadata.extensions.keys() {
            let Some(meant) = attribute::meant(found) else {
                continue;
            };
            if let Some(known) = self.0.get_mut(found) {
                known.lines += 1;
            } else if self.0.len() < MOST_NAMES {
                let (found, lines) = (found.clone(), 1);
                let capitals = Capitals {
                    found: found.clone(),
                    meant,
                    lines,
                };
                self.0.insert(found, capitals);
            }
        }
    }

    pub(super) fn into_capitals(self) -> Vec<Capitals> {
        self.0.into_values().collect()
    }
}
