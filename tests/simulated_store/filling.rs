//! Holes: an import brings what stands for an event that is missing, and another one the event. It follows
//! `browser/indexed_db/{import,filling}.rs`.

use std::rc::Rc;

use eventloom::core::{EventId, History, RecordedEvent};
use eventloom::log::segments::Turn;

use super::database::{Content, Database};
use super::keeping::Journal;
use super::tab::{Fault, Known, Signal, Tab};

impl Tab {
    /// Imports the event of a hole, if there is one.
    pub async fn fill(self: &Rc<Self>) {
        let mut filled = None;
        let done = async {
            self.database().await.map_err(Fault::Failed)?;
            let doubt = self.to_note();
            let world = Rc::clone(&self.world);
            let fill = |database: &mut Database| {
                self.known.set(Some(Known::of(database)));
                let Some(hole) = database.events().find(|event| event.is_hole()).cloned() else {
                    return;
                };
                let id = EventId(world.fresh_id());
                let event = world.event(id, hole.version.0, hole.position.0);
                let before = database.history();
                let history = History(world.fresh_id());
                let fills = vec![event.clone()];
                let is_in = database.fill(&fills);
                database.add(Content::Turn(Turn::Filled { holes: 1, history }, fills));
                if let Some(doubt) = doubt {
                    database.note(doubt);
                }
                let mut laws = world.laws.borrow_mut();
                laws.filled(&hole, &event);
                if !is_in || database.history() == before {
                    let text = format!("{before:?}, then {:?}", database.history());
                    laws.wrong("what fills a hole begins another history", text);
                }
                filled = Some((hole, event));
            };
            self.change(false, fill).await?;
            if filled.is_some() {
                self.noted(doubt);
            }
            Ok::<_, Fault>(())
        };
        let done = done.await;
        self.world
            .tell(|| format!("tab {}: fills {filled:?}: {done:?}", self.id));
        let (Some((hole, event)), Ok(())) = (filled, done) else {
            return;
        };
        self.told_filled(&hole, &event);
        if self.database().await.is_err() || self.catch_up().await.is_err() {
            return;
        }
        self.post(Signal::Reset);
        Journal::note(self);
        Journal::keep_up(self);
        self.sweep_now();
    }

    fn told_filled(&self, hole: &RecordedEvent, event: &RecordedEvent) {
        let mut laws = self.world.laws.borrow_mut();
        laws.acknowledged.remove(&hole.event_id);
        laws.acknowledged.insert(event.event_id);
    }
}
