//! Running a case on the store in IndexedDB and on the model, and comparing them.

use eventloom::browser::IndexedDbStore;
use eventloom::core::{
    EventId, ExpectedVersion, NewEvent, Position, RecordedEvent, Timestamp, Version,
};
use eventloom::store::{EventStore, Snapshot, StoreError};

use super::first_layout;
use super::inject::{Injector, Plan, Tally};
use super::model::{Answer, Call, Model, Says, Seen, look, streams};
use super::operations::{Batch, Case, Expect, Operation, Read, Start, Step};
use crate::support::{all, event, fresh_name};

/// Runs a case; what it answers where the two differ says how.
pub async fn run(case: &Case, tally: &mut Tally) -> Result<(), String> {
    let name = fresh_name();
    let injector = Injector::on(&name);
    let befell = match case.start {
        Start::Nothing => Vec::new(),
        Start::FirstLayout { events, emptied } => first_layout::make(&name, events, emptied).await,
    };
    let model = Model::of(befell).await;
    let store = open(&name, &injector, case.opening.as_ref(), tally).await?;
    let mut run = Run {
        name,
        injector,
        model,
        store,
        elsewhere: None,
        last: None,
        next: 1_000,
        now: 1_767_603_602_007,
        tick: case.tick,
    };
    run.agrees("after it was opened").await?;
    for (number, step) in case.steps.iter().enumerate() {
        let told = run.step(step, tally).await;
        told.map_err(|told| format!("step {number}: {told}"))?;
    }
    run.agrees("in the end").await?;
    run.store.close();
    if let Some(store) = &run.elsewhere {
        store.close();
    }
    // Were a connection left behind, this would be blocked.
    let deleted = IndexedDbStore::delete(&run.name).await;
    deleted.map_err(|error| format!("deleting it: {error}"))
}

async fn open(
    name: &str,
    injector: &Injector,
    plan: Option<&Plan>,
    tally: &mut Tally,
) -> Result<IndexedDbStore, String> {
    if let Some(plan) = plan {
        injector.arm(plan);
    }
    let opened = IndexedDbStore::open(name).await;
    let met = injector.lift();
    if let (Some(plan), true) = (plan, met) {
        tally.count(plan.fault);
    }
    match opened {
        Ok(store) => Ok(store),
        Err(_) if met => {
            let again = IndexedDbStore::open(name).await;
            again.map_err(|error| format!("opening it again: {error}"))
        }
        Err(error) => Err(format!("opening it: {error}")),
    }
}

struct Run {
    name: String,
    injector: Injector,
    model: Model,
    store: IndexedDbStore,
    elsewhere: Option<IndexedDbStore>,
    /// The append that was asked for last.
    last: Option<Call>,
    /// The number of the next event.
    next: u64,
    /// What the clock shows, in milliseconds.
    now: i64,
    tick: i64,
}

impl Run {
    async fn step(&mut self, step: &Step, tally: &mut Tally) -> Result<(), String> {
        if step.lost_before {
            self.injector.lose();
        }
        let plan = step.plan.as_ref();
        let store = match step.what {
            Operation::Reopen => {
                self.store.close();
                self.store = open(&self.name, &self.injector, plan, tally).await?;
                return self.agrees("after it was opened again").await;
            }
            Operation::AppendElsewhere(_) => {
                if self.elsewhere.is_none() {
                    self.elsewhere = Some(open(&self.name, &self.injector, None, tally).await?);
                }
                self.elsewhere.clone().unwrap()
            }
            _ => self.store.clone(),
        };
        let calls = self.calls(&step.what).await;
        if let Some(plan) = plan {
            self.injector.arm(plan);
        }
        let answers = all(calls.iter().map(|call| call.on(&store))).await;
        let met = self.injector.lift();
        if let (Some(plan), true) = (plan, met) {
            tally.count(plan.fault);
            return self.settle(&store, &calls, &answers).await;
        }
        for (call, answer) in calls.iter().zip(&answers) {
            let right = self.model.take(call).await;
            is(call, answer, &right)?;
        }
        Ok(())
    }

    /// Finds out what became of calls that met a fault, and that it is one of what may have.
    async fn settle(
        &mut self,
        store: &IndexedDbStore,
        calls: &[Call],
        answers: &[Answer],
    ) -> Result<(), String> {
        if answers.iter().any(Answer::tells_of_damage) {
            return Err(format!(
                "nothing is damaged: {calls:?} answered {answers:?}"
            ));
        }
        let seen = saw(look(store).await)?;
        let mut tried = Vec::new();
        let mut found = None;
        for taken in 0..1_u32 << calls.len() {
            let Some(model) = self.if_taken(calls, answers, taken).await else {
                continue;
            };
            let right = saw(look(&model.store).await)?;
            tried.push(right.summary());
            if right == seen {
                found = Some(model);
                break;
            }
        }
        self.model = found.ok_or_else(|| {
            format!(
                "{calls:?} answered {answers:?}; there are {}, and not one of {tried:?}",
                seen.summary()
            )
        })?;
        if self.elsewhere.is_some() {
            self.agrees("to the other tab after a fault").await?;
        }
        let fresh = IndexedDbStore::open(&self.name).await;
        let fresh = fresh.map_err(|error| format!("opening it afresh: {error}"))?;
        let seen_afresh = saw(look(&fresh).await)?;
        fresh.close();
        same("to who opens it after a fault", &seen_afresh, &seen)?;
        // The same again, without a fault.
        for (call, answer) in calls.iter().zip(answers) {
            if answer.says() != Says::Answered {
                let again = call.on(store).await;
                let right = self.model.take(call).await;
                is(call, &again, &right)?;
            }
        }
        Ok(())
    }

