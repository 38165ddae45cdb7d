//! What can happen to the page, and what the page asks of the world in answer.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::core::{CommandId, EncodedEvent, RecordedEvent, StreamId, Version};
use crate::store::{AppendError, Durability, Recovery, StoreError, StreamHead};

use super::state::{Dialog, FormKey, Preferences, Room, Storage, Theme};

/// Something that happened: a person did it, or an effect came back.
#[derive(Clone, Debug)]
pub enum Action {
    /// The store was opened.
    Opened(Storage),
    /// The streams were listed.
    Listed(Result<Vec<StreamHead>, StoreError>),
    /// It was read which streams are archived.
    Archived(Result<BTreeSet<StreamId>, StoreError>),
    /// Events of a stream were read.
    Loaded {
        /// The stream.
        stream: StreamId,
        /// Whether they replace what is held, or follow it.
        whole: bool,
        /// The events.
        events: Result<Vec<RecordedEvent>, StoreError>,
    },
    /// The store changed, here or in another tab, or this page is shown again.
    StoreChanged,
    /// The store was emptied, here or in another tab.
    StoreEmptied,
    /// The store can't be reached any more.
    StoreLost(String),
    /// Events were missing from the store when it was opened.
    Recovered(Recovery),
    /// What is told of them was read.
    DismissRecovery,
    /// The browser said what room this site takes.
    Measured(Room),

    /// The browser shows another address.
    AddressChanged(String),
    /// A model was chosen by its aggregate type.
    ChooseModel(String),
    /// A stream of the present model was chosen by its aggregate id.
    ChooseStream(String),
    /// A stream that doesn't exist yet was asked for, under this fresh aggregate id.
    NewStream(String),

    /// A version is to be looked at. While dragging, the address waits.
    View(Version, Settled),
    /// One version back or forth, or an end.
    Step(Step),
    /// Play or pause.
    TogglePlay,
    /// Half a second of playing is over.
    PlayTick,

    /// A command's form is to be shown or hidden.
    ToggleForm(String),
    /// A field was typed into.
    Edit {
        /// The command.
        command: String,
        /// The field's path.
        path: String,
        /// What it holds now.
        text: String,
    },
    /// An item is to be added to a list in a form.
    AddItem {
        /// The command.
        command: String,
        /// The list's path.
        path: String,
    },
    /// An item is to be removed from a list in a form.
    RemoveItem {
        /// The command.
        command: String,
        /// The list's path.
        path: String,
        /// Which, from 0.
        index: usize,
    },
    /// A command is to be decided and appended.
    Submit {
        /// Its name.
        command: String,
        /// A fresh id for it.
        id: CommandId,
    },
    /// The command that can be tried again is to be.
    Retry,
    /// The stream of the command that is tried again was read.
    Sought(Result<Vec<RecordedEvent>, StoreError>),
    /// The append of the command that is being saved came back, with what was recorded.
    Appended(Result<Vec<RecordedEvent>, AppendError>),

    /// A file was chosen to import.
    ImportChosen {
        /// Its name.
        file: String,
    },
    /// An import goes on.
    ImportProgress {
        /// From 0 to 100.
        percent: u8,
        /// What is being done, how fast, and how long it will take.
        words: String,
    },
    /// The import is to be broken off.
    CancelImport,
    /// An import has ended.
    Imported(Result<Imported, String>),
    /// The store is to be exported.
    Export(Packing),
    /// An export goes on.
    ExportProgress {
        /// From 0 to 100.
        percent: u8,
        /// What is being done, how fast, and how long it will take.
        words: String,
    },
    /// The export is to be broken off.
    CancelExport,
    /// An export has ended.
    Exported(Result<Exported, String>),
    /// The store is to be emptied; with the story in it again or not.
    Reset(AfterReset),
    /// A reset has ended.
    ResetEnded(AfterReset, Result<(), String>),
    /// The whole store is to be checked.
    Verify,
    /// The check goes on.
    VerifyProgress {
        /// How many events were checked.
        events: u64,
    },
    /// The check has ended.
    Verified(Result<Rc<Checked>, String>),
    /// The check is to be broken off, or its result put away.
    EndVerification,
    /// The viewed event is to be copied.
    CopyEvent,
    /// A copy was made, or not.
    Copied(Result<(), String>),

