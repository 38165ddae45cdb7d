//! What becomes of a store whose copies are compared when it is opened: the database, the journal and
//! the sentinel, as far as each could be asked. Pure; whoever opens a store acts on it.
//!
//! What couldn't be asked isn't missing, and proves nothing. Equal ids of a store, equal lengths and
//! equal last events prove nothing either: how far two copies are the same is found by comparing what
//! they hold. Nothing with events in it is dropped: what doesn't continue what stays is set aside.

use uuid::Uuid;

use super::recovery::{Loss, Recovery};
use crate::core::Position;
use crate::log::journal::Emptying;

/// What came of asking for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked<T> {
    /// It is there.
    There(T),
    /// It isn't.
    Missing,
    /// It couldn't be asked: it may be there or not.
    Silent,
}

impl<T> Asked<T> {
    /// What is there.
    pub fn there(self) -> Option<T> {
        match self {
            Asked::There(found) => Some(found),
            Asked::Missing | Asked::Silent => None,
        }
    }
}

/// What a database holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Database {
    /// Which store it says that it is.
    pub store: Option<Uuid>,
    /// The number of its last segment, 0 where there is none.
    pub segment: u64,
    /// How many events it holds.
    pub events: u64,
    /// The greatest position that it gave.
    pub position: Position,
    /// The segment after which everything was appended in doubt: while a copy couldn't be asked.
    pub doubted_after: Option<u64>,
    /// The number of the segment that last emptied it, 0 where none did.
    pub emptied: u64,
    /// Whether some of it can't be read: nobody knows how many events that is.
    pub is_damaged: bool,
    /// Whether it holds what was noted to be the last event of a segment that it has; none where nothing tells.
    pub as_noted: Option<bool>,
}

/// What a journal holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    /// The store that it is a copy of.
    pub store: Uuid,
    /// The number of its last segment, 0 where there is none.
    pub segment: u64,
    /// How many events it holds.
    pub events: u64,
    /// Up to this segment it holds the same as the database, as far as either goes.
    pub agreed: u64,
    /// How many of its events come after that.
    pub beyond: u64,
    /// How many holes before that, or in the database alone, it fills after that.
    pub filled: u64,
    /// The greatest position that it holds behind what they agree on, as far as that was read.
    pub position: Position,
    /// How many events it is known to have held that can't be read; 0 where the database goes as far as it did,
    /// but for one entry.
    pub missing: u64,
    /// How many of these stood in its last entry: it may have been put there before the database refused it.
    pub unsure: u64,
    /// The number of the last segment that it is known to have held, where that can't be read.
    pub claimed: u64,
    /// Whether any of it can't be read.
    pub is_damaged: bool,
    /// Whether segments are missing in it that the database hasn't, either, and nothing tells how many events those held.
    pub is_uncounted: bool,
    /// The number of the segment that last emptied its log, 0 where none did.
    pub emptied: u64,
    /// Whether its log may have been emptied by what can't be read.
    pub may_be_emptied: bool,
}

impl Journal {
    /// How many events it has that the database, as far as they agree, doesn't.
    #[must_use]
    pub fn alone(&self) -> u64 {
        self.beyond + self.filled
    }
}

/// What was noted beside both when something was last recorded. It may be late, so it is the least that
/// there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The store.
    pub store: Uuid,
    /// The number of the last segment.
    pub segment: u64,
    /// The greatest position that was given.
    pub position: Position,
    /// How many events there were.
    pub events: u64,
    /// How many of them stood there already when the database became this store, because a copy
    /// couldn't be asked: another store may hold them, too.
    pub before: u64,
    /// The number of the segment that last emptied the store while nothing was in doubt, 0 where none
    /// did.
    pub emptied: u64,
}

impl Noted {
    /// What it says of what emptied the log of a journal last, which is one of this store; nil where that doesn't say.
    #[must_use]
    pub fn emptied_in(&self, store: Uuid) -> Option<Emptying> {
        let known = match store {
            _ if self.emptied == 0 => return None,
            of if of == self.store => self.segment,
            of if of.is_nil() => 0,
            _ => return None,
        };
        Some(Emptying {
            segment: self.emptied,
            known,
        })
    }
}

