//! What an order decides, and what it becomes.

use serde::{Deserialize, Serialize};

use crate::core::{
    Aggregate, Decider, DecodeError, EncodedEvent, InvalidJson, RecordedEvent, payload,
};
use crate::model::money::{self, CURRENCY_NAMES, MAX_AMOUNT};

/// The most lines that an order can have.
pub const MAX_LINES: usize = 20;

/// The most pieces in one line.
pub const MAX_QUANTITY: i64 = 10_000;

/// The order as a decider.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order;

/// One article in an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The article.
    pub sku: String,
    /// How many pieces.
    pub quantity: i64,
    /// The price of a piece, in minor units.
    pub unit_price: i64,
}

/// What can be asked of an order. Amounts are minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the forms below say what each argument is")]
pub enum Command {
    #[serde(rename = "Place order")]
    PlaceOrder {
        customer: String,
        currency: String,
        lines: Vec<Line>,
    },
    #[serde(rename = "Add line")]
    AddLine {
        sku: String,
        quantity: i64,
        unit_price: i64,
    },
    #[serde(rename = "Remove line")]
    RemoveLine {
        sku: String,
    },
    Pay {
        method: String,
    },
    Ship {
        carrier: String,
        tracking: String,
    },
    Deliver {
        signed_by: String,
    },
    #[serde(rename = "Cancel order")]
    CancelOrder {
        reason: String,
    },
    Refund {
        amount: i64,
        reason: String,
    },
}

/// What can happen to an order. Amounts are minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(
    missing_docs,
    reason = "each field repeats the argument of its command"
)]
pub enum Event {
    OrderPlaced {
        customer: String,
        currency: String,
        lines: Vec<Line>,
    },
    LineAdded {
        sku: String,
        quantity: i64,
        unit_price: i64,
    },
    LineRemoved {
        sku: String,
    },
    OrderPaid {
        amount: i64,
        method: String,
    },
    OrderShipped {
        carrier: String,
        tracking: String,
    },
    OrderDelivered {
        signed_by: String,
    },
    OrderCancelled {
        reason: String,
    },
    OrderRefunded {
        amount: i64,
        reason: String,
    },
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It was never placed.
    #[default]
    NotPlaced,
    /// Its lines can still change.
    Placed,
    /// It waits to be shipped.
    Paid,
    /// It is on its way.
    Shipped,
    /// It has arrived.
    Delivered,
    /// It will not be shipped.
    Cancelled,
}

/// What is known of an order. Amounts are minor units of its currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Where it stands.
    pub status: Status,
    /// Who ordered.
    pub customer: String,
    /// Its currency.
    pub currency: String,
    /// Its articles.
    pub lines: Vec<Line>,
    /// The price of all lines.
    pub total: i64,
    /// What was paid.
    pub paid: i64,
    /// What was given back.
    pub refunded: i64,
    /// How it travels: carrier and tracking number.
    pub shipment: Option<Shipment>,
}

/// How an order travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// Who carries it.
    pub carrier: String,
    /// The carrier's number for it.
    pub tracking: String,
}

/// Why an order refuses a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentences say what each means")]
pub enum Rejection {
    #[error("This order isn't placed yet; place it first.")]
    NotPlaced,
    #[error("This order is placed already, for {customer}.")]
    PlacedAlready { customer: String },
    #[error("The order is {status}; {step}.")]
    WrongTime {
        status: &'static str,
        step: &'static str,
    },
    #[error("An order needs 1 to {MAX_LINES} lines; this would make {lines}.")]
    LineCount { lines: usize },
    #[error("The order already has a line for {sku}; remove it first to change it.")]
    LineThereAlready { sku: String },
    #[error("The order has no line for {sku}; it has {has}.")]
    NoSuchLine { sku: String, has: String },
    #[error("{sku} is the last line, and an order needs one; cancel the order instead.")]
    LastLine { sku: String },
    #[error("The quantity must be 1 to {MAX_QUANTITY}; {quantity} was asked for.")]
    QuantityOutOfRange { quantity: i64 },
    #[error("A price must be more than zero, and the total at most {max}.")]
    PriceOutOfRange { max: String },
    #[error(
        "{paid} {currency} was paid and {refunded} given back; {asked} more would be too much."
    )]
    RefundTooMuch {
        paid: String,
        refunded: String,
        asked: String,
        currency: String,
    },
    #[error("A refund must be more than zero.")]
    RefundOfNothing,
    #[error("Nothing was paid for this order, so there is nothing to refund.")]
    NothingPaid,
    #[error("{what} must not be empty.")]
    Empty { what: &'static str },
    #[error("{currency} isn't a currency that is dealt in here.")]
    UnknownCurrency { currency: String },
}

