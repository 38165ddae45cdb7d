//! The order as the page offers it: its forms, and how its events look. Holds no rules.

use super::aggregate::{MAX_LINES, MAX_QUANTITY, Order};
use crate::model::described::Described;
use crate::model::form::{CommandForm, Field, Kind};
use crate::model::look::{Glyph, Look};
use crate::model::money::CURRENCY_NAMES;
use crate::model::outside::Model;

const fn text(key: &'static str, label: &'static str, min: usize, default: &'static str) -> Field {
    Field {
        key,
        label,
        kind: Kind::Text {
            min,
            max: 140,
            default,
        },
    }
}

const QUANTITY: Field = Field {
    key: "quantity",
    label: "Quantity",
    kind: Kind::Integer {
        min: 1,
        max: MAX_QUANTITY,
        default: 1,
    },
};

const UNIT_PRICE: Field = Field {
    key: "unit_price",
    label: "Unit price",
    kind: Kind::Money {
        min: 1,
        default: 1_250,
    },
};

const COMMANDS: &[CommandForm] = &[
    CommandForm {
        name: "Place order",
        summary: "Begins the order. Its lines can change until it is paid.",
        fields: &[
            text("customer", "Customer", 1, "Grace Hopper"),
            Field {
                key: "currency",
                label: "Currency",
                kind: Kind::Choice(CURRENCY_NAMES),
            },
            Field {
                key: "lines",
                label: "Lines",
                kind: Kind::List {
                    item: "Line",
                    fields: &[text("sku", "SKU", 1, "loom-shuttle"), QUANTITY, UNIT_PRICE],
                    min: 1,
                    max: MAX_LINES,
                },
            },
        ],
    },
    CommandForm {
        name: "Add line",
        summary: "Adds an article, until the order is paid.",
        fields: &[text("sku", "SKU", 1, "linen-thread"), QUANTITY, UNIT_PRICE],
    },
    CommandForm {
        name: "Remove line",
        summary: "Takes an article out, until the order is paid.",
        fields: &[text("sku", "SKU", 1, "linen-thread")],
    },
    CommandForm {
        name: "Pay",
        summary: "Pays the whole total.",
        fields: &[Field {
            key: "method",
            label: "Method",
            kind: Kind::Choice(&["card", "transfer", "cash"]),
        }],
    },
    CommandForm {
        name: "Ship",
        summary: "Hands it to a carrier, once it is paid.",
        fields: &[
            text("carrier", "Carrier", 1, "Post"),
            text("tracking", "Tracking number", 0, ""),
        ],
    },
    CommandForm {
        name: "Deliver",
        summary: "Records that it has arrived.",
        fields: &[text("signed_by", "Signed by", 0, "")],
    },
    CommandForm {
        name: "Cancel order",
        summary: "Calls it off, until it ships.",
        fields: &[text("reason", "Reason", 0, "")],
    },
    CommandForm {
        name: "Refund",
        summary: "Gives money back after a cancellation or a delivery.",
        fields: &[
            Field {
                key: "amount",
                label: "Amount",
                kind: Kind::Money {
                    min: 1,
                    default: 1_000,
                },
            },
            text("reason", "Reason", 0, ""),
        ],
    },
];

const LOOKS: &[(&str, Look)] = &[
    ("OrderPlaced", Look::new(1, Glyph::Ring)),
    ("LineAdded", Look::new(2, Glyph::Plus)),
    ("LineRemoved", Look::new(3, Glyph::Cross)),
    ("OrderPaid", Look::new(4, Glyph::Hexagon)),
    ("OrderShipped", Look::new(6, Glyph::Up)),
    ("OrderDelivered", Look::new(2, Glyph::Square)),
    ("OrderCancelled", Look::new(3, Glyph::Square)),
    ("OrderRefunded", Look::new(5, Glyph::Diamond)),
];

/// The order for the page.
#[must_use]
pub fn model() -> impl Model {
    Described {
        aggregate: Order,
        title: "Order",
        commands: COMMANDS,
        looks: LOOKS,
        money_keys: &["unit_price", "total", "paid", "refunded", "amount"],
        measure: ("total", |state| state.total as f64),
    }
}