/// All that could be found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The database: without it nothing is opened.
    pub database: Database,
    /// The journal.
    pub journal: Asked<Journal>,
    /// The sentinel; of the nil store where it is of a loss that was told, so that it is told again.
    pub noted: Asked<Noted>,
}

/// What is to be done with the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nothing: it can't be had now, or it is to go on from where it is, or there is none yet.
    GoOn,
    /// Put its segments after this one into the database.
    Restore {
        /// The last segment that the database has.
        after: u64,
    },
    /// Drop its last entry: a writer put it there whose append the database refused, so that it is known that nobody
    /// was told that it is recorded; or it holds no events.
    DropLast,
    /// Set it aside, whole, and begin another from the database.
    SetAside,
    /// Begin it anew: what it holds was emptied on purpose.
    BeginAnew,
}

/// What is to be done, and told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Which store the database is from now on; none where a new id is to be made.
    pub store: Option<Uuid>,
    /// What becomes of the journal.
    pub act: Act,
    /// The segment after which everything is appended in doubt; none where nothing is, or is any more.
    pub doubted_after: Option<u64>,
    /// What is to be told, if anything is.
    pub recovery: Option<Recovery>,
    /// Whether places that somebody read may be of other events now: then another history begins.
    pub another_history: bool,
    /// No position up to here is given again.
    pub above: Position,
}

/// Judges.
#[must_use]
pub fn judge(evidence: &Evidence) -> Verdict {
    let Evidence {
        database,
        journal,
        noted,
    } = *evidence;
    let noted = noted.there();
    let cause = match database.segment {
        0 => Loss::Deleted,
        _ => Loss::Shortened,
    };
    let act = match journal {
        Asked::There(journal) => act(&database, &journal, noted.as_ref()),
        Asked::Missing | Asked::Silent => Act::GoOn,
    };
    let held = journal.there();
    let (restored, end, events) = match (act, held) {
        (Act::Restore { .. }, Some(held)) => {
            // What was emptied after where the database ends isn't there any more.
            let events = match held.emptied > database.segment {
                true => held.events,
                false => database.events + held.beyond,
            };
            (held.beyond, held.segment, events)
        }
        _ => (0, database.segment, database.events),
    };
    let restored_store = held.map(|held| held.store).filter(|store| !store.is_nil());
    // Who brought it back may have been killed before it was named.
    let is_brought_back = held.is_some_and(|held| {
        database.store.is_none() && held.segment == database.segment && held.agreed == held.segment
    });
    let known = match is_brought_back {
        true => restored_store,
        false => database.store,
    };
    // A journal whose marks are damaged doesn't say whose it is.
    let of = match act {
        Act::Restore { .. } => {
            // An empty database was given its id while the journal couldn't be asked.
            let was_noted = noted
                .map(|noted| noted.store)
                .filter(|store| !store.is_nil());
            match database.segment {
                0 => restored_store.or(was_noted).or(known),
                _ => restored_store.or(known).or(was_noted),
            }
        }
        _ => known,
    };
    let is_another = restored > 0 && restored_store.is_some();
    let noted_lacking = noted.map(|noted| lacking(&noted, of, (end, events), is_another));
    let mut lacking = noted_lacking.unwrap_or(Lacking::NOTHING);
    // What can't be read is there as one event, however many it is.
    lacking.is_counted &= lacking.events == 0 || !database.is_damaged;
    if let (Act::Restore { .. } | Act::GoOn, Some(held)) = (act, held) {
        lacking = lacking.or(unread(&held, noted.as_ref(), events));
    }
    // What was acknowledged there isn't, unless the log was emptied since.
    let is_there = |noted: &Noted| noted.segment > database.emptied;
    if database.as_noted == Some(false) && noted.as_ref().is_some_and(is_there) {
        lacking = lacking.or(Lacking::SOME);
    }
    let Lacking {
        events: lacking,
        is_counted,
    } = lacking;
    // Also where that held no events: which numbers and positions were given went with it.
    let is_short = noted.is_some_and(|noted| of == Some(noted.store) && noted.segment > end);
    // A loss that was told already is told again, and changes nothing more.
    let is_told = noted.is_some_and(|noted| noted.store.is_nil());
    let store = match act {
        Act::Restore { .. } => of,
        // What was noted, or is in another copy, is no more true of what stays: another store.
        Act::SetAside | Act::BeginAnew => None,
        Act::GoOn | Act::DropLast => known.filter(|_| (lacking == 0 && !is_short) || is_told),
    };
    let is_silent = matches!(journal, Asked::Silent);
    let set_aside = match (act, held) {
        (Act::SetAside, Some(held)) => held.alone(),
        _ => 0,
    };
    // One event that was in the journal alone and was never acknowledged is no loss.
    let was_acknowledged = match (cause, held) {
        (Loss::Shortened, Some(held)) => {
            noted.is_some_and(|noted| noted.segment > database.segment)
                || held.segment > database.segment + 1
        }
        _ => true,
    };
    let filled = match (act, held) {
        // A hole counts as an event already.
        (Act::Restore { .. }, Some(held)) => held.filled,
        _ => 0,
    };
    let told_restored = if was_acknowledged {
        restored + filled
    } else {
        0
    };
    // What is set aside isn't lost.
    let lost = lacking.saturating_sub(set_aside);
    let recovery = (told_restored > 0 || lost > 0 || set_aside > 0).then_some(Recovery {
        cause,
        restored: told_restored,
        lost,
        set_aside,
        is_known: !is_silent,
        is_counted: is_counted || lost == 0,
    });
    Verdict {
        store,
        act,
        doubted_after: is_silent.then(|| {
            // A log that lost its end since is in doubt from there on.
            let before = database.doubted_after.unwrap_or(database.segment);
            before.min(database.segment)
        }),
        recovery,
        another_history: ((lacking > 0 || is_short) && !is_told) || act == Act::SetAside,
        above: above(act, held.as_ref(), noted.as_ref()),
    }
}

