//! The order's rules, in its own words.

use eventloom::core::Decider;
use eventloom::core::scenario::given;
use eventloom::model::order::{Command, Event, Line, Order, Shipment, State, Status};
use proptest::prelude::*;

/// 2^53 − 1.
const MAX: i64 = 9_007_199_254_740_991;

fn line(sku: &str, quantity: i64, unit_price: i64) -> Line {
    Line {
        sku: sku.into(),
        quantity,
        unit_price,
    }
}

fn placed_with(lines: Vec<Line>) -> Event {
    Event::OrderPlaced {
        customer: "Grace Hopper".into(),
        currency: "EUR".into(),
        lines,
    }
}

/// Two shuttles at 12.50: a total of 25.00.
fn placed() -> Event {
    placed_with(vec![line("shuttle", 2, 1_250)])
}

fn added(sku: &str, quantity: i64, unit_price: i64) -> Event {
    Event::LineAdded {
        sku: sku.into(),
        quantity,
        unit_price,
    }
}

fn removed(sku: &str) -> Event {
    Event::LineRemoved { sku: sku.into() }
}

fn paid(amount: i64) -> Event {
    let method = "card".into();
    Event::OrderPaid { amount, method }
}

fn shipped() -> Event {
    Event::OrderShipped {
        carrier: "Post".into(),
        tracking: "AB1".into(),
    }
}

fn delivered() -> Event {
    let signed_by = "Ada".into();
    Event::OrderDelivered { signed_by }
}

fn cancelled() -> Event {
    let reason = "late".into();
    Event::OrderCancelled { reason }
}

fn refunded(amount: i64) -> Event {
    let reason = "late".into();
    Event::OrderRefunded { amount, reason }
}

fn place_in(currency: &str, customer: &str, lines: Vec<Line>) -> Command {
    Command::PlaceOrder {
        customer: customer.into(),
        currency: currency.into(),
        lines,
    }
}

fn place(lines: Vec<Line>) -> Command {
    place_in("EUR", "Grace Hopper", lines)
}

fn add(sku: &str, quantity: i64, unit_price: i64) -> Command {
    Command::AddLine {
        sku: sku.into(),
        quantity,
        unit_price,
    }
}

fn remove(sku: &str) -> Command {
    Command::RemoveLine { sku: sku.into() }
}

fn pay() -> Command {
    let method = "card".into();
    Command::Pay { method }
}

fn ship(carrier: &str) -> Command {
    Command::Ship {
        carrier: carrier.into(),
        tracking: "AB1".into(),
    }
}

fn deliver() -> Command {
    let signed_by = "Ada".into();
    Command::Deliver { signed_by }
}

fn cancel() -> Command {
    let reason = "late".into();
    Command::CancelOrder { reason }
}

fn refund(amount: i64) -> Command {
    let reason = "late".into();
    Command::Refund { amount, reason }
}

