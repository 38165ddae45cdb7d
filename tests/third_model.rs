//! A model of one's own in one file: a library lends a book. At the end, the page's view of it:
//! driven by name and JSON, shown at any version, without a line of code for the screen.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use eventloom::core::{
    Aggregate, Decider, DecodeError, EncodedEvent, InvalidJson, RecordedEvent, payload,
};
use eventloom::model::{CommandForm, Described, Field, Glyph, Kind, Look};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy)]
struct BookLoan;

#[derive(Clone, Deserialize)]
enum Command {
    Lend {
        reader: String,
        days: u32,
    },
    #[serde(rename = "Take back")]
    TakeBack,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    BookLent { reader: String, days: u32 },
    BookTakenBack,
}

#[derive(Clone, Default, Serialize)]
struct Loan {
    reader: Option<String>,
    days: u32,
    readers_so_far: u32,
}

#[derive(Debug, thiserror::Error)]
enum Rejection {
    #[error("{reader} has the book for {days} days; take it back first.")]
    LentAlready { reader: String, days: u32 },
    #[error("Nobody has the book; it stands on its shelf.")]
    NotLent,
}

impl Decider for BookLoan {
    type Command = Command;
    type Event = Event;
    type State = Loan;
    type Rejection = Rejection;

    fn initial_state(&self) -> Loan {
        Loan::default()
    }

    fn decide(&self, loan: &Loan, command: Command) -> Result<Vec<Event>, Rejection> {
        match (loan.reader.clone(), command) {
            (None, Command::Lend { reader, days }) => Ok(vec![Event::BookLent { reader, days }]),
            (Some(reader), Command::Lend { .. }) => {
                let days = loan.days;
                Err(Rejection::LentAlready { reader, days })
            }
            (Some(_), Command::TakeBack) => Ok(vec![Event::BookTakenBack]),
            (None, Command::TakeBack) => Err(Rejection::NotLent),
        }
    }

    fn evolve(&self, loan: &mut Loan, event: &Event) {
        match event {
            Event::BookLent { reader, days } => {
                (loan.reader, loan.days) = (Some(reader.clone()), *days);
                loan.readers_so_far += 1;
            }
            Event::BookTakenBack => (loan.reader, loan.days) = (None, 0),
        }
    }
}

impl Aggregate for BookLoan {
    fn aggregate_type(&self) -> &str {
        "book_loan"
    }

    fn encode(&self, event: &Event) -> Result<EncodedEvent, InvalidJson> {
        payload::encode(event, 1)
    }

    fn decode(&self, event: &RecordedEvent) -> Result<Event, DecodeError> {
        payload::decode(&event.event_type, &event.data)
    }
}

const READER: Kind = Kind::Text {
    min: 1,
    max: 100,
    default: "Ada Byron",
};

const DAYS: Kind = Kind::Integer {
    min: 1,
    max: 60,
    default: 28,
};

const COMMANDS: &[CommandForm] = &[
    CommandForm {
        name: "Lend",
        summary: "Gives the book to a reader.",
        fields: &[
            Field::new("reader", "Reader", READER),
            Field::new("days", "Days", DAYS),
        ],
    },
    CommandForm {
        name: "Take back",
        summary: "Puts the book on its shelf again.",
        fields: &[],
    },
];

const LOOKS: &[(&str, Look)] = &[
    ("BookLent", Look::new(1, Glyph::Up)),
    ("BookTakenBack", Look::new(2, Glyph::Down)),
];

/// All that the page needs to offer it: `Registry::new([Rc::new(book_loan())])`.
fn book_loan() -> Described<BookLoan> {
    Described {
        aggregate: BookLoan,
        title: "Book loan",
        commands: COMMANDS,
        looks: LOOKS,
        money_keys: &[],
        measure: ("days", |loan| f64::from(loan.days)),
    }
}

// --- what the page makes of it ----------------------------------------------------------------

use std::rc::Rc;

use eventloom::core::scenario::given;
use eventloom::core::{
    ExpectedVersion, IdSource, JsonText, JsonValue, Metadata, SequentialIds, StreamId, Version,
};
use eventloom::model::{Draft, Model, Refusal, Registry};
use eventloom::store::MemoryStore;
use eventloom::store::conformance::Plain;
use eventloom::timeline::{Change, Path, Timeline};
use pollster::block_on;
use serde_json::{Value, json};
use support::{TIME, stream};

fn lent_to(reader: &str) -> Event {
    Event::BookLent {
        reader: reader.into(),
        days: 28,
    }
}

fn lend_to(reader: &str) -> Command {
    Command::Lend {
        reader: reader.into(),
        days: 28,
    }
}

