//! What keeps events: appending, reading, and how far it goes.

use super::error::{AppendError, StoreError};
use crate::core::{
    ExpectedVersion, History, NewEvent, Position, PositionRanges, RecordedEvent, StreamHead,
    StreamId, Version,
};
use crate::log::Chain;
use crate::target::{MaybeSend, MaybeSync};

/// What an acknowledged append survives, in a store that leaves the choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Acknowledged when it is on the disk: survives a power cut.
    #[default]
    Strict,
    /// Acknowledged when the operating system has it: survives the program's end, but perhaps not
    /// a power cut. Faster.
    Relaxed,
}

impl Durability {
    /// All of them, the most careful first.
    pub const ALL: [Durability; 2] = [Durability::Strict, Durability::Relaxed];

    /// Its name: `strict`, `relaxed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Durability::Strict => "strict",
            Durability::Relaxed => "relaxed",
        }
    }
}

/// A part of what a store holds, and the history that it was read in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The history of the store at that moment.
    pub history: History,
    /// What was asked for. May be fewer than the limit though more follows: a store bounds what it
    /// reads at once. **Only an empty page is the end.**
    pub items: Vec<T>,
    /// Of events: which of their positions an import wrote. What it says of a position that none of
    /// them has means nothing. Of streams: none.
    pub imported: PositionRanges,
}

/// A place in the log, or what stands there, and the history that it means something in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The history of the store at that moment.
    pub history: History,
    /// The version, the position, the chain.
    pub place: T,
}

/// Keeps events. Reads come in pages: a browser's transaction can't stay open over foreign work.
///
/// A place (a version, a position, the stream after which a list goes on) means something in one
/// [`History`]. Who took it from an answer gives that answer's history beside it, and is told
/// [`StoreError::HistoryChanged`] where the store has another by now; who gives none is answered for
/// the history of the moment. **The only end of a read is an empty page**, and a limit of 0 is none.
///
/// **A read ends before what is damaged**, with a shorter page. One that begins at it answers
/// [`StoreError::Corrupt`], whose `position` is the last that the damaged part may hold: a read of the
/// whole store after that position goes on behind it, as one of a stream does after its `version`.
/// Nothing is appended to a stream of which the store knows that it holds something damaged; whoever loads a stream
/// before deciding on it, as `Repository` does behind its snapshot, meets that. A [hole](RecordedEvent::hole), which an
/// import puts in the place of an event that was missing, is damaged in all of this; it counts in versions,
/// positions and numbers of events.
pub trait EventStore: MaybeSend + MaybeSync {
    /// Appends events to a stream, all of them or none, if the stream is as expected, and the
    /// history where one is given: an [`Exact`](ExpectedVersion::Exact) version has to come with the
    /// history that it was read in.
    ///
    /// Idempotent by event id within the stream: the same batch again answers with what was
    /// recorded and writes nothing, though the expected version has moved on. An empty batch
    /// answers empty once the expected version holds. A batch of another history is refused before
    /// its ids are looked for.
    ///
    /// # Errors
    /// [`AppendError`]; nothing was written, unless its
    /// [outcome is unknown](AppendError::outcome_is_unknown).
    fn append(
        &self,
        stream: &StreamId,
        expected: ExpectedVersion,
        history: Option<History>,
        events: &[NewEvent],
    ) -> impl Future<Output = Result<Vec<RecordedEvent>, AppendError>> + MaybeSend;

    /// The events of a stream with versions above `after`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read_stream(
        &self,
        stream: &StreamId,
        after: Version,
        limit: usize,
        history: Option<History>,
    ) -> impl Future<Output = Result<Page<RecordedEvent>, StoreError>> + MaybeSend;

    /// The events of the whole store with positions above `after`, in order, at most `limit`. Once
    /// a reader has seen a position, nothing at or below it appears later.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read_all(
        &self,
        after: Position,
        limit: usize,
        history: Option<History>,
    ) -> impl Future<Output = Result<Page<RecordedEvent>, StoreError>> + MaybeSend;

    /// The streams that follow `after` in the order of (aggregate type, aggregate id), at most
    /// `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn streams(
        &self,
        after: Option<&StreamId>,
        limit: usize,
        history: Option<History>,
    ) -> impl Future<Output = Result<Page<StreamHead>, StoreError>> + MaybeSend;

    /// The version of a stream's last event, 0 where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn head(
        &self,
        stream: &StreamId,
    ) -> impl Future<Output = Result<At<Version>, StoreError>> + MaybeSend;

    /// The position of the store's last event, 0 where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn last_position(&self) -> impl Future<Output = Result<At<Position>, StoreError>> + MaybeSend;

    /// How many events have positions above one: exact, and found without reading all of them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count_after(
        &self,
        position: Position,
        history: Option<History>,
    ) -> impl Future<Output = Result<u64, StoreError>> + MaybeSend;

    /// The chain of the log up to the segment that ends at this position; none where no segment ends
    /// there, or none does any more. A segment is what one append recorded, or a part of an import.
    ///
    /// Two chains at one position that differ prove two logs; two that are the same show that the
    /// logs are the same up to there. One that isn't there proves nothing: segments that were
    /// recorded one by one may be kept as one. At [`Position::START`], where no segment ends yet, it
    /// is [`Chain::START`] in each store.
    ///
    /// # Errors
    /// [`StoreError`].
    fn chain(
        &self,
        position: Position,
        history: Option<History>,
    ) -> impl Future<Output = Result<At<Option<Chain>>, StoreError>> + MaybeSend;

    /// Ends when something after `after` may exist. A hint: it can end for nothing, and a missed
    /// one is harmless to a reader that also looks by itself now and then.
    ///
    /// # Errors
    /// [`StoreError`]; [`HistoryChanged`](StoreError::HistoryChanged) at once where the store has
    /// another history than the one that is given, and as soon as it gets another.
    fn changed(
        &self,
        after: Position,
        history: Option<History>,
    ) -> impl Future<Output = Result<(), StoreError>> + MaybeSend;
}
