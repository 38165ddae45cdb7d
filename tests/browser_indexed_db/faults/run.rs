//! Running a case on the store in IndexedDB and on the model, and comparing them.

use eventloom::browser::IndexedDbStore;
use eventloom::core::{
    EventId, ExpectedVersion, NewEvent, Position, RecordedEvent, Timestamp, Version,
};
use eventloom::store::conformance::Plain;
use eventloom::store::{SecondCopy, Snapshot, StoreError};

use super::copy::{self, Promised};
use super::first_layout;
use super::inject::{Injector, OF_SECOND_COPY, Plan, Tally};
use super::model::{Answer, Call, Model, Says, Seen, look, streams};
use super::operations::{Batch, Case, Expect, Operation, Read, Start, Step};
use crate::support::{all, event, fresh_name, within};

/// So long, in milliseconds, may anything take.
const PATIENCE: u32 = 30_000;

/// What is told of what took longer.
pub const NOTHING_CAME: &str = "nothing came of it in time";

/// Runs a case; what it answers where the two differ says how.
pub async fn run(case: &Case, tally: &mut Tally) -> Result<(), String> {
    let name = fresh_name();
    let injector = Injector::on(&name);
    let befell = match case.start {
        Start::Nothing => Vec::new(),
        Start::FirstLayout { events, emptied } => first_layout::make(&name, events, emptied).await,
    };
    let model = Model::of(befell).await;
    let mut run = Run {
        has_copy: case.loss.is_some(),
        store: open(
            &name,
            &injector,
            case.loss.is_some(),
            case.opening.as_ref(),
            tally,
        )
        .await?,
        name,
        injector,
        model,
        promised: Promised::default(),
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
    if let Some(loss) = &case.loss {
        let next = run.event();
        let known = (&run.model, &run.promised);
        copy::check(&run.injector, &run.name, loss, known, next, tally).await?;
    }
    // Were a connection left behind, this would be blocked.
    let deleted = IndexedDbStore::delete(&run.name).await;
    deleted.map_err(|error| format!("deleting it: {error}"))
}

/// What comes in time; what never comes is told, too.
pub async fn in_time<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let answer = within(PATIENCE, future).await;
    answer.ok_or_else(|| NOTHING_CAME.to_owned())
}

async fn open(
    name: &str,
    injector: &Injector,
    has_copy: bool,
    plan: Option<&Plan>,
    tally: &mut Tally,
) -> Result<IndexedDbStore, String> {
    let opening = async || match has_copy {
        true => IndexedDbStore::open_with_second_copy(name).await,
        false => IndexedDbStore::open(name).await,
    };
    if let Some(plan) = plan {
        injector.arm(plan);
    }
    let opened = in_time(opening()).await?;
    let met = injector.lift().await;
    let mut may_fail = false;
    if let (Some(plan), true) = (plan, met) {
        tally.count(plan.fault);
        may_fail = !OF_SECOND_COPY.contains(&plan.fault.0);
    }
    match opened {
        Ok(store) => Ok(store),
        Err(_) if may_fail => {
            let again = in_time(opening()).await?;
            again.map_err(|error| format!("opening it again: {error}"))
        }
        Err(error) => Err(format!("opening it: {error}")),
    }
}