    /// The model, had these of the calls been taken, one bit each; none where the answers say that
    /// it was otherwise.
    async fn if_taken(&self, calls: &[Call], answers: &[Answer], taken: u32) -> Option<Model> {
        let mut model = self.model.again().await;
        for (number, (call, answer)) in calls.iter().zip(answers).enumerate() {
            let is_taken = taken & 1 << number != 0;
            match (answer.says(), is_taken) {
                (Says::Answered, false) | (Says::NothingWritten, true) => return None,
                (Says::NothingWritten, false) | (Says::Unknown, false) => {}
                (Says::Unknown, true) => {
                    model.take(call).await;
                }
                (Says::Answered, true) => {
                    if model.take(call).await != *answer {
                        return None;
                    }
                }
            }
        }
        Some(model)
    }

    async fn agrees(&self, when: &str) -> Result<(), String> {
        let seen = saw(look(&self.store).await)?;
        let right = saw(look(&self.model.store).await)?;
        same(when, &seen, &right)
    }

    async fn head(&self, stream: usize) -> Version {
        let head = self.model.store.head(&streams()[stream]).await;
        head.unwrap()
    }

    fn event(&mut self) -> NewEvent {
        let mut event = event(self.next);
        event.timestamp = Timestamp::from_millis(self.now);
        self.next += 1;
        self.now += self.tick;
        event
    }

    async fn append(&mut self, batch: &Batch, ahead: u64) -> Call {
        let head = Version(self.head(batch.stream).await.0 + ahead);
        let expected = match batch.expected {
            Expect::Any => ExpectedVersion::Any,
            Expect::NoStream => ExpectedVersion::NoStream,
            Expect::StreamExists => ExpectedVersion::StreamExists,
            Expect::Right => ExpectedVersion::Exact(head),
            Expect::Stale if head == Version::NONE => ExpectedVersion::Exact(Version(3)),
            Expect::Stale => ExpectedVersion::Exact(Version(head.0 - 1)),
        };
        let events = (0..batch.events).map(|_| self.event()).collect();
        let call = Call::Append(streams()[batch.stream].clone(), expected, events);
        self.last = Some(call.clone());
        call
    }

    async fn import(&mut self, count: u64, among: u64, stale: bool) -> Call {
        let last = self.model.store.last_position().await.unwrap();
        let mut heads = Vec::new();
        for stream in 0..3 {
            heads.push(self.head(stream).await);
        }
        let events = (0..count).map(|number| {
            let stream = (number % among) as usize;
            heads[stream] = heads[stream].next();
            let position = Position(last.0 + number + 1);
            self.event()
                .recorded(streams()[stream].clone(), heads[stream], position)
        });
        let events: Vec<RecordedEvent> = events.collect();
        Call::Import(Position(last.0 + u64::from(stale)), events)
    }

    async fn calls(&mut self, operation: &Operation) -> Vec<Call> {
        match operation {
            Operation::Append(batches) => {
                let mut calls = Vec::new();
                let mut ahead = [0; 3];
                for batch in batches {
                    calls.push(self.append(batch, ahead[batch.stream]).await);
                    if matches!(batch.expected, Expect::Any | Expect::Right) {
                        ahead[batch.stream] += batch.events;
                    }
                }
                calls
            }
            Operation::AppendElsewhere(batch) => vec![self.append(batch, 0).await],
            Operation::Again => self.last.clone().into_iter().collect(),
            Operation::Import {
                events,
                streams,
                stale,
            } => vec![self.import(*events, *streams, *stale).await],
            Operation::Read(read) => vec![self.read(read)],
            Operation::KeepSnapshot { stream } => {
                let state = self.event().data;
                vec![Call::KeepSnapshot(Snapshot {
                    stream: streams()[*stream].clone(),
                    version: self.head(*stream).await,
                    event_id: EventId(uuid::Uuid::from_u128(u128::from(self.next))),
                    schema: 1,
                    state,
                })]
            }
            Operation::KeepCheckpoint { position } => {
                vec![Call::KeepCheckpoint(Position(*position))]
            }
            Operation::Reset => vec![Call::Reset],
            Operation::Reopen => Vec::new(),
        }
    }

    fn read(&self, read: &Read) -> Call {
        let stream = |stream: usize| streams()[stream].clone();
        match *read {
            Read::Stream {
                stream: of,
                after,
                limit,
            } => Call::ReadStream(stream(of), Version(after), limit),
            Read::All { after, limit } => Call::ReadAll(Position(after), limit),
            Read::Streams => Call::Streams(2),
            Read::Head { stream: of } => Call::Head(stream(of)),
            Read::LastPosition => Call::LastPosition,
            Read::Snapshot { stream: of } => Call::Snapshot(stream(of)),
            Read::Checkpoint => Call::Checkpoint,
        }
    }
}

fn is(call: &Call, answer: &Answer, right: &Answer) -> Result<(), String> {
    match answer == right {
        true => Ok(()),
        false => Err(format!("{call:?} answered {answer:?} and not {right:?}")),
    }
}

fn same(when: &str, seen: &Seen, right: &Seen) -> Result<(), String> {
    match seen == right {
        true => Ok(()),
        false => Err(format!(
            "{when}: there are {}, and not {}",
            seen.summary(),
            right.summary()
        )),
    }
}

fn saw(seen: Result<Seen, StoreError>) -> Result<Seen, String> {
    seen.map_err(|error| format!("reading all of it: {error}"))
}
