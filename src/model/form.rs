//! Commands as forms: what each argument is called, what it takes and what it begins with, and
//! how the texts that a person typed become the command's arguments.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::money;
use crate::core::JsonText;

/// A command and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandForm {
    /// Its name, for people and for [`Instance::decide`](super::Instance::decide): `Deposit`.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Its arguments.
    pub fields: &'static [Field],
}

/// An argument of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its key in the JSON of the arguments: `amount`.
    pub key: &'static str,
    /// Its name for people: `Amount`.
    pub label: &'static str,
    /// What it takes.
    pub kind: Kind,
}

impl Field {
    /// An argument by key, label and kind.
    #[must_use]
    pub const fn new(key: &'static str, label: &'static str, kind: Kind) -> Field {
        Field { key, label, kind }
    }
}

/// What an argument takes, with its limits and what its field begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line of text.
    Text {
        /// The fewest characters, 0 where it may be left empty.
        min: usize,
        /// The most characters.
        max: usize,
        /// What it begins with.
        default: &'static str,
    },
    /// An amount in minor units, typed as a decimal.
    Money {
        /// The least amount.
        min: i64,
        /// What it begins with.
        default: i64,
    },
    /// A whole number.
    Integer {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
        /// What it begins with.
        default: i64,
    },
    /// One of several texts; begins with the first.
    Choice(&'static [&'static str]),
    /// A list of groups of arguments.
    List {
        /// What one of them is called: `Line`.
        item: &'static str,
        /// The arguments of each.
        fields: &'static [Field],
        /// The fewest, and how many it begins with.
        min: usize,
        /// The most.
        max: usize,
    },
}

/// What a person has typed into a form so far. Fields that were not touched are not in it.
///
/// A field in a list has the path `lines/0/sku`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// What was typed into each field, and how many items each list has, by their paths.
    texts: BTreeMap<String, String>,
}

/// A field that can't be sent, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The path of the field: `amount`, `lines/0/sku`.
    pub path: String,
    /// Its name for people: `Amount`, `Line 1 SKU`.
    pub label: String,
    /// What is wrong, to be read after the name: `must be an amount like 123.45`.
    pub reason: String,
}

impl Draft {
    /// What a field holds: what was typed, or what it begins with. `currency` formats money.
    #[must_use]
    pub fn text(&self, path: &str, kind: &Kind, currency: &str) -> String {
        if let Some(text) = self.texts.get(path) {
            return text.clone();
        }
        match kind {
            Kind::Text { default, .. } => (*default).to_owned(),
            Kind::Money { default, .. } => money::format(*default, currency),
            Kind::Integer { default, .. } => default.to_string(),
            Kind::Choice(options) => options.first().copied().unwrap_or_default().to_owned(),
            Kind::List { .. } => String::new(),
        }
    }

    /// How many items a list has.
    #[must_use]
    pub fn count(&self, path: &str, kind: &Kind) -> usize {
        let count = self.texts.get(path).and_then(|count| count.parse().ok());
        match (count, kind) {
            (Some(count), Kind::List { .. }) => count,
            (None, Kind::List { min, .. }) => *min,
            (_, _) => 0,
        }
    }

    /// Keeps what was typed.
    pub fn set(&mut self, path: &str, text: String) {
        self.texts.insert(path.to_owned(), text);
    }

    /// Adds an item to the end of a list.
    pub fn add_item(&mut self, path: &str, kind: &Kind) {
        let count = self.count(path, kind) + 1;
        self.set(path, count.to_string());
    }

    /// Removes an item; those behind it move up.
    pub fn remove_item(&mut self, path: &str, kind: &Kind, index: usize) {
        let count = self.count(path, kind);
        if index >= count {
            return;
        }
        let prefix = format!("{path}/");
        let texts = std::mem::take(&mut self.texts);
        for (key, text) in texts {
            let moved = key.strip_prefix(&prefix).and_then(|rest| {
                let (item, field) = rest.split_once('/')?;
                Some((item.parse::<usize>().ok()?, field.to_owned()))
            });
            match moved {
                Some((item, _)) if item == index => {}
                Some((item, field)) if item > index => {
                    self.texts
                        .insert(format!("{path}/{}/{field}", item - 1), text);
                }
                _ => {
                    self.texts.insert(key, text);
                }
            }
        }
        self.set(path, (count - 1).to_string());
    }
}

impl CommandForm {
    /// The currency that the form's amounts are in: that of its own field `currency` where it
    /// has one, else the state's.
    #[must_use]
    pub fn currency(&self, draft: &Draft, of_state: Option<&str>) -> String {
        self.fields
            .iter()
            .find(|field| field.key == "currency")
            .map(|field| draft.text(field.key, &field.kind, ""))
            .or_else(|| of_state.map(str::to_owned))
            .unwrap_or_default()
    }

