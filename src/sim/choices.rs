//! The choices of a run: drawn, or given.

use std::cell::RefCell;
use std::fmt;

use super::random::Random;

/// A run as the list of its choices. Beyond its end each choice is 0, which should be what happens where
/// nothing special does: so a shorter list, or a smaller number, is a simpler run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule(pub Vec<u32>);

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, choice) in self.0.iter().enumerate() {
            let between = if index > 0 { ", " } else { "" };
            write!(f, "{between}{choice}")?;
        }
        f.write_str("]")
    }
}

/// Where a run gets its choices, and what it got. It can be asked from wherever it is seen.
#[derive(Debug)]
pub struct Choices(RefCell<Inner>);

#[derive(Debug)]
struct Inner {
    source: Source,
    made: Vec<u32>,
}

#[derive(Debug)]
enum Source {
    Drawn(Random),
    Given(Vec<u32>),
}

impl Choices {
    /// Draws them from a seed.
    #[must_use]
    pub fn drawn(seed: u64) -> Choices {
        Choices::from(Source::Drawn(Random::new(seed)))
    }

    /// Takes those of a schedule.
    #[must_use]
    pub fn given(schedule: &Schedule) -> Choices {
        Choices::from(Source::Given(schedule.0.clone()))
    }

    fn from(source: Source) -> Choices {
        let made = Vec::new();
        Choices(RefCell::new(Inner { source, made }))
    }

    /// One of so many ways, from 0 on. Where there is only one, nothing is chosen.
    pub fn choose(&self, ways: usize) -> usize {
        if ways <= 1 {
            return 0;
        }
        let ways = u32::try_from(ways).unwrap_or(u32::MAX);
        let mut inner = self.0.borrow_mut();
        let at = inner.made.len();
        let chosen = match &mut inner.source {
            Source::Drawn(random) => random.below(ways),
            // Shrunk, a run comes to other places, where there may be fewer ways.
            Source::Given(given) => given.get(at).map_or(0, |choice| choice % ways),
        };
        inner.made.push(chosen);
        chosen as usize
    }

    /// Whether something happens that does once in so many times.
    pub fn once_in(&self, times: usize) -> bool {
        times > 0 && self.choose(times) + 1 == times
    }

    /// How many choices were made.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.borrow().made.len()
    }

    /// What was chosen so far.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        Schedule(self.0.borrow().made.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_can_be_given_and_is_the_same_run() {
        let run = |choices: &Choices| (2..50).map(|ways| choices.choose(ways)).collect::<Vec<_>>();
        let drawn = Choices::drawn(3);
        let first = run(&drawn);
        assert_eq!(run(&Choices::given(&drawn.schedule())), first);
        assert_ne!(run(&Choices::drawn(4)), first);
    }

    #[test]
    fn a_schedule_that_ends_goes_on_with_what_is_usual() {
        let choices = Choices::given(&Schedule(vec![7]));
        assert_eq!([choices.choose(5), choices.choose(5)], [2, 0]);
        assert!(!choices.once_in(9));
        assert_eq!(choices.schedule(), Schedule(vec![2, 0, 0]));
    }

    #[test]
    fn where_there_is_one_way_nothing_is_chosen() {
        let choices = Choices::drawn(1);
        assert_eq!((choices.choose(1), choices.choose(0)), (0, 0));
        assert!(choices.once_in(1) && !choices.once_in(0));
        assert_eq!(choices.count(), 0);
        assert_eq!(choices.schedule().to_string(), "[]");
    }
}
