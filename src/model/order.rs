//! The order: from placed to paid, shipped and delivered, or cancelled and refunded. Each step
//! is open only at its time.

mod aggregate;
mod described;

pub use aggregate::{
    Command, Event, Line, MAX_LINES, MAX_QUANTITY, Order, Rejection, Shipment, State, Status,
};
pub use described::model;
