//! A state as a tree of lines to show, each with its value before the viewed event.

use std::collections::HashMap;

use serde_json::Value;

use super::change::{Change, is_branch};
use crate::model::money;

/// How values are put into words: which keys are money, and in which currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    /// Keys whose integers are minor units.
    pub money_keys: Vec<String>,
    /// The currency.
    pub currency: String,
}

/// One line of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its key, or its index in a list.
    pub key: String,
    /// Keys from the root joined with `.`.
    pub path: String,
    /// Its value, where it is a leaf.
    pub leaf: Option<Leaf>,
    /// Its entries, where it is a branch.
    pub children: Vec<Node>,
}

/// A value in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// The value.
    pub text: String,
    /// Whether the viewed event gave it this value.
    pub changed: bool,
    /// The value before, where there was another.
    pub was: Option<String>,
}

impl Wording {
    /// A value in words: money as decimal with currency, all else as JSON.
    #[must_use]
    pub fn value(&self, path: &str, value: &Value) -> String {
        match value.as_i64() {
            Some(amount) if self.is_money(path) => {
                let decimal = money::format(amount, &self.currency);
                format!("{decimal} {}", self.currency).trim_end().to_owned()
            }
            _ => value.to_string(),
        }
    }

    /// A payload in a few words for a list: its values, money as decimals, empty ones left out.
    #[must_use]
    pub fn summary(&self, payload: &Value) -> String {
        let word = |key: &str, value: &Value| match value {
            Value::Null => None,
            Value::String(text) => (!text.is_empty()).then(|| text.clone()),
            // One item of `lines` is one `line`.
            Value::Array(items) => match (items.len(), key.strip_suffix('s')) {
                (1, Some(one)) => Some(format!("1 {one}")),
                (many, _) => Some(format!("{many} {key}")),
            },
            Value::Object(fields) => Some(format!("{key} {{{}}}", fields.len())),
            Value::Number(number) => match number.as_i64() {
                Some(amount) if self.is_money(key) => Some(money::format(amount, &self.currency)),
                _ => Some(number.to_string()),
            },
            Value::Bool(_) => Some(format!("{key} {value}")),
        };
        match payload {
            Value::Object(fields) => fields
                .iter()
                .filter_map(|(key, value)| word(key, value))
                .collect::<Vec<_>>()
                .join(", "),
            other => other.to_string(),
        }
    }

    fn is_money(&self, path: &str) -> bool {
        let key = path.rsplit('.').next().unwrap_or(path);
        self.money_keys.iter().any(|money| money == key)
    }
}

/// The lines of a state, in the order of its keys.
#[must_use]
pub fn tree(state: &Value, changes: &[Change], wording: &Wording) -> Vec<Node> {
    let by_path: HashMap<&str, &Change> = changes
        .iter()
        .filter(|change| !matches!(change, Change::Removed { .. }))
        .map(|change| (change.path(), change))
        .collect();
    if is_branch(state) {
        entries(state, "", &by_path, wording)
    } else {
        vec![node(
            "value".to_owned(),
            String::new(),
            state,
            &by_path,
            wording,
        )]
    }
}

fn entries(
    value: &Value,
    prefix: &str,
    changes: &HashMap<&str, &Change>,
    wording: &Wording,
) -> Vec<Node> {
    let entry = |key: String, value: &Value| {
        let path = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        node(key, path, value, changes, wording)
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| entry(key.clone(), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| entry(index.to_string(), value))
            .collect(),
        _ => Vec::new(),
    }
}

fn node(
    key: String,
    path: String,
    value: &Value,
    changes: &HashMap<&str, &Change>,
    wording: &Wording,
) -> Node {
    if is_branch(value) {
        let children = entries(value, &path, changes, wording);
        return Node {
            key,
            path,
            leaf: None,
            children,
        };
    }
    let change = changes.get(path.as_str());
    let leaf = Leaf {
        text: wording.value(&path, value),
        changed: change.is_some(),
        was: match change {
            Some(Change::Changed { old, .. }) => Some(wording.value(&path, old)),
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
    use serde_json::json;

    use super::super::changes;
    use super::*;

    #[test]
    fn money_is_a_decimal_with_its_currency_and_the_old_value_stands_beside() {
        let old = json!({"balance": 500, "name": "<b>Ada</b>"});
        let new = json!({"balance": 45_950, "name": "<b>Ada</b>"});
        let wording = Wording {
            money_keys: vec!["balance".into()],
            currency: "EUR".into(),
        };
        let lines = tree(&new, &changes(&old, &new), &wording);
        let balance = lines[0].leaf.as_ref().unwrap();
        assert_eq!(balance.text, "459.50 EUR");
        assert_eq!(balance.was.as_deref(), Some("5.00 EUR"));
        let name = lines[1].leaf.as_ref().unwrap();
        assert_eq!(
            (name.text.as_str(), name.changed),
            ("\"<b>Ada</b>\"", false)
        );
    }

    #[test]
    fn an_empty_list_is_a_leaf_and_a_full_one_a_branch() {
        let lines = tree(&json!({"a": [], "b": [{"c": 1}]}), &[], &Wording::default());
        assert_eq!(lines[0].leaf.as_ref().unwrap().text, "[]");
        assert_eq!(lines[1].children[0].children[0].path, "b.0.c");
    }
}