/// The greatest position that is known to have been given.
fn above(act: Act, held: Option<&Journal>, noted: Option<&Noted>) -> Position {
    let noted = noted.map_or(Position::START, |noted| noted.position);
    match (act, held) {
        // What is dropped was never given to anybody.
        (Act::DropLast, _) | (_, None) => noted,
        (_, Some(held)) => noted.max(held.position),
    }
}

/// How many events are missing.
#[derive(Clone, Copy)]
struct Lacking {
    events: u64,
    /// Whether that is known.
    is_counted: bool,
}

impl Lacking {
    const NOTHING: Lacking = Lacking::so_many(0);
    /// At least one, and nobody knows how many.
    const SOME: Lacking = Lacking {
        events: 1,
        is_counted: false,
    };

    const fn so_many(events: u64) -> Lacking {
        Lacking {
            events,
            is_counted: true,
        }
    }

    /// Of two reckonings, that which finds more.
    fn or(self, other: Lacking) -> Lacking {
        match other.events > self.events {
            true => other,
            false => self,
        }
    }
}

/// How many events that a journal is known to have held neither it nor the database has, which holds so many.
fn unread(held: &Journal, noted: Option<&Noted>, events: u64) -> Lacking {
    let is_of = |store: Uuid| store == held.store || held.store.is_nil();
    if noted.is_some_and(|noted| noted.emptied > held.segment && is_of(noted.store)) {
        // What it doesn't tell may have been emptied on purpose.
        return Lacking::NOTHING;
    }
    // Of its last entry what was noted tells that nobody was told, where that knows all before.
    let is_before = |noted: &Noted| noted.store == held.store && noted.segment < held.claimed;
    let unsure = noted
        .filter(|noted| is_before(noted))
        .map_or(0, |_| held.unsure);
    let missing = held.missing.saturating_sub(unsure);
    // Who noted all that it held knows how many there were since it was emptied.
    let is_all = |noted: &&Noted| {
        let is_same = is_of(noted.store) && noted.emptied == held.emptied;
        is_same && held.claimed > 0 && noted.segment >= held.claimed
    };
    let missing = match noted.filter(is_all) {
        Some(noted) => {
            let all = noted.events.saturating_sub(held.events);
            if held.is_uncounted {
                all
            } else {
                missing.min(all)
            }
        }
        None if held.is_uncounted => return Lacking::SOME,
        None => missing,
    };
    Lacking::so_many(missing.min((held.events + missing).saturating_sub(events)))
}