struct Run {
    name: String,
    injector: Injector,
    model: Model,
    has_copy: bool,
    promised: Promised,
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
                self.store = self.open(plan, tally).await?;
                if plan.is_some_and(|plan| self.may_be_anew(plan)) {
                    let model = self.model.of_log().await;
                    if saw(look(&self.store).await)? == saw(look(&model.store).await)? {
                        self.model = model;
                    }
                }
                return self.agrees("after it was opened again").await;
            }
            Operation::AppendElsewhere(_) => {
                if self.elsewhere.is_none() {
                    // It may find nothing, and wait for the one who may know of more.
                    self.injector.hurry();
                    self.elsewhere = Some(self.open(None, tally).await?);
                }
                self.elsewhere.clone().unwrap()
            }
            _ => self.store.clone(),
        };
        let calls = self.calls(&step.what).await;
        if let Some(plan) = plan {
            self.injector.arm(plan);
        }
        let answers = in_time(all(calls.iter().map(|call| on(&store, call)))).await;
        let met = self.injector.lift().await;
        let answers = answers.map_err(|told| format!("{calls:?}: {told}"))?;
        if let (Some(plan), true) = (plan, met) {
            tally.count(plan.fault);
            return self.settle(&store, plan, &calls, &answers).await;
        }
        let before = self.model.calls();
        for (call, (answer, _)) in calls.iter().zip(&answers) {
            let right = self.model.take(call).await;
            is(call, answer, &right)?;
        }
        self.promise(before, u32::MAX, &answers, true);
        Ok(())
    }

    async fn open(&self, plan: Option<&Plan>, tally: &mut Tally) -> Result<IndexedDbStore, String> {
        open(&self.name, &self.injector, self.has_copy, plan, tally).await
    }

    /// Notes what these answers promise of the second copy, to calls of which these were taken, one
    /// bit each.
    fn promise(&mut self, before: usize, taken: u32, answers: &[Acknowledged], is_noted: bool) {
        let mut count = before;
        for (number, (answer, is_copied)) in answers.iter().enumerate() {
            count += usize::from(taken & 1 << number != 0);
            if !answer.acknowledges() {
                continue;
            }
            if is_noted {
                self.promised.noted.push(count);
            }
            // Nobody waits for the copy of an import.
            if *is_copied && !matches!(answer, Answer::Imported(_)) {
                self.promised.copied = count;
            }
        }
    }

    /// Finds out what became of calls that met a fault, and that it is one of what may have.
    async fn settle(
        &mut self,
        store: &IndexedDbStore,
        plan: &Plan,
        calls: &[Call],
        acknowledged: &[Acknowledged],
    ) -> Result<(), String> {
        let answers: Vec<Answer> = acknowledged
            .iter()
            .map(|(answer, _)| answer.clone())
            .collect();
        let answers = &answers[..];
        let is_of_copy = OF_SECOND_COPY.contains(&plan.fault.0);
        if is_of_copy && answers.iter().any(|answer| answer.says() != Says::Answered) {
            return Err(format!(
                "the second copy alone failed: {calls:?} answered {answers:?}"
            ));
        }
        if answers.iter().any(Answer::tells_of_damage) {
            return Err(format!(
                "nothing is damaged: {calls:?} answered {answers:?}"
            ));
        }
        let seen = saw(look(store).await)?;
        let mut tried = Vec::new();
        let mut found = None;
        let count = 1_u32 << calls.len();
        let ways = (0..count).map(|taken| (taken, false));
        let anew = (0..count).map(|taken| (taken, true));
        for (taken, is_anew) in ways.chain(anew.filter(|_| self.may_be_anew(plan))) {
            let Some(mut model) = self.if_taken(calls, answers, taken).await else {
                continue;
            };
            if is_anew {
                model = model.of_log().await;
            }
            let right = saw(look(&model.store).await)?;
            tried.push(right.summary());
            if right == seen {
                found = Some((model, taken));
                break;
            }
        }
        let before = self.model.calls();
        let (model, taken) = found.ok_or_else(|| {
            format!(
                "{calls:?} answered {answers:?}; there are {}, and not one of {tried:?}",
                seen.summary()
            )
        })?;
        self.model = model;
        self.promise(before, taken, acknowledged, plan.fault.0 != "sentinel");
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
                let again = in_time(on(store, call)).await?;
                let before = self.model.calls();
                let right = self.model.take(call).await;
                is(call, &again.0, &right)?;
                self.promise(before, u32::MAX, &[again], true);
            }
        }
        Ok(())
    }

    /// Whether the store may have made the database anew from its second copy, without what is kept
    /// beside the log: so it does where the browser can't read its own files.
    fn may_be_anew(&self, plan: &Plan) -> bool {
        let (kind, way) = plan.fault;
        self.has_copy && plan.lasting && kind == "open" && way.contains("UnknownError")
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
        let head = self.model.store.version_of(&streams()[stream]).await;
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
        let last = self.model.store.end().await.unwrap();
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

/// What a call answered, and whether the second copy said then that it keeps up.
type Acknowledged = (Answer, bool);

async fn on(store: &IndexedDbStore, call: &Call) -> Acknowledged {
    let answer = match call {
        // Without asking for the history first: of several at once, the first asked for is the first.
        Call::Append(stream, expected, events) => {
            let appended = store.append_as_it_is(stream, *expected, events).await;
            Answer::Appended(appended.map(|appended| appended.place))
        }
        _ => call.on(store).await,
    };
    (answer, store.second_copy() == Some(SecondCopy::Kept))
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

pub fn saw(seen: Result<Seen, StoreError>) -> Result<Seen, String> {
    seen.map_err(|error| format!("reading all of it: {error}"))
}
