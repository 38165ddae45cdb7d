//! Bringing the second copy to the log's end, and seeing then that it is as it was written. It follows
//! `browser/indexed_db/journal/{keep,tidied}.rs`.

use std::cell::Cell;
use std::rc::Rc;

use eventloom::log::Chain;
use uuid::Uuid;

use super::copying::{Found, after, chain_at};
use super::held::Held;
use super::keeping::Journal;
use super::tab::{Fault, Status, Tab};

impl Journal {
    /// Reads it whole where nobody knows that it is as it was written; whether it is.
    pub async fn check(tab: &Rc<Tab>, held: &Rc<Held>) -> bool {
        if held.is_checked() {
            return true;
        }
        let walked = held.entries().await;
        let Some(journal) = tab.journal.as_ref().filter(|journal| journal.keeps(held)) else {
            return true;
        };
        match walked {
            Ok(walked) if !held.is_doubted() && walked.is_damaged() => {
                // All that it holds is in the log, unless that is damaged.
                if tab
                    .mend(&walked, tab.knows().emptied)
                    .await
                    .is_ok_and(|mended| mended > 0)
                {
                    tab.forget();
                }
                false
            }
            Ok(_) if !held.is_doubted() => {
                held.checked();
                Journal::holds(tab, journal.sure(held));
                true
            }
            _ => true,
        }
    }

    /// Whether it holds what was emptied, and is nowhere else any more.
    pub fn is_void(tab: &Tab, held: &Held) -> bool {
        let (Some(journal), Some(emptied)) = (&tab.journal, tab.sweeping.swept(tab)) else {
            return false;
        };
        let is_new = journal.swept.replace(emptied) != emptied;
        is_new && held.mark().tail.events > tab.knows().events
    }

    pub async fn follow(tab: &Rc<Tab>, held: &Rc<Held>) -> Result<(), String> {
        let is_to_renew = tab.journal.as_ref().map(|journal| &journal.is_to_renew);
        if is_to_renew.is_some_and(Cell::take) {
            held.renew(held.mark().store).await?;
        }
        if held.is_doubted() {
            held.look().await?;
            if let Some(store) = tab.store.get() {
                Journal::settle(tab, held, store).await?;
            }
        }
        loop {
            Journal::goes_to(tab, held);
            let seen = held.seen();
            let read = match tab.database().await {
                Ok(()) => tab.look(|database| after(database, seen)).await,
                Err(_) => Err(Fault::Closed),
            };
            if held.seen() != seen {
                continue;
            }
            let Some(found) = read.map_err(|fault| format!("{fault:?}"))? else {
                held.renew(held.mark().store).await?;
                continue;
            };
            if found.is_empty() {
                break;
            }
            let Some(journal) = tab.journal.as_ref().filter(|journal| journal.keeps(held)) else {
                break;
            };
            if !journal.under_way.borrow().is_empty() {
                journal.is_left.set(true);
                break;
            }
            let mut at = seen;
            for Found {
                number: segment,
                entry,
                is_whole,
            } in found
            {
                if !is_whole && !held.mark().lacks {
                    held.lacks().await?;
                }
                if held.seen() != at {
                    break;
                }
                held.to_flush();
                let added = entry.map(|entry| held.add(&entry, false));
                held.skip(segment);
                at = segment;
                if let Some(added) = added {
                    added.await?;
                }
            }
        }
        held.flush().await?;
        match tab.journal.as_ref() {
            Some(journal) if !journal.is_left.get() && journal.keeps(held) => held.filled().await,
            _ => Ok(()),
        }
    }

    /// What it holds goes on in the log of this store, or stays in the file that it was in until another is filled.
    async fn settle(tab: &Tab, held: &Held, store: Uuid) -> Result<(), String> {
        let is_here = async || match tab.status.get() {
            Status::Open => Journal::ends_as_the_log(tab, held).await,
            Status::Lost | Status::Ended => Ok(true),
        };
        if held.mark().store == store {
            if is_here().await? {
                return Ok(());
            }
            held.drop_last().await?;
            if is_here().await? {
                return Ok(());
            }
        }
        held.renew(store).await
    }

    /// Whether the log has, where the journal ends, the chain that the journal ends with.
    async fn ends_as_the_log(tab: &Tab, held: &Held) -> Result<bool, String> {
        let tail = held.mark().tail;
        if tail.segment == 0 {
            return Ok(true);
        }
        let looked = tab.look(|database| (chain_at(database, tail.segment), database.last()));
        let (ours, last) = looked.await.map_err(|fault| format!("{fault:?}"))?;
        Ok(match ours {
            Some(ours) => tail.chain == Chain::START || ours == tail.chain,
            // Where it was joined with others since, nothing tells; one that isn't there was refused, or is still to
            // come.
            None => last >= tail.segment,
        })
    }
}
