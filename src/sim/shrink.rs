//! Making a schedule small that fails: fewer choices, and lower ones.

use super::choices::Schedule;

/// The smallest schedule that can be found from one that fails by removing choices and lowering them, and
/// for which `fails` still says what it fails with. It says so again of each that is tried, so that a run that
/// makes fewer choices than it was given can hand back those that it made.
pub fn shrink<F>(
    schedule: Schedule,
    failure: F,
    mut fails: impl FnMut(&Schedule) -> Option<(Schedule, F)>,
) -> (Schedule, F) {
    let mut best = (trimmed(schedule), failure);
    loop {
        let before = best.0.clone();
        remove(&mut best, &mut fails);
        lower(&mut best, &mut fails);
        if best.0 == before {
            return best;
        }
    }
}

/// Without the zeros at its end, which are there anyway.
fn trimmed(mut schedule: Schedule) -> Schedule {
    while schedule.0.last() == Some(&0) {
        schedule.0.pop();
    }
    schedule
}

/// Whether one is smaller than another: that is what ends the search.
fn is_smaller(one: &Schedule, other: &Schedule) -> bool {
    (one.0.len(), &one.0) < (other.0.len(), &other.0)
}

fn attempt<F>(
    best: &mut (Schedule, F),
    tried: Schedule,
    fails: &mut impl FnMut(&Schedule) -> Option<(Schedule, F)>,
) -> bool {
    let tried = trimmed(tried);
    if !is_smaller(&tried, &best.0) {
        return false;
    }
    let Some((made, failure)) = fails(&tried) else {
        return false;
    };
    let made = trimmed(made);
    let smaller = if is_smaller(&made, &tried) {
        made
    } else {
        tried
    };
    *best = (smaller, failure);
    true
}

/// Many at once, then fewer, then each by itself.
fn remove<F>(best: &mut (Schedule, F), fails: &mut impl FnMut(&Schedule) -> Option<(Schedule, F)>) {
    let mut count = best.0.0.len();
    while count > 0 {
        let mut at = 0;
        while at < best.0.0.len() {
            let mut tried = best.0.0.clone();
            tried.drain(at..(at + count).min(tried.len()));
            if !attempt(best, Schedule(tried), fails) {
                at += count;
            }
        }
        count /= 2;
    }
}

/// Each to nothing, else to its half, else by one.
fn lower<F>(best: &mut (Schedule, F), fails: &mut impl FnMut(&Schedule) -> Option<(Schedule, F)>) {
    let mut at = 0;
    while at < best.0.0.len() {
        let choice = best.0.0[at];
        let mut is_lower = false;
        for to in [0, choice / 2, choice.saturating_sub(1)] {
            if to < choice && !is_lower && at < best.0.0.len() {
                let mut tried = best.0.0.clone();
                tried[at] = to;
                is_lower = attempt(best, Schedule(tried), fails);
            }
        }
        if !is_lower {
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails where there is a choice of 10 or more, and after it one of 3 or more.
    fn fails(schedule: &Schedule) -> Option<(Schedule, u32)> {
        let at = schedule.0.iter().position(|choice| *choice >= 10)?;
        let after = schedule.0[at + 1..].iter().find(|choice| **choice >= 3)?;
        Some((schedule.clone(), *after))
    }

    #[test]
    fn a_schedule_is_shrunk_to_what_it_fails_by() {
        let long = Schedule(vec![1, 2, 99, 4, 0, 2, 88, 5, 17, 0, 0]);
        let failure = fails(&long).unwrap().1;
        let (shrunk, failure) = shrink(long, failure, fails);
        assert_eq!((shrunk, failure), (Schedule(vec![10, 3]), 3));
    }

    #[test]
    fn what_fails_in_any_case_is_shrunk_to_nothing() {
        let always = |schedule: &Schedule| Some((schedule.clone(), ()));
        let (shrunk, ()) = shrink(Schedule(vec![5, 6, 7]), (), always);
        assert_eq!(shrunk, Schedule::default());
    }

    #[test]
    fn what_a_run_did_not_come_to_is_left_out() {
        // It ends with the first choice of 4 or more.
        let stops = |schedule: &Schedule| {
            let at = schedule.0.iter().position(|choice| *choice >= 4)?;
            Some((Schedule(schedule.0[..=at].to_vec()), ()))
        };
        let (shrunk, ()) = shrink(Schedule(vec![1, 1, 9, 9, 9]), (), stops);
        assert_eq!(shrunk, Schedule(vec![4]));
    }
}
