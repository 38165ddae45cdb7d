//! What there is beside the tabs: the database, files, local storage and locks, as a browser keeps them and
//! as they are left when it is killed.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use eventloom::core::{
    EventId, JsonText, Metadata, Position, RecordedEvent, StreamId, Timestamp, Version,
};
use eventloom::log::journal::Change;
use eventloom::log::segments::Turn;
use eventloom::sim::{Choices, Group, Schedule, Scheduler};
use eventloom::store::judging::{Evidence, Noted, Verdict};
use uuid::Uuid;

use super::database::{Content, Database, Record};
use super::laws::{Before, Laws};
use super::reading::walked;
use super::tab::Tab;
use super::undoing::Token;

/// A disk that loses a database's end loses so many transactions at most.
const RECENT: usize = 4;

/// Where the database lies.
#[derive(Default)]
pub struct Disk {
    /// None where there is none yet.
    pub database: Option<Database>,
    /// Whether the next who opens it is told that it was made, though records were found again.
    pub is_found_again: bool,
    /// Whether its beginning is gone, which nobody can tell who can't ask the journal.
    pub is_headless: bool,
    /// Connections of another life are closed.
    pub life: u64,
    /// What a power cut may leave, the oldest first: since the last strict transaction.
    unsafe_since: Vec<Option<Database>>,
    /// How it was before the last few transactions, the oldest first.
    pub recent: Vec<Database>,
    /// Copies of days before, as a backup has them.
    pub backups: Vec<Database>,
}

impl Disk {
    /// A transaction that was committed.
    pub fn commit(&mut self, is_strict: bool, change: impl FnOnce(&mut Database)) {
        let before = self.database.clone();
        self.recent.extend(before.clone());
        let old = self.recent.len().saturating_sub(RECENT);
        self.recent.drain(..old);
        change(self.database.get_or_insert_default());
        match is_strict {
            true => self.unsafe_since.clear(),
            false => self.unsafe_since.push(before),
        }
    }

    /// The browser is killed, or the power goes.
    pub fn cut(&mut self, choices: &Choices) {
        let back = choices.choose(self.unsafe_since.len() + 1);
        if back > 0 {
            let at = self.unsafe_since.len() - back;
            self.database = self.unsafe_since.swap_remove(at);
        }
        self.become_another();
    }

    /// It is this one, whole as that was; what was found again of the one before isn't in it.
    pub fn is_now(&mut self, database: Option<Database>) {
        self.database = database;
        (self.is_found_again, self.is_headless) = (false, false);
    }

    pub fn become_another(&mut self) {
        self.unsafe_since.clear();
        self.life += 1;
    }
}

/// Which segment emptied a log last, and its events since.
pub type FileLog = (u64, Vec<RecordedEvent>);

/// A file of the origin.
#[derive(Clone, Default)]
pub struct File {
    pub bytes: Vec<u8>,
    flushed: Vec<u8>,
    pending: Vec<Change>,
    /// Whether something befell it that nobody can notice who doesn't read all of it.
    pub is_rotten: bool,
    /// What it held before it was damaged, and still says to hold.
    pub unread: BTreeMap<EventId, u64>,
    /// Whether it took the place of another, and isn't filled yet.
    pub is_partial: bool,
    /// What can be read of it, once somebody looked.
    read: RefCell<Option<Rc<FileLog>>>,
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    if let Some(cut) = change.cut {
        bytes.resize(usize::try_from(cut).unwrap(), 0);
    }
    for (at, written) in &change.bytes {
        let at = usize::try_from(*at).unwrap();
        let end = at + written.len();
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[at..end].copy_from_slice(written);
    }
}

impl File {
    pub fn change(&mut self, change: Change, flush: bool) {
        self.read.take();
        apply(&mut self.bytes, &change);
        if change.cut == Some(0) {
            self.is_rotten = false;
            self.unread.clear();
        }
        self.pending.push(change);
        if flush {
            self.pending.clear();
            self.flushed.clone_from(&self.bytes);
        }
    }

