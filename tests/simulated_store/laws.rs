//! What must hold, whatever happened. Who looks from here sees all that was ever recorded, which no tab does.

use std::collections::{BTreeMap, BTreeSet};

use eventloom::core::{EventId, History, RecordedEvent};
use eventloom::log::segments::Turn;
use eventloom::store::Recovery;

use super::database::{Content, Database, history_of};

/// What stands before an event in its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Before {
    Nothing,
    Event(EventId),
    /// The segment that emptied it.
    Emptied(u64),
}

impl Before {
    /// At the beginning of a log that this segment emptied; 0 where none did.
    pub fn emptied_by(segment: u64) -> Before {
        match segment {
            0 => Before::Nothing,
            segment => Before::Emptied(segment),
        }
    }
}

#[derive(Default)]
pub struct Laws {
    /// Of each event that was ever in a database, what stood before it there.
    before: BTreeMap<EventId, Before>,
    /// Behind what else it was tried to put it: the journal may have it from that.
    tried: BTreeSet<(EventId, Before)>,
    /// At which position.
    at: BTreeMap<EventId, u64>,
    /// Who has a place, and which places were given.
    places: BTreeMap<(History, u64), EventId>,
    /// What somebody was told is recorded.
    pub acknowledged: BTreeSet<EventId>,
    /// What was emptied on purpose, and by which segment.
    pub emptied: BTreeMap<EventId, u64>,
    /// The segments that emptied it and were undone, by what, and the events that came back.
    undone: Vec<(u64, Turn, Vec<EventId>)>,
    /// What was taken back, and the history that began with that.
    taken_back: BTreeMap<EventId, History>,
    /// The holes that there ever were: what stands at a place where an event is missing, in whatever history.
    holes: BTreeSet<EventId>,
    /// The holes that were filled, and the events that are in their places; and the other way round.
    filled: BTreeMap<EventId, EventId>,
    fills: BTreeMap<EventId, EventId>,
    /// How often anything changed after which what was done before can't be undone any more.
    pub changes: u64,
    /// Of that, what comes back all the same: nobody who could be asked knew that it was emptied.
    pub may_return: BTreeSet<EventId>,
    /// What befell all copies that had it.
    pub gone: BTreeSet<EventId>,
    /// Of that, what the journal's mark tells of, and under which number it stood, until somebody is told.
    pub untold: BTreeMap<EventId, u64>,
    /// What befell the database: its places may be given again by who can't know.
    pub unlogged: BTreeSet<EventId>,
    /// Whether an entry of the journal may be damaged, which may be one that emptied the store.
    pub is_damaged: bool,
    /// Whether only some records were found again in a database that was made anew: what of them comes
    /// after the journal's end is told as lost once, though it is there.
    pub was_headless: bool,
    pub failure: Option<(&'static str, String)>,
}

impl Laws {
    pub fn wrong(&mut self, law: &'static str, text: String) {
        self.failure.get_or_insert((law, text));
    }

    /// These were just added to a database, with its last segments.
    pub fn recorded(&mut self, database: &Database, added: &[RecordedEvent]) {
        let Some(first) = added.first() else {
            return;
        };
        self.changes += 1;
        let history = database.history().unwrap_or(History(uuid::Uuid::nil()));
        let mut before = Before::Nothing;
        for (number, record) in database.live() {
            match &record.content {
                Content::Turn(Turn::Emptied { .. }, _) => before = Before::Emptied(*number),
                content => {
                    for event in content.events() {
                        if event.event_id == first.event_id {
                            break;
                        }
                        before = Before::Event(event.event_id);
                    }
                }
            }
        }
        let holes = added.iter().filter(|event| event.is_hole());
        self.holes.extend(holes.map(|hole| hole.event_id));
        for event in added {
            self.before.insert(event.event_id, before);
            self.at.insert(event.event_id, event.position.0);
            before = Before::Event(event.event_id);
            let place = (history, event.position.0);
            if let Some(other) = self.places.insert(place, event.event_id)
                && !self.unlogged.contains(&other)
            {
                let text = format!("{place:?} was {}'s, and is {}'s", other.0, event.event_id.0);
                self.wrong("a place is given once", text);
            }
        }
    }

    /// This event is in the place of this hole.
    pub fn filled(&mut self, hole: &RecordedEvent, event: &RecordedEvent) {
        self.changes += 1;
        let (from, to) = (hole.event_id, event.event_id);
        if let Some(before) = self.before.get(&from).copied() {
            self.before.insert(to, before);
        }
        self.at.insert(to, event.position.0);
        self.filled.insert(from, to);
        self.fills.insert(to, from);
    }

    /// The log lost these, and which places they had.
    pub fn leave_the_log(&mut self, events: impl Iterator<Item = EventId>) {
        for event in events {
            self.unlogged.insert(event);
            self.unlogged.extend(self.fills.get(&event));
        }
    }

