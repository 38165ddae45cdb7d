//! A whole store as a file, what is damaged or missing in it too: in its place stands a hole.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::export::write_event;
use super::holes::{Free, MOST_HOLES, Missing, allot};
use crate::core::{Position, RecordedEvent, StreamId, Version};

/// A position after every event.
const BEYOND: Position = Position(u64::MAX);

/// So many places for holes are kept free at most: each is a part of the file by itself.
const MOST_MARKS: usize = 100_000;

/// And so many as long as nothing is known to be damaged: positions may have gaps for good reasons.
const FEW_MARKS: usize = 1_000;

/// A part of the file, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Lines.
    Text(String),
    /// The place of the lines that [`Exporter::finish`] answers under this index: which holes belong
    /// there is known only at the end.
    Holes(usize),
}

/// What an export came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many events are in the file.
    pub events: u64,
    /// How many holes of the store are.
    pub holes: u64,
    /// How many holes stand in it for events that are damaged or missing in the store.
    pub missing: u64,
    /// How many damaged records are left out, since nothing tells which events they held.
    pub untold: u64,
}

/// Is shown what a store holds, in the order of its log, then its heads, and writes it as a file.
/// Remembers the name of each stream and some 50 bytes for it, and what is damaged.
///
/// ```
/// # use eventloom::archive::Exporter;
/// # use eventloom::core::{Position, StreamId, Version};
/// let shop = StreamId::new("shop", "a")?;
/// let mut exporter = Exporter::new();
/// exporter.damaged(Some(shop.clone()), Version(1), Position(1));
/// exporter.head(&shop, Version(1));
/// let (file, summary) = exporter.text();
/// assert!(file.contains(r#""type":"eventloom.hole","subject":"a","streamversion":1,"position":1"#));
/// assert_eq!(summary.missing, 1);
/// # Ok::<(), eventloom::core::InvalidStreamId>(())
/// ```
#[derive(Debug, Default)]
pub struct Exporter {
    summary: Summary,
    text: String,
    pieces: Vec<Piece>,
    /// The places where holes may go: how many damaged records that name no event are there.
    marks: Vec<u64>,
    /// Where the last of them is the last thing in the file: after which position.
    open: Option<Position>,
    is_damaged: bool,
    last: Position,
    streams: HashMap<StreamId, (Version, Position)>,
    missing: Vec<Missing>,
    /// Versions that came after a later one of their stream, and so aren't missing.
    late: HashSet<(StreamId, Version)>,
    /// What damaged records say of themselves, and at which place they were.
    named: BTreeMap<(StreamId, Version), (Position, usize)>,
    free: Free,
}

impl Exporter {
    /// Of a store of which nothing has been shown.
    #[must_use]
    pub fn new() -> Exporter {
        Exporter::default()
    }

    /// Writes the next event of the log.
    pub fn event(&mut self, event: &RecordedEvent) {
        let (version, after) = self.known(&event.stream);
        if event.version > version.next() {
            let at = self.mark() as u64;
            self.missing.push(Missing {
                stream: event.stream.clone(),
                first: version.next(),
                last: event.version.previous(),
                after,
                before: event.position,
                at,
            });
        }
        // Something may have stood there: also what a damaged record before held.
        let jumps = event.position.0 > self.last.0.saturating_add(1);
        let most = if self.is_damaged {
            MOST_MARKS
        } else {
            FEW_MARKS
        };
        if jumps && self.marks.len() < most {
            self.mark();
        }
        self.close(event.position);
        let place = (event.version, event.position);
        if event.version <= version {
            self.late.insert((event.stream.clone(), event.version));
        } else if let Some(known) = self.streams.get_mut(&event.stream) {
            *known = place;
        } else {
            self.streams.insert(event.stream.clone(), place);
        }
        self.last = self.last.max(event.position);
        write_event(event, &mut self.text);
        match event.is_hole() {
            true => self.summary.holes += 1,
            false => self.summary.events += 1,
        }
    }

    /// Takes note of a damaged record of the log: what it says of itself, as far as it does.
    pub fn damaged(&mut self, stream: Option<StreamId>, version: Version, position: Position) {
        let mark = self.mark();
        self.is_damaged = true;
        match stream {
            Some(stream) if version > Version::NONE => {
                self.named
                    .entry((stream, version))
                    .or_insert((position, mark));
            }
            _ => self.marks[mark] += 1,
        }
    }

    /// Takes the head of a stream. All events come before the first of them.
    pub fn head(&mut self, stream: &StreamId, head: Version) {
        if head > self.known(stream).0 {
            self.missing_at_the_end(stream.clone(), head);
        }
    }

