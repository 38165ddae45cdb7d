//! The decider (Jérémie Chassaing's): the whole of a model's behaviour in three pure functions,
//! and what storing its events needs besides.

use std::fmt;

use super::event::{EncodedEvent, RecordedEvent};
use super::json_text::InvalidJson;
use super::payload::DecodeError;
use crate::target::{MaybeSend, MaybeSync};

/// A model as a pure value: which events a command leads to, and how events make state.
///
/// A value rather than a set of static functions, so that a model can be built at run time.
pub trait Decider: MaybeSend + MaybeSync {
    /// What can be asked for, in the imperative: `Deposit`.
    type Command: MaybeSend;
    /// What can happen, in the past tense: `MoneyDeposited`.
    type Event: MaybeSend + MaybeSync;
    /// What is known after a number of events.
    type State: MaybeSend + MaybeSync;
    /// Why a command is refused; its text is in the domain's words and is shown to people.
    type Rejection: fmt::Display + fmt::Debug + MaybeSend;

    /// The state before anything happened.
    fn initial_state(&self) -> Self::State;

    /// Which events the command leads to. All business rules are here.
    ///
    /// # Errors
    /// The rejection, when a rule forbids the command.
    fn decide(
        &self,
        state: &Self::State,
        command: Self::Command,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// The state after one more event. Total, with no rules: what happened, happened.
    #[doc(alias = "fold")]
    fn evolve(&self, state: &mut Self::State, event: &Self::Event);
}

/// What storing a decider's events needs.
pub trait Aggregate: Decider {
    /// The first part of its streams' names, for example `bank_account`.
    fn aggregate_type(&self) -> &str;

    /// Turns an event into type and payload. [`payload::encode`](super::payload::encode) does
    /// it for a serde enum.
    ///
    /// # Errors
    /// [`InvalidJson`] when the event has no JSON form.
    fn encode(&self, event: &Self::Event) -> Result<EncodedEvent, InvalidJson>;

    /// Reads a recorded event, by its event type first and then the payload.
    /// [`payload::decode`](super::payload::decode) does it for a serde enum.
    ///
    /// # Errors
    /// [`DecodeError`] when the event isn't one of this model's.
    fn decode(&self, event: &RecordedEvent) -> Result<Self::Event, DecodeError>;

    /// Which form of state snapshots hold. Raise it when `State` or `evolve` changes: older
    /// Which rules made the state of a snapshot, and which form it has. Raise it whenever the same events come to another
    /// state or to another form of it: when `State`, [`initial_state`](Decider::initial_state),
    /// [`evolve`](Decider::evolve) or [`decode`](Self::decode) changes. Older snapshots are then passed over. Where that
    /// was forgotten, states are loaded as the old rules made them, until `Verify` folds the snapshots anew and
    /// names those that differ.
    fn snapshot_schema(&self) -> u32 {
        1
    }
}