    /// The stream that is looked at is to be archived, or brought back.
    Archive(bool),
    /// It was, or not.
    ArchiveEnded {
        /// The stream.
        stream: StreamId,
        /// Whether it was to be archived.
        archive: bool,
        /// What came of it.
        result: Result<(), StoreError>,
    },
    /// Archived streams are to be listed, or not.
    ShowArchived(bool),

    /// A dialog is to be opened.
    Open(Dialog),
    /// The dialog is to be closed.
    CloseDialog,
    /// The other theme is wanted; the system's is this.
    ToggleTheme {
        /// What the system prefers.
        system: Theme,
    },
    /// Commands are to survive this.
    SetDurability(Durability),
    /// Single keys are to be on or off.
    SetShortcuts(bool),
    /// The line that says what to try isn't wanted any more.
    DismissTip,
}

/// Whether a movement has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It goes on: the address waits.
    No,
    /// It is over: the address follows.
    Yes,
}

/// A step through versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To version 0.
    First,
    /// One back.
    Previous,
    /// One forth.
    Next,
    /// To the head, which is then followed.
    Latest,
}

/// What a store holds after a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterReset {
    /// Nothing.
    Empty,
    /// The story of the first visit.
    Story,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// How many events are new.
    pub events: u64,
    /// How many were there already.
    pub skipped: u64,
    /// How many had no time and got that of the import.
    pub stamped: u64,
}

/// How an exported file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all: a line is an event.
    Plain,
    /// With gzip.
    Gzip,
}

/// What an export did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many events are in the file.
    pub events: u64,
    /// How many records of events can't be read, and so aren't in it.
    pub damaged: u64,
    /// Its name.
    pub file: String,
}

/// What a check of the whole store came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many records the log holds, damaged ones too.
    pub events: u64,
    /// How many of them have no checksum.
    pub unchecked: u64,
    /// How many findings there are.
    pub found: u64,
    /// The first of them, whole sentences.
    pub findings: Vec<String>,
}

/// Something the page asks of the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// List the streams.
    List,
    /// Read a stream from its beginning.
    Load(StreamId),
    /// Read what follows a version, if the stream still holds that version's event; else all.
    CatchUp {
        /// The stream.
        stream: StreamId,
        /// The version that is held.
        after: Version,
        /// The id of its event, as text.
        event_id: String,
    },
    /// Read a stream from its beginning, to look for what a command led to.
    Seek(StreamId),
    /// Append events, expecting this version.
    Append {
        /// The stream.
        stream: StreamId,
        /// The version that they were decided on.
        expected: Version,
        /// The events.
        events: Vec<EncodedEvent>,
        /// The command that they come from.
        command_id: CommandId,
        /// What they are to survive.
        durability: Durability,
    },
    /// Ask the browser what room this site takes.
    Measure,
    /// Ask the browser to keep this site's data when the disk runs full.
    Protect,
    /// Show an address.
    Show(String, Entry),
    /// Start or stop the ticks of playing.
    Play(bool),
    /// Import the chosen file.
    Import,
    /// Break the import off.
    CancelImport,
    /// Export the whole store to a file.
    Export(Packing),
    /// Break the export off.
    CancelExport,
    /// Empty the store.
    Reset(AfterReset),
    /// Archive a stream, or bring it back.
    Archive(StreamId, bool),
    /// Check the whole store.
    Verify,
    /// Break the check off.
    CancelVerify,
    /// Put a text on the clipboard.
    Copy(String),
    /// Move the focus to the element of a form's field.
    FocusField(FormKey, String),
    /// Keep the preferences.
    Remember(Preferences),
}

/// What becomes of the address before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Back leads to it.
    Push,
    /// It is replaced.
    Replace,
}
