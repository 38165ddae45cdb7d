//! The number of the state whose course is drawn: the model's own, or one that a person chose.

use std::rc::Rc;

use crate::core::{JsonValue, Version};
use crate::model::Wording;
use crate::timeline::{Path, Timeline};

/// A number of the state at each version of which the state is known, from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Its path in the state, or what the model calls its own.
    pub name: String,
    /// Its values.
    pub values: Rc<[Option<f64>]>,
}

impl Course {
    /// The course of the number at a path; of the model's own where none was chosen.
    #[must_use]
    pub fn of(timeline: &Timeline, chosen: Option<&str>) -> Course {
        let own = timeline.model().measure_name();
        let Some(path) = chosen.filter(|path| *path != own) else {
            return Course {
                name: own.to_owned(),
                values: timeline.measures().into(),
            };
        };
        let mut state = timeline.model().begin(timeline.stream());
        let mut values = vec![number(&state.view(), path)];
        for event in &timeline.events()[..timeline.measures().len() - 1] {
            // Each was replayed in this order when it was added.
            if state.replay(event).is_err() {
                break;
            }
            values.push(number(&state.view(), path));
        }
        Course {
            name: path.to_owned(),
            values: values.into(),
        }
    }

    /// The value at a version; beyond the last that is known, none.
    #[must_use]
    pub fn at(&self, version: Version) -> Option<f64> {
        let index = usize::try_from(version.0).ok()?;
        self.values.get(index).copied().flatten()
    }

    /// The value at a version in words, where it is whole: `439.50 EUR`.
    #[must_use]
    pub fn words(&self, version: Version, wording: &Wording) -> Option<String> {
        let value = self.at(version).filter(|value| value.fract() == 0.0)?;
        let path = Path::parse(&self.name).ok()?;
        Some(wording.value(path.last_key()?, &JsonValue::of(&(value as i64))))
    }

    /// What going from one version to another did to it: `v10 balance 459.50 → 439.50 EUR`.
    #[must_use]
    pub fn step(&self, from: Version, to: Version, wording: &Wording) -> Option<String> {
        let (old, new) = (self.words(from, wording)?, self.words(to, wording)?);
        let name = &self.name;
        if old == new {
            return Some(format!("v{to} {name} {new}"));
        }
        // The currency once.
        let unit = format!(" {}", wording.currency);
        let old = match new.ends_with(&unit) {
            true => old.strip_suffix(&unit).unwrap_or(&old),
            false => &old,
        };
        Some(format!("v{to} {name} {old} → {new}"))
    }
}

/// The number at a path.
fn number(state: &JsonValue, path: &str) -> Option<f64> {
    let path = Path::parse(path).ok()?;
    match &**path.find(state).first()? {
        JsonValue::Number(number) => number.as_f64(),
        _ => None,
    }
}