    /// How many events and holes it has written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.summary.events + self.summary.holes
    }

    /// How many bytes of text were written since the last place for holes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.text.len()
    }

    /// Gives up what is written so far.
    pub fn pieces(&mut self) -> Vec<Piece> {
        self.cut();
        std::mem::take(&mut self.pieces)
    }

    /// Once it was shown everything: what is left of the file, the lines of each [`Piece::Holes`], and
    /// what it came to.
    #[must_use]
    pub fn finish(mut self) -> (Vec<Piece>, Vec<String>, Summary) {
        self.missing_by_their_own_word();
        self.mark();
        self.close(BEYOND);
        self.cut();
        let mut left = MOST_HOLES;
        self.missing.retain_mut(|range| {
            let last = range.first.0.saturating_add(left).saturating_sub(1);
            range.last = Version(range.last.0.min(last));
            let fits = range.first <= range.last;
            left -= if fits { range.count() } else { 0 };
            fits
        });
        let named = &self.named;
        let said =
            |stream: &StreamId, version| named.get(&(stream.clone(), version)).map(|it| it.0);
        let spots = allot(&self.missing, &mut self.free, said);

        let mut holes: Vec<(usize, RecordedEvent)> = Vec::new();
        for (range, spots) in self.missing.iter().zip(spots) {
            let has_all = spots.iter().all(Option::is_some);
            let mut after = range.after.max(Position(1));
            for (version, spot) in (range.first.0..).map(Version).zip(spots) {
                let place = (range.stream.clone(), version);
                if self.late.contains(&place) {
                    continue;
                }
                // Where not all have one, an import gives all positions anew, since these don't grow:
                // what counts then is that the versions of a stream stand in their order.
                let spot_at = spot.filter(|_| has_all).map(|spot| spot.at);
                let mark = spot_at.unwrap_or(range.at) as usize;
                after = spot.map_or(after, |spot| spot.position);
                holes.push((mark, RecordedEvent::hole(place.0, version, after)));
            }
        }
        holes.sort_by_key(|(mark, hole)| (*mark, hole.position));

        let mut lines = vec![String::new(); self.marks.len()];
        let mut without_record = Vec::new();
        for (mark, hole) in &holes {
            write_event(hole, &mut lines[*mark]);
            let place = (hole.stream.clone(), hole.version);
            if self.named.remove(&place).is_none() {
                without_record.push(*mark);
            }
        }
        // What is left named no event that is missing: its name is what is damaged.
        for (_, mark) in self.named.values() {
            self.marks[*mark] += 1;
        }
        let records = self.marks.iter().copied().enumerate();
        let mut records: Vec<(usize, u64)> = records.filter(|(_, count)| *count > 0).collect();
        for mark in without_record {
            // It stands for something that the records before it held.
            let of = records.partition_point(|(at, _)| *at <= mark);
            if let Some((_, count)) = of.checked_sub(1).and_then(|of| records.get_mut(of)) {
                *count = 0;
            }
        }
        self.summary.missing = holes.len() as u64;
        self.summary.untold = records.iter().map(|(_, count)| count).sum();
        (self.pieces, lines, self.summary)
    }

    /// The same, as one text, of one that gave up no pieces before.
    #[must_use]
    pub fn text(self) -> (String, Summary) {
        let (pieces, lines, summary) = self.finish();
        let texts = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Holes(index) => lines.get(*index).map_or("", String::as_str),
        });
        (texts.collect(), summary)
    }

    /// What damaged records say that nothing else shows: that they come right behind the last event of
    /// their stream.
    fn missing_by_their_own_word(&mut self) {
        let named: Vec<(StreamId, Version)> = self.named.keys().cloned().collect();
        for (stream, version) in named {
            if version == self.known(&stream).0.next() {
                self.missing_at_the_end(stream, version);
            }
        }
    }

    fn missing_at_the_end(&mut self, stream: StreamId, head: Version) {
        let at = self.mark() as u64;
        let (last, after) = self.known(&stream);
        self.streams.insert(stream.clone(), (head, after));
        self.missing.push(Missing {
            stream,
            first: last.next(),
            last: head,
            after,
            before: BEYOND,
            at,
        });
    }

    /// The last version of a stream, and its position.
    fn known(&self, stream: &StreamId) -> (Version, Position) {
        self.streams.get(stream).copied().unwrap_or_default()
    }

    /// The place for holes at the end of what is written.
    fn mark(&mut self) -> usize {
        if self.open.is_none() {
            self.cut();
            self.pieces.push(Piece::Holes(self.marks.len()));
            self.marks.push(0);
            self.open = Some(self.last);
        }
        self.marks.len() - 1
    }

    /// What comes next has this position.
    fn close(&mut self, position: Position) {
        if let Some(after) = self.open.take() {
            self.free.add(self.marks.len() as u64 - 1, after, position);
        }
    }

    fn cut(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.pieces.push(Piece::Text(text));
        }
    }
}