    /// Whether its bytes are on the disk in any case; if not, those that are.
    pub fn flushed(&self) -> Option<&[u8]> {
        (!self.pending.is_empty()).then_some(&self.flushed)
    }

    /// The events that can be read of it, and which segment emptied the log before them.
    pub fn log(&self) -> Rc<FileLog> {
        let mut read = self.read.borrow_mut();
        Rc::clone(read.get_or_insert_with(|| Rc::new(super::reading::log_in(&self.bytes))))
    }

    /// The ids of those events.
    pub fn ids(&self) -> BTreeSet<EventId> {
        self.log().1.iter().map(|event| event.event_id).collect()
    }

    /// The power goes: of what wasn't flushed the first changes are there, and of the next perhaps one of
    /// its two pieces.
    fn cut(&mut self, choices: &Choices) {
        let lost = choices.choose(self.pending.len() + 1);
        if lost == 0 {
            return;
        }
        let kept = self.pending.len() - lost;
        let mut bytes = std::mem::take(&mut self.flushed);
        for change in &self.pending[..kept] {
            apply(&mut bytes, change);
        }
        let torn = &self.pending[kept];
        if torn.bytes.len() == 2 && choices.choose(2) == 1 {
            let piece = torn.bytes[choices.choose(2)].clone();
            apply(
                &mut bytes,
                &Change {
                    cut: None,
                    bytes: vec![piece],
                },
            );
        }
        self.bytes = bytes;
        self.settle();
    }

    /// It is on the disk as it is.
    pub fn settle(&mut self) {
        self.read.take();
        self.flushed.clone_from(&self.bytes);
        self.pending.clear();
    }
}

/// The name of the journal's file.
pub const JOURNAL: &str = "journal";

/// What the names of those begin with that it was before, until it is filled; and of what is set aside.
pub const OLDER: &str = "older.";
pub const ASIDE: &str = "aside.";

/// What is noted of the log, and its last event where that was known.
#[derive(Clone, Copy)]
pub struct Kept {
    pub noted: Noted,
    pub last: Option<EventId>,
}

/// Local storage: what a page reads, and what is on the disk of it.
#[derive(Default)]
pub struct Storage {
    pub noted: Option<Kept>,
    pub written: Option<Kept>,
}

/// Everything.
pub struct World {
    pub scheduler: Scheduler,
    /// How the run goes, and how it comes to rest: then nothing fails.
    pub choices: Choices,
    rest: Choices,
    pub is_resting: Cell<bool>,
    pub disk: RefCell<Disk>,
    pub files: RefCell<BTreeMap<String, File>>,
    pub storage: RefCell<Storage>,
    /// Whether no worker starts now, and whether local storage is denied.
    pub are_files_denied: Cell<bool>,
    pub is_storage_denied: Cell<bool>,
    /// The worker that holds the journal's lock, and the tab that holds that of openings.
    pub keeper: Cell<Option<u32>>,
    /// Who asked for the lock of openings; the first has it.
    pub openers: RefCell<VecDeque<u32>>,
    pub tabs: RefCell<Vec<Rc<Tab>>>,
    /// The tabs that are writing, one for each transaction.
    pub writing: RefCell<Vec<u32>>,
    pub laws: RefCell<Laws>,
    /// With which something can be undone.
    pub tokens: RefCell<Vec<Token>>,
    pub judge: fn(&Evidence) -> Verdict,
    /// What happened, for who reads a failing run.
    pub told: Option<RefCell<Vec<String>>>,
    made: Cell<u64>,
}

impl World {
    pub fn new(choices: Choices, judge: fn(&Evidence) -> Verdict, is_told: bool) -> Rc<World> {
        Rc::new(World {
            scheduler: Scheduler::new(),
            choices,
            rest: Choices::given(&Schedule::default()),
            is_resting: Cell::default(),
            disk: RefCell::default(),
            files: RefCell::default(),
            storage: RefCell::default(),
            are_files_denied: Cell::default(),
            is_storage_denied: Cell::default(),
            keeper: Cell::default(),
            openers: RefCell::default(),
            tabs: RefCell::default(),
            writing: RefCell::default(),
            laws: RefCell::default(),
            tokens: RefCell::default(),
            judge,
            told: is_told.then(RefCell::default),
            made: Cell::default(),
        })
    }

