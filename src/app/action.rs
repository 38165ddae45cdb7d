//! What can happen to the page, and what the page asks of the world in answer.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::core::{
    CommandId, EncodedEvent, History, RecordedEvent, StreamHead, StreamId, Timestamp, Version,
};
use crate::store::{AppendError, Durability, Recovery, ResetToken, SetAside, StoreError};

use super::asked::View;
use super::checked::Checked;
use super::last_export::LastExport;
use super::parts::Part;
use super::reading::Read;
use super::state::{Dialog, FormKey, Preferences, Room, Storage, Theme};
use super::trying::Trying;

/// Something that happened: a person did it, or an effect came back.
#[derive(Clone, Debug)]
pub enum Action {
    /// The store was opened.
    Opened(Storage),
    /// The store isn't open after two seconds.
    Slow,
    /// The store is moved to the layout of today, and has come so far, from 0 to 100.
    Moving(u8),
    /// The store's database doesn't open, and this is done about it; none once that is over.
    Trying(Option<Rc<Trying>>),
    /// What a person wishes meanwhile.
    Wish(Wish),
    /// The streams were listed.
    Listed {
        /// When that was asked.
        asked: View,
        /// The streams.
        streams: Result<Vec<StreamHead>, StoreError>,
        /// Those that are archived; none where that can't be read.
        archived: Option<BTreeSet<StreamId>>,
    },
    /// Events of a stream were read.
    Loaded {
        /// When that was asked.
        asked: View,
        /// The stream.
        stream: StreamId,
        /// Whether they replace what is held, or follow it.
        whole: bool,
        /// The events, as far as they can be read.
        read: Read,
    },
    /// The store changed, here or in another tab, or this page is shown again.
    StoreChanged,
    /// The store was emptied, here or in another tab.
    StoreEmptied,
    /// The store can't be reached any more, until a call reaches it again.
    StoreLost(String),
    /// Events were missing from the store when it was opened.
    Recovered(Recovery),
    /// What is told of them was read.
    DismissRecovery,
    /// The browser said what room this site takes.
    Measured(Room),
    /// Save what was set aside under this name as a file.
    SaveSetAside(String),
    /// It was: how many events, and the file's name; or why not.
    SetAsideSaved(Result<Saved, String>),
    /// What is here is to be exchanged for what was set aside.
    BringBack(Rc<SetAside>),
    /// It was, and so many events came back; or why not.
    BroughtBack(Result<u64, String>),
    /// What was set aside is to be deleted.
    DeleteSetAside(Rc<SetAside>),
    /// It was, or why not.
    SetAsideDeleted(Result<(), String>),

    /// The browser shows another address.
    AddressChanged(String),
    /// A part of the page was fetched, or why it couldn't be.
    Fetched(Part, Result<(), String>),
    /// What couldn't be fetched is to be once more.
    FetchAgain,
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
    Sought {
        /// When that was asked.
        asked: View,
        /// Its events, as far as they can be read.
        read: Read,
    },
    /// The append of the command that is being saved came back.
    Appended {
        /// When it was sent.
        asked: View,
        /// What was recorded, or why nothing was.
        result: Result<Vec<RecordedEvent>, AppendError>,
    },

    /// A file was chosen to import.
    ImportChosen {
        /// Its name.
        file: String,
    },
    /// The file that was refused is to be imported, with holes in the places of what it lacks.
    ImportWithHoles,
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
    Imported(Result<Imported, NotImported>),
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
    ResetEnded(AfterReset, Result<ResetToken, NotReset>),
    /// The reset that was told last is to be taken back.
    UndoReset,
    /// It was, or not.
    ResetUndone(Result<(), String>),
    /// Another tab has exported the store.
    ExportedElsewhere(LastExport),
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
    /// What is damaged is to be mended from the second copy.
    Mend,
    /// So many events were mended, or why none could be.
    Mended(Result<u64, String>),
    /// The viewed event is to be copied.
    CopyEvent,
    /// A copy was made, or not.
    Copied(Result<(), String>),

