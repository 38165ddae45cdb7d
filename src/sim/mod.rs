//! A small world in which everything happens by choice: what runs next, what fails, who is gone. The
//! choices are drawn from a seed, so a run can be had again on any target, or are given as a list, so that a
//! run that fails can be shrunk to a small one. Pure: it knows no time, and no threads.
//!
//! A run is one function of its [`Choices`]: it begins from nothing, and asks them wherever something could
//! go one way or another. Its [`Schedule`] is the list of the answers that it got. [`Scheduler`] holds tasks
//! and polls those that can go on, one step at a time; [`shrink`] makes a schedule small that fails.

mod choices;
mod random;
mod scheduler;
mod shrink;

pub use choices::{Choices, Schedule};
pub use random::Random;
pub use scheduler::{Group, Scheduler};
pub use shrink::shrink;