/// What the page does: it finds the model by name, decides a command by name and JSON on the
/// head, appends what comes of it, and extends the timeline.
struct Page {
    store: MemoryStore,
    ids: SequentialIds,
    timeline: Timeline,
}

impl Page {
    fn at(stream: StreamId) -> Page {
        let registry = Registry::new([Rc::new(book_loan()) as Rc<dyn Model>]);
        Page {
            store: MemoryStore::new(),
            ids: SequentialIds::default(),
            timeline: Timeline::new(registry.model(stream.aggregate_type()), stream),
        }
    }

    /// Submits the form of a command with these fields typed into it.
    fn submit(&mut self, command: &str, typed: &[(&str, &str)]) -> Result<(), Refusal> {
        let model = Rc::clone(self.timeline.model());
        let form = model.commands().iter().find(|form| form.name == command);
        let mut draft = Draft::default();
        for (path, text) in typed {
            draft.set(path, (*text).to_owned());
        }
        let arguments: JsonText = form.unwrap().read(&draft, None).unwrap();
        let batch: Vec<_> = self
            .timeline
            .decide(command, &arguments)?
            .into_iter()
            .map(|event| event.seal(self.ids.next_id(TIME), TIME, Metadata::default()))
            .collect();
        let expected = ExpectedVersion::Exact(self.timeline.head());
        let append = self.store.record(self.timeline.stream(), expected, &batch);
        self.timeline.extend(block_on(append).unwrap()).unwrap();
        Ok(())
    }
}

#[test]
fn its_rules_are_tested_as_given_when_then() {
    given(BookLoan, [])
        .when(lend_to("Ada"))
        .then([lent_to("Ada")]);
    given(BookLoan, [lent_to("Ada")])
        .when(Command::TakeBack)
        .then([Event::BookTakenBack]);
    given(BookLoan, [lent_to("Ada"), Event::BookTakenBack])
        .when(Command::TakeBack)
        .then_rejected("Nobody has the book; it stands on its shelf.");
}

#[test]
fn its_forms_and_states_are_driven_and_shown_by_name_alone() {
    let mut page = Page::at(stream("book_loan", "middlemarch"));
    page.submit("Lend", &[]).unwrap();
    page.submit("Take back", &[]).unwrap();
    page.submit("Lend", &[("reader", "Grace Hopper"), ("days", "14")])
        .unwrap();

    let timeline = &page.timeline;
    let shown = |version| timeline.state_at(Version(version));
    let state = |reader: Option<&str>, days: u32, readers: u32| {
        JsonValue::from(json!({"reader": reader, "days": days, "readers_so_far": readers}))
    };
    assert_eq!(shown(0), state(None, 0, 0));
    assert_eq!(shown(1), state(Some("Ada Byron"), 28, 1));
    assert_eq!(shown(2), state(None, 0, 1));
    assert_eq!(shown(3), state(Some("Grace Hopper"), 14, 2));
    assert_eq!(
        timeline.measures(),
        [Some(0.0), Some(28.0), Some(0.0), Some(14.0)]
    );
    let change = |key: &str, old: Value, new: Value| Change::Changed {
        path: Path::of([key]),
        old: old.into(),
        new: new.into(),
    };
    assert_eq!(
        timeline.changes_at(Version(2)),
        [
            change("reader", json!("Ada Byron"), json!(null)),
            change("days", json!(28), json!(0)),
        ]
    );
}

#[test]
fn its_refusals_reach_the_page_in_its_own_words() {
    let mut page = Page::at(stream("book_loan", "middlemarch"));
    page.submit("Lend", &[]).unwrap();
    let refusal = page.submit("Lend", &[("reader", "Grace")]).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "Ada Byron has the book for 28 days; take it back first."
    );
    assert_eq!(page.timeline.head(), Version(1));
}

#[test]
fn its_events_are_kept_under_their_names_and_drawn_as_it_says() {
    let mut page = Page::at(stream("book_loan", "middlemarch"));
    page.submit("Lend", &[]).unwrap();
    page.submit("Take back", &[]).unwrap();
    let kept: Vec<_> = page
        .timeline
        .events()
        .iter()
        .map(|event| (event.event_type.as_str(), event.data.as_str()))
        .collect();
    assert_eq!(
        kept,
        [
            ("BookLent", r#"{"reader":"Ada Byron","days":28}"#),
            ("BookTakenBack", "{}"),
        ]
    );
    let model = page.timeline.model();
    assert_eq!(model.title(), "Book loan");
    assert_eq!(model.look("BookLent"), Look::new(1, Glyph::Up));
    assert_eq!(model.look("BookTakenBack"), Look::new(2, Glyph::Down));
}