impl Status {
    fn in_words(self) -> &'static str {
        match self {
            Status::NotPlaced => "not placed",
            Status::Placed => "placed and not paid",
            Status::Paid => "paid and not shipped",
            Status::Shipped => "shipped",
            Status::Delivered => "delivered",
            Status::Cancelled => "cancelled",
        }
    }
}

impl State {
    fn must_be(&self, allowed: &[Status], step: &'static str) -> Result<(), Rejection> {
        if allowed.contains(&self.status) {
            Ok(())
        } else if self.status == Status::NotPlaced {
            Err(Rejection::NotPlaced)
        } else {
            let status = self.status.in_words();
            Err(Rejection::WrongTime { status, step })
        }
    }

    fn money(&self, amount: i64) -> String {
        money::format(amount, &self.currency)
    }

    fn retotal(&mut self) {
        self.total = self.lines.iter().fold(0, |total: i64, line| {
            total.saturating_add(line.quantity.saturating_mul(line.unit_price))
        });
    }
}

/// The rules that the lines of an order obey together.
fn check_lines(lines: &[Line], currency: &str) -> Result<(), Rejection> {
    if lines.is_empty() || lines.len() > MAX_LINES {
        return Err(Rejection::LineCount { lines: lines.len() });
    }
    let mut total = 0_i64;
    for (index, line) in lines.iter().enumerate() {
        if line.sku.is_empty() {
            return Err(Rejection::Empty {
                what: "The SKU of a line",
            });
        }
        if lines[..index].iter().any(|earlier| earlier.sku == line.sku) {
            return Err(Rejection::LineThereAlready {
                sku: line.sku.clone(),
            });
        }
        if !(1..=MAX_QUANTITY).contains(&line.quantity) {
            return Err(Rejection::QuantityOutOfRange {
                quantity: line.quantity,
            });
        }
        let price = line.quantity.checked_mul(line.unit_price);
        total = match price.and_then(|price| total.checked_add(price)) {
            Some(total) if line.unit_price > 0 && total <= MAX_AMOUNT => total,
            _ => {
                let max = money::format(MAX_AMOUNT, currency);
                return Err(Rejection::PriceOutOfRange { max });
            }
        };
    }
    Ok(())
}

impl Decider for Order {
    type Command = Command;
    type Event = Event;
    type State = State;
    type Rejection = Rejection;

    fn initial_state(&self) -> State {
        State::default()
    }

