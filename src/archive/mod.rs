//! The files that events travel in: CloudEvents 1.0, one JSON object a line. Pure text to values
//! and back; reading files and storing events is the callers'.

mod attribute;
pub mod export;
mod exporter;
mod holes;
pub mod import;
mod line;
pub mod plan;
mod refused;

pub use attribute::event_id;
pub use export::{file_name, write_event};
pub use exporter::{Exporter, Piece, Summary};
pub use holes::MOST_HOLES;
pub use import::{Reader, Take};
pub use line::{Line, MAX_POSITION};
pub use plan::{Capitals, Placed, Plan, Planner, Planning};
pub use refused::{Difference, Excerpt, Holder, JsonKind, Reason, Refused};