/// A history of each status after the first, with the words for it.
fn histories() -> [(&'static str, Vec<Event>); 5] {
    [
        ("placed and not paid", vec![placed()]),
        ("paid and not shipped", vec![placed(), paid(2_500)]),
        ("shipped", vec![placed(), paid(2_500), shipped()]),
        (
            "delivered",
            vec![placed(), paid(2_500), shipped(), delivered()],
        ),
        ("cancelled", vec![placed(), cancelled()]),
    ]
}

/// The command is refused in each status but these, which is named, and so is the right time.
#[track_caller]
fn only_when(allowed: &[&str], command: &Command, right_time: &str) {
    given(Order, [])
        .when(command.clone())
        .then_rejected("This order isn't placed yet; place it first.");
    for (status, history) in histories() {
        if !allowed.contains(&status) {
            given(Order, history)
                .when(command.clone())
                .then_rejected(&format!("The order is {status}; {right_time}."));
        }
    }
}

#[test]
fn placing_an_order_names_customer_currency_and_lines() {
    given(Order, [])
        .when(place(vec![line("shuttle", 2, 1_250)]))
        .then([placed()]);
}

#[test]
fn an_order_is_placed_only_once() {
    for (_, history) in histories() {
        given(Order, history)
            .when(place(vec![line("shuttle", 1, 1)]))
            .then_rejected("This order is placed already, for Grace Hopper.");
    }
}

#[test]
fn an_order_needs_a_customer_and_a_currency_that_is_dealt_in() {
    let lines = || vec![line("shuttle", 1, 1)];
    given(Order, [])
        .when(place_in("EUR", "", lines()))
        .then_rejected("The customer must not be empty.");
    given(Order, [])
        .when(place_in("DEM", "Grace", lines()))
        .then_rejected("DEM isn't a currency that is dealt in here.");
}

#[test]
fn an_order_has_1_to_20_lines() {
    let lines = |count: usize| -> Vec<Line> {
        (0..count)
            .map(|number| line(&format!("sku-{number}"), 1, 100))
            .collect()
    };
    given(Order, [])
        .when(place(vec![]))
        .then_rejected("An order needs 1 to 20 lines; this would make 0.");
    given(Order, [])
        .when(place(lines(20)))
        .then([placed_with(lines(20))]);
    given(Order, [])
        .when(place(lines(21)))
        .then_rejected("An order needs 1 to 20 lines; this would make 21.");
    given(Order, [placed_with(lines(20))])
        .when(add("one more", 1, 100))
        .then_rejected("An order needs 1 to 20 lines; this would make 21.");
}

#[test]
fn a_line_needs_an_article() {
    given(Order, [placed()])
        .when(add("", 1, 100))
        .then_rejected("The SKU of a line must not be empty.");
}

#[test]
fn an_article_has_one_line() {
    given(Order, [placed()])
        .when(add("shuttle", 1, 100))
        .then_rejected("The order already has a line for shuttle; remove it first to change it.");
}

#[test]
fn a_line_has_1_to_10000_pieces() {
    for quantity in [1, 10_000] {
        given(Order, [placed()])
            .when(add("thread", quantity, 1))
            .then([added("thread", quantity, 1)]);
    }
    for quantity in [0, -1, 10_001] {
        given(Order, [placed()])
            .when(add("thread", quantity, 1))
            .then_rejected(&format!(
                "The quantity must be 1 to 10000; {quantity} was asked for."
            ));
    }
}

#[test]
fn a_price_is_more_than_nothing_and_the_total_at_most_2_to_the_53_less_one() {
    // The order's total is 2500 before.
    given(Order, [placed()])
        .when(add("thread", 1, MAX - 2_500))
        .then([added("thread", 1, MAX - 2_500)]);
    for price in [0, -1, MAX - 2_499, MAX, i64::MAX] {
        given(Order, [placed()])
            .when(add("thread", 1, price))
            .then_rejected(
                "A price must be more than zero, and the total at most 90071992547409.91.",
            );
    }
    given(Order, [placed()])
        .when(add("thread", 10_000, i64::MAX / 2))
        .then_rejected("A price must be more than zero, and the total at most 90071992547409.91.");
}

#[test]
fn a_line_can_be_added_only_before_the_order_is_paid() {
    only_when(
        &["placed and not paid"],
        &add("thread", 1, 100),
        "lines can be added only before it is paid",
    );
}

#[test]
fn a_line_can_be_removed_only_before_the_order_is_paid() {
    given(Order, [placed(), added("thread", 1, 100)])
        .when(remove("shuttle"))
        .then([removed("shuttle")]);
    only_when(
        &["placed and not paid"],
        &remove("shuttle"),
        "lines can be removed only before it is paid",
    );
}

#[test]
fn a_line_that_is_not_there_can_not_be_removed() {
    given(Order, [placed(), added("thread", 1, 100)])
        .when(remove("loom"))
        .then_rejected("The order has no line for loom; it has shuttle, thread.");
}

#[test]
fn the_last_line_can_not_be_removed() {
    given(Order, [placed()])
        .when(remove("shuttle"))
        .then_rejected(
            "shuttle is the last line, and an order needs one; cancel the order instead.",
        );
}

#[test]
fn the_whole_total_is_paid_and_only_once() {
    given(Order, [placed(), added("thread", 3, 100)])
        .when(pay())
        .then([paid(2_800)]);
    only_when(
        &["placed and not paid"],
        &pay(),
        "it can be paid only once, before it ships",
    );
}

#[test]
fn an_order_ships_once_it_is_paid() {
    given(Order, [placed(), paid(2_500)])
        .when(ship("Post"))
        .then([shipped()]);
    given(Order, [placed(), paid(2_500)])
        .when(ship(""))
        .then_rejected("The carrier must not be empty.");
    only_when(
        &["paid and not shipped"],
        &ship("Post"),
        "only an order that is paid and waiting can be shipped",
    );
}

#[test]
fn an_order_is_delivered_once_it_is_on_its_way() {
    given(Order, [placed(), paid(2_500), shipped()])
        .when(deliver())
        .then([delivered()]);
    only_when(
        &["shipped"],
        &deliver(),
        "only an order that is on its way can be delivered",
    );
}

#[test]
fn an_order_can_be_cancelled_until_it_ships() {
    for history in [vec![placed()], vec![placed(), paid(2_500)]] {
        given(Order, history).when(cancel()).then([cancelled()]);
    }
    only_when(
        &["placed and not paid", "paid and not shipped"],
        &cancel(),
        "it can be cancelled only before it ships",
    );
}

#[test]
fn money_goes_back_once_the_order_is_cancelled_or_delivered() {
    for end in [vec![cancelled()], vec![shipped(), delivered()]] {
        let history = [placed(), paid(2_500)].into_iter().chain(end);
        given(Order, history)
            .when(refund(2_500))
            .then([refunded(2_500)]);
    }
    only_when(
        &["delivered", "cancelled"],
        &refund(1),
        "money goes back only once it is cancelled or delivered",
    );
}

#[test]
fn no_more_goes_back_than_was_paid() {
    let history = || [placed(), paid(2_500), cancelled(), refunded(2_000)];
    given(Order, history())
        .when(refund(500))
        .then([refunded(500)]);
    given(Order, history())
        .when(refund(501))
        .then_rejected("25.00 EUR was paid and 20.00 given back; 5.01 more would be too much.");
}

#[test]
fn a_refund_of_nothing_is_refused_in_words_that_are_true() {
    for amount in [0, -1] {
        given(Order, [placed(), paid(2_500), cancelled()])
            .when(refund(amount))
            .then_rejected("A refund must be more than zero.");
    }
}

#[test]
fn an_order_that_was_never_paid_has_nothing_to_refund() {
    given(Order, [placed(), cancelled()])
        .when(refund(1))
        .then_rejected("Nothing was paid for this order, so there is nothing to refund.");
}

#[test]
fn the_state_is_the_sum_of_what_happened() {
    let state = given(
        Order,
        [
            placed(),
            added("thread", 3, 100),
            removed("shuttle"),
            added("loom", 1, 9_000),
            paid(9_300),
            shipped(),
            delivered(),
            refunded(300),
        ],
    )
    .state();
    assert_eq!(
        state,
        State {
            status: Status::Delivered,
            customer: "Grace Hopper".into(),
            currency: "EUR".into(),
            lines: vec![line("thread", 3, 100), line("loom", 1, 9_000)],
            total: 9_300,
            paid: 9_300,
            refunded: 300,
            shipment: Some(Shipment {
                carrier: "Post".into(),
                tracking: "AB1".into()
            }),
        }
    );
}

fn any_line() -> impl Strategy<Value = Line> {
    ("[a-d]?", any::<i64>(), any::<i64>())
        .prop_map(|(sku, quantity, unit_price)| line(&sku, quantity, unit_price))
}

pub fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (".{0,8}", ".{0,3}", prop::collection::vec(any_line(), 0..4)).prop_map(
            |(customer, currency, lines)| Event::OrderPlaced {
                customer,
                currency,
                lines
            }
        ),
        any_line().prop_map(|line| added(&line.sku, line.quantity, line.unit_price)),
        "[a-d]?".prop_map(|sku| removed(&sku)),
        any::<i64>().prop_map(paid),
        Just(shipped()),
        Just(delivered()),
        Just(cancelled()),
        any::<i64>().prop_map(refunded),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        prop::collection::vec(any_line(), 0..4).prop_map(place),
        any_line().prop_map(|line| add(&line.sku, line.quantity, line.unit_price)),
        "[a-d]?".prop_map(|sku| remove(&sku)),
        Just(pay()),
        Just(ship("Post")),
        Just(deliver()),
        Just(cancel()),
        any::<i64>().prop_map(refund),
    ]
}

proptest! {
    #[test]
    fn any_history_at_all_has_a_state_and_any_command_an_answer(
        history in prop::collection::vec(any_event(), 0..20),
        command in any_command(),
    ) {
        let state = given(Order, history).state();
        if let Err(rejection) = Order.decide(&state, command) {
            prop_assert!(rejection.to_string().ends_with('.'));
        }
    }

    #[test]
    fn no_sequence_of_accepted_commands_gives_back_more_than_was_paid(
        amounts in prop::collection::vec(-5_i64..3_000, 0..10),
    ) {
        let history = [placed(), paid(2_500), cancelled()];
        let mut state = given(Order, history).state();
        for amount in amounts {
            for event in Order.decide(&state, refund(amount)).unwrap_or_default() {
                Order.evolve(&mut state, &event);
            }
            prop_assert!((0..=2_500).contains(&state.refunded), "{}", state.refunded);
        }
    }
}
