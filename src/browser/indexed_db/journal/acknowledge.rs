//! What becomes of an append in the second copy, once the database answered.

use std::rc::Rc;

use super::super::calls::Call;
use super::tab::{Ahead, Journal};
use crate::store::Durability;
use crate::target::spawn;

impl Journal {
    /// Takes back what the database refused.
    pub(in super::super) fn take_back(self: &Rc<Self>, ahead: Ahead) {
        self.under_way.borrow_mut().remove(&ahead.segment);
        // Where its worker is gone, who keeps the journal now reads what was written of it.
        let is_kept = self.keeps(&ahead.held);
        let taken_back = is_kept.then(|| ahead.held.back_to(ahead.before));
        let journal = Rc::clone(self);
        spawn(async move {
            let Ahead { written, held, .. } = ahead;
            let _ = written.await;
            if let Some(taken_back) = taken_back
                && let Err(reason) = taken_back.await
            {
                journal.fail_of(&held, reason);
            }
            // It may be in the log all the same, where only the answer was lost.
            journal.connection.call(Call::Copy);
        });
    }

    /// After the database holds a segment: a strict append waits until the journal does. Where that
    /// can't be had, the database alone has to do, and the status says so.
    pub(in super::super) async fn wait(
        self: &Rc<Self>,
        durability: Durability,
        segment: u64,
        ahead: Option<Ahead>,
    ) {
        match (durability, ahead) {
            // Also where it was let go meanwhile: what is under way still ends.
            (Durability::Strict, Some(ahead)) => self.end_of(segment, ahead).await,
            (_, None) if !self.is_wanted() => {}
            (Durability::Strict, None) => self.wait_for_others(segment).await,
            (Durability::Relaxed, Some(ahead)) => {
                let journal = Rc::clone(self);
                spawn(async move { journal.end_of(segment, ahead).await });
            }
            (Durability::Relaxed, None) => self.connection.call(Call::Copy),
        }
    }

    async fn end_of(self: &Rc<Self>, segment: u64, ahead: Ahead) {
        let written = ahead.written.await;
        self.under_way.borrow_mut().remove(&ahead.segment);
        if self.is_left.take() {
            self.connection.call(Call::Copy);
        }
        match written {
            // Unless it was begun anew meanwhile, or is another tab's now.
            Ok(()) if self.keeps(&ahead.held) && ahead.held.seen() >= segment => {
                // Where one before it failed, it stands behind a gap.
                if !ahead.held.is_doubted() {
                    self.holds(segment);
                }
            }
            Ok(()) => {}
            Err(reason) => self.fail_of(&ahead.held, reason),
        }
    }
}