    /// Whether it was put in the place of a hole.
    pub fn is_fill(&self, event: &EventId) -> bool {
        self.fills.contains_key(event)
    }

    /// Whether an event is among these, or what it fills, or what fills it.
    pub fn holds_place_of(&self, held: &BTreeSet<EventId>, event: &EventId) -> bool {
        let others = [self.fills.get(event), self.filled.get(event)];
        let mut others = others.into_iter().flatten();
        held.contains(event) || others.any(|other| held.contains(other))
    }

    /// The same for a hole and for what fills it.
    fn place_of(&self, before: Before) -> Before {
        match before {
            Before::Event(event) => Before::Event(self.fills.get(&event).copied().unwrap_or(event)),
            other => other,
        }
    }

    pub fn was_recorded(&self, event: &EventId) -> bool {
        self.before.contains_key(event)
    }

    /// These are about to be added behind this.
    pub fn tried(&mut self, mut before: Before, events: &[RecordedEvent]) {
        for event in events {
            self.tried.insert((event.event_id, before));
            before = Before::Event(event.event_id);
        }
    }

    /// Whether an event has the place that it was recorded at.
    pub fn is_at(&self, event: &RecordedEvent) -> bool {
        let at = self.at.get(&event.event_id);
        at.is_none_or(|at| *at == event.position.0)
    }

    /// Behind what the first event of a log was recorded; none for one that isn't the first.
    pub fn first_behind(&self, event: &RecordedEvent) -> Option<Before> {
        let before = self.before.get(&event.event_id).copied();
        before.filter(|before| !matches!(before, Before::Event(_)))
    }

    /// These stood in the log, and it was emptied by this segment.
    pub fn were_emptied(&mut self, events: impl IntoIterator<Item = EventId>, segment: u64) {
        self.emptied
            .extend(events.into_iter().map(|event| (event, segment)));
    }

    /// All that there ever was may have stood in the log, and it was emptied by this segment.
    pub fn all_were_emptied(&mut self, segment: u64) {
        let all: Vec<EventId> = self.before.keys().copied().collect();
        self.were_emptied(all, segment);
    }

    /// What these events were emptied by, which was this segment, is undone by this.
    pub fn were_restored(&mut self, segment: u64, turn: Turn, events: &[RecordedEvent]) {
        let events: Vec<EventId> = events.iter().map(|event| event.event_id).collect();
        for event in &events {
            self.emptied.remove(event);
        }
        self.undone.push((segment, turn, events));
    }

    pub fn is_any_undone(&self) -> bool {
        !self.undone.is_empty()
    }

    /// These turns are all that some copy has: what only another one undid is emptied, for all who can know.
    pub fn undone_are_known(&mut self, turns: &[Turn]) {
        for (segment, turn, events) in &self.undone {
            if !turns.contains(turn) {
                let emptied = events.iter().map(|event| (*event, *segment));
                self.emptied.extend(emptied);
                // Unless that was on its way to a copy.
                self.may_return.extend(events);
            }
        }
    }

    /// Of these events those are left, in a history that began with that.
    pub fn were_taken_back(
        &mut self,
        before: &BTreeSet<EventId>,
        left: &BTreeSet<EventId>,
        history: History,
    ) {
        let gone = before.difference(left).map(|event| (*event, history));
        self.taken_back.extend(gone);
    }

    /// An undoing was refused by who was given the right to it when so often anything had changed.
    pub fn refused(&mut self, changes: u64, why: &str) {
        if changes == self.changes {
            self.wrong("what nothing came after can be undone", why.to_owned());
        }
    }

    /// What was taken back as a database doesn't know.
    pub fn taken_back_elsewhere(&self, database: Option<&Database>) -> Vec<EventId> {
        let known: BTreeSet<History> = database.into_iter().flat_map(histories_in).collect();
        let unknown = self.taken_back.iter();
        let unknown = unknown.filter(|(_, history)| !known.contains(history));
        unknown.map(|(event, _)| *event).collect()
    }

    /// Who judges now knows of these turns, and of those in the database.
    pub fn knows_taken_back(
        &mut self,
        database: Option<&Database>,
        turns: impl Iterator<Item = Turn>,
    ) {
        if self.taken_back.is_empty() {
            return;
        }
        let mut known: BTreeSet<History> = turns.filter_map(history_of).collect();
        known.extend(database.into_iter().flat_map(histories_in));
        let unknown = self.taken_back.iter();
        let unknown = unknown.filter(|(_, history)| !known.contains(history));
        self.may_return.extend(unknown.map(|(event, _)| *event));
    }

