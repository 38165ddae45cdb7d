//! Taking away what an emptying left where it was. It follows `browser/indexed_db/sweep.rs`.

use std::cell::Cell;
use std::rc::Rc;

use super::database::{Content, Database, Left, Record};
use super::keeping::Journal;
use super::recording::NEWEST;
use super::tab::{Fault, Known, Status, Tab};
use super::undoing::leave_numbers;

/// So many numbers are swept at once.
const STEP: u64 = 2;

/// Who does it, when, and what of it is done.
#[derive(Default)]
pub struct Sweeping {
    /// The number of the emptying segment before which nothing is left, as far as this tab knows.
    swept: Cell<u64>,
    /// Whether something was left when the database was opened.
    is_left: Cell<bool>,
    is_busy: Cell<bool>,
    /// How many databases were opened: in another one the same number may be another emptying's.
    lives: Cell<u64>,
    /// Whether it is to begin in five minutes.
    is_timed: Cell<bool>,
}

impl Sweeping {
    /// Begins with what is noted.
    pub fn begin(&self, noted: Option<(u64, Left)>) {
        self.lives.set(self.lives.get() + 1);
        let nothing = noted.filter(|(_, left)| *left == Left::Nothing);
        self.swept.set(nothing.map_or(0, |(emptied, _)| emptied));
        self.is_left.set(noted.is_some() && nothing.is_none());
    }

    /// Whether something may be left to sweep; and before which segment.
    fn due(&self, tab: &Tab) -> Option<u64> {
        let emptied = tab.knows().emptied;
        (emptied > 0 && self.swept.get() != emptied).then_some(emptied)
    }

    /// The number of the segment that last emptied the log, where nothing is left of what stood before it.
    pub fn swept(&self, tab: &Tab) -> Option<u64> {
        let emptied = tab.knows().emptied;
        (emptied > 0 && self.swept.get() == emptied).then_some(emptied)
    }

    pub fn in_a_while(&self) {
        self.is_timed.set(true);
    }

    pub fn is_timed(&self) -> bool {
        self.is_timed.get()
    }
}

impl Tab {
    /// Five minutes are over.
    pub fn sweep_in_time(self: &Rc<Self>) {
        self.sweeping.is_timed.set(false);
        self.sweep_now();
    }

    /// Sweeps in the background, if something is left.
    pub fn sweep_now(self: &Rc<Self>) {
        if self.sweeping.due(self).is_none() || self.sweeping.is_busy.replace(true) {
            return;
        }
        let tab = Rc::clone(self);
        self.spawn(async move {
            let _ = tab.sweep().await;
            tab.sweeping.is_busy.set(false);
        });
    }

    /// After it was opened: where nobody else is there, nobody undoes an emptying any more.
    pub fn sweep_what_was_left(self: &Rc<Self>) {
        let tab = Rc::clone(self);
        self.spawn(async move {
            let is_left = tab.is_alone() && tab.sweeping.is_left.take();
            if is_left && tab.database().await.is_ok() && tab.catch_up().await.is_ok() {
                tab.sweep_now();
            }
        });
    }

    async fn sweep(self: &Rc<Self>) -> Result<(), Fault> {
        let Some(emptied) = self.sweeping.due(self) else {
            return Ok(());
        };
        let (mut done, lives) = (0, self.sweeping.lives.get());
        // An emptying that comes meanwhile can still be undone.
        while self.sweeping.due(self) == Some(emptied) {
            self.pause().await;
            let is_alone = self.is_alone();
            self.database().await.map_err(Fault::Failed)?;
            if self.sweeping.lives.get() != lives {
                return Ok(());
            }
            let mut next = None;
            let sweep = |database: &mut Database| {
                self.known.set(Some(Known::of(database)));
                next = step(database, emptied, done, is_alone);
                self.world.laws.borrow_mut().changes += 1;
            };
            self.change(false, sweep).await?;
            match next {
                Some(number) => done = number,
                None if self.sweeping.lives.get() == lives => self.sweeping.swept.set(emptied),
                None => return Ok(()),
            }
        }
        self.world
            .tell(|| format!("tab {}: swept what {emptied} left", self.id));
        if self.status.get() == Status::Open {
            // The second copy is to lose it as well.
            Journal::keep_up(self);
        }
        Ok(())
    }
}

/// Sweeps some of what is left before a segment; answers up to which number nothing is, none where
/// nothing is at all.
fn step(database: &mut Database, emptied: u64, done: u64, is_alone: bool) -> Option<u64> {
    if database.emptied() != emptied {
        // Undone, or emptied once more.
        return Some(0);
    }
    // From here on it can't be undone.
    database.left = Some((emptied, Left::Sweeping));
    if done + 1 >= emptied {
        database.left = Some((emptied, Left::Nothing));
        return None;
    }
    let joined = emptied.saturating_sub(1 + NEWEST);
    let mut to = (emptied - 1).min(done + STEP);
    if is_alone && done < joined {
        to = to.min(joined);
    }
    if is_alone && to <= joined {
        database.log.retain(|number, _| *number > to);
        let gone = Record {
            from: 1,
            chain: None,
            content: Content::Gone,
        };
        database.log.insert(to, Rc::new(gone));
    } else {
        leave_numbers(database, done + 1, to);
    }
    Some(to)
}
