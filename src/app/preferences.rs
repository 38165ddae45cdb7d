//! What is remembered from visit to visit.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::state::{Preferences, Theme};
use crate::store::Durability;

/// Where preferences are kept between visits.
const PREFERENCES: &str = "eventloom.preferences";

/// Preferences live in local storage, which may be denied: then they last as long as the page.
fn local_storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// Keeps the preferences for the next visit.
pub fn remember(preferences: &Preferences) {
    let value = json!({
        "theme": preferences.theme.map(Theme::name),
        "shortcuts": preferences.shortcuts,
        "tip": preferences.tip,
        "durability": preferences.durability.name(),
        "open_forms": preferences.open_forms,
    });
    if let Some(storage) = local_storage() {
        // Full or denied: nothing is lost but a convenience.
        let _ = storage.set_item(PREFERENCES, &value.to_string());
    }
}

/// The preferences of the last visit; defaults for what can't be read.
pub fn remembered() -> Preferences {
    let mut preferences = Preferences::default();
    let Some(text) =
        local_storage().and_then(|storage| storage.get_item(PREFERENCES).ok().flatten())
    else {
        return preferences;
    };
    let value: Value = serde_json::from_str(&text).unwrap_or_default();
    preferences.theme = match value["theme"].as_str() {
        Some("light") => Some(Theme::Light),
        Some("dark") => Some(Theme::Dark),
        _ => None,
    };
    preferences.shortcuts = value["shortcuts"]
        .as_bool()
        .unwrap_or(preferences.shortcuts);
    preferences.tip = value["tip"].as_bool().unwrap_or(preferences.tip);
    let named = |durability: &Durability| Some(durability.name()) == value["durability"].as_str();
    preferences.durability = Durability::ALL.into_iter().find(named).unwrap_or_default();
    if let Ok(open) = serde_json::from_value::<BTreeSet<_>>(value["open_forms"].clone()) {
        preferences.open_forms = open;
    }
    preferences
}
