//! Reading entries one by one, past what is damaged.

use super::entry::{Entry, HEAD, Head, SIGN};
use super::mark::Tail;
use super::void::Void;

/// What a reader of entries meets next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// An entry that is whole.
    Entry(Entry<'a>),
    /// Something that is damaged; what comes after it is read.
    Damaged(Lost),
    /// So many bytes more are needed to tell. Where the file doesn't have them, it ends here: see
    /// [`Reader::end`].
    More(usize),
}

/// The segments that a damaged part of a journal may have held: all of them, or some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The first that it may have held.
    pub first: u64,
    /// The last; none where nothing tells, since no entry that is whole comes after it.
    pub last: Option<u64>,
}

/// Reads entries one by one, from bytes that are handed over piece by piece.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Up to what was read last, damaged or not.
    pub tail: Tail,
    /// What the entries so far make void, also those whose bodies are damaged.
    void: Void,
    held: Vec<u8>,
    from: usize,
    /// Whether it passes over what isn't a head, and whether that was anything but zeros.
    searches: bool,
    is_damaged: bool,
}

impl Reader {
    /// Reads what comes after a tail.
    #[must_use]
    pub fn after(tail: Tail) -> Reader {
        Reader {
            tail,
            void: Void::default(),
            held: Vec::new(),
            from: 0,
            searches: false,
            is_damaged: false,
        }
    }

    /// Reads from the first entry on.
    #[must_use]
    pub fn new() -> Reader {
        Reader::after(Tail::EMPTY)
    }

    /// Where the bytes that are needed next begin.
    #[must_use]
    pub fn wants(&self) -> u64 {
        self.tail.length + (self.held.len() - self.from) as u64
    }

    /// Hands over bytes from [`Reader::wants`] on.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.held.drain(..self.from);
        self.from = 0;
        self.held.extend_from_slice(bytes);
    }

    /// Which segments are void by what was read so far.
    #[must_use]
    pub fn void(&self) -> &Void {
        &self.void
    }

    /// The next entry.
    pub fn read(&mut self) -> Next<'_> {
        let place = self.tail.length;
        let Some(bytes) = self.held[self.from..].first_chunk::<HEAD>() else {
            return Next::More(HEAD - (self.held.len() - self.from));
        };
        let Some(head) = Head::read(bytes, place) else {
            return self.search();
        };
        if std::mem::take(&mut self.searches) {
            self.is_damaged = false;
            return Next::Damaged(Lost {
                first: self.tail.segment + 1,
                last: Some(head.first().saturating_sub(1)),
            });
        }
        let whole = HEAD + head.length as usize;
        let held = self.held.len() - self.from;
        if held < whole {
            return Next::More(whole - held);
        }
        let body = &self.held[self.from + HEAD..self.from + whole];
        self.from += whole;
        self.tail = self.tail.with(&head);
        if let Some(from) = head.voids() {
            self.void.add(head.segment, from);
        }
        match Entry::from_bytes(&head, body) {
            Some(entry) => Next::Entry(entry),
            None => Next::Damaged(Lost {
                first: head.first(),
                last: Some(head.segment),
            }),
        }
    }

    /// Passes over what is no head, up to where one may begin.
    fn search(&mut self) -> Next<'_> {
        self.searches = true;
        let held = &self.held[self.from..];
        let is_head = |at: &usize| {
            let Some(bytes) = held[*at..].first_chunk::<HEAD>() else {
                return true;
            };
            bytes.starts_with(&SIGN) && Head::read(bytes, self.tail.length + *at as u64).is_some()
        };
        let at = (1..held.len()).find(is_head).unwrap_or(held.len());
        self.is_damaged |= held[..at].iter().any(|byte| *byte != 0);
        self.from += at;
        self.tail.length += at as u64;
        match self.held[self.from..].first_chunk::<HEAD>() {
            Some(_) => self.read(),
            None => Next::More(HEAD - (self.held.len() - self.from)),
        }
    }

    /// What is damaged at the file's end, after all that it has was handed over: an entry that is cut
    /// short, or anything but zeros.
    #[must_use]
    pub fn end(&self) -> Option<Lost> {
        let is_damaged = self.is_damaged || self.held[self.from..].iter().any(|byte| *byte != 0);
        is_damaged.then_some(Lost {
            first: self.tail.segment + 1,
            last: None,
        })
    }
}

impl Default for Reader {
    fn default() -> Reader {
        Reader::new()
    }
}
