//! Which stories there are, and where they take place.

use crate::core::StreamId;

/// A story that is kept in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tale {
    /// That of the first visit: an account.
    Account,
    /// An order with two lines: paid, shipped, delivered and partly refunded.
    Order,
}

impl Tale {
    /// The one that an empty page of this aggregate type offers.
    #[must_use]
    pub fn of(aggregate_type: &str) -> Tale {
        match aggregate_type {
            "order" => Tale::Order,
            _ => Tale::Account,
        }
    }

    /// Its stream.
    #[must_use]
    pub fn stream(self) -> StreamId {
        let (aggregate_type, aggregate_id) = match self {
            Tale::Account => ("bank_account", "ada-savings"),
            Tale::Order => ("order", "grace-loom"),
        };
        StreamId::new(aggregate_type, aggregate_id)
            // Both parts are short and not empty.
            .unwrap_or_else(|_| unreachable!("a story has a valid name"))
    }

    /// What the button is called that shows it.
    #[must_use]
    pub fn offer(self) -> &'static str {
        match self {
            Tale::Account => "Show the story",
            Tale::Order => "Show an order's story",
        }
    }
}
