//! Why a task stopped, in words, and what to do next.

use std::fmt;

/// The result of anything that a task does.
pub type Result<T> = std::result::Result<T, Failure>;

/// Why a task stopped.
#[derive(Debug)]
pub struct Failure {
    what: String,
    next: String,
}

impl Failure {
    /// `what` happened, and what the reader can do `next`: both are whole sentences.
    pub fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            next: next.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\n{}", self.what, self.next)
    }
}
