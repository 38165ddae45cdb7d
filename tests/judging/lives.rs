//! Lives of a small store: what befalls its copies, drawn at random.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// A segment: its number, and the event in it, or none where it empties the store.
type Segment = (u64, Option<u32>);

/// What befalls a store.
#[derive(Clone, Debug)]
enum Step {
    Append,
    Reset,
    /// Closed and opened again; whether the journal and local storage can be asked.
    Open {
        journal: bool,
        storage: bool,
    },
    /// The database loses its last segments, or all of them with what says which store it is, and is
    /// opened again.
    LoseDatabase {
        keep: usize,
        journal: bool,
        storage: bool,
    },
    /// The journal loses its last segments, and the store is opened again.
    LoseJournal {
        keep: usize,
        journal: bool,
    },
    /// The browser writes local storage late: what was noted since the last opening is gone.
    ForgetNoted,
}

#[derive(Clone, Debug, Default)]
struct World {
    next_event: u32,
    next_store: u128,
    log: Vec<Segment>,
    store: Option<Uuid>,
    doubted_after: Option<u64>,
    before: u64,
    journal: Vec<Segment>,
    journal_store: Uuid,
    noted: Option<Noted>,
    noted_before: Option<Noted>,
    /// Whether the journal and local storage are kept by who has it open.
    keeps: (bool, bool),
    aside: Vec<Vec<Segment>>,
    /// Events that were acknowledged while the journal was kept, or not.
    acknowledged: BTreeSet<u32>,
    /// Events of which a copy that could be asked has none any more, as was told or emptied.
    gone: BTreeSet<u32>,
}

fn last(log: &[Segment]) -> u64 {
    log.last().map_or(0, |(number, _)| *number)
}

fn events(log: &[Segment]) -> Vec<u32> {
    log.iter().filter_map(|(_, event)| *event).collect()
}

fn emptied(log: &[Segment]) -> u64 {
    log.iter()
        .filter(|(_, event)| event.is_none())
        .map(|(number, _)| *number)
        .max()
        .unwrap_or(0)
}

impl World {
    fn add(&mut self, event: Option<u32>) {
        let number = last(&self.log) + 1;
        if event.is_none() {
            self.gone.extend(events(&self.log));
            self.log.clear();
        }
        self.log.push((number, event));
        if self.keeps.0 {
            if event.is_none() {
                self.journal.clear();
            }
            self.journal.push((number, event));
        }
        if self.keeps.1 {
            self.noted = Some(Noted {
                store: self.store.unwrap_or_default(),
                segment: number,
                position: Position(number),
                events: events(&self.log).len() as u64,
                before: self.before,
                emptied: Some(emptied(&self.log))
                    .filter(|number| self.doubted_after.is_none_or(|after| *number <= after))
                    .unwrap_or(0),
            });
        }
    }

    fn open(&mut self, can_ask_journal: bool, can_ask_storage: bool, knows: bool) {
        let agreed = self.agreed();
        let after = |agreed: u64| {
            let beyond = self.journal.iter().filter(|(number, _)| *number > agreed);
            beyond.filter(|(_, event)| event.is_some()).count() as u64
        };
        let held = Journal {
            store: self.journal_store,
            segment: last(&self.journal),
            events: events(&self.journal).len() as u64,
            agreed,
            beyond: after(agreed),
            ..Journal::default()
        };
        let evidence = Evidence {
            database: Database {
                store: self.store,
                segment: last(&self.log),
                events: events(&self.log).len() as u64,
                doubted_after: self.doubted_after,
                emptied: emptied(&self.log),
                as_noted: None,
                is_damaged: false,
                position: Position(last(&self.log)),
            },
            journal: match (can_ask_journal, self.journal.is_empty()) {
                (false, _) => Asked::Silent,
                (true, true) => Asked::Missing,
                (true, false) => Asked::There(held),
            },
            noted: match (can_ask_storage, self.noted) {
                (false, _) => Asked::Silent,
                (true, None) => Asked::Missing,
                (true, Some(noted)) => Asked::There(noted),
            },
        };
        let verdict = judge(&evidence);
        self.before = match verdict.doubted_after.is_some() {
            true => events(&self.log).len() as u64,
            false => 0,
        };
        self.store = verdict.store.or_else(|| {
            self.next_store += 1;
            Some(Uuid::from_u128(100 + self.next_store))
        });
        match verdict.act {
            Act::GoOn => {}
            Act::Restore { after } => {
                let back = self.journal.iter().filter(|(number, _)| *number > after);
                self.log.extend(back.copied().collect::<Vec<_>>());
            }
            Act::DropLast => {
                self.journal.pop();
            }
            Act::SetAside => self.aside.push(std::mem::take(&mut self.journal)),
            Act::BeginAnew => self.journal.clear(),
        }
        self.doubted_after = verdict.doubted_after;
        if can_ask_journal {
            // Brought to the log's end, or begun anew from it.
            self.journal = self.log.clone();
            self.journal_store = self.store.unwrap_or_default();
        }
        self.keeps = (can_ask_journal, can_ask_storage);
        self.noted_before = self.noted;
        // What is nowhere any more, and could be asked, has to have been told.
        if can_ask_journal {
            let here: BTreeSet<u32> = events(&self.log)
                .into_iter()
                .chain(self.aside.iter().flat_map(|aside| events(aside)))
                .collect();
            let missing: Vec<u32> = self
                .acknowledged
                .iter()
                .filter(|event| !here.contains(event) && !self.gone.contains(event))
                .copied()
                .collect();
            let lost = verdict.recovery.map_or(0, |recovery| recovery.lost);
            if knows && can_ask_storage && !missing.is_empty() {
                assert!(
                    lost > 0,
                    "{missing:?} are gone and nobody was told: {evidence:?}"
                );
            }
            self.gone.extend(missing);
        }
    }

