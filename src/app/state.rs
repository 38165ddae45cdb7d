//! What the page knows. Everything on screen is a function of this value.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::core::{CommandId, History, StreamHead, StreamId, Timestamp, Version};
use crate::model::{Draft, FieldError, Registry};
use crate::store::{Durability, Recovery, SecondCopy, SetAside, StoreError};
use crate::timeline::Timeline;

use super::action::Effect;
use super::address;
use super::asked::{Question, Views};
use super::checked::Checked;
use super::last_export::LastExport;
use super::page_version::PageVersion;
use super::parts::{Beside, Parts};
use super::trying::Trying;

pub use super::outcome::{
    About, FormKey, Outcome, OutcomeKind, Pressed, Sent, Undo, Unread, WithHoles,
};

/// The whole state of the page.
#[derive(Clone)]
pub struct State {
    /// When the action happened that is taken in: who hands it over sets this before.
    pub now: Timestamp,
    /// The models to choose from.
    pub registry: Registry,
    /// What the address asks for.
    pub place: Place,
    /// Where the page is instead, as long as it shows no stream. The stream stays as it was.
    pub beside: Option<Beside>,
    /// All streams of the store, once they are known.
    pub streams: Option<Rc<Vec<StreamHead>>>,
    /// The streams that are left out where one is chosen.
    pub archived: BTreeSet<StreamId>,
    /// Whether they aren't left out just now.
    pub shows_archived: bool,
    /// The history of the place's stream, once it is loaded.
    pub timeline: Option<Rc<Timeline>>,
    /// Which history of the store it was read in; none while that isn't known.
    pub history: Option<History>,
    /// The stream as it was when commands were first to be decided on that, whatever comes; none while they are decided
    /// on the latest. It goes with the stream that is looked at.
    pub held: Option<Rc<Timeline>>,
    /// The command that was tried again after that was over, and the version at which it was held.
    pub(super) released: Option<(CommandId, Version)>,
    /// The version that is looked at; none for the head, followed.
    pub viewed: Option<Version>,
    /// The last step or command: from which version to which. It goes with the stream.
    pub went: Option<(Version, Version)>,
    /// Whether versions play by themselves.
    pub playing: bool,
    /// Where events are kept.
    pub storage: Storage,
    /// Whether it takes long to open the store.
    pub is_slow: bool,
    /// What is done about a database that doesn't open, as long as it doesn't.
    pub trying: Option<Rc<Trying>>,
    /// How far the store has come where it is moved to the layout of today, from 0 to 100.
    pub moving: Option<u8>,
    /// Events that were missing when the store was opened, until that was read.
    pub recovery: Option<Recovery>,
    /// The room that this site takes in the browser, once it was asked for.
    pub room: Option<Room>,
    /// Whether the browser was asked, in this visit, to protect what is kept.
    pub asked_to_protect: bool,
    /// Why the list of streams can't be read, as long as it can't.
    pub unlisted: Option<String>,
    /// Why the stream that is looked at can't be read, or not whole, as long as it can't.
    pub unread: Option<Unread>,
    /// What came of the last command, import or address.
    pub outcome: Option<Outcome>,
    /// Counts outcomes, so that the same text twice is told twice.
    pub outcomes: u64,
    /// The command that is being saved.
    pub saving: Option<Rc<Sent>>,
    /// Whether that is one that is recorded, as far as is known: it was sent again.
    pub sends_again: bool,
    /// The form that was sent last, as long as nothing was typed into it since.
    pub pressed: Option<Pressed>,
    /// The command whose form was pressed a second time at once; it was sent once.
    pub pressed_twice: Option<CommandId>,
    /// Whether the store is open. Until then work on it as a whole waits.
    pub is_open: bool,
    /// The work that waits for that, in the order in which it was asked for.
    pub waiting: Vec<Effect>,
    /// Whether the store is being emptied, or is to be once it is open.
    pub resetting: bool,
    /// The reset of this tab that can be taken back.
    pub undo: Option<Undo>,
    /// Whether what is here is being exchanged for what was set aside.
    pub exchanging: bool,
    /// When all was last exported.
    pub last_export: LastExport,
    /// The forms that are open in a stream that was empty when it was entered, beside those that are remembered once it
    /// isn't empty.
    pub(super) forms: Option<Vec<FormKey>>,
    /// Whether the stream was begun just now under a name of the page's own, which a person may exchange.
    pub names_stream: bool,
    /// What has been typed into the forms of each model's commands.
    pub drafts: Vec<(FormKey, Draft)>,
    /// The form that was refused for its fields, and why.
    pub bad_fields: Option<(FormKey, Vec<FieldError>)>,
    /// The streams as they were when the import was begun that was asked for last.
    pub(super) streams_before: Option<Rc<Vec<StreamHead>>>,
    /// The import that is running.
    pub import: Option<Progress>,
    /// The export that is running.
    pub export: Option<Progress>,
    /// Whether this browser can pack an export with gzip.
    pub packs: bool,
    /// The check of the whole store.
    pub verifying: Verifying,
    /// When it came to something last.
    pub checked_at: Timestamp,
    /// The dialog that is open.
    pub dialog: Option<Dialog>,
    /// The parts of the page that are fetched when they are opened.
    pub parts: Parts,
    /// Whether the browser keeps this version of the page, or has a newer one.
    pub version: PageVersion,
    /// Whether that is to be used as soon as nothing is under way.
    pub is_switching: bool,
    /// What is remembered from visit to visit.
    pub preferences: Preferences,
    /// The address that the browser shows, as far as is known.
    pub shown_address: String,
    /// When the last step through versions added or replaced an entry of the browser's history, if that is the present one.
    pub(super) stepped: Option<Timestamp>,
    /// The address to go to once the streams are known, or a version once the stream is.
    pub(super) pending: Pending,
    /// Since when what is shown is what it is.
    pub views: Views,
    /// The list of streams, while the store is asked for it.
    pub(super) listing: Question,
    /// The events of the stream that is looked at, while the store is asked for them.
    pub(super) reading: Question,
}

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Not known yet.
    #[default]
    Undecided,
    /// A stream, with or without events.
    Stream(StreamId),
    /// An aggregate type that neither a model nor the store knows.
    UnknownModel(String),
}