    /// Who judges now knows of no emptying after this segment.
    pub fn knows_emptied(&mut self, known: u64) {
        let unknown = self.emptied.iter().filter(|(_, segment)| **segment > known);
        self.may_return.extend(unknown.map(|(event, _)| *event));
    }

    /// What was acknowledged and is to be there.
    pub fn wanted(&self) -> impl Iterator<Item = &EventId> {
        let is_wanted = |event: &&EventId| !self.is_unwanted(event) && !self.gone.contains(event);
        self.acknowledged.iter().filter(is_wanted)
    }

    /// Whether it was emptied or taken back on purpose.
    pub fn is_unwanted(&self, event: &EventId) -> bool {
        let is_gone = self.emptied.contains_key(event) || self.taken_back.contains_key(event);
        is_gone || self.holes.contains(event)
    }

    pub fn nothing_is_lost(&mut self, copies: &BTreeSet<EventId>, when: &str) {
        // It was on its way to a copy.
        self.gone.retain(|event| !copies.contains(event));
        let lost: Vec<_> = self
            .wanted()
            .filter(|event| !copies.contains(event))
            .collect();
        if let Some(lost) = lost.first() {
            let text = format!("{when}: {} was acknowledged and is in no copy", lost.0);
            self.wrong("nothing is lost", text);
        }
    }

    /// Behind what an event was recorded, of what isn't gone from all copies; and how many are.
    fn stood_behind(&self, event: &EventId, here: &BTreeSet<EventId>) -> (Option<Before>, u64) {
        self.behind(event, |other| {
            // A hole may be there as what fills it.
            let fill = self.filled.get(other).unwrap_or(other);
            self.gone.contains(fill) && !here.contains(other)
        })
    }

    /// The same, where what was emptied is gone from a damaged journal, and what came after it comes back.
    fn stood_behind_emptied(&self, event: &EventId, here: &BTreeSet<EventId>) -> Option<Before> {
        let is_gone = |other: &EventId| {
            let is_emptied = self.emptied.contains_key(other) && !here.contains(other);
            self.gone.contains(other) || is_emptied
        };
        let (stood, _) = self.behind(event, is_gone);
        stood.filter(|_| self.is_damaged)
    }

    fn behind(&self, event: &EventId, is_gone: impl Fn(&EventId) -> bool) -> (Option<Before>, u64) {
        let mut stood = self.before.get(event).copied();
        let mut missing = 0;
        while let Some(Before::Event(other)) = stood
            && is_gone(&other)
        {
            stood = self.before.get(&other).copied();
            missing += 1;
        }
        (stood, missing)
    }

    /// Whether what stands there may have been emptied, or undone: who finds the record damaged that says so doesn't
    /// know.
    fn may_be_void(&self, before: Before) -> bool {
        match before {
            Before::Nothing => false,
            Before::Event(event) => self.is_unwanted(&event),
            Before::Emptied(segment) => self.undone.iter().any(|(by, ..)| *by == segment),
        }
    }

    /// A log is one: each event stands behind that behind which it was recorded, and none twice.
    pub fn is_one_history(&mut self, database: &Database, when: &str) {
        let here = database.ids();
        let mut before = Before::Nothing;
        let mut position = 0;
        let mut seen = BTreeSet::new();
        let mut version = 0;
        // Whether what stands there can't be read.
        let mut is_unread = false;
        for (number, record) in database.live() {
            match &record.content {
                Content::Turn(Turn::Emptied { floor, .. }, _) => {
                    before = Before::Emptied(*number);
                    position = floor.0;
                }
                Content::Turn(Turn::Restored { floor, .. } | Turn::TakenBack { floor, .. }, _) => {
                    position = position.max(floor.0);
                }
                Content::Damaged(_) => is_unread = true,
                _ => {}
            }
            for event in record.content.events() {
                let (stood, missing) = self.stood_behind(&event.event_id, &here);
                let least = version + 1;
                version = least + missing;
                if self.is_damaged
                    || self.was_headless
                    || self.tried.contains(&(event.event_id, before))
                {
                    version = least.max(event.version.0);
                }
                let is_void_unknown = self.is_damaged && self.may_be_void(before);
                if is_void_unknown || is_unread {
                    version = event.version.0;
                }
                let is_torn = self.stood_behind_emptied(&event.event_id, &here) == Some(before)
                    || before == Before::Nothing && self.was_headless
                    || !matches!(before, Before::Event(_))
                        && self.is_damaged
                        && matches!(stood, Some(Before::Emptied(_)));
                let is_torn = is_torn || is_void_unknown;
                let recorded = self.before.get(&event.event_id).copied();
                let mut behind = [recorded, stood].into_iter().flatten();
                let is_here = behind.any(|stood| self.place_of(stood) == self.place_of(before));
                let is_torn = is_torn || is_unread || is_here;
                let was_tried = self.tried.contains(&(event.event_id, before));
                if stood != Some(before) && !was_tried && !is_torn {
                    let text = format!(
                        "{when}: {} stands behind {before:?}, and was recorded behind {stood:?}",
                        event.event_id.0
                    );
                    return self.wrong("never two histories in one", text);
                }
                if !seen.insert(event.event_id) {
                    let text = format!("{when}: {} is there twice", event.event_id.0);
                    return self.wrong("nothing is there twice", text);
                }
                if event.position.0 <= position || event.version.0 != version {
                    let text = format!("{when}: {event:?} after position {position}");
                    return self.wrong("positions grow, and versions have no gap", text);
                }
                position = event.position.0;
                before = Before::Event(event.event_id);
                is_unread = false;
            }
        }
        let is_back = |event: &&EventId| {
            seen.contains(event) && !self.may_return.contains(event) && !self.holes.contains(event)
        };
        if let Some(back) = self.emptied.keys().find(is_back) {
            let text = format!("{when}: {} was emptied, and is there", back.0);
            self.wrong("what was emptied doesn't come back", text);
        }
        let histories: BTreeSet<History> = match self.taken_back.is_empty() {
            true => BTreeSet::new(),
            false => histories_in(database).collect(),
        };
        let is_back = |(event, history): &(&EventId, &History)| {
            let is_excused = self.may_return.contains(event) && !histories.contains(history);
            seen.contains(event) && !is_excused && !self.holes.contains(event)
        };
        if let Some((back, _)) = self.taken_back.iter().find(is_back) {
            let text = format!("{when}: {} was taken back, and is there", back.0);
            self.wrong("what was taken back doesn't come back", text);
        }
    }

