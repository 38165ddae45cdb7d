//! Which version of the page is used.

use crate::app::action::Effect;
use crate::app::page_version::PageVersion;
use crate::app::state::State;

impl State {
    pub(super) fn version_told(&mut self, version: PageVersion) {
        // What this page is doesn't get any newer.
        if self.version != PageVersion::Superseded {
            self.version = version;
        }
    }

    /// Whether something is under way that goes with the page.
    fn is_at_work(&self) -> bool {
        let is_saving = self.saving.is_some() || self.resetting || self.exchanging;
        is_saving || self.import.is_some() || self.export.is_some() || self.moving.is_some()
    }

    /// Uses the new version, where that was asked for and nothing is under way any more.
    pub(super) fn switch_over(&mut self, effects: &mut Vec<Effect>) {
        if self.is_switching && !self.is_at_work() {
            self.is_switching = false;
            effects.push(Effect::SwitchOver);
        }
    }
}
