//! The models: payloads of events, commands as JSON, states from snapshots, texts typed into forms.

use std::fmt::Debug;

use eventloom::core::{
    Aggregate, AggregateRoot, EncodedEvent, EventId, JsonText, JsonValue, Metadata, RecordedEvent,
    StreamId, Timestamp, Version, payload,
};
use eventloom::model::bank_account::BankAccount;
use eventloom::model::money::MAX_AMOUNT;
use eventloom::model::order::Order;
use eventloom::model::{Draft, Instance, Kind, Refusal, Registry};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::choice;

/// So many steps of an input are taken.
const MOST_STEPS: usize = 64;

/// What an input does next: `+MoneyDeposited:{…}` is an event, `Deposit:{…}` a command.
struct Step<'a> {
    is_event: bool,
    name: &'a str,
    json: JsonText,
}

fn steps(text: &str) -> impl Iterator<Item = Step<'_>> {
    let step = |line| -> Option<Step<'_>> {
        let (name, json) = str::split_once(line, ':')?;
        Some(Step {
            is_event: name.starts_with('+'),
            name: name.trim_start_matches('+'),
            json: JsonText::parse(json).ok()?,
        })
    };
    text.lines().filter_map(step).take(MOST_STEPS)
}

fn stream(aggregate_type: &str) -> StreamId {
    StreamId::new(aggregate_type, "ada").expect("both have characters")
}

fn recorded(event: EncodedEvent, stream: &StreamId, after: Version) -> RecordedEvent {
    let version = after.next();
    event
        .seal(
            EventId(Uuid::from_u128(version.0.into())),
            Timestamp::from_millis(0),
            Metadata::correlated("a conversation"),
        )
        .recorded(
            stream.clone(),
            version,
            eventloom::core::Position(version.0),
        )
}

fn foreign(step: &Step<'_>) -> EncodedEvent {
    EncodedEvent {
        event_type: step.name.to_owned().into(),
        schema_version: 1,
        data: step.json.clone(),
    }
}

/// The first byte chooses the model, the rest are steps.
///
/// Law: what `check` takes can be replayed, and what it refuses changes nothing; what was decided can
/// be replayed, and moves no amount beyond what may be.
pub fn models(bytes: &[u8]) {
    let (choice, rest) = choice(bytes);
    let aggregate_type = ["bank_account", "order", "elsewhere"][usize::from(choice) % 3];
    let text = String::from_utf8_lossy(rest);
    let model = Registry::shipped().model(aggregate_type);
    let stream = stream(aggregate_type);
    let mut instance = model.begin(&stream);
    for step in steps(&text) {
        if step.is_event {
            let event = recorded(foreign(&step), &stream, instance.version());
            let before = instance.fork();
            match (model.check(&event), instance.replay(&event)) {
                (Ok(()), Ok(())) => assert_eq!(instance.version(), event.version),
                (Err(_), Err(_)) => assert_eq!(instance.view(), before.view()),
                outcomes => panic!("{outcomes:?}"),
            }
        } else {
            let decided = instance.decide(step.name, &step.json);
            for event in decided.unwrap_or_default() {
                let event = recorded(event, &stream, instance.version());
                assert_eq!(model.check(&event), Ok(()));
                instance.replay(&event).expect("it was decided");
                amounts_are_right(&event.event_type, &*instance);
            }
        }
        assert!(!instance.measure().is_some_and(f64::is_nan));
    }
    assert_eq!(instance.fork().view(), instance.view());
}

fn amounts_are_right(event_type: &str, instance: &dyn Instance) {
    let view = instance.view();
    let amount = |key: &str| {
        view.get(key)
            .and_then(JsonValue::as_i64)
            .expect("an amount is a whole number")
    };
    match event_type {
        "MoneyDeposited" => assert!(amount("balance") <= MAX_AMOUNT),
        "MoneyWithdrawn" | "MoneyTransferredOut" => assert!(amount("balance") >= 0),
        "OrderPlaced" | "LineAdded" => assert!((1..=MAX_AMOUNT).contains(&amount("total"))),
        "OrderRefunded" => assert!(amount("refunded") <= amount("paid")),
        _ => {}
    }
}

/// The first byte chooses the model, the first line is a snapshot's state, the rest are steps.
///
/// Law: a state that was read is written and read as the same, and can be gone on with.
pub fn snapshots(bytes: &[u8]) {
    let (choice, rest) = choice(bytes);
    let text = String::from_utf8_lossy(rest);
    match choice % 2 {
        0 => resumed(BankAccount, &text),
        _ => resumed(Order, &text),
    }
}

fn resumed<A>(aggregate: A, text: &str)
where
    A: Aggregate,
    A::State: Serialize + DeserializeOwned + PartialEq + Debug,
    A::Command: DeserializeOwned,
    A::Event: PartialEq + Debug,
{
    let (state, rest) = text.split_once('\n').unwrap_or((text, ""));
    let Some(state) = JsonText::parse(state)
        .ok()
        .and_then(|json| json.read().ok())
    else {
        return;
    };
    let stream = stream(aggregate.aggregate_type());
    let mut root = AggregateRoot::at(aggregate, stream.clone(), Version(5), state);
    for step in steps(rest) {
        if step.is_event {
            let event = recorded(foreign(&step), &stream, root.version());
            let _ = root.raise_event(&event);
        } else if let Ok(command) = payload::decode(step.name, &step.json) {
            let _ = root.execute(command);
        }
    }
    let written = JsonText::of(root.state()).expect("a state has a JSON form");
    assert_eq!(
        written.read::<A::State>().expect("it was written"),
        *root.state()
    );
    for event in root.uncommitted() {
        let encoded = root.decider().encode(event).expect("it has a JSON form");
        let event_again = root
            .decider()
            .decode(&recorded(encoded, &stream, Version(5)));
        assert_eq!(event_again.as_ref(), Ok(event));
    }
}

/// Each line is what is typed into a field, `lines/0/sku=A-1`, of every command of every model.
///
/// Law: what a form takes is a command that its model can read.
pub fn forms(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for model in Registry::shipped().models() {
        let instance = model.begin(&stream(model.aggregate_type()));
        for form in model.commands() {
            let mut draft = Draft::default();
            for (path, typed) in text
                .lines()
                .take(MOST_STEPS)
                .filter_map(|l| l.split_once('='))
            {
                let list = form.fields.iter().find(|field| field.key == path);
                match list {
                    Some(field) if matches!(field.kind, Kind::List { .. }) => {
                        draft.add_item(path, &field.kind);
                    }
                    _ => draft.set(path, typed.to_owned()),
                }
            }
            if let Ok(arguments) = form.read(&draft, Some("EUR")) {
                let decided = instance.decide(form.name, &arguments);
                assert!(
                    !matches!(decided, Err(Refusal::Malformed(_))),
                    "{decided:?}"
                );
                let _: Value = arguments.read().expect("arguments are JSON");
            }
        }
    }
}
