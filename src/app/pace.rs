//! How fast a long piece of work goes, and how long it will still take, in words.

/// Before so many milliseconds a rate says nothing.
const TOO_SOON: f64 = 500.0;

/// A step of a piece of work, as it goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// What is being done: `Reading`.
    pub step: &'static str,
    /// How many events the step has behind it.
    pub events: u64,
    /// How long it took for them, in milliseconds.
    pub elapsed: f64,
    /// How far the whole work is, from 0 to 100.
    pub percent: f64,
    /// How long the whole work took so far, in milliseconds.
    pub whole: f64,
}

impl Pace {
    /// For a person to read: `Writing: 120000 events, 52000 a second, about 17 s left`.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = format!(
            "{}: {}",
            self.step,
            super::phrases::count(self.events, "event")
        );
        if self.elapsed >= TOO_SOON {
            let rate = self.events as f64 * 1_000.0 / self.elapsed;
            words += &format!(", {} a second", two_digits(rate));
        }
        if self.whole >= TOO_SOON && self.percent >= 1.0 {
            let left = self.whole * (100.0 - self.percent) / self.percent / 1_000.0;
            words += &match left {
                0.0..90.0 => format!(", about {} s left", left.ceil()),
                _ => format!(", about {} min left", (left / 60.0).round()),
            };
        }
        words
    }
}

/// More digits of a rate would only flicker.
fn two_digits(number: f64) -> u64 {
    let mut step = 1;
    while number / step as f64 >= 100.0 {
        step *= 10;
    }
    (number / step as f64).round() as u64 * step
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITING: Pace = Pace {
        step: "Writing",
        events: 120_000,
        elapsed: 2_300.0,
        percent: 75.0,
        whole: 51_000.0,
    };

    #[test]
    fn rate_and_estimate_are_in_round_numbers() {
        // 120,000 in 2.3 s are 52,173 a second; three quarters took 51 s, so one takes 17.
        let words = "Writing: 120000 events, 52000 a second, about 17 s left";
        assert_eq!(WRITING.words(), words);
    }

    #[test]
    fn what_takes_long_is_told_in_minutes() {
        let slow = Pace {
            whole: 600_000.0,
            ..WRITING
        };
        assert!(slow.words().ends_with(", about 3 min left"));
    }

    #[test]
    fn nothing_is_foretold_before_it_can_be_known() {
        let begun = Pace {
            events: 1,
            elapsed: 20.0,
            percent: 0.5,
            whole: 20.0,
            ..WRITING
        };
        assert_eq!(begun.words(), "Writing: 1 event");
    }
}