    /// The stream that is looked at is to be archived, or brought back.
    Archive(bool),
    /// It was, or not.
    ArchiveEnded {
        /// When that was asked.
        asked: View,
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

/// What a person wishes while the store's database doesn't open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// That it is asked for once more, now.
    TryNow,
    /// To work in memory.
    InMemory,
    /// To leave it as it is, and to go on in another that is filled from the second copy.
    GoOn,
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

/// Why a reset didn't do all that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotReset {
    /// It was refused: nothing was deleted.
    Refused(String),
    /// The store failed, or was lost, at a moment at which nobody can tell.
    Unknown(String),
}

/// Why an import can't say what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotImported {
    /// It was refused: nothing of the file is in.
    Refused(String),
    /// It was refused too, since it lacks events amid a stream. With holes in their places it can be
    /// imported.
    Lacking {
        /// What it lacks, as a sentence.
        reason: String,
        /// How many holes there would be.
        holes: u64,
    },
    /// It broke off at a moment at which nobody can tell: all of it is in, or nothing.
    Unknown(String),
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
    /// How many of their ids stand in several streams.
    pub shared_ids: u64,
    /// How many holes the store has more.
    pub holes: u64,
    /// How many of the events fill holes.
    pub fills: u64,
    /// Which names have other capitals than CloudEvents has, in sentences without the last point; empty where none has.
    pub capitals: String,
}

/// How an exported file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all: a line is an event.
    Plain,
    /// With gzip.
    Gzip,
}

/// What was set aside is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// How many events are in it.
    pub events: u64,
    /// How many holes stand in it for what is missing, or can't be read.
    pub holes: u64,
    /// Its name.
    pub file: String,
}

/// What an export did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many events are in the file.
    pub events: u64,
    /// How many holes of the store are in it.
    pub holes: u64,
    /// How many holes stand in it for events that can't be read, or are missing.
    pub missing: u64,
    /// How many damaged records aren't in it, since nothing tells which events they held.
    pub damaged: u64,
    /// Its name.
    pub file: String,
    /// When it was begun: what was recorded later may not be in it.
    pub at: Timestamp,
}

/// Something the page asks of the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// List the streams.
    List(View),
    /// Read a stream from its beginning.
    Load(View, StreamId),
    /// Read what follows a version, if the stream still holds that version's event; else all.
    CatchUp {
        /// When that is asked.
        asked: View,
        /// The stream.
        stream: StreamId,
        /// The version that is held.
        after: Version,
        /// The id of its event, as text.
        event_id: String,
        /// The history that it was read in.
        history: Option<History>,
    },
    /// Read a stream from its beginning, to look for what a command led to.
    Seek(View, StreamId),
    /// Append events, expecting this version.
    Append {
        /// When that is asked.
        asked: View,
        /// The stream.
        stream: StreamId,
        /// The version that they were decided on.
        expected: Version,
        /// The history that it was read in.
        history: Option<History>,
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
    /// Save what was set aside under this name as a file.
    SaveSetAside(String),
    /// Tell whoever tries to open the store what a person wishes.
    Wish(Wish),
    /// Exchange what is here for what was set aside.
    BringBack(Rc<SetAside>),
    /// Delete what was set aside.
    DeleteSetAside(Rc<SetAside>),
    /// Fetch a part of the page.
    Fetch(Part),
    /// Show an address.
    Show(String, Entry),
    /// Start or stop the ticks of playing.
    Play(bool),
    /// Import the chosen file.
    Import,
    /// Import it once more, with holes in the places of what it lacks.
    ImportWithHoles,
    /// Break the import off.
    CancelImport,
    /// Export the whole store to a file.
    Export(Packing),
    /// Break the export off.
    CancelExport,
    /// Empty the store.
    Reset(AfterReset),
    /// Take a reset back.
    UndoReset(ResetToken),
    /// Archive a stream, or bring it back.
    Archive(View, StreamId, bool),
    /// Check the whole store.
    Verify,
    /// Break the check off.
    CancelVerify,
    /// Mend what is damaged from the second copy.
    Mend,
    /// Put a text on the clipboard.
    Copy(String),
    /// Move the focus to the element of a form's field.
    FocusField(FormKey, String),
    /// Keep the preferences.
    Remember(Preferences),
    /// Keep when all was last exported.
    RememberExport(Timestamp),
}

/// What becomes of the address before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Back leads to it.
    Push,
    /// It is replaced.
    Replace,
}
