//! Reading: one transaction that first takes in what others wrote, then asks for what the index
//! says is needed.

mod source;
mod stream;
mod whole;

pub(super) use self::source::{Batches, ask, begin, catch_up};
pub(super) use self::stream::read_stream;
pub(super) use self::whole::{read_all, read_as_it_lies};
