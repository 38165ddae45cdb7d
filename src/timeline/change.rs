//! What differs between two states, leaf by leaf.

use super::path::Path;
use crate::core::{JsonObject, JsonValue};

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A leaf is there that wasn't.
    Added {
        /// Where.
        path: Path,
        /// The value.
        new: JsonValue,
    },
    /// A leaf has another value.
    Changed {
        /// Where.
        path: Path,
        /// The value before.
        old: JsonValue,
        /// The value after.
        new: JsonValue,
    },
    /// A leaf is gone.
    Removed {
        /// Where.
        path: Path,
        /// The value that it had.
        old: JsonValue,
    },
}

impl Change {
    /// Where the change is.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Change::Added { path, .. }
            | Change::Changed { path, .. }
            | Change::Removed { path, .. } => path,
        }
    }
}

/// The differences between two values, in the order of the later one's keys; what was removed from a
/// branch comes after the rest of that branch.
#[must_use]
pub fn changes(old: &JsonValue, new: &JsonValue) -> Vec<Change> {
    let mut found = Vec::new();
    compare(&Path::root(), old, new, &mut found);
    found
}

fn compare(path: &Path, old: &JsonValue, new: &JsonValue, found: &mut Vec<Change>) {
    match (old, new) {
        _ if old == new => {}
        (JsonValue::Object(before), JsonValue::Object(after))
            if is_branch(old) && is_branch(new) =>
        {
            objects(path, before, after, found);
        }
        (JsonValue::List(before), JsonValue::List(after)) if is_branch(old) && is_branch(new) => {
            for index in 0..before.len().max(after.len()) {
                let path = path.then(index.to_string());
                entry(&path, before.get(index), after.get(index), found);
            }
        }
        _ => replaced(path, old, new, found),
    }
}

fn objects(path: &Path, before: &JsonObject, after: &JsonObject, found: &mut Vec<Change>) {
    for (key, value) in after.iter() {
        entry(&path.then(key), before.get(key), Some(value), found);
    }
    for (key, value) in before.iter().filter(|(key, _)| !after.contains_key(key)) {
        entry(&path.then(key), Some(value), None, found);
    }
}

fn entry(path: &Path, old: Option<&JsonValue>, new: Option<&JsonValue>, found: &mut Vec<Change>) {
    match (old, new) {
        (Some(old), Some(new)) => compare(path, old, new, found),
        (None, Some(new)) => leaves(path, new, &mut |path, new| {
            found.push(Change::Added { path, new });
        }),
        (Some(old), None) => leaves(path, old, &mut |path, old| {
            found.push(Change::Removed { path, old });
        }),
        (None, None) => {}
    }
}

/// A leaf in place of a leaf is a change; where a branch comes or goes, its leaves do.
fn replaced(path: &Path, old: &JsonValue, new: &JsonValue, found: &mut Vec<Change>) {
    if !is_branch(old) && !is_branch(new) && !is_nothing(path, old) && !is_nothing(path, new) {
        found.push(Change::Changed {
            path: path.clone(),
            old: old.clone(),
            new: new.clone(),
        });
        return;
    }
    entry(path, Some(old), None, found);
    entry(path, None, Some(new), found);
}

/// An empty state has no leaf at all; an empty object or list inside a state is one.
fn is_nothing(path: &Path, value: &JsonValue) -> bool {
    path.is_root() && matches!(value, JsonValue::Object(fields) if fields.is_empty())
}

/// Whether a value has entries of its own; an empty object or list is a leaf.
pub(super) fn is_branch(value: &JsonValue) -> bool {
    match value {
        JsonValue::Object(fields) => !fields.is_empty(),
        JsonValue::List(items) => !items.is_empty(),
        _ => false,
    }
}

fn leaves(path: &Path, value: &JsonValue, found: &mut impl FnMut(Path, JsonValue)) {
    match value {
        _ if is_nothing(path, value) => {}
        JsonValue::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields.iter() {
                leaves(&path.then(key), value, found);
            }
        }
        JsonValue::List(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                leaves(&path.then(index.to_string()), value, found);
            }
        }
        _ => found(path.clone(), value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::JsonText;

    fn value(text: &str) -> JsonValue {
        JsonText::parse(text).unwrap().value()
    }

    /// The changes between two texts, each as a person reads it.
    fn told(old: &str, new: &str) -> Vec<String> {
        let told = |change: &Change| match change {
            Change::Added { path, new } => format!("added {path} {new}"),
            Change::Changed { path, old, new } => format!("changed {path} {old} → {new}"),
            Change::Removed { path, old } => format!("removed {path} {old}"),
        };
        changes(&value(old), &value(new)).iter().map(told).collect()
    }

    #[test]
    fn added_changed_and_removed_leaves_are_told_apart() {
        assert_eq!(
            told(
                r#"{"status":"open","balance":5,"note":"x"}"#,
                r#"{"status":"open","balance":7,"moves":{"in":1,"out":0}}"#
            ),
            [
                "changed balance 5 → 7",
                "added moves.in 1",
                "added moves.out 0",
                r#"removed note "x""#,
            ]
        );
    }

    #[test]
    fn equal_values_have_no_changes() {
        let text = r#"{"a":[1,{"b":null}]}"#;
        assert!(told(text, text).is_empty());
    }

    #[test]
    fn numbers_are_compared_by_their_digits_and_told_with_them() {
        assert_eq!(
            told(
                r#"{"id":12345678901234567890123,"price":19.90,"zero":-0}"#,
                r#"{"id":12345678901234567890124,"price":19.9,"zero":0.0}"#
            ),
            ["changed id 12345678901234567890123 → 12345678901234567890124"]
        );
    }

    #[test]
    fn a_key_with_a_dot_in_it_is_another_than_a_key_in_a_key() {
        assert_eq!(
            told(r#"{"a.b":1,"a":{"b":2}}"#, r#"{"a.b":7,"a":{"b":2}}"#),
            [r#"changed "a.b" 1 → 7"#]
        );
        assert_eq!(
            told(r#"{"a.b":1,"a":{"b":2}}"#, r#"{"a.b":1,"a":{"b":8}}"#),
            ["changed a.b 2 → 8"]
        );
    }

    #[test]
    fn a_branch_in_place_of_a_leaf_is_one_going_and_the_others_coming() {
        assert_eq!(
            told(r#"{"a/b":null}"#, r#"{"a/b":{"c":1}}"#),
            [r#"removed "a/b" null"#, r#"added "a/b".c 1"#]
        );
    }

    #[test]
    fn each_item_that_a_list_loses_is_named_with_its_own_value() {
        assert_eq!(
            told(r#"{"tags":["a","b","c"]}"#, r#"{"tags":["a"]}"#),
            [r#"removed tags.1 "b""#, r#"removed tags.2 "c""#]
        );
    }

    #[test]
    fn an_empty_list_is_a_leaf_that_goes_when_its_first_item_comes() {
        assert_eq!(
            told(r#"{"tags":[]}"#, r#"{"tags":["a"]}"#),
            ["removed tags []", r#"added tags.0 "a""#]
        );
    }
}
