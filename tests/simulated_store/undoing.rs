//! Taking back what was done last: an emptying, or an import. It follows `browser/indexed_db/undo.rs`.

use std::collections::BTreeSet;
use std::rc::Rc;

use eventloom::core::{EventId, History, Position, RecordedEvent};
use eventloom::log::Chain;
use eventloom::log::segments::Turn;

use super::database::{Content, Database, Left, Record};
use super::keeping::Journal;
use super::tab::{Fault, Known, Signal, Tab};
use super::world::World;

/// What is to be given back to undo something, and how the log stood before that.
#[derive(Clone)]
pub struct Token {
    history: Option<History>,
    first: u64,
    last: u64,
    is_reset: bool,
    was: Rc<Vec<RecordedEvent>>,
    was_in: Option<History>,
    /// The log's chain with it.
    chain: Chain,
    /// How often anything had changed when it was given.
    changes: u64,
}

/// Why it isn't undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    GoneOn,
    NotThere,
    Swept,
    AnotherHistory,
}

impl Token {
    pub fn new(before: &Database, now: &Database, is_reset: bool, changes: u64) -> Token {
        Token {
            history: now.history(),
            first: before.last() + 1,
            last: now.last(),
            is_reset,
            was: Rc::new(before.events().cloned().collect()),
            was_in: before.history(),
            chain: now.chain(),
            changes,
        }
    }

    /// Whether it can be undone in this log.
    fn fits(&self, database: &Database) -> Result<(), Refused> {
        if database.history() != self.history {
            return Err(Refused::AnotherHistory);
        }
        if database.last() > self.last {
            return Err(Refused::GoneOn);
        }
        if database.last() < self.last || database.chain() != self.chain {
            return Err(Refused::NotThere);
        }
        match !self.is_reset || database.left == Some((self.first, Left::Whole)) {
            true => Ok(()),
            false => Err(Refused::Swept),
        }
    }
}

impl World {
    /// Somebody can undo it from now on; of those of before, the last few.
    pub fn keep_token(&self, token: Option<Token>) {
        let mut tokens = self.tokens.borrow_mut();
        tokens.extend(token);
        let old = tokens.len().saturating_sub(3);
        tokens.drain(..old);
    }
}

impl Tab {
    /// Undoes what a token says, if that can be.
    pub async fn undo(self: &Rc<Self>, token: Token) {
        let (mut refused, mut number) = (None, 0);
        let undone = async {
            self.database().await.map_err(Fault::Failed)?;
            let doubt = self.to_note();
            let world = Rc::clone(&self.world);
            let history = History(world.fresh_id());
            let undo = |database: &mut Database| {
                self.known.set(Some(Known::of(database)));
                refused = token.fits(database).err();
                let mut laws = world.laws.borrow_mut();
                if let Some(refused) = refused {
                    laws.refused(token.changes, &format!("{refused:?}"));
                    return;
                }
                let floor = Position(self.next_position() - 1);
                let from = token.first;
                let turn = match token.is_reset {
                    true => Turn::Restored { from, floor },
                    false => Turn::TakenBack {
                        from,
                        floor,
                        history,
                    },
                };
                let mut before = database.ids();
                before.extend(database.damaged());
                leave_numbers(database, token.first, token.last);
                number = database.add(Content::Turn(turn, Vec::new()));
                if token.is_reset {
                    // What an emptying before this one left can't be undone any more, and may be there still.
                    database.left = Some((token.first, Left::Sweeping));
                }
                if let Some(doubt) = doubt {
                    database.note(doubt);
                }
                let mut left = database.ids();
                left.extend(database.damaged());
                laws.changes += 1;
                match token.is_reset {
                    true => laws.were_restored(from, turn, &token.was),
                    false => laws.were_taken_back(&before, &left, history),
                }
                // What was damaged meanwhile is as damaged.
                let damaged: BTreeSet<EventId> = database.damaged().collect();
                let was = token.was.iter();
                let was = was.filter(|event| !damaged.contains(&event.event_id));
                let is_back = database.events().eq(was);
                laws.gone.extend(damaged);
                let is_in = (database.history() == token.was_in) == token.is_reset;
                if !is_back || !is_in {
                    let text = format!("{} events stood there", token.was.len());
                    laws.wrong("what is undone is as it was", text);
                }
            };
            self.change(true, undo).await?;
            Ok::<_, Fault>(())
        };
        let undone = undone.await;
        self.world.tell(|| {
            format!(
                "tab {}: undone by {number}: {undone:?}, {refused:?}",
                self.id
            )
        });
        if refused.is_some() || undone.is_err() {
            return;
        }
        // What was known holds what isn't there any more, or lacks what is there again.
        self.forget();
        if self.database().await.is_err() || self.catch_up().await.is_err() {
            return;
        }
        self.post(Signal::Reset);
        Journal::note(self);
        Journal::wait(self, true, number, None).await;
    }
}

/// Leaves of these segments no more than their numbers and chains.
pub fn leave_numbers(database: &mut Database, first: u64, last: u64) {
    for (_, record) in database.log.range_mut(first..=last) {
        let Record { from, chain, .. } = **record;
        let content = Content::Gone;
        *record = Rc::new(Record {
            from,
            chain,
            content,
        });
    }
}
