//! How the parts of the page are fetched that aren't loaded with it: the loaders that the program hands over, and what
//! they bring.
//!
//! A loader is made of a function here by the page's program: what mentions such a function holds all of the part's
//! code. The library itself mentions none of them. They are never inlined: the program would get a copy of its own of
//! each future that they reach, which the page has already.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

use yew::{Html, Properties};

use super::backend::Backend;
use super::in_memory::{self, InMemory};
use super::parts::Part;
use super::story;
use super::tale::Tale;
use super::view::{self, ViewProps};
use crate::core::{Position, RecordedEvent};
use crate::store::MemoryStore;

pub use super::job::Jobs;
pub use crate::browser::indexed_db::{Adding, LoadCode, Upkeep};

/// A view: it draws the state as it is, each time that it changes.
pub type Draw = fn(&ViewProps) -> Html;

/// Something that is fetched; where it can't be, that is said in words.
pub type Load<T> = fn() -> Pin<Box<dyn Future<Output = Result<T, String>>>>;

/// The loaders of all parts.
#[derive(Clone, Copy, Properties)]
pub struct Loaders {
    /// The place `About`.
    pub about: Load<Draw>,
    /// The dialogs, what a check of the store came to, and what was set aside of it.
    pub dialogs: Load<Dialogs>,
    /// Import, export and the check of the store.
    pub jobs: Load<Jobs>,
    /// A store in memory.
    pub memory: Load<Memory>,
    /// What a store begins with.
    pub story: Load<Story>,
    /// What a store does beside being looked at.
    pub code: LoadCode,
}

impl PartialEq for Loaders {
    /// A program has one set of them.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The place `About`.
#[must_use]
#[inline(never)]
pub fn about() -> Draw {
    view::about::about
}

/// The views of the part of this name.
#[derive(Clone, Copy)]
pub struct Dialogs {
    dialogs: Draw,
    verification: Draw,
    set_aside: Draw,
}

/// The dialogs, what a check of the store came to, and what was set aside of it.
#[must_use]
#[inline(never)]
pub fn dialogs() -> Dialogs {
    Dialogs {
        dialogs: view::dialogs::dialogs,
        verification: view::verification::came_to,
        set_aside: view::set_aside::set_aside,
    }
}

/// Import, export and the check of the store, as far as the page does them.
#[must_use]
#[inline(never)]
pub fn jobs() -> Jobs {
    Jobs::ALL
}

type Told = Pin<Box<dyn Future<Output = Result<(), String>>>>;

/// What a store begins with.
#[derive(Clone, Copy)]
pub struct Story {
    begin: fn(Backend) -> Told,
    add: fn(Backend, Tale) -> Told,
}

impl Story {
    /// Puts it into an empty store.
    ///
    /// # Errors
    /// A sentence.
    pub(super) async fn begin(self, store: Backend) -> Result<(), String> {
        (self.begin)(store).await
    }

    /// Adds one to a store where it isn't there.
    ///
    /// # Errors
    /// A sentence.
    pub(super) async fn add(self, store: Backend, tale: Tale) -> Result<(), String> {
        (self.add)(store, tale).await
    }
}

/// What a store begins with. The page leaves the import of files to its worker, and has no other way than this to
/// take in what brings its places.
#[must_use]
#[inline(never)]
pub fn story() -> Story {
    Story {
        begin: |store| Box::pin(begin(store)),
        add: |store, tale| Box::pin(async move { story::add(&store, tale).await }),
    }
}

async fn begin(store: Backend) -> Result<(), String> {
    match &store {
        Backend::Browser(browser) => {
            let put = async |story: &[RecordedEvent]| browser.begin_with(story).await;
            story::tell(&store, put).await
        }
        Backend::Memory(memory) => {
            let put = async |story: &[RecordedEvent]| {
                in_memory::import(&**memory, Position::START, story.to_vec()).await
            };
            story::tell(&store, put).await
        }
    }
}

/// A store in memory that holds nothing.
#[derive(Clone)]
pub struct Memory(Rc<dyn InMemory>);

impl Memory {
    pub(super) fn backend(self) -> Backend {
        Backend::Memory(self.0)
    }
}

/// A store in memory, for where the browser keeps nothing.
#[must_use]
#[inline(never)]
pub fn memory() -> Memory {
    Memory(Rc::new(MemoryStore::new()))
}

/// What was fetched of the page's views.
#[derive(Clone, Default)]
pub struct Drawn(Rc<Views>);

#[derive(Default)]
struct Views {
    about: Cell<Option<Draw>>,
    dialogs: Cell<Option<Dialogs>>,
}

impl Drawn {
    /// Fetches a part.
    ///
    /// # Errors
    /// Why it can't be fetched.
    pub(super) async fn fetch(&self, part: Part, loaders: Loaders) -> Result<(), String> {
        match part {
            Part::About => self.0.about.set(Some((loaders.about)().await?)),
            Part::Dialogs => self.0.dialogs.set(Some((loaders.dialogs)().await?)),
        }
        Ok(())
    }

    /// The place `About`, once it is here.
    pub(super) fn about(&self, props: &ViewProps) -> Html {
        draw(self.0.about.get(), props)
    }

    /// The dialogs, once they are here.
    pub(super) fn dialogs(&self, props: &ViewProps) -> Html {
        draw(self.0.dialogs.get().map(|part| part.dialogs), props)
    }

    /// What a check of the store came to, once that part is here.
    pub(super) fn verification(&self, props: &ViewProps) -> Html {
        draw(self.0.dialogs.get().map(|part| part.verification), props)
    }

    /// What was set aside of the store, once that part is here.
    pub(super) fn set_aside(&self, props: &ViewProps) -> Html {
        draw(self.0.dialogs.get().map(|part| part.set_aside), props)
    }
}

fn draw(draw: Option<Draw>, props: &ViewProps) -> Html {
    draw.map_or_else(Html::default, |draw| draw(props))
}