    /// What was told at an opening is what happened.
    pub fn told(&mut self, opening: &Opening) {
        let Opening {
            recovery,
            restored,
            after,
            aside,
            is_known_lost,
            is_vague,
            is_one,
        } = opening;
        let told = recovery.map_or((0, 0, 0), |r| (r.restored, r.lost, r.set_aside));
        let is_counted = recovery.is_none_or(|recovery| recovery.is_counted);
        let was_acknowledged = restored
            .iter()
            .any(|event| self.acknowledged.contains(event));
        // The last one by itself may have been put in ahead, and is brought back without words.
        let is_due = told.0 > 0 || (was_acknowledged && !is_one);
        if told.0 != restored.len() as u64 && is_due {
            let text = format!("{} came back: {recovery:?}", restored.len());
            self.wrong("what is told is so: restored", text);
        }
        let is_there = |event: &&EventId| after.contains(event);
        let missing = self.before.keys().filter(|event| !is_there(event)).count() as u64;
        // Where the log ends before it should, at least one is told: what is missing may be an undoing.
        let least = u64::from(self.is_any_undone() || !self.taken_back.is_empty());
        if told.1 > missing.max(least) && is_counted && !self.was_headless && !is_vague {
            let text = format!("{missing} are missing: {recovery:?}");
            self.wrong("what is told is so: lost", text);
        }
        // What is set aside isn't lost.
        if *is_known_lost && told.1 + told.2 == 0 {
            let text = format!("what was noted isn't there: {recovery:?}");
            self.wrong("what is told is so: a loss", text);
        }
        // Of what was emptied or taken back on purpose nobody needs to hear.
        let beyond = aside
            .difference(after)
            .filter(|event| !self.is_unwanted(event));
        let beyond = beyond.count() as u64;
        // Of what is set aside whole, some may be in the log as well.
        let is_short = told.2 < beyond && !self.was_headless && !is_vague;
        if is_short || told.2 > aside.len() as u64 {
            let text = format!("{beyond} were set aside: {recovery:?}");
            self.wrong("what is told is so: set aside", text);
        }
    }
}

/// The histories that begin in a log, as its records say.
fn histories_in(database: &Database) -> impl Iterator<Item = History> {
    let turned = database.log.values();
    turned.filter_map(|record| record.content.turn().and_then(history_of))
}

/// What an opening found and left.
pub struct Opening {
    pub recovery: Option<Recovery>,
    /// What it put back into the log.
    pub restored: BTreeSet<EventId>,
    /// Whether that was one segment.
    pub is_one: bool,
    /// What the log holds now.
    pub after: BTreeSet<EventId>,
    /// What it set aside.
    pub aside: BTreeSet<EventId>,
    /// Whether what was noted shows that something is missing, and nobody was told before.
    pub is_known_lost: bool,
    /// Whether nobody can tell which events are counted as lost: what was noted is of a store that neither copy
    /// says that it is, or what couldn't be set aside may be in the log in part, or nothing was noted that tells whether
    /// what stood last in a damaged journal was ever recorded.
    pub is_vague: bool,
}
