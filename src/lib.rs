//! Eventloom: an event-sourcing core, and the playground that runs on it.
//!
//! The log is the truth; state is a fold over it. [`core`] holds events and deciders, [`mod@log`] the
//! form in which they are kept, [`store`] what keeps them, [`runtime`] what loads and saves aggregates, [`model`] the models that ship,
//! [`timeline`] the state at any version, [`sim`] a world of choices in which all of that can be tried.
//!
//! ```
//! use eventloom::core::{AggregateRoot, StreamId};
//! use eventloom::model::bank_account::{BankAccount, Command};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut account = AggregateRoot::new(BankAccount, StreamId::new("bank_account", "ada")?);
//! let (owner, currency) = ("Ada Byron".into(), "EUR".into());
//! account.execute(Command::OpenAccount { owner, currency })?;
//!
//! // A rule of the model refuses in its own words, and nothing has happened.
//! let (amount, reference) = (700, "rent".into());
//! let refused = account.execute(Command::Withdraw { amount, reference });
//! assert_eq!(
//!     refused.map_err(|rejection| rejection.to_string()),
//!     Err("The balance is 0.00 EUR; 7.00 was asked for.".to_owned()),
//! );
//! assert_eq!(account.version().to_string(), "1");
//! # Ok(())
//! # }
//! ```
//!
//! A [`runtime::Repository`] loads and saves such a root in any store; the README shows how.

pub mod app;
pub mod archive;
#[cfg(target_arch = "wasm32")]
pub mod browser;
pub mod core;
pub mod log;
pub mod model;
pub mod runtime;
pub mod sim;
pub mod store;
pub mod target;
pub mod timeline;

/// The examples of the README compile and run as tests.
#[cfg(all(doctest, not(target_arch = "wasm32")))]
#[doc = include_str!("../README.md")]
pub struct Readme;
