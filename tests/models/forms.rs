//! What the page relies on in a model that it knows only by name: its forms, its looks, and
//! commands as JSON.

use std::collections::BTreeSet;
use std::rc::Rc;

use eventloom::core::{IdSource, SequentialIds};
use eventloom::core::{Metadata, Position, RecordedEvent, Version};
use eventloom::model::{Draft, Glyph, Instance, Look, Model, Refusal, Registry};

use super::support::{self, TIME, json};

fn model(aggregate_type: &str) -> Rc<dyn Model> {
    Registry::shipped().find(aggregate_type).unwrap().clone()
}

fn begin(model: &dyn Model) -> Box<dyn Instance> {
    model.begin(&support::stream(model.aggregate_type(), "a"))
}

/// The arguments that the form of a command begins with.
fn untouched(
    model: &dyn Model,
    command: &str,
    currency: Option<&str>,
) -> eventloom::core::JsonText {
    let form = model
        .commands()
        .iter()
        .find(|form| form.name == command)
        .unwrap();
    form.read(&Draft::default(), currency).unwrap()
}

/// Submits the untouched forms of these commands one after another; the types that come of it.
fn submit_untouched(aggregate_type: &str, commands: &[&str]) -> Vec<String> {
    let model = model(aggregate_type);
    let stream = support::stream(aggregate_type, "a");
    let mut instance = begin(&*model);
    let ids = SequentialIds::default();
    let mut types = Vec::new();
    for command in commands {
        let arguments = untouched(&*model, command, Some("EUR"));
        let events = instance.decide(command, &arguments);
        for event in events.unwrap_or_else(|refusal| panic!("{command}: {refusal}")) {
            types.push(event.event_type.to_string());
            let (id, version) = (ids.next_id(TIME), instance.version().next());
            let new = event.seal(id, TIME, Metadata::default());
            let recorded = new.recorded(stream.clone(), version, Position(version.0));
            instance.replay(&recorded).unwrap();
        }
    }
    types
}

const BANK_EVENTS: [&str; 7] = [
    "AccountOpened",
    "MoneyDeposited",
    "MoneyWithdrawn",
    "MoneyTransferredOut",
    "AccountFrozen",
    "AccountUnfrozen",
    "AccountClosed",
];

const ORDER_EVENTS: [&str; 8] = [
    "OrderPlaced",
    "LineAdded",
    "LineRemoved",
    "OrderPaid",
    "OrderShipped",
    "OrderDelivered",
    "OrderCancelled",
    "OrderRefunded",
];

#[test]
fn the_models_that_ship_are_the_bank_account_and_the_order() {
    let registry = Registry::shipped();
    let names: Vec<_> = registry
        .models()
        .iter()
        .map(|model| (model.aggregate_type(), model.title()))
        .collect();
    assert_eq!(
        names,
        [("bank_account", "Bank account"), ("order", "Order")]
    );
}

#[test]
fn the_forms_have_the_names_that_the_page_promises() {
    let names = |aggregate_type| {
        let model = model(aggregate_type);
        let forms = model.commands().iter();
        forms.map(|form| form.name).collect::<Vec<_>>()
    };
    assert_eq!(
        names("bank_account"),
        [
            "Open account",
            "Deposit",
            "Withdraw",
            "Transfer out",
            "Freeze",
            "Unfreeze",
            "Close account"
        ]
    );
    assert_eq!(
        names("order"),
        [
            "Place order",
            "Add line",
            "Remove line",
            "Pay",
            "Ship",
            "Deliver",
            "Cancel order",
            "Refund"
        ]
    );
}

#[test]
fn an_untouched_form_reads_as_its_command_in_any_currency() {
    for model in Registry::shipped().models() {
        for form in model.commands() {
            for currency in [None, Some("EUR"), Some("JPY")] {
                let arguments = untouched(&**model, form.name, currency);
                let answer = begin(&**model).decide(form.name, &arguments);
                assert!(
                    !matches!(answer, Err(Refusal::Malformed(_))),
                    "{} {arguments}: {answer:?}",
                    form.name
                );
            }
        }
    }
}

#[test]
fn untouched_forms_lead_an_account_through_its_life() {
    let types = submit_untouched(
        "bank_account",
        &[
            "Open account",
            "Deposit",
            "Withdraw",
            "Deposit",
            "Transfer out",
            "Freeze",
            "Unfreeze",
            "Close account",
        ],
    );
    assert_eq!(
        types,
        [
            "AccountOpened",
            "MoneyDeposited",
            "MoneyWithdrawn",
            "MoneyDeposited",
            "MoneyTransferredOut",
            "AccountFrozen",
            "AccountUnfrozen",
            "AccountClosed"
        ]
    );
}