/// Whether something was appended in doubt.
fn is_doubted(database: &Database) -> bool {
    let after = database.doubted_after;
    after.is_some_and(|after| database.segment > after)
}

fn act(database: &Database, journal: &Journal, noted: Option<&Noted>) -> Act {
    // Who emptied the store in doubt, or another store, didn't mean what the journal alone had.
    let knowingly = |emptied: &u64| {
        database.store == Some(journal.store)
            && database.doubted_after.is_none_or(|after| *emptied <= after)
    };
    let emptied = Some(database.emptied).filter(knowingly).unwrap_or(0);
    // Of another store, where it is known that this one lacks nothing.
    let is_foreign = database.store.is_some_and(|store| {
        let is_whole = |noted: &Noted| noted.store == store && noted.segment <= database.segment;
        store != journal.store && !journal.store.is_nil() && noted.is_some_and(is_whole)
    });
    // Of a journal that doesn't say whose it is, it may be another store that was emptied: it doesn't come
    // back by itself, and isn't dropped either.
    let emptied_since =
        journal.store.is_nil() && noted.is_some_and(|noted| noted.emptied >= journal.segment);
    let noted = noted.filter(|noted| noted.store == journal.store);
    let emptied = emptied.max(noted.map_or(0, |noted| noted.emptied));
    let emptied_after = |segment: u64| emptied > segment;
    if journal.segment == 0 {
        return Act::GoOn;
    }
    if emptied_after(journal.segment) {
        // All that it holds was emptied on purpose since. It is gone on with where the emptying comes next, or
        // all of it is in the database, which lost the emptying.
        let is_same = database.emptied > journal.segment || journal.agreed >= journal.segment;
        return match database.segment > journal.segment && is_same {
            true => Act::GoOn,
            false => Act::BeginAnew,
        };
    }
    if emptied == journal.segment && journal.events > 0 && journal.agreed < journal.segment {
        // Its last entry was put there before the database took under its number what emptied it.
        return Act::BeginAnew;
    }
    if journal.agreed >= journal.segment {
        return Act::GoOn;
    }
    if (emptied_since || journal.may_be_emptied) && journal.alone() > 0 {
        return Act::SetAside;
    }
    if journal.agreed >= database.segment {
        return match is_doubted(database) || is_foreign {
            true if journal.alone() > 0 => Act::SetAside,
            true => Act::BeginAnew,
            false => Act::Restore {
                after: database.segment,
            },
        };
    }
    // They differ before either ends.
    // One that was put there while the database, of the same store, took another under its number: it was
    // acknowledged to nobody where what was noted since is what the database holds. Else it may have been, and the
    // database be an older copy of itself.
    let only_last = journal.agreed + 1 == journal.segment
        && journal.claimed <= journal.segment
        && database.segment >= journal.segment
        && database.store == Some(journal.store)
        && database.doubted_after.is_none();
    let is_refused = database.as_noted == Some(true)
        && noted.is_some_and(|noted| noted.segment >= journal.segment);
    match (only_last, journal.alone()) {
        (true, 0) => Act::DropLast,
        (true, _) if is_refused => Act::DropLast,
        (false, 0) => Act::BeginAnew,
        (_, _) => Act::SetAside,
    }
}

/// How many events that were noted aren't there, of a log that ends there and holds so many: at least one where that is
/// before it should.
fn lacking(
    noted: &Noted,
    store: Option<Uuid>,
    (end, events): (u64, u64),
    is_restored: bool,
) -> Lacking {
    if store != Some(noted.store) {
        // Of another store: what it held beyond what it began with isn't here.
        return Lacking::so_many(match is_restored && !noted.store.is_nil() {
            true => noted.events.saturating_sub(noted.before),
            false => noted.events.saturating_sub(events),
        });
    }
    if noted.segment <= end {
        return Lacking::NOTHING;
    }
    match noted.events {
        0 => Lacking::NOTHING,
        all if noted.emptied > end => Lacking::so_many(all),
        // What stands here since it was emptied is of what was noted.
        all if all > events => Lacking::so_many(all - events),
        // Something was taken back, or emptied.
        _ => Lacking::SOME,
    }
}
