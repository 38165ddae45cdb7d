//! Eventloom: an event-sourcing core, and the playground that runs on it.
//!
//! The log is the truth; state is a fold over it. [`core`] holds events and deciders, [`store`]
//! what keeps them, [`runtime`] what loads and saves aggregates, [`model`] the models that ship,
//! [`timeline`] the state at any version.
//!
//! ```
//! use eventloom::core::{FixedClock, SequentialIds, Timestamp};
//! use eventloom::model::bank_account::{BankAccount, Command};
//! use eventloom::runtime::{ExecuteError, Repository};
//! use eventloom::store::MemoryStore;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # // The store in memory answers at once, so that one poll is the whole run.
//! # let run = std::pin::pin!(example());
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # match run.poll(&mut context) {
//! #     std::task::Poll::Ready(outcome) => outcome,
//! #     std::task::Poll::Pending => unreachable!(),
//! # }
//! # }
//! async fn example() -> Result<(), Box<dyn std::error::Error>> {
//!     // Time and ids are passed in, so that every run is the same.
//!     let clock = FixedClock::new(Timestamp::parse("2026-01-05T09:00:02Z")?, 1_000);
//!     let ids = SequentialIds::default();
//!     let accounts = Repository::new(BankAccount, MemoryStore::new(), clock, ids);
//!
//!     let (owner, currency) = ("Ada Byron".into(), "EUR".into());
//!     accounts.execute("ada", Command::OpenAccount { owner, currency }).await?;
//!     let (amount, reference) = (45_950, "salary".into());
//!     accounts.execute("ada", Command::Deposit { amount, reference }).await?;
//!
//!     let account = accounts.load("ada").await?;
//!     assert_eq!(account.version().to_string(), "2");
//!     assert_eq!(account.state().balance, 45_950);
//!
//!     // A rule of the model refuses, in its own words, and nothing is recorded.
//!     let (amount, reference) = (50_000, "rent".into());
//!     let refused = accounts.execute("ada", Command::Withdraw { amount, reference }).await;
//!     match refused {
//!         Err(ExecuteError::Rejected(rejection)) => assert_eq!(
//!             rejection.to_string(),
//!             "The balance is 459.50 EUR; 500.00 was asked for."
//!         ),
//!         other => panic!("{other:?}"),
//!     }
//!     Ok(())
//! }
//! ```

pub mod app;
pub mod archive;
#[cfg(target_arch = "wasm32")]
pub mod browser;
pub mod core;
pub mod model;
pub mod runtime;
pub mod store;
pub mod target;
pub mod timeline;
