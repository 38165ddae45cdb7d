//! Opening the database again that somebody closed: once for all who ask for it meanwhile. Were each of
//! them to open it, each would compare it with the second copy, and act on what it saw before the others'
//! appends.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::oneshot;

use super::{Connection, Status};
use crate::browser::indexed_db::hints::Signal;
use crate::browser::indexed_db::journal::Journal;
use crate::browser::indexed_db::schema::WhenBlocked;
use crate::store::StoreError;

type Answer = Result<(), StoreError>;

/// Those who wait for the one who opens it; none while nobody does.
#[derive(Default)]
pub(super) struct Reopening(RefCell<Option<Vec<oneshot::Sender<Answer>>>>);

/// Nobody opens it any more once this is dropped, also where that is given up.
struct Opening<'a>(&'a Reopening);

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        let waiting = self.0.0.take();
        drop(waiting);
    }
}

impl Reopening {
    /// Opens it with `open`, or waits for who is at that already, and answers what came of it. What failed
    /// that was begun before is tried once more.
    pub(super) async fn once(&self, open: impl Future<Output = Answer>) -> Answer {
        let mut began_before = true;
        while let Some(opened) = self.wait() {
            match opened.await {
                Ok(Ok(())) => return Ok(()),
                // Whoever was at it already when this one asked may have failed for what is over by now.
                Ok(Err(error)) if !began_before => return Err(error),
                // So may it where that was given up.
                _ => began_before = false,
            }
        }
        *self.0.borrow_mut() = Some(Vec::new());
        let opening = Opening(self);
        let answer = open.await;
        let waiting = self.0.take();
        drop(opening);
        for asked in waiting.into_iter().flatten() {
            let _ = asked.send(answer.clone());
        }
        answer
    }

    /// The answer to come of who is at it; none where nobody is.
    fn wait(&self) -> Option<oneshot::Receiver<Answer>> {
        let mut waiting = self.0.borrow_mut();
        let (asked, answer) = oneshot::channel();
        waiting.as_mut()?.push(asked);
        Some(answer)
    }
}

impl Connection {
    /// Opens the database again; it may be another than it was.
    pub(super) async fn reopen(self: &Rc<Self>) -> Answer {
        self.log.forget();
        let obtained = self.obtain(WhenBlocked::GiveUp).await;
        if let (Err(StoreError::Newer { .. }), Status::Lost) = (&obtained, self.status.get()) {
            // Taken over while it was closed here, so that nobody asked.
            self.leave(Status::Superseded, Signal::Superseded);
            return Err(StoreError::Superseded);
        }
        let (database, created) = obtained?;
        // Meanwhile the handle may have been closed.
        match self.status.get() {
            Status::Lost => self.take(database),
            _ => database.close(),
        }
        if created {
            self.hints.tell(Signal::Reset);
        }
        Journal::begin_to_follow(self);
        Ok(())
    }
}
