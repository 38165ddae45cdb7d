//! What is done in a case, drawn at random.

use proptest::prelude::*;
use proptest::sample::select;

use super::inject::{OF_SECOND_COPY, Plan, faults_of};

#[derive(Clone, Debug)]
pub struct Case {
    pub start: Start,
    /// What befalls the opening.
    pub opening: Option<Plan>,
    /// What the clock goes on by with each event, in milliseconds: it may stand still or run back.
    pub tick: i64,
    pub steps: Vec<Step>,
    /// Where there is a second copy: how it ends.
    pub loss: Option<Loss>,
}

/// In the end the browser deletes the database.
#[derive(Clone, Debug)]
pub struct Loss {
    /// What befalls the opening after it.
    pub opening: Option<Plan>,
}

#[derive(Clone, Debug)]
pub enum Start {
    Nothing,
    /// A database of the first layout.
    FirstLayout {
        events: u64,
        emptied: bool,
    },
}

#[derive(Clone, Debug)]
pub struct Step {
    pub what: Operation,
    pub plan: Option<Plan>,
    /// Whether every connection was lost just before.
    pub lost_before: bool,
}

#[derive(Clone, Debug)]
pub enum Operation {
    /// All at once, none waiting for the one before it.
    Append(Vec<Batch>),
    /// The batch that was appended last, as it was.
    Again,
    /// By another tab.
    AppendElsewhere(Batch),
    Import {
        events: u64,
        streams: u64,
        stale: bool,
    },
    Read(Read),
    KeepSnapshot {
        stream: usize,
    },
    KeepCheckpoint {
        position: u64,
    },
    Reset,
    Reopen,
}

#[derive(Clone, Debug)]
pub struct Batch {
    pub stream: usize,
    pub expected: Expect,
    pub events: u64,
}

#[derive(Clone, Copy, Debug)]
pub enum Expect {
    Any,
    NoStream,
    StreamExists,
    Right,
    Stale,
}

#[derive(Clone, Debug)]
pub enum Read {
    Stream {
        stream: usize,
        after: u64,
        limit: usize,
    },
    All {
        after: u64,
        limit: usize,
    },
    Streams,
    Head {
        stream: usize,
    },
    LastPosition,
    Snapshot {
        stream: usize,
    },
    Checkpoint,
}

fn stream() -> impl Strategy<Value = usize> {
    0..3_usize
}

fn batch() -> impl Strategy<Value = Batch> {
    let expected = prop_oneof![
        3 => Just(Expect::Any),
        1 => Just(Expect::NoStream),
        1 => Just(Expect::StreamExists),
        5 => Just(Expect::Right),
        1 => Just(Expect::Stale),
    ];
    // Up to 16 events are readable in their segment, more are packed, more than 256 laid out in pages.
    let events = prop_oneof![30 => 1..=3_u64, 9 => 4..=40_u64, 1 => 257..=300_u64];
    (stream(), expected, events).prop_map(|(stream, expected, events)| Batch {
        stream,
        expected,
        events,
    })
}

fn read() -> impl Strategy<Value = Read> {
    prop_oneof![
        1 => (stream(), 0..20_u64, 1..60_usize).prop_map(|(stream, after, limit)| Read::Stream {
            stream,
            after,
            limit
        }),
        1 => (0..40_u64, 1..400_usize).prop_map(|(after, limit)| Read::All { after, limit }),
        1 => Just(Read::Streams),
        1 => stream().prop_map(|stream| Read::Head { stream }),
        1 => Just(Read::LastPosition),
        2 => stream().prop_map(|stream| Read::Snapshot { stream }),
        2 => Just(Read::Checkpoint),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    // Up to 256 events of an import stand in their segment, more are laid out in pages.
    let imported = prop_oneof![1 => Just(0_u64), 4 => 1..=40_u64, 2 => 257..=600_u64];
    let stale = prop::bool::weighted(0.1);
    prop_oneof![
        4 => batch().prop_map(|batch| Operation::Append(vec![batch])),
        3 => prop::collection::vec(batch(), 2..=3).prop_map(Operation::Append),
        2 => Just(Operation::Again),
        2 => batch().prop_map(Operation::AppendElsewhere),
        3 => (imported, 1..=3_u64, stale).prop_map(|(events, streams, stale)| {
            Operation::Import { events, streams, stale }
        }),
        3 => read().prop_map(Operation::Read),
        2 => stream().prop_map(|stream| Operation::KeepSnapshot { stream }),
        2 => (0..100_u64).prop_map(|position| Operation::KeepCheckpoint { position }),
        4 => Just(Operation::Reset),
        2 => Just(Operation::Reopen),
    ]
}

/// The kinds of steps that an operation can come to.
fn kinds(operation: &Operation) -> &'static [&'static str] {
    match operation {
        Operation::Append(_) | Operation::Again | Operation::AppendElsewhere(_) => {
            &["transaction", "object store", "get all", "add", "commit"]
        }
        Operation::Import { .. } => &["transaction", "object store", "get all", "add", "commit"],
        Operation::Read(Read::Snapshot { .. } | Read::Checkpoint) => {
            &["transaction", "object store", "get"]
        }
        Operation::Read(_) => &["transaction", "object store", "get all"],
        Operation::KeepSnapshot { .. } => {
            &["transaction", "object store", "snapshot put", "commit"]
        }
        Operation::KeepCheckpoint { .. } => {
            &["transaction", "object store", "checkpoint put", "commit"]
        }
        Operation::Reset => &[
            "transaction",
            "object store",
            "get all",
            "get all keys",
            "add",
            "clear",
            "commit",
        ],
        Operation::Reopen => &["open"],
    }
}

