//! What must hold, whatever happened. Who looks from here sees all that was ever recorded, which no tab does.

use std::collections::{BTreeMap, BTreeSet};

use eventloom::core::{EventId, History, RecordedEvent};
use eventloom::store::Recovery;

use super::world::{Content, Database};

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
    /// Of that, what comes back all the same: nobody who could be asked knew that it was emptied.
    pub may_return: BTreeSet<EventId>,
    /// What befell all copies that had it.
    pub gone: BTreeSet<EventId>,
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
        let history = database.history().unwrap_or(History(uuid::Uuid::nil()));
        let mut before = Before::Nothing;
        for (number, record) in &database.log {
            match &record.content {
                Content::Emptied { .. } => before = Before::Emptied(*number),
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

    /// Who judges now knows of no emptying after this segment.
    pub fn knows_emptied(&mut self, known: u64) {
        let unknown = self.emptied.iter().filter(|(_, segment)| **segment > known);
        self.may_return.extend(unknown.map(|(event, _)| *event));
    }

    /// What was acknowledged and is to be there.
    pub fn wanted(&self) -> impl Iterator<Item = &EventId> {
        let is_wanted =
            |event: &&EventId| !self.emptied.contains_key(event) && !self.gone.contains(event);
        self.acknowledged.iter().filter(is_wanted)
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
    fn stood_behind(&self, event: &EventId) -> (Option<Before>, u64) {
        self.behind(event, |other| self.gone.contains(other))
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

    /// A log is one: each event stands behind that behind which it was recorded, and none twice.
    pub fn is_one_history(&mut self, database: &Database, when: &str) {
        let here = database.ids();
        let mut before = Before::Nothing;
        let mut position = 0;
        let mut seen = BTreeSet::new();
        let mut version = 0;
        for (number, record) in &database.log {
            if let Content::Emptied { floor } = &record.content {
                before = Before::Emptied(*number);
                version = 0;
                position = position.max(*floor);
            }
            for event in record.content.events() {
                let (stood, missing) = self.stood_behind(&event.event_id);
                let least = version + 1;
                version = least + missing;
                if self.is_damaged
                    || self.was_headless
                    || self.tried.contains(&(event.event_id, before))
                {
                    version = least.max(event.version.0);
                }
                let is_torn = self.stood_behind_emptied(&event.event_id, &here) == Some(before)
                    || before == Before::Nothing
                        && (self.was_headless
                            || self.is_damaged && matches!(stood, Some(Before::Emptied(_))));
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
            }
        }
        let is_back = |event: &&EventId| seen.contains(event) && !self.may_return.contains(event);
        if let Some(back) = self.emptied.keys().find(is_back) {
            let text = format!("{when}: {} was emptied, and is there", back.0);
            self.wrong("what was emptied doesn't come back", text);
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
        if told.1 > missing && !self.was_headless && !is_vague {
            let text = format!("{missing} are missing: {recovery:?}");
            self.wrong("what is told is so: lost", text);
        }
        // What is set aside isn't lost.
        if *is_known_lost && told.1 + told.2 == 0 {
            let text = format!("what was noted isn't there: {recovery:?}");
            self.wrong("what is told is so: a loss", text);
        }
        let beyond = aside.difference(after).count() as u64;
        // Of what is set aside whole, some may be in the log as well.
        let is_short = told.2 < beyond && !self.was_headless;
        if is_short || told.2 > aside.len() as u64 {
            let text = format!("{beyond} were set aside: {recovery:?}");
            self.wrong("what is told is so: set aside", text);
        }
    }
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
