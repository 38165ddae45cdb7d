//! What an import would add: each line's place in its stream and in the store, or why the file
//! can't go into this store. Decides everything before anything is written, and remembers of each
//! event some 100 bytes, however long it is.

mod placing;
mod planner;
mod planning;
mod seen;
mod sources;
mod threads;

pub use placing::{Placed, Plan};
pub use planner::Planner;
pub use planning::Planning;
pub use sources::Capitals;
