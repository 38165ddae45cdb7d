//! A state as a tree of lines to show, each with its value before the viewed event.

use std::collections::HashMap;

use super::change::{Change, is_branch};
use super::path::Path;
use crate::core::JsonValue;

/// One line of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its key, or its index in a list.
    pub key: String,
    /// Where it is.
    pub path: Path,
    /// Its value, where it is a leaf.
    pub leaf: Option<Leaf>,
    /// Its entries, where it is a branch.
    pub children: Vec<Node>,
}

/// A value, and what the viewed event did to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// The value.
    pub value: JsonValue,
    /// Whether the viewed event gave it this value.
    pub changed: bool,
    /// The value before, where there was another.
    pub was: Option<JsonValue>,
}

/// The lines of a state, in the order of its keys; none of an empty one.
#[must_use]
pub fn tree(state: &JsonValue, changes: &[Change]) -> Vec<Node> {
    let by_path: HashMap<&Path, &Change> = changes
        .iter()
        .filter(|change| !matches!(change, Change::Removed { .. }))
        .map(|change| (change.path(), change))
        .collect();
    match state {
        JsonValue::Object(_) | JsonValue::List(_) => entries(state, &Path::root(), &by_path),
        leaf => vec![node("value".to_owned(), Path::root(), leaf, &by_path)],
    }
}

fn entries(value: &JsonValue, at: &Path, changes: &HashMap<&Path, &Change>) -> Vec<Node> {
    let entry = |key: String, value: &JsonValue| {
        let path = at.then(key.as_str());
        node(key, path, value, changes)
    };
    match value {
        JsonValue::Object(fields) => fields
            .iter()
            .map(|(key, value)| entry(key.clone(), value))
            .collect(),
        JsonValue::List(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| entry(index.to_string(), value))
            .collect(),
        _ => Vec::new(),
    }
}

fn node(key: String, path: Path, value: &JsonValue, changes: &HashMap<&Path, &Change>) -> Node {
    if is_branch(value) {
        let children = entries(value, &path, changes);
        return Node {
            key,
            path,
            leaf: None,
            children,
        };
    }
    let change = changes.get(&path);
    let leaf = Leaf {
        value: value.clone(),
        changed: change.is_some(),
        was: match change {
            Some(Change::Changed { old, .. }) => Some(old.clone()),
            _ => None,
        },
    };
    Node {
        key,
        path,
        leaf: Some(leaf),
        children: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::changes;
    use super::*;
    use crate::core::JsonText;

    fn value(text: &str) -> JsonValue {
        JsonText::parse(text).unwrap().value()
    }

    #[test]
    fn what_changed_is_marked_and_the_old_value_stands_beside() {
        let old = value(r#"{"balance":500,"name":"Ada"}"#);
        let new = value(r#"{"balance":45950,"name":"Ada"}"#);
        let lines = tree(&new, &changes(&old, &new));
        let balance = lines[0].leaf.as_ref().unwrap();
        assert_eq!(balance.value.to_string(), "45950");
        assert_eq!(balance.was.as_ref().unwrap().to_string(), "500");
        assert!(!lines[1].leaf.as_ref().unwrap().changed);
    }

    #[test]
    fn of_two_keys_that_read_alike_only_the_one_that_changed_is_marked() {
        let old = value(r#"{"a.b":1,"a":{"b":2}}"#);
        let new = value(r#"{"a.b":7,"a":{"b":2}}"#);
        let lines = tree(&new, &changes(&old, &new));
        assert!(lines[0].leaf.as_ref().unwrap().changed);
        assert!(!lines[1].children[0].leaf.as_ref().unwrap().changed);
        assert_ne!(lines[0].path, lines[1].children[0].path);
    }

    #[test]
    fn an_empty_list_is_a_leaf_and_a_full_one_a_branch() {
        let lines = tree(&value(r#"{"a":[],"b":[{"c":1}]}"#), &[]);
        assert_eq!(lines[0].leaf.as_ref().unwrap().value.to_string(), "[]");
        assert_eq!(lines[1].children[0].children[0].path.to_string(), "b.0.c");
    }

    #[test]
    fn an_empty_state_has_no_lines() {
        assert_eq!(tree(&value("{}"), &[]), []);
    }
}
