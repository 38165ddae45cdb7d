//! What differs between two states, leaf by leaf.

use json_patch::PatchOperation;
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

/// The differences between two JSON values, in the order of the later one's keys, what was
/// removed where it stood.
#[must_use]
pub fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    for operation in json_patch::diff(old, new).0 {
        match operation {
            PatchOperation::Add(add) => {
                leaves(&dotted(add.path.as_str()), &add.value, &mut |path, new| {
                    found.push(Change::Added { path, new });
                });
            }
            PatchOperation::Remove(remove) => {
                let gone = old.pointer(remove.path.as_str()).unwrap_or(&Value::Null);
                leaves(&dotted(remove.path.as_str()), gone, &mut |path, old| {
                    found.push(Change::Removed { path, old });
                });
            }
            PatchOperation::Replace(replace) => {
                let path = dotted(replace.path.as_str());
                let before = old.pointer(replace.path.as_str()).unwrap_or(&Value::Null);
                replaced(path, before, &replace.value, &mut found);
            }
            // A diff is made of the three above; the others only occur in patches from elsewhere.
            PatchOperation::Move(_) | PatchOperation::Copy(_) | PatchOperation::Test(_) => {}
        }
    }
    found
}

/// A leaf in place of a leaf is a change; where a branch comes or goes, its leaves do.
fn replaced(path: String, old: &Value, new: &Value, found: &mut Vec<Change>) {
    if !is_branch(old) && !is_branch(new) {
        let (old, new) = (old.clone(), new.clone());
        found.push(Change::Changed { path, old, new });
        return;
    }
    leaves(&path, old, &mut |path, old| {
        found.push(Change::Removed { path, old })
    });
    leaves(&path, new, &mut |path, new| {
        found.push(Change::Added { path, new })
    });
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
    let join = |key: &str| match path {
        "" => key.to_owned(),
        _ => format!("{path}.{key}"),
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields
                .iter()
                .for_each(|(key, value)| leaves(&join(key), value, found));
        }
        Value::Array(items) if !items.is_empty() => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| leaves(&join(&index.to_string()), value, found)),
        _ => found(path.to_owned(), value.clone()),
    }
}

/// A JSON pointer (RFC 6901) as a dotted path.
fn dotted(pointer: &str) -> String {
    pointer
        .split('/')
        .skip(1)
        .map(|key| key.replace("~1", "/").replace("~0", "~"))
        .collect::<Vec<_>>()
        .join(".")
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
}
