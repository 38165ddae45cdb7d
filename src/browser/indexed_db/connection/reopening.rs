//! Opening the database again that somebody closed: once for all who ask for it meanwhile. Were each of
//! them to open it, each would compare it with the second copy, and act on what it saw before the others'
//! appends.

use std::cell::RefCell;

use futures_channel::oneshot;

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