    /// The arguments that the draft stands for.
    ///
    /// # Errors
    /// Every field that can't be sent, in the order of the form.
    pub fn read(
        &self,
        draft: &Draft,
        currency_of_state: Option<&str>,
    ) -> Result<JsonText, Vec<FieldError>> {
        let currency = self.currency(draft, currency_of_state);
        let mut errors = Vec::new();
        let object = read_fields(self.fields, draft, "", "", &currency, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        JsonText::of(&object).map_err(|e| {
            vec![FieldError {
                path: String::new(),
                label: self.name.to_owned(),
                reason: e.to_string(),
            }]
        })
    }
}

fn read_fields(
    fields: &[Field],
    draft: &Draft,
    prefix: &str,
    label_prefix: &str,
    currency: &str,
    errors: &mut Vec<FieldError>,
) -> Map<String, Value> {
    let mut object = Map::new();
    for field in fields {
        let path = format!("{prefix}{}", field.key);
        let value = if let Kind::List {
            item,
            fields,
            min,
            max,
        } = &field.kind
        {
            let count = draft.count(&path, &field.kind);
            if count < *min || count > *max {
                errors.push(FieldError {
                    path: path.clone(),
                    label: field.label.to_owned(),
                    reason: format!("must have {min} to {max} entries"),
                });
            }
            let items = (0..count).map(|index| {
                let prefix = format!("{path}/{index}/");
                let label = format!("{item} {} ", index + 1);
                Value::Object(read_fields(
                    fields, draft, &prefix, &label, currency, errors,
                ))
            });
            Value::Array(items.collect())
        } else {
            match read_field(
                &field.kind,
                &draft.text(&path, &field.kind, currency),
                currency,
            ) {
                Ok(value) => value,
                Err(reason) => {
                    let label = format!("{label_prefix}{}", field.label);
                    errors.push(FieldError {
                        path,
                        label,
                        reason,
                    });
                    Value::Null
                }
            }
        };
        object.insert(field.key.to_owned(), value);
    }
    object
}

fn read_field(kind: &Kind, text: &str, currency: &str) -> Result<Value, String> {
    let text = text.trim();
    match kind {
        Kind::Text { min, max, .. } => {
            let length = text.chars().count();
            if length == 0 && *min > 0 {
                Err("must not be empty".to_owned())
            } else if length < *min || length > *max {
                Err(format!(
                    "has {length} characters; {min} to {max} are allowed"
                ))
            } else if text.chars().any(char::is_control) {
                Err("must not hold control characters".to_owned())
            } else {
                Ok(Value::from(text))
            }
        }
        Kind::Money { min, .. } => {
            let amount = money::parse(text, currency)?;
            if amount < *min {
                return Err(format!(
                    "must be at least {}",
                    money::format(*min, currency)
                ));
            }
            Ok(Value::from(amount))
        }
        Kind::Integer { min, max, .. } => match text.parse::<i64>() {
            Ok(number) if (*min..=*max).contains(&number) => Ok(Value::from(number)),
            _ => Err(format!("must be a whole number from {min} to {max}")),
        },
        Kind::Choice(options) if options.contains(&text) => Ok(Value::from(text)),
        Kind::Choice(options) => Err(format!("must be one of {}", options.join(", "))),
        // Lists are read where their items are.
        Kind::List { .. } => Ok(Value::Null),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: CommandForm = CommandForm {
        name: "Place order",
        summary: "",
        fields: &[
            Field {
                key: "customer",
                label: "Customer",
                kind: Kind::Text {
                    min: 1,
                    max: 5,
                    default: "Ada",
                },
            },
            Field {
                key: "lines",
                label: "Lines",
                kind: Kind::List {
                    item: "Line",
                    fields: &[Field {
                        key: "price",
                        label: "Price",
                        kind: Kind::Money {
                            min: 1,
                            default: 250,
                        },
                    }],
                    min: 1,
                    max: 3,
                },
            },
        ],
    };

    #[test]
    fn an_untouched_form_is_well_formed() {
        let arguments = FORM.read(&Draft::default(), Some("EUR")).unwrap();
        assert_eq!(
            arguments.as_str(),
            r#"{"customer":"Ada","lines":[{"price":250}]}"#
        );
    }

    #[test]
    fn every_bad_field_is_named_with_its_reason() {
        let mut draft = Draft::default();
        draft.set("customer", "Countess".into());
        draft.set("lines/0/price", "0".into());
        let errors = FORM.read(&draft, Some("EUR")).unwrap_err();
        let named: Vec<_> = errors
            .iter()
            .map(|e| (e.path.as_str(), e.label.as_str()))
            .collect();
        assert_eq!(
            named,
            [("customer", "Customer"), ("lines/0/price", "Line 1 Price")]
        );
        assert_eq!(errors[1].reason, "must be at least 0.01");
    }

    #[test]
    fn removing_an_item_moves_the_later_ones_up() {
        let lines = &FORM.fields[1].kind;
        let mut draft = Draft::default();
        draft.add_item("lines", lines);
        draft.add_item("lines", lines);
        draft.set("lines/2/price", "9".into());
        draft.remove_item("lines", lines, 0);
        let arguments = FORM.read(&draft, Some("EUR")).unwrap();
        assert_eq!(
            arguments.as_str(),
            r#"{"customer":"Ada","lines":[{"price":250},{"price":900}]}"#
        );
    }
}
