//! What comes of files: of those that are imported, and of those that are saved.

use crate::core::Timestamp;

/// Why an import can't say what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotImported {
    /// It was refused: nothing of the file is in.
    Refused(String),
    /// It was refused too, since it lacks events amid a stream. With holes in their places it can be
    /// imported.
    Lacking {
        /// What it lacks, as a sentence.
        reason: String,
        /// How many holes there would be.
        holes: u64,
    },
    /// It broke off at a moment at which nobody can tell: all of it is in, or nothing.
    Unknown(String),
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// How many events are new.
    pub events: u64,
    /// How many were there already.
    pub skipped: u64,
    /// How many had no time and got that of the import.
    pub stamped: u64,
    /// How many of their ids stand in several streams.
    pub shared_ids: u64,
    /// How many holes the store has more.
    pub holes: u64,
    /// How many of the events fill holes.
    pub fills: u64,
    /// Which names have other capitals than CloudEvents has, in sentences without the last point; empty where none has.
    pub capitals: String,
}

/// How an exported file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all: a line is an event.
    Plain,
    /// With gzip.
    Gzip,
}

/// What was set aside is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// How many events are in it.
    pub events: u64,
    /// How many holes stand in it for what is missing, or can't be read.
    pub holes: u64,
    /// Its name.
    pub file: String,
}

/// What an export did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many events are in the file.
    pub events: u64,
    /// How many holes of the store are in it.
    pub holes: u64,
    /// How many holes stand in it for events that can't be read, or are missing.
    pub missing: u64,
    /// How many damaged records aren't in it, since nothing tells which events they held.
    pub damaged: u64,
    /// Its name.
    pub file: String,
    /// When it was begun: what was recorded later may not be in it.
    pub at: Timestamp,
}
