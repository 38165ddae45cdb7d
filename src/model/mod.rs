//! Models that can be driven by name and JSON, as the page does: what a model is to somebody who
//! knows none of its types, and the adapter that makes one of any [`Aggregate`](crate::core::Aggregate).

pub mod bank_account;
mod described;
pub mod form;
pub mod generic;
pub mod look;
pub mod money;
pub mod order;
mod outside;
pub mod registry;
mod wording;

pub use described::Described;
pub use form::{CommandForm, Draft, Field, FieldError, Kind};
pub use generic::GenericModel;
pub use look::{Glyph, Look};
pub use outside::{Instance, Model, Refusal};
pub use registry::Registry;
pub use wording::{Wording, currency};