    fn decide(&self, state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
        use Status::{Cancelled, Delivered, Paid, Placed, Shipped};
        let event = match command {
            Command::PlaceOrder {
                customer,
                currency,
                lines,
            } => {
                if state.status != Status::NotPlaced {
                    let customer = state.customer.clone();
                    return Err(Rejection::PlacedAlready { customer });
                }
                if customer.is_empty() {
                    return Err(Rejection::Empty {
                        what: "The customer",
                    });
                }
                if !CURRENCY_NAMES.contains(&currency.as_str()) {
                    return Err(Rejection::UnknownCurrency { currency });
                }
                check_lines(&lines, &currency)?;
                Event::OrderPlaced {
                    customer,
                    currency,
                    lines,
                }
            }
            Command::AddLine {
                sku,
                quantity,
                unit_price,
            } => {
                state.must_be(&[Placed], "lines can be added only before it is paid")?;
                let mut lines = state.lines.clone();
                lines.push(Line {
                    sku: sku.clone(),
                    quantity,
                    unit_price,
                });
                check_lines(&lines, &state.currency)?;
                Event::LineAdded {
                    sku,
                    quantity,
                    unit_price,
                }
            }
            Command::RemoveLine { sku } => {
                state.must_be(&[Placed], "lines can be removed only before it is paid")?;
                if !state.lines.iter().any(|line| line.sku == sku) {
                    let skus: Vec<_> = state.lines.iter().map(|line| line.sku.as_str()).collect();
                    let has = skus.join(", ");
                    return Err(Rejection::NoSuchLine { sku, has });
                }
                if state.lines.len() == 1 {
                    return Err(Rejection::LastLine { sku });
                }
                Event::LineRemoved { sku }
            }
            Command::Pay { method } => {
                state.must_be(&[Placed], "it can be paid only once, before it ships")?;
                Event::OrderPaid {
                    amount: state.total,
                    method,
                }
            }
            Command::Ship { carrier, tracking } => {
                state.must_be(
                    &[Paid],
                    "only an order that is paid and waiting can be shipped",
                )?;
                if carrier.is_empty() {
                    return Err(Rejection::Empty {
                        what: "The carrier",
                    });
                }
                Event::OrderShipped { carrier, tracking }
            }
            Command::Deliver { signed_by } => {
                state.must_be(
                    &[Shipped],
                    "only an order that is on its way can be delivered",
                )?;
                Event::OrderDelivered { signed_by }
            }
            Command::CancelOrder { reason } => {
                state.must_be(&[Placed, Paid], "it can be cancelled only before it ships")?;
                Event::OrderCancelled { reason }
            }
            Command::Refund { amount, reason } => {
                state.must_be(
                    &[Cancelled, Delivered],
                    "money goes back only once it is cancelled or delivered",
                )?;
                if state.paid == 0 {
                    return Err(Rejection::NothingPaid);
                }
                if amount < 1 {
                    return Err(Rejection::RefundOfNothing);
                }
                if amount > state.paid.saturating_sub(state.refunded) {
                    return Err(Rejection::RefundTooMuch {
                        paid: state.money(state.paid),
                        refunded: state.money(state.refunded),
                        asked: state.money(amount),
                        currency: state.currency.clone(),
                    });
                }
                Event::OrderRefunded { amount, reason }
            }
        };
        Ok(vec![event])
    }

    fn evolve(&self, state: &mut State, event: &Event) {
        match event {
            Event::OrderPlaced {
                customer,
                currency,
                lines,
            } => {
                state.status = Status::Placed;
                state.customer.clone_from(customer);
                state.currency.clone_from(currency);
                state.lines.clone_from(lines);
                state.retotal();
            }
            Event::LineAdded {
                sku,
                quantity,
                unit_price,
            } => {
                state.lines.push(Line {
                    sku: sku.clone(),
                    quantity: *quantity,
                    unit_price: *unit_price,
                });
                state.retotal();
            }
            Event::LineRemoved { sku } => {
                state.lines.retain(|line| line.sku != *sku);
                state.retotal();
            }
            Event::OrderPaid { amount, .. } => {
                state.status = Status::Paid;
                state.paid = state.paid.saturating_add(*amount);
            }
            Event::OrderShipped { carrier, tracking } => {
                state.status = Status::Shipped;
                state.shipment = Some(Shipment {
                    carrier: carrier.clone(),
                    tracking: tracking.clone(),
                });
            }
            Event::OrderDelivered { .. } => state.status = Status::Delivered,
            Event::OrderCancelled { .. } => state.status = Status::Cancelled,
            Event::OrderRefunded { amount, .. } => {
                state.refunded = state.refunded.saturating_add(*amount);
            }
        }
    }
}

impl Aggregate for Order {
    fn aggregate_type(&self) -> &str {
        "order"
    }

    fn encode(&self, event: &Event) -> Result<EncodedEvent, InvalidJson> {
        payload::encode(event, 1)
    }

    fn decode(&self, event: &RecordedEvent) -> Result<Event, DecodeError> {
        payload::decode(&event.event_type, &event.data)
    }
}