/// What waits for something else to be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pending {
    /// An address, until the streams are listed.
    pub address: Option<String>,
    /// A version, until its stream is loaded.
    pub version: Option<Result<Version, String>>,
}

/// Where events are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// It is being opened.
    #[default]
    Opening,
    /// In the browser.
    Kept,
    /// In memory only, because of this.
    InMemory(StoreError),
    /// In the browser, but out of reach now, because of this.
    Lost(String),
}

/// What the browser says of the room that this site takes. None where it doesn't say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Bytes, as the browser estimates them; more than the events alone.
    pub used: Option<u64>,
    /// Whether the browser keeps them when the disk runs full.
    pub protected: Option<bool>,
    /// Where the second copy stands.
    pub second_copy: Option<SecondCopy>,
    /// What was set aside of the store.
    pub set_aside: Vec<Rc<SetAside>>,
}

/// How far an import or an export has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The name of the file that is imported.
    pub file: Option<String>,
    /// From 0 to 100.
    pub percent: u8,
    /// What is being done, how fast, and how long it will take.
    pub words: String,
}

/// Whether the whole store is being checked, or was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Verifying {
    /// It isn't, and the last result was put away.
    #[default]
    No,
    /// It is.
    Running {
        /// How far it is, from 0 to 100.
        percent: u8,
    },
    /// It was, and this came of it.
    Done(Rc<Checked>),
}

/// A dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// Emptying the store.
    Reset,
    /// Archiving the stream that is looked at.
    Archive,
    /// All keys.
    Help,
    /// Exchanging what is here for what was set aside.
    BringBack(Rc<SetAside>),
    /// Deleting what was set aside.
    DeleteSetAside(Rc<SetAside>),
}

/// What is remembered from visit to visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// The theme, once it was chosen; before that the system's.
    pub theme: Option<Theme>,
    /// Whether single keys do anything.
    pub shortcuts: bool,
    /// Whether the line that says what to try is still wanted.
    pub tip: bool,
    /// What an acknowledged command survives.
    pub durability: Durability,
    /// The forms that are open.
    pub open_forms: Vec<FormKey>,
    /// The numbers whose course is drawn in place of the models' own: aggregate type and path.
    pub courses: Vec<(String, String)>,
}

impl Default for Preferences {
    fn default() -> Preferences {
        let open_forms = [
            ("bank_account", "Deposit"),
            ("bank_account", "Withdraw"),
            ("order", "Place order"),
        ];
        let form = |(aggregate_type, command): (&str, &str)| {
            (aggregate_type.to_owned(), command.to_owned())
        };
        Preferences {
            theme: None,
            shortcuts: true,
            tip: true,
            durability: Durability::Strict,
            open_forms: open_forms.map(form).into(),
            courses: Vec::new(),
        }
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on light paper.
    Light,
    /// Light ink on dark paper.
    Dark,
}

impl Theme {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Theme {
        match self {
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::Light,
        }
    }

    /// What it is called where it is chosen.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        }
    }

