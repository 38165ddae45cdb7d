//! The parts of the page that are fetched when they are opened: which there are, and whether they are here.

use super::state::{Dialog, Room, State, Verifying};

/// A part of the page that people open and can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The place `About`.
    About,
    /// The dialogs, what a check of the store came to, and what was set aside of it.
    Dialogs,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 2] = [Part::About, Part::Dialogs];
}

/// Whether a part is here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fetched {
    /// Nobody has asked for it.
    #[default]
    No,
    /// It is on its way.
    Coming,
    /// It is.
    Here,
    /// It couldn't be fetched, because of this.
    Failed(String),
}

/// Whether each part is here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    about: Fetched,
    dialogs: Fetched,
}

impl Parts {
    /// Whether this one is.
    #[must_use]
    pub fn get(&self, part: Part) -> &Fetched {
        match part {
            Part::About => &self.about,
            Part::Dialogs => &self.dialogs,
        }
    }

    pub(super) fn get_mut(&mut self, part: Part) -> &mut Fetched {
        match part {
            Part::About => &mut self.about,
            Part::Dialogs => &mut self.dialogs,
        }
    }
}

impl State {
    /// What a part is wanted for now, by its name on the page; none where it isn't.
    #[must_use]
    pub fn wants(&self, part: Part) -> Option<&'static str> {
        match part {
            Part::About => (self.beside == Some(Beside::About)).then_some("About"),
            Part::Dialogs => match (&self.dialog, &self.verifying) {
                (Some(Dialog::Reset), _) => Some("Reset"),
                (Some(Dialog::Archive), _) => Some("Archive stream"),
                (Some(Dialog::Help), _) => Some("Help"),
                (Some(Dialog::BringBack(_)), _) => Some("Bring back"),
                (Some(Dialog::DeleteSetAside(_)), _) => Some("Delete"),
                (None, Verifying::Done(_)) => Some("Verification"),
                (None, Verifying::No | Verifying::Running { .. }) => {
                    let is_any = |room: &Room| !room.set_aside.is_empty();
                    self.room
                        .as_ref()
                        .is_some_and(is_any)
                        .then_some("Set aside")
                }
            },
        }
    }

    /// What is wanted and couldn't be fetched, and why.
    #[must_use]
    pub fn unfetched(&self) -> Option<(&'static str, &str)> {
        Part::ALL
            .into_iter()
            .find_map(|part| match self.parts.get(part) {
                Fetched::Failed(reason) => Some((self.wants(part)?, reason.as_str())),
                _ => None,
            })
    }
}

/// A place that shows no stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beside {
    /// What Eventloom keeps and promises, and what it is made of.
    About,
    /// One that isn't there, under this name.
    Unknown(String),
}