    /// Up to which number both hold the same.
    fn agreed(&self) -> u64 {
        let mut agreed = 0;
        for (ours, theirs) in self.log.iter().zip(&self.journal) {
            if ours != theirs {
                break;
            }
            agreed = ours.0;
        }
        agreed
    }

    fn step(&mut self, step: &Step) {
        // Whether what was noted is all that was there until this, and nothing was in doubt.
        let here = (self.store, last(&self.log));
        let noted = self.noted.map(|noted| (Some(noted.store), noted.segment));
        let knows = noted == Some(here)
            && self.doubted_after.is_none()
            && matches!(step, Step::LoseDatabase { .. });
        let (journal, storage) = match *step {
            Step::Append => {
                self.next_event += 1;
                self.add(Some(self.next_event));
                self.acknowledged.insert(self.next_event);
                return;
            }
            Step::Reset => return self.add(None),
            Step::ForgetNoted => {
                self.noted = self.noted_before;
                return;
            }
            Step::Open { journal, storage } => (journal, storage),
            Step::LoseDatabase {
                keep,
                journal,
                storage,
            } => {
                self.log.truncate(keep);
                if keep == 0 {
                    self.store = None;
                    self.doubted_after = None;
                }
                (journal, storage)
            }
            Step::LoseJournal { keep, journal } => {
                self.journal.truncate(keep);
                (journal, true)
            }
        };
        // An opening loses nothing, whatever can be asked at it.
        let before = self.in_reach();
        self.open(journal, storage, knows);
        let after = self.in_reach();
        assert!(
            after.is_superset(&before),
            "{before:?} became {after:?} by {step:?}"
        );
    }

    /// The events that are in any copy, or set aside, and weren't emptied on purpose.
    fn in_reach(&self) -> BTreeSet<u32> {
        let aside = self.aside.iter().flat_map(|aside| events(aside));
        let all = events(&self.log).into_iter().chain(events(&self.journal));
        all.chain(aside)
            .filter(|event| !self.gone.contains(event))
            .collect()
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Append),
        1 => Just(Step::Reset),
        4 => (any::<bool>(), any::<bool>()).prop_map(|(journal, storage)| Step::Open { journal, storage }),
        2 => (0_usize..4, any::<bool>(), any::<bool>())
            .prop_map(|(keep, journal, storage)| Step::LoseDatabase { keep, journal, storage }),
        1 => (0_usize..4, any::<bool>())
            .prop_map(|(keep, journal)| Step::LoseJournal { keep, journal }),
        1 => Just(Step::ForgetNoted),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 20_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// No opening takes from reach what a copy has: whatever couldn't be asked at it or before it,
    /// whatever was lost, and whatever was appended meanwhile.
    #[test]
    fn no_opening_loses_what_a_copy_has(steps in prop::collection::vec(step(), 1..24)) {
        let mut world = World::default();
        world.open(true, true, false);
        for step in &steps {
            world.step(step);
        }
    }

    /// Once everything can be asked again, the journal is the log's second copy again.
    #[test]
    fn in_the_end_both_copies_are_the_same(steps in prop::collection::vec(step(), 1..24)) {
        let mut world = World::default();
        world.open(true, true, false);
        for step in &steps {
            world.step(step);
        }
        world.open(true, true, false);
        prop_assert_eq!(&world.log, &world.journal);
        prop_assert_eq!(world.doubted_after, None);
    }
}
