//! What is remembered from visit to visit.

use serde_json::{Value, json};

use super::last_export::LastExport;
use super::state::{Preferences, Theme};
use crate::core::Timestamp;
use crate::store::Durability;

/// Where preferences are kept between visits.
const PREFERENCES: &str = "eventloom.preferences";

/// Where the time of the last export is: apart, since a tab that remembers a preference knows of its own exports only.
pub const EXPORTED: &str = "eventloom.exported";

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
        "courses": preferences.courses,
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
    if let Some(open) = pairs(&value["open_forms"]) {
        preferences.open_forms = open;
    }
    preferences.courses = pairs(&value["courses"]).unwrap_or_default();
    preferences
}

/// Pairs of texts; what is something else is left out.
fn pairs(value: &Value) -> Option<Vec<(String, String)>> {
    let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()));
    Some(value.as_array()?.iter().filter_map(pair).collect())
}

/// Keeps when all was last exported.
pub fn remember_export(time: Timestamp) {
    if let Some(storage) = local_storage() {
        // Full or denied: then it is known as long as the page.
        let _ = storage.set_item(EXPORTED, &time.millis().to_string());
    }
}

/// When all was last exported, by any tab.
pub fn last_export() -> LastExport {
    let remembered = local_storage().and_then(|storage| storage.get_item(EXPORTED).ok());
    match remembered {
        None => LastExport::Unknown,
        Some(None) => LastExport::Never,
        Some(Some(millis)) => millis.parse().map_or(LastExport::Unknown, |millis| {
            LastExport::At(Timestamp::from_millis(millis))
        }),
    }
}
