//! The form of a journal: a second copy of the log in one file that only grows at its end. Pure; a
//! backend carries the bytes.
//!
//! The file begins with two marks of 128 bytes ([`Mark`]), of which each change overwrites the older: of
//! which store it is, how long it is, what it ends with, whether whoever kept it ended as it should,
//! whether it is still being filled in the place of another, and whether the log couldn't be read whole for that.
//! From byte 256 on come entries, one for each segment of the log, each with a head of 44 bytes: three
//! bytes that say so, the kind, and, least first, the body's length (4 bytes) and checksum (4), the
//! segment's number (8), the first number that it stands for or makes void (8), the log's chain up to it
//! (8), how many events it holds (4), and a checksum of the head (4). Checksums are CRC-32; that of a head
//! is made with its place in the file, so that a head is known as one wherever a search begins: one bit
//! that is wrong costs one entry. The body is what [`Entry`] says, as postcard would write it.
//!
//! A segment is in it once, as it was when it was put there: what fills holes of it comes later, and [`Fills`]
//! puts that in its place. What the log no longer holds stays in it until it is begun anew from the log:
//! [`Void`] finds which segments those are.

mod change;
mod emptying;
mod entry;
mod fills;
pub mod first_form;
mod mark;
mod reader;
mod void;

pub use change::Change;
pub use emptying::{Emptying, EmptyingRead};
pub use entry::{Body, Entry};
pub use fills::Fills;
pub use mark::{MARKS, Mark, Tail};
pub use reader::{Lost, Next, Reader};
pub use void::Void;