    pub fn choices(&self) -> &Choices {
        match self.is_resting.get() {
            true => &self.rest,
            false => &self.choices,
        }
    }

    /// A number that nobody had before.
    pub fn fresh(&self) -> u64 {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    pub fn fresh_id(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.fresh()) << 64)
    }

    pub fn tell(&self, text: impl FnOnce() -> String) {
        if let Some(told) = &self.told {
            told.borrow_mut().push(text());
        }
    }

    /// What is wrong ends the run.
    pub fn wrong(&self, law: &'static str, text: String) {
        self.laws.borrow_mut().wrong(law, text);
    }

    pub fn is_wrong(&self) -> bool {
        self.laws.borrow().failure.is_some()
    }

    pub fn event(&self, id: EventId, version: u64, position: u64) -> RecordedEvent {
        RecordedEvent {
            event_id: id,
            event_type: "Happened".to_owned(),
            schema_version: 1,
            data: JsonText::empty_object(),
            timestamp: Timestamp::from_millis(0),
            stream: StreamId::new("thing", "a").unwrap(),
            version: Version(version),
            position: Position(position),
            metadata: Metadata::correlated("c"),
        }
    }

    /// Everything that has an event, as it stands.
    pub fn copies(&self) -> BTreeSet<EventId> {
        let disk = self.disk.borrow();
        let mut found: BTreeSet<EventId> = disk.database.iter().flat_map(Database::ids).collect();
        found.extend(self.in_files(|_| true));
        found
    }

    /// What files have that are the second copy, were it, or were set aside; none where one is damaged unnoticed.
    pub fn held_in_files(&self) -> Option<BTreeSet<EventId>> {
        let files = self.files.borrow();
        let held = files
            .values()
            .map(|file| (!file.is_rotten).then(|| file.ids()));
        held.collect::<Option<Vec<_>>>()
            .map(|held| held.into_iter().flatten().collect())
    }

    /// The turns that some copy has.
    fn turns(&self) -> Vec<Turn> {
        let files = self.files.borrow();
        let walked = files.values().flat_map(|file| walked(&file.bytes).entries);
        let mut turns: Vec<Turn> = walked.filter_map(|entry| entry.turn()).collect();
        let disk = self.disk.borrow();
        let records = disk.database.iter().flat_map(|now| now.log.values());
        turns.extend(records.filter_map(|record| record.content.turn()));
        turns
    }

    /// What is set aside.
    pub fn aside(&self) -> BTreeSet<EventId> {
        self.in_files(|name| name.starts_with(ASIDE))
    }

    /// What files have, at the places that it was recorded at: an append that was refused, and went through
    /// at another, may have been put in before.
    fn in_files(&self, is_meant: impl Fn(&str) -> bool) -> BTreeSet<EventId> {
        let laws = self.laws.borrow();
        let files = self.files.borrow();
        let meant = files.iter().filter(|(name, _)| is_meant(name));
        let mut found = BTreeSet::new();
        for (_, file) in meant {
            let log = file.log();
            let (emptied, events) = &*log;
            // What the log holds after an emptying isn't there behind what stood before that.
            let mut end = Before::emptied_by(*emptied);
            let is_behind = |event: &&RecordedEvent| {
                let first = laws.first_behind(event);
                let is_behind = first.is_none_or(|first| first == end);
                end = Before::Event(event.event_id);
                is_behind
            };
            let here = events.iter().take_while(is_behind);
            let here = here.filter(|event| laws.is_at(event));
            found.extend(here.map(|event| event.event_id));
        }
        found
    }

    /// Something befalls the copies, which is nobody's fault: what is gone with it may be.
    pub fn befall(&self, what: &str, befall: impl FnOnce(&World)) {
        self.laws_hold("before a fault");
        let before = self.copies();
        let log = self.disk.borrow().database.as_ref().map(Database::ids);
        let numbers = self.numbers();
        befall(self);
        let claimed = self.claimed();
        let after = self.copies();
        let disk = self.disk.borrow();
        let still = disk
            .database
            .as_ref()
            .map(Database::ids)
            .unwrap_or_default();
        let emptied = disk.database.as_ref().map_or(0, Database::emptied);
        drop(disk);
        let mut laws = self.laws.borrow_mut();
        laws.changes += 1;
        laws.gone.retain(|event| !after.contains(event));
        laws.gone.extend(before.difference(&after));
        laws.are_to_be_told(before.difference(&after).copied(), &numbers, claimed);
        laws.leave_the_log(log.unwrap_or_default().difference(&still).copied());
        // With a segment that emptied the log it goes which places were given before.
        let unknown = laws.emptied.iter().filter(|(_, by)| **by > emptied);
        let mut unknown: Vec<EventId> = unknown.map(|(event, _)| *event).collect();
        unknown.extend(laws.taken_back_elsewhere(self.disk.borrow().database.as_ref()));
        laws.leave_the_log(unknown.into_iter());
        // What an older copy brings back came not by itself.
        laws.may_return.extend(still);
        if laws.is_any_undone() {
            let turns = self.turns();
            laws.undone_are_known(&turns);
        }
        drop(laws);
        self.tell(|| {
            let left = before.intersection(&after).count();
            let log = self.log_in_short();
            format!(
                "! {what}: {left} events of {} are left; the log is {log}",
                before.len()
            )
        });
    }

    /// The log's records: their numbers, and the ids in them.
    pub fn log_in_short(&self) -> String {
        let disk = self.disk.borrow();
        let Some(database) = &disk.database else {
            return "none".to_owned();
        };
        let record = |(number, record): (&u64, &Rc<Record>)| {
            let ids = record.content.events().iter();
            let ids: Vec<String> = ids
                .map(|event| format!("{:x}", event.event_id.0.as_u128() >> 64))
                .collect();
            let from = record.from;
            match record.content {
                Content::Turn(turn, _) => format!("{number}:{turn:?}"),
                Content::Damaged(_) => format!("{from}-{number}:damaged"),
                Content::Gone => format!("{from}-{number}:gone"),
                _ => format!("{from}-{number}:[{}]", ids.join(" ")),
            }
        };
        let records: Vec<String> = database.log.iter().map(record).collect();
        records.join(" ")
    }

    /// Everybody goes, with workers of tabs that are gone already.
    pub fn end_all(&self) {
        for tab in self.tabs.take() {
            tab.die();
        }
        self.scheduler.end_all();
        self.keeper.set(None);
        self.openers.borrow_mut().clear();
    }

    /// The browser goes, and what wasn't on the disk may go with it.
    pub fn kill_all(&self) {
        self.end_all();
        self.befall("the browser is killed", |world| {
            world.disk.borrow_mut().cut(world.choices());
            for file in world.files.borrow_mut().values_mut() {
                file.cut(world.choices());
            }
            let mut storage = world.storage.borrow_mut();
            match world.choices().choose(2) {
                0 => storage.written = storage.noted,
                _ => storage.noted = storage.written,
            }
        });
    }

    /// What must hold at any time.
    pub fn laws_hold(&self, when: &str) {
        let copies = self.copies();
        let mut laws = self.laws.borrow_mut();
        laws.nothing_is_lost(&copies, when);
        let disk = self.disk.borrow();
        if let (Some(database), false) = (&disk.database, disk.is_headless) {
            laws.is_one_history(database, when);
        }
    }
}

/// The tasks of a tab, and those of its worker.
pub fn groups(tab: u32) -> (Group, Group) {
    (Group(2 * tab), Group(2 * tab + 1))
}
