//! The second copy of a store: a journal in the origin private file system, which one tab keeps for
//! all. The tab that keeps it puts its own appends into it while the database commits them, and reads
//! from the log what other tabs wrote; those wait until it says so.
//!
//! `tab` is the second copy as one tab sees it; `file` is the journal that a tab keeps, `first` that of the releases before, `others` those that are to go, `further` the one of those that is asked until this is filled,
//! `source` any of these; `role` is which tab keeps it, `admit` has it judged beside the database
//! when that is opened, `compare` finds how far the two are the same (`same` whether events are), `restore`
//! brings back what is missing, `acknowledge` is how an append waits for it, `keep_up` sees to it that it is at the log's end, `keep` brings it there, `tidy` and `tidied` see to it then that it is whole and alone, `standing` is what each tab knows of how far
//! it goes, `sentinel` what is known of the log beside both, `unkept` what is told of it by who doesn't keep it.

mod acknowledge;
mod admit;
pub(super) mod aside;
pub(super) mod by_hand;
mod claims;
mod compare;
mod evidence;
mod file;
pub(super) mod first;
mod further;
mod judged;
pub(super) mod keep;
mod keep_up;
mod mend;
pub(super) mod others;
mod ours;
mod restore;
mod role;
mod same;
pub(super) mod sentinel;
mod source;
mod standing;
mod tab;
pub(super) mod tidied;
pub(super) mod tidy;
mod unkept;
mod walked;

pub(super) use self::admit::admit;
pub(super) use self::evidence::Admitted;
pub(super) use self::file::{Held, is_kept};
pub(super) use self::judged::admit_whole;
pub(super) use self::keep_up::keep_up;
pub(super) use self::mend::mend;
pub(super) use self::source::{Mending, Source};
pub(super) use self::tab::{Ahead, Journal};
pub(super) use self::unkept::{database_of, events_of, remove};