/// The kinds of steps in the second copy that an operation can come to.
fn copy_kinds(operation: &Operation) -> &'static [&'static str] {
    match operation {
        Operation::Append(_) | Operation::Again | Operation::AppendElsewhere(_) => {
            &["journal write", "journal flush", "sentinel"]
        }
        Operation::Import { .. } => &["journal write", "sentinel"],
        Operation::Read(_) | Operation::KeepSnapshot { .. } | Operation::KeepCheckpoint { .. } => {
            &[]
        }
        Operation::Reset => &[
            "journal write",
            "journal truncate",
            "journal flush",
            "sentinel",
        ],
        Operation::Reopen => OF_SECOND_COPY,
    }
}

/// A plan of these kinds, or rather of those.
fn plan_of(kinds: &[&str], rather: &[&str]) -> BoxedStrategy<Option<Plan>> {
    match rather.is_empty() {
        true => plan(kinds).boxed(),
        false => prop_oneof![1 => plan(kinds), 3 => plan(rather)].boxed(),
    }
}

fn plan(kinds: &[&str]) -> impl Strategy<Value = Option<Plan>> + use<> {
    let nth = prop_oneof![6 => Just(0_u32), 2 => Just(1), 1 => Just(2), 1 => Just(3)];
    let plan = (select(faults_of(kinds)), nth, prop::bool::weighted(0.2));
    prop::option::weighted(
        0.8,
        plan.prop_map(|(fault, nth, lasting)| Plan {
            fault,
            nth,
            lasting,
        }),
    )
}

fn step(copied: bool) -> impl Strategy<Value = Step> {
    (operation(), prop::bool::weighted(0.1)).prop_flat_map(move |(what, lost_before)| {
        let (mut own, mut of_copy) = (kinds(&what).to_vec(), Vec::new());
        if copied {
            of_copy.extend(copy_kinds(&what));
        }
        if lost_before {
            own.push("open");
        }
        if lost_before && copied {
            of_copy.extend(["opening lock", "journal read"]);
        }
        let plan = plan_of(&own, &of_copy);
        (Just(what), plan, Just(lost_before)).prop_map(|(what, plan, lost_before)| Step {
            what,
            plan,
            lost_before,
        })
    })
}

const NEW: &[&str] = &["open", "upgrade", "upgrade commit"];

fn start(of_copy: &'static [&'static str]) -> impl Strategy<Value = (Start, Option<Plan>)> {
    const MOVED: &[&str] = &["migration read", "migration write", "migration commit"];
    let nothing = plan_of(NEW, of_copy).prop_map(|plan| (Start::Nothing, plan));
    let events = prop_oneof![2 => 0..=5_u64, 1 => 250..=600_u64];
    let moved = plan_of(&[NEW, MOVED, MOVED].concat(), of_copy);
    let first = (events, any::<bool>(), moved);
    let first =
        first.prop_map(|(events, emptied, plan)| (Start::FirstLayout { events, emptied }, plan));
    prop_oneof![2 => nothing, 1 => first]
}

fn loss() -> impl Strategy<Value = Loss> {
    const BROUGHT_BACK: &[&str] = &[
        "transaction",
        "object store",
        "get",
        "get all",
        "add",
        "commit",
    ];
    let plan = plan_of(&[NEW, BROUGHT_BACK].concat(), OF_SECOND_COPY);
    // Nothing befalls half of them: then all is told as it has to be.
    prop::option::of(plan).prop_map(|plan| Loss {
        opening: plan.flatten(),
    })
}

fn case_with(copied: bool) -> impl Strategy<Value = Case> {
    let tick = prop_oneof![Just(0_i64), Just(-1_000), Just(1)];
    let steps = prop::collection::vec(step(copied), 1..=7);
    let (start, loss) = match copied {
        true => (start(OF_SECOND_COPY).boxed(), loss().prop_map(Some).boxed()),
        false => (start(&[]).boxed(), Just(None).boxed()),
    };
    (start, tick, steps, loss).prop_map(|((start, opening), tick, steps, loss)| Case {
        start,
        opening,
        tick,
        steps,
        loss,
    })
}

/// One in five has a second copy: these take longer.
pub fn case() -> impl Strategy<Value = Case> {
    prop_oneof![4 => case_with(false), 1 => case_with(true)]
}
