//! Connecting: each in its turn, before what is there is compared. It follows
//! `browser/indexed_db/{connection,opening}.rs`.

use std::rc::Rc;

use eventloom::core::History;

use super::database::Beginning;
use super::keeping::Journal;
use super::opening::said;
use super::tab::{Doubting, Fault, Tab};
use super::world::World;

/// The lock of openings.
struct Turn(Rc<World>, u32);

impl Turn {
    /// Asks for it now.
    fn ask(tab: &Tab) -> Turn {
        tab.world.openers.borrow_mut().push_back(tab.id);
        Turn(Rc::clone(&tab.world), tab.id)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut openers = self.0.openers.borrow_mut();
        let asked = openers.iter().position(|tab| *tab == self.1);
        if let Some(asked) = asked {
            openers.remove(asked);
        }
    }
}

impl Tab {
    /// A database that can be used; where there is a second copy, it holds all that the two have.
    pub async fn obtain(self: &Rc<Self>) -> Result<(), String> {
        let Some(journal) = &self.journal else {
            let (_, _turn) = self.connect_in_turn().await?;
            self.begin_to_know().await.map_err(said)?;
            // Who compares the copies is in its turn, so who keeps the second one has judged.
            let doubting = match self.world.keeper.get() {
                None => Doubting::FromHere,
                Some(_) => Doubting::No,
            };
            self.doubting.set(doubting);
            return Ok(());
        };
        Journal::note_now(self);
        let (created, _turn) = self.connect_in_turn().await?;
        self.is_unjudged.set(false);
        Journal::take(self).await;
        self.begin_to_know().await.map_err(said)?;
        self.admit(created).await?;
        journal.begin_life(self);
        Ok(())
    }

    /// Connects, and waits for its turn to compare.
    async fn connect_in_turn(&self) -> Result<(bool, Turn), String> {
        loop {
            // Who makes the database asks before all who find it there.
            let (created, turn) = self.connect().await;
            let (world, id) = (Rc::clone(&self.world), self.id);
            let is_first = move || world.openers.borrow().front() == Some(&id);
            if !self.world.scheduler.until_or_late(is_first).await {
                return Err("another tab is at it, and doesn't end".to_owned());
            }
            if self.life.get() == self.world.disk.borrow().life {
                return Ok((created, turn));
            }
        }
    }

    /// Connects, and makes the database where there is none; whether it was made.
    async fn connect(&self) -> (bool, Turn) {
        self.pause().await;
        // What another call found out meanwhile was of the database before.
        self.forget();
        self.last.set(0);
        let mut disk = self.world.disk.borrow_mut();
        self.life.set(disk.life);
        let is_found_again = std::mem::take(&mut disk.is_found_again);
        disk.is_headless &= disk.database.is_some();
        let created = disk.database.is_none() || is_found_again;
        disk.database.get_or_insert_default();
        (created, Turn::ask(self))
    }

    async fn begin_to_know(&self) -> Result<(), Fault> {
        let noted = self.look(|database| (database.first, database.doubt, database.left));
        let (first, doubt, left) = noted.await?;
        self.doubt.set(doubt);
        self.sweeping.begin(left);
        if first.is_none() {
            let fresh = Beginning {
                history: History(self.world.fresh_id()),
                replaced: None,
            };
            self.change(false, |database| {
                database.first.get_or_insert(fresh);
            })
            .await?;
        }
        Ok(())
    }
}
