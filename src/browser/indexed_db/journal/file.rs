//! The journal as a file that this tab keeps.

use std::cell::{Cell, RefCell};

use uuid::Uuid;

use crate::browser::opfs::File;
use crate::core::Position;
use crate::store::journal::{Change, Entry, MARKS, Mark, Next, Reader, Tail};

/// So many bytes at least are read at once.
const CHUNK: usize = 256 << 10;

pub(super) fn file_name(store: &str) -> String {
    // Slashes and the like are no part of a file's name.
    format!("{}.journal", js_sys::encode_uri_component(store))
}

/// The journal, where this tab keeps it.
pub(super) struct Held {
    file: File,
    mark: RefCell<Mark>,
    /// The last segment of the log that was looked at, whether or not it held anything.
    seen: Cell<u64>,
    /// The position of the last event, as far as it is known.
    position: Cell<Position>,
    /// Whether the file may be other than the mark says.
    is_doubted: Cell<bool>,
}

impl Held {
    /// Opens the journal of a store; none where another tab keeps it and this one won't wait.
    pub(super) async fn open(store: &str, wait: bool) -> Result<Option<Held>, String> {
        let Some(file) = File::open(&file_name(store), wait).await? else {
            return Ok(None);
        };
        let held = Held {
            file,
            mark: RefCell::new(Mark::new(Uuid::nil())),
            seen: Cell::default(),
            position: Cell::default(),
            is_doubted: Cell::default(),
        };
        held.look().await?;
        Ok(Some(held))
    }

    /// Reads how far it goes.
    pub(super) async fn look(&self) -> Result<(), String> {
        let start = self.file.read(0, MARKS as usize).await?;
        let known = Mark::read(&start);
        let mut mark = known.unwrap_or(Mark::new(Uuid::nil()));
        let nothing = async |_: Entry<'_>| Ok(());
        let mut found = Walked::none();
        if known.is_some() {
            let last = Some(mark.tail.length);
            found = self.walk(Reader::after(mark.before), last, nothing).await?;
        }
        let mut reader = Reader::after(mark.tail);
        if known.is_none() || (found.whole != mark.tail && mark.tail != Tail::EMPTY) {
            reader = Reader::new();
        } else {
            found.before = mark.before;
            found.whole = mark.tail;
        }
        let beyond = self.walk(reader.clone(), None, nothing).await?;
        if beyond.whole != reader.tail {
            found = beyond;
        } else if reader.tail == Tail::EMPTY {
            found = Walked::none();
        }
        // Cuts away what was begun and not finished.
        let change = mark.end_at(found.before, found.whole);
        self.set(mark);
        self.is_doubted.set(false);
        self.file.change(&change, false).await
    }

    fn set(&self, mark: Mark) {
        self.seen.set(mark.tail.segment);
        self.position.set(Position::START);
        *self.mark.borrow_mut() = mark;
    }

    pub(super) fn mark(&self) -> Mark {
        *self.mark.borrow()
    }

    /// Whether the last segment of the log that it knows is this one.
    pub(super) fn is_at(&self, segment: u64) -> bool {
        !self.is_doubted.get() && self.seen.get() == segment
    }

    pub(super) fn seen(&self) -> u64 {
        self.seen.get()
    }

    /// Passes over a segment that holds nothing.
    pub(super) fn skip(&self, segment: u64) {
        self.seen.set(segment);
    }

    pub(super) fn position(&self) -> Position {
        self.position.get()
    }

    pub(super) fn is_doubted(&self) -> bool {
        self.is_doubted.get()
    }

    /// The file may be other than the mark says: it is read again before anything is added.
    pub(super) fn doubt(&self) {
        self.is_doubted.set(true);
    }

    /// Adds an entry. `flush`: answers once it is on the disk.
    pub(super) fn add(
        &self,
        entry: &Entry<'_>,
        last: Option<Position>,
        flush: bool,
    ) -> impl Future<Output = Result<(), String>> + use<> {
        let mut mark = self.mark();
        let change = mark.add(entry).map_err(|error| error.to_string());
        let changed = change.map(|change| {
            self.set(mark);
            self.position.set(last.unwrap_or_default());
            self.file.change(&change, flush)
        });
        async move { changed?.await }
    }

    /// What was added last was never so.
    pub(super) fn back_to(&self, before: Mark) -> impl Future<Output = Result<(), String>> + use<> {
        let mut mark = self.mark();
        let change = mark.end_at(before.before, before.tail);
        self.set(mark);
        self.file.change(&change, false)
    }

    /// Drops the last entry.
    pub(super) fn drop_last(&self) -> impl Future<Output = Result<(), String>> + use<> {
        let mut mark = self.mark();
        let change = mark.end_at(Tail::EMPTY, mark.before);
        self.set(mark);
        self.file.change(&change, false)
    }

    /// Begins anew, for this store.
    pub(super) fn begin(&self, store: Uuid) -> impl Future<Output = Result<(), String>> + use<> {
        let mut mark = Mark::new(store);
        let change = mark.begin();
        self.set(mark);
        self.file.change(&change, true)
    }

    /// Everything that was added is on the disk once this is answered.
    pub(super) async fn flush(&self) -> Result<(), String> {
        self.file.change(&Change::default(), true).await
    }

    /// The last entry.
    pub(super) async fn last(&self) -> Result<Option<Entry<'static>>, String> {
        let mark = self.mark();
        let mut last = None;
        let keep = async |entry: Entry<'_>| {
            last = Some(entry.into_owned());
            Ok(())
        };
        self.walk(Reader::after(mark.before), Some(mark.tail.length), keep)
            .await?;
        Ok(last)
    }

    /// Hands over the entries, from the first to where the journal ends.
    pub(super) async fn entries(
        &self,
        take: impl AsyncFnMut(Entry<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let end = Some(self.mark().tail.length);
        self.walk(Reader::new(), end, take).await.map(|_| ())
    }

    /// Copies the file to another one, which is made or replaced.
    pub(super) async fn copy_to(&self, name: &str) -> Result<(), String> {
        self.file.copy_to(name).await
    }

    /// Hands over the entries up to a place, or to where there are no more.
    async fn walk(
        &self,
        mut reader: Reader,
        end: Option<u64>,
        mut take: impl AsyncFnMut(Entry<'_>) -> Result<(), String>,
    ) -> Result<Walked, String> {
        let mut walked = Walked {
            before: reader.tail,
            whole: reader.tail,
        };
        loop {
            let before = reader.tail;
            if end.is_some_and(|end| before.length >= end) {
                return Ok(walked);
            }
            match reader.read() {
                Next::Entry(entry) => {
                    take(entry).await?;
                    walked = Walked {
                        before,
                        whole: reader.tail,
                    };
                }
                Next::Damaged => {}
                Next::End => return Ok(walked),
                Next::More(count) => {
                    let bytes = self.file.read(reader.wants(), count.max(CHUNK)).await?;
                    if bytes.is_empty() {
                        return Ok(walked);
                    }
                    reader.feed(&bytes);
                }
            }
        }
    }
}

/// How far a journal can be read.
#[derive(Clone, Copy)]
struct Walked {
    /// Where it ends before the last entry that is whole.
    before: Tail,
    /// Where it ends after that.
    whole: Tail,
}

impl Walked {
    fn none() -> Walked {
        Walked {
            before: Tail::EMPTY,
            whole: Tail::EMPTY,
        }
    }
}
