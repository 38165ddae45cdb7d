//! The store in IndexedDB: survives the page, shared by all tabs of one origin.
//!
//! `schema` is the layout, `migrate` how an older one becomes today's, `codec` the records,
//! `transaction` how the storage is asked, `patience` how long one waits for it, `opening` in which
//! order, `connection` who may close it, `hints` how tabs hear of each other, `presence` who else is there, `log` what a tab knows
//! of the log, `naming` under which name its database lies, and `saved` its copy in the database; here and in `append`, `read`, `import`, `compact`
//! and `inspect` is what the store does.
//! `adding` is what of that adds to the log, and `upkeep` what is seldom done: a page may fetch them after itself.
//! `writer` is what is asked of `append`, `learn` what an append has to know of its stream, `lay_out` how its events are laid out.

mod adding;
mod append;
mod archived;
mod beginning;
mod beside;
mod calls;
mod chaining;
mod codec;
mod compact;
mod connection;
mod copies;
mod doubt;
mod filling;
mod floor;
mod hints;
mod import;
mod in_use;
mod inspect;
mod journal;
mod lay_out;
mod learn;
mod left;
mod log;
mod migrate;
mod naming;
mod opening;
mod parts;
mod patience;
mod places;
mod presence;
mod read;
mod reset;
mod said;
mod saved;
mod schema;
mod store;
mod sweep;
mod transaction;
mod undo;
mod upkeep;
mod walk;
mod writer;

#[cfg(test)]
mod tests;

pub use self::adding::{Adding, LoadAdding, LoadCode};
pub use self::hints::{Signal, Subscription};
pub use self::in_use::InUse;
pub use self::journal::by_hand::read_set_aside;
pub use self::schema::LAYOUT;
pub use self::store::IndexedDbStore;
pub use self::upkeep::{LoadUpkeep, Upkeep};