#[test]
fn untouched_forms_lead_an_order_through_its_life() {
    let types = submit_untouched(
        "order",
        &[
            "Place order",
            "Add line",
            "Remove line",
            "Pay",
            "Ship",
            "Deliver",
            "Refund",
        ],
    );
    assert_eq!(
        types,
        [
            "OrderPlaced",
            "LineAdded",
            "LineRemoved",
            "OrderPaid",
            "OrderShipped",
            "OrderDelivered",
            "OrderRefunded"
        ]
    );
    assert_eq!(
        submit_untouched("order", &["Place order", "Cancel order"]),
        ["OrderPlaced", "OrderCancelled"]
    );
}

#[test]
fn every_event_type_has_a_look_of_its_own_that_its_model_declares() {
    for (aggregate_type, types) in [
        ("bank_account", &BANK_EVENTS[..]),
        ("order", &ORDER_EVENTS[..]),
    ] {
        let model = model(aggregate_type);
        let mut seen = BTreeSet::new();
        for event_type in types {
            let look = model.look(event_type);
            assert!((1..=6).contains(&look.dye), "{event_type}: {look:?}");
            assert_ne!(
                look,
                Look::of_name(event_type),
                "{event_type}: not declared"
            );
            assert!(
                seen.insert((look.dye, format!("{:?}", look.glyph))),
                "{event_type} looks like another: {look:?}"
            );
        }
    }
}

#[test]
fn a_type_that_no_model_declares_has_the_look_of_its_name() {
    // FNV-1a of the name, worked out apart from the code.
    for model in [model("bank_account"), Registry::shipped().model("permit")] {
        assert_eq!(model.look("PermitGranted"), Look::new(1, Glyph::Diamond));
        assert_eq!(model.look("x"), Look::new(2, Glyph::Square));
    }
}

#[test]
fn a_command_that_a_model_does_not_know_is_malformed() {
    let account = begin(&*model("bank_account"));
    let refusal = account.decide("deposit", &json("{}")).unwrap_err();
    assert!(
        matches!(&refusal, Refusal::Malformed(text) if text.starts_with("deposit can't be read:")),
        "{refusal:?}"
    );
}

#[test]
fn arguments_that_do_not_fit_are_malformed_and_never_decided() {
    for arguments in [
        r#"{"amount":5}"#,
        r#"{"amount":"5","reference":""}"#,
        r#"{"amount":5.5,"reference":""}"#,
        r#"{"amount":99999999999999999999,"reference":""}"#,
        r#"{"amount":5,"reference":"","currency":"EUR"}"#,
        "[]",
        "null",
    ] {
        let account = begin(&*model("bank_account"));
        let answer = account.decide("Deposit", &json(arguments));
        assert!(
            matches!(answer, Err(Refusal::Malformed(_))),
            "{arguments}: {answer:?}"
        );
    }
}

#[test]
fn a_rejection_keeps_the_words_of_the_model() {
    let account = begin(&*model("bank_account"));
    assert_eq!(
        account.decide("Deposit", &json(r#"{"amount":5,"reference":""}"#)),
        Err(Refusal::Rejected(
            "This account isn't open yet; open it first.".into()
        ))
    );
}

#[test]
fn an_event_of_an_unknown_type_or_of_another_shape_is_not_one_of_the_models() {
    let stream = support::stream("bank_account", "a");
    let check = |event_type: &str, data: &str| {
        let events: Vec<RecordedEvent> = support::foreign(&stream, &[(event_type, data)]);
        model("bank_account").check(&events[0])
    };
    assert!(check("MoneyDeposited", r#"{"amount":5,"reference":""}"#).is_ok());
    for (event_type, data) in [
        ("MoneyPrinted", r#"{"amount":5,"reference":""}"#),
        ("MoneyDeposited", r#"{"amount":"five","reference":""}"#),
        ("MoneyDeposited", r#"{"reference":""}"#),
    ] {
        assert_eq!(
            check(event_type, data).unwrap_err().event_type,
            event_type,
            "{data}"
        );
    }
}

#[test]
fn a_fork_goes_its_own_way() {
    let model = model("bank_account");
    let stream = support::stream("bank_account", "a");
    let events = support::foreign(
        &stream,
        &[
            ("AccountOpened", r#"{"owner":"Ada","currency":"EUR"}"#),
            ("MoneyDeposited", r#"{"amount":500,"reference":""}"#),
        ],
    );
    let mut account = model.begin(&stream);
    account.replay(&events[0]).unwrap();
    let mut fork = account.fork();
    fork.replay(&events[1]).unwrap();
    assert_eq!(
        (account.version(), account.measure()),
        (Version(1), Some(0.0))
    );
    assert_eq!((fork.version(), fork.measure()), (Version(2), Some(500.0)));
}
