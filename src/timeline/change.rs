//! What differs between two states, leaf by leaf.

use serde_json::Value;

/// One difference. Paths are keys joined with `.`: `movements.deposits`, `lines.0.sku`.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A leaf is there that wasn't.
    Added {
        /// Where.
        path: String,
        /// The value.
        new: Value,
    },
    /// A leaf has another value.
    Changed {
        /// Where.
        path: String,
        /// The value before.
        old: Value,
        /// The value after.
        new: Value,
    },
    /// A leaf is gone.
    Removed {
        /// Where.
        path: String,
        /// The value that it had.
        old: Value,
    },
}

impl Change {
    /// Where the change is.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Change::Added { path, .. }
            | Change::Changed { path, .. }
            | Change::Removed { path, .. } => path,
        }
    }
}

/// The differences between two JSON values, in the order of the later one's keys; what was
/// removed from a branch comes after the rest of that branch.
#[must_use]
pub fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare("", old, new, &mut found);
    found
}

fn compare(path: &str, old: &Value, new: &Value, found: &mut Vec<Change>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(before), Value::Object(after)) if is_branch(old) && is_branch(new) => {
            for (key, value) in after {
                entry(&join(path, key), before.get(key), Some(value), found);
            }
            for (key, value) in before.iter().filter(|(key, _)| !after.contains_key(*key)) {
                entry(&join(path, key), Some(value), None, found);
            }
        }
        (Value::Array(before), Value::Array(after)) if is_branch(old) && is_branch(new) => {
            for index in 0..before.len().max(after.len()) {
                let path = join(path, &index.to_string());
                entry(&path, before.get(index), after.get(index), found);
            }
        }
        _ => replaced(path.to_owned(), old, new, found),
    }
}

fn entry(path: &str, old: Option<&Value>, new: Option<&Value>, found: &mut Vec<Change>) {
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
fn replaced(path: String, old: &Value, new: &Value, found: &mut Vec<Change>) {
    if !is_branch(old) && !is_branch(new) && !is_nothing(&path, old) && !is_nothing(&path, new) {
        let (old, new) = (old.clone(), new.clone());
        found.push(Change::Changed { path, old, new });
        return;
    }
    entry(&path, Some(old), None, found);
    entry(&path, None, Some(new), found);
}

/// An empty state has no leaf at all; an empty object or list inside a state is one.
fn is_nothing(path: &str, value: &Value) -> bool {
    path.is_empty() && matches!(value, Value::Object(fields) if fields.is_empty())
}

/// Whether a value has entries of its own; an empty object or list is a leaf.
pub(super) fn is_branch(value: &Value) -> bool {
    match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn leaves(path: &str, value: &Value, found: &mut impl FnMut(String, Value)) {
    match value {
        _ if is_nothing(path, value) => {}
        Value::Object(fields) if !fields.is_empty() => {
            fields
                .iter()
                .for_each(|(key, value)| leaves(&join(path, key), value, found));
        }
        Value::Array(items) if !items.is_empty() => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| leaves(&join(path, &index.to_string()), value, found)),
        _ => found(path.to_owned(), value.clone()),
    }
}

fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        _ => format!("{path}.{key}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn added_changed_and_removed_leaves_are_told_apart() {
        let old = json!({"status": "open", "balance": 5, "note": "x"});
        let new = json!({"status": "open", "balance": 7, "moves": {"in": 1, "out": 0}});
        let mut found = changes(&old, &new);
        found.sort_by(|a, b| a.path().cmp(b.path()));
        assert_eq!(
            found,
            [
                Change::Changed {
                    path: "balance".into(),
                    old: json!(5),
                    new: json!(7)
                },
                Change::Added {
                    path: "moves.in".into(),
                    new: json!(1)
                },
                Change::Added {
                    path: "moves.out".into(),
                    new: json!(0)
                },
                Change::Removed {
                    path: "note".into(),
                    old: json!("x")
                },
            ]
        );
    }

    #[test]
    fn equal_values_have_no_changes() {
        let value = json!({"a": [1, {"b": null}]});
        assert_eq!(changes(&value, &value), []);
    }

    #[test]
    fn a_branch_in_place_of_a_leaf_is_one_going_and_the_others_coming() {
        let found = changes(&json!({"a/b": null}), &json!({"a/b": {"c": 1}}));
        assert_eq!(
            found,
            [
                Change::Removed {
                    path: "a/b".into(),
                    old: Value::Null
                },
                Change::Added {
                    path: "a/b.c".into(),
                    new: json!(1)
                },
            ]
        );
    }

    #[test]
    fn each_item_that_a_list_loses_is_named_with_its_own_value() {
        let found = changes(&json!({"tags": ["a", "b", "c"]}), &json!({"tags": ["a"]}));
        let removed = |path: &str, old: &str| Change::Removed {
            path: path.into(),
            old: json!(old),
        };
        assert_eq!(found, [removed("tags.1", "b"), removed("tags.2", "c")]);
    }

    #[test]
    fn an_empty_list_is_a_leaf_that_goes_when_its_first_item_comes() {
        let found = changes(&json!({"tags": []}), &json!({"tags": ["a"]}));
        assert_eq!(
            found,
            [
                Change::Removed {
                    path: "tags".into(),
                    old: json!([])
                },
                Change::Added {
                    path: "tags.0".into(),
                    new: json!("a")
                },
            ]
        );
    }
}