    /// The name in the document and in what is remembered.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

impl State {
    /// The page before anything is known.
    #[must_use]
    pub fn new(registry: Registry, preferences: Preferences, address: String) -> State {
        State {
            now: Timestamp::from_millis(0),
            registry,
            place: Place::Undecided,
            beside: None,
            streams: None,
            archived: BTreeSet::new(),
            shows_archived: false,
            timeline: None,
            history: None,
            held: None,
            released: None,
            viewed: None,
            went: None,
            playing: false,
            storage: Storage::Opening,
            is_slow: false,
            trying: None,
            moving: None,
            recovery: None,
            version: PageVersion::default(),
            is_switching: false,
            room: None,
            asked_to_protect: false,
            unlisted: None,
            unread: None,
            outcome: None,
            outcomes: 0,
            saving: None,
            sends_again: false,
            pressed: None,
            pressed_twice: None,
            forms: None,
            names_stream: false,
            drafts: Vec::new(),
            bad_fields: None,
            streams_before: None,
            import: None,
            export: None,
            packs: false,
            verifying: Verifying::No,
            checked_at: Timestamp::from_millis(0),
            dialog: None,
            parts: Parts::default(),
            preferences,
            shown_address: address.clone(),
            stepped: None,
            pending: Pending {
                address: Some(address),
                version: None,
            },
            is_open: false,
            waiting: Vec::new(),
            resetting: false,
            undo: None,
            exchanging: false,
            last_export: LastExport::Unknown,
            views: Views::default(),
            listing: Question::default(),
            reading: Question::default(),
        }
    }

    /// What was typed into a form so far.
    #[must_use]
    pub fn draft(&self, form: &FormKey) -> Draft {
        let mut drafts = self.drafts.iter();
        let found = drafts.find(|(of, _)| of == form);
        found.map(|(_, draft)| draft.clone()).unwrap_or_default()
    }

    /// The stream that is looked at.
    #[must_use]
    pub fn stream(&self) -> Option<&StreamId> {
        match &self.place {
            Place::Stream(stream) => Some(stream),
            Place::Undecided | Place::UnknownModel(_) => None,
        }
    }

    /// The version of the last event of the stream that is looked at.
    #[must_use]
    pub fn head(&self) -> Version {
        self.timeline
            .as_ref()
            .map_or(Version::NONE, |timeline| timeline.head())
    }

    /// The path of the number that a person chose for the course of this model.
    #[must_use]
    pub fn chosen_course(&self) -> Option<&str> {
        let aggregate_type = self.stream()?.aggregate_type();
        let mut courses = self.preferences.courses.iter();
        let chosen = courses.find(|(of, _)| of == aggregate_type);
        chosen.map(|(_, path)| path.as_str())
    }

    /// The version that is looked at, as a number.
    #[must_use]
    pub fn viewed_version(&self) -> Version {
        self.viewed.unwrap_or_else(|| self.head())
    }

    /// The address of where the page is.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        match &self.beside {
            None => self.stream_address(),
            Some(Beside::About) => Some(address::ABOUT.to_owned()),
            Some(Beside::Unknown(_)) => Some(self.shown_address.clone()),
        }
    }

    /// The address of the stream that is looked at, or was before the page went elsewhere.
    #[must_use]
    pub fn stream_address(&self) -> Option<String> {
        Some(address::format(self.stream()?, self.viewed))
    }

    /// The aggregate types in the store that no shipped model knows, in order.
    #[must_use]
    pub fn foreign_types(&self) -> Vec<String> {
        let streams = self.streams.as_deref().map_or(&[][..], Vec::as_slice);
        let mut types: Vec<String> = Vec::new();
        let mut last = "";
        for head in streams {
            let aggregate_type = head.stream.aggregate_type();
            // They come in the order of their types.
            if aggregate_type != last && self.registry.find(aggregate_type).is_none() {
                types.push(aggregate_type.to_owned());
            }
            last = aggregate_type;
        }
        types
    }

    /// Whether a stream is listed where one is chosen.
    #[must_use]
    pub fn is_listed(&self, stream: &StreamId) -> bool {
        self.shows_archived || !self.archived.contains(stream)
    }

    /// Whether the stream that is looked at is archived.
    #[must_use]
    pub fn is_archived(&self) -> bool {
        self.stream()
            .is_some_and(|stream| self.archived.contains(stream))
    }

    /// How many events the store holds, as far as the list of streams knows.
    #[must_use]
    pub fn events_in_store(&self) -> u64 {
        let streams = self.streams.as_deref().map_or(&[][..], Vec::as_slice);
        let listed: u64 = streams.iter().map(|head| head.version.0).sum();
        let shown = self.stream().and_then(|stream| {
            let index = streams.binary_search_by(|head| head.stream.cmp(stream));
            streams.get(index.ok()?)
        });
        listed + shown.map_or(0, |head| self.version_of(head).0 - head.version.0)
    }

    /// The version of a stream's last event. Of the one that is looked at more may be known than of the list.
    #[must_use]
    pub fn version_of(&self, listed: &StreamHead) -> Version {
        match &self.timeline {
            Some(timeline) if *timeline.stream() == listed.stream => {
                timeline.head().max(listed.version)
            }
            _ => listed.version,
        }
    }

    /// Whether the store's events would be lost with the page.
    #[must_use]
    pub fn in_memory(&self) -> bool {
        matches!(self.storage, Storage::InMemory(_))
    }
}
