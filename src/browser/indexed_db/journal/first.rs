//! The journal of the releases before, under a name and a lock of its own: it is judged, restored from, and
//! removed once there is another.

use std::borrow::Cow;

use uuid::Uuid;

use super::file::{CHUNK, stem};
use super::walked::Walked;
use crate::browser::opfs::{self, File};
use crate::core::{History, Position, PositionRanges};
use crate::log::Chain;
use crate::log::journal::first_form::{self, MARKS, Mark, Reader, Tail};
use crate::log::journal::{Body, Entry, Lost, Void};
use crate::log::segments::Turn;

/// A journal of the releases before, as this tab has it open.
pub(in super::super) struct First {
    file: File,
    /// As far as it can be read.
    pub(super) store: Uuid,
    pub(super) tail: Tail,
}

/// What became of asking for it.
pub(in super::super) enum Asked {
    /// There is none.
    Missing,
    /// A tab of a release before has it.
    Taken,
    /// Here it is.
    There(First),
}

impl First {
    /// Whether there is one.
    pub(in super::super) async fn is_there(store: &str) -> Result<bool, String> {
        let name = stem(store);
        Ok(opfs::names(&name).await?.contains(&name))
    }

    /// Opens the one that is there; where a tab has it, `wait` waits for that. To open a file makes it, so none is
    /// opened that isn't there.
    pub(in super::super) async fn ask(store: &str, wait: bool) -> Result<Asked, String> {
        if !First::is_there(store).await? {
            return Ok(Asked::Missing);
        }
        let name = stem(store);
        let Some(file) = File::open(&name, wait).await? else {
            return Ok(Asked::Taken);
        };
        let start = file.read(0, MARKS as usize).await?;
        let mark = Mark::read(&start);
        let mut first = First {
            file,
            store: mark.map_or(Uuid::nil(), |mark| mark.store),
            tail: mark.map_or(Tail::EMPTY, |mark| mark.tail),
        };
        // What was added last may be in it though the mark doesn't say so yet.
        let reader = Reader::after(first.tail);
        first.tail = first.walk(reader, async |_| Ok(())).await?.0;
        Ok(Asked::There(first))
    }

    /// Hands over the entries, as those of today without chains; answers what can't be read.
    pub(super) async fn entries(
        &self,
        take: impl AsyncFnMut(Entry<'_>) -> Result<(), String>,
    ) -> Result<Walked, String> {
        let mut void = Void::default();
        let (tail, is_damaged) = {
            let void = &mut void;
            let mut take = take;
            self.walk(Reader::new(), async |entry| {
                let entry = of_today(entry);
                if let Some(Turn::Emptied { .. }) = entry.turn() {
                    void.add(entry.segment, 0);
                }
                take(entry).await
            })
            .await?
        };
        let is_short = tail.length < self.tail.length;
        let lost = (is_damaged || is_short).then_some(Lost {
            first: 1,
            last: None,
        });
        Ok(Walked::of(lost.into_iter().collect(), void))
    }

    /// Gives it another name: what it holds is set aside.
    pub(super) async fn set_aside(&self, name: &str) -> Result<(), String> {
        self.file.set_aside(name).await
    }

    /// Removes it.
    pub(super) async fn remove(&self) -> Result<(), String> {
        self.file.remove().await
    }

    async fn walk(
        &self,
        mut reader: Reader,
        mut take: impl AsyncFnMut(first_form::Entry<'_>) -> Result<(), String>,
    ) -> Result<(Tail, bool), String> {
        let (mut whole, mut is_damaged) = (reader.tail, false);
        loop {
            match reader.read() {
                first_form::Next::Entry(entry) => {
                    take(entry).await?;
                    whole = reader.tail;
                }
                first_form::Next::Damaged => is_damaged = true,
                first_form::Next::End => return Ok((whole, is_damaged)),
                first_form::Next::More(count) => {
                    let bytes = self.file.read(reader.wants(), count.max(CHUNK)).await?;
                    if bytes.is_empty() {
                        return Ok((whole, is_damaged));
                    }
                    reader.feed(&bytes);
                }
            }
        }
    }
}

/// The same as an entry of today's; none of its segments says which chain or history it has.
fn of_today(entry: first_form::Entry<'_>) -> Entry<'_> {
    let segment = entry.segment();
    let body = match entry {
        first_form::Entry::Inline { packed, .. } => Body::Inline { packed },
        first_form::Entry::Paged {
            from,
            first,
            last,
            pages,
            ..
        } => Body::Paged {
            from,
            first: Position(first),
            last: Position(last),
            pages,
        },
        first_form::Entry::Emptied { floor, .. } => {
            let (floor, history) = (Position(floor), History(Uuid::nil()));
            Body::Turn(Turn::Emptied { floor, history }, Cow::default())
        }
    };
    Entry {
        segment,
        chain: Chain::START,
        imported: PositionRanges::NONE,
        body,
    }
}
