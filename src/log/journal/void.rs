//! Which segments of a log are void.

/// Which segments of a log are void: those that an emptying, the undoing of one, or the taking back of an
/// import makes so, unless that is void itself. Found from such turns alone, whatever stands between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Void {
    /// The number of each turn, and the first that it makes void. The numbers grow.
    turns: Vec<(u64, u64)>,
}

impl Void {
    /// Adds a turn that makes void what stands from a number up to its own: from 0 on what empties the log,
    /// and from the emptying on what undoes that.
    pub fn add(&mut self, segment: u64, from: u64) {
        self.turns.push((segment, from));
    }

    /// The same of a turn that other turns come after, as one that is known from elsewhere.
    pub(super) fn insert(&mut self, segment: u64, from: u64) {
        let at = self.turns.partition_point(|(turn, _)| *turn < segment);
        self.turns.insert(at, (segment, from));
    }

    /// Whether a segment is void.
    #[must_use]
    pub fn holds(&self, segment: u64) -> bool {
        let mut end = u64::MAX;
        for &(turn, from) in self.turns.iter().rev() {
            // What is void changes nothing.
            if turn >= end {
                continue;
            }
            if segment >= from {
                return segment < turn;
            }
            end = from;
        }
        false
    }

    /// Whether any may be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }
}
