//! What one part of a store calls for and another does. A call goes to whoever put the parts together, so that
//! none of them has to know who does it.

use std::rc::Rc;

/// What is to be done.
#[derive(Debug)]
pub(super) enum Call {
    /// Something was added: old segments may be joined, and what an emptying left taken away.
    Added,
    /// The log was emptied: what that left is taken away in a while.
    Emptied,
    /// The log may go further than the second copy.
    Copy,
    /// The second copy is at the log's end: it may have to be read whole, and others removed.
    Tidy,
    /// The database was opened again.
    Reopened,
    /// The browser closed it.
    Lost,
    /// It is being deleted, on purpose, by a program of this origin.
    Deleted,
    /// The page is hidden: its locks go.
    Hidden,
    /// It is back: nobody told it what came meanwhile.
    Shown,
    /// The store isn't used any more, because of this: what it holds among the tabs is another's to have.
    Ended(String),
}

/// Who hears it.
pub(super) type Calls = Rc<dyn Fn(Call)>;
