//! A JSON value that keeps what its text says: the digits of its numbers, the order of its keys, and
//! what stands in it that no program can read. The one place where JSON values are compared.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use indexmap::IndexMap;
use serde::Serialize;

use super::json_number::JsonNumber;

/// A value. Two are equal if they mean the same, however their keys are ordered and their numbers
/// written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonValue {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, with all its digits.
    Number(JsonNumber),
    /// A text.
    Text(String),
    /// What is JSON by its grammar and still can't be read: a text with half of a character in it, or
    /// an object with such a key. As it was written, and equal to what was written alike.
    Broken(String),
    /// A list.
    List(Vec<JsonValue>),
    /// An object.
    Object(JsonObject),
}

/// The fields of an object, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonObject(Box<IndexMap<String, JsonValue>>);

/// What in a value can't be read, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// An exponent that leads beyond all floats.
    #[error("{0} is beyond every number")]
    Beyond(String),
    /// A text or a key with half of a pair of surrogates in it.
    #[error("there is half of a character in {0}")]
    HalfCharacter(String),
}

/// The most characters of what can't be read that are shown.
const MOST_SHOWN: usize = 80;

impl JsonValue {
    /// The value that a text stands for, which is known to be JSON.
    pub(super) fn read(text: &str) -> JsonValue {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value();
        value.unwrap_or_else(|| JsonValue::Broken(text.to_owned()))
    }

    /// What a value is as JSON. One without a JSON form is the words that say so.
    #[must_use]
    pub fn of(value: &impl Serialize) -> JsonValue {
        match serde_json::to_string(value) {
            Ok(text) => JsonValue::read(&text),
            Err(error) => JsonValue::Text(error.to_string()),
        }
    }

    /// The field of an object; none of anything else.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&JsonValue> {
        match self {
            JsonValue::Object(fields) => fields.get(key),
            _ => None,
        }
    }

    /// A text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            JsonValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number that is an integer.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            JsonValue::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The first in it that can't be read, where there is such.
    #[must_use]
    pub fn unreadable(&self) -> Option<Unreadable> {
        match self {
            JsonValue::Number(number) if number.is_beyond() => {
                Some(Unreadable::Beyond(beginning(number.as_str())))
            }
            JsonValue::Broken(text) => Some(Unreadable::HalfCharacter(beginning(text))),
            JsonValue::List(items) => items.iter().find_map(JsonValue::unreadable),
            JsonValue::Object(fields) => fields.iter().find_map(|(_, value)| value.unreadable()),
            _ => None,
        }
    }

    /// On several lines, if `depth` is some number of levels that it stands in.
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: Option<usize>) -> fmt::Result {
        let inner = depth.map(|depth| depth + 1);
        let new_line = |f: &mut fmt::Formatter<'_>, depth: Option<usize>| match depth {
            Some(depth) => write!(f, "\n{:1$}", "", depth * 2),
            None => Ok(()),
        };
        match self {
            JsonValue::Null => f.write_str("null"),
            JsonValue::Bool(value) => write!(f, "{value}"),
            JsonValue::Number(number) => f.write_str(number.as_str()),
            JsonValue::Text(text) => f.write_str(&quoted(text)),
            JsonValue::Broken(text) => f.write_str(text),
            JsonValue::List(items) if items.is_empty() => f.write_str("[]"),
            JsonValue::Object(fields) if fields.is_empty() => f.write_str("{}"),
            JsonValue::List(items) => {
                let mut before = "[";
                for item in items {
                    f.write_str(before)?;
                    new_line(f, inner)?;
                    item.write(f, inner)?;
                    before = ",";
                }
                new_line(f, depth)?;
                f.write_str("]")
            }
            JsonValue::Object(fields) => {
                let mut before = "{";
                for (key, value) in fields.iter() {
                    f.write_str(before)?;
                    new_line(f, inner)?;
                    f.write_str(&quoted(key))?;
                    f.write_str(if depth.is_some() { ": " } else { ":" })?;
                    value.write(f, inner)?;
                    before = ",";
                }
                new_line(f, depth)?;
                f.write_str("}")
            }
        }
    }
}

/// As JSON; with `{:#}` on several lines.
impl fmt::Display for JsonValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let depth = f.alternate().then_some(0);
        self.write(f, depth)
    }
}

impl From<serde_json::Value> for JsonValue {
    fn from(value: serde_json::Value) -> JsonValue {
        JsonValue::of(&value)
    }
}

/// The same for values that are equal.
impl Hash for JsonValue {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        std::mem::discriminant(self).hash(hasher);
        match self {
            JsonValue::Null => {}
            JsonValue::Bool(value) => value.hash(hasher),
            JsonValue::Number(number) => number.hash(hasher),
            JsonValue::Text(text) | JsonValue::Broken(text) => text.hash(hasher),
            JsonValue::List(items) => items.hash(hasher),
            JsonValue::Object(fields) => fields.iter().collect::<BTreeMap<_, _>>().hash(hasher),
        }
    }
}

impl JsonObject {
    /// One without fields.
    #[must_use]
    pub fn new() -> JsonObject {
        JsonObject::default()
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&JsonValue> {
        self.0.get(key)
    }

    /// Whether there is a field of that name.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&String, &JsonValue)> {
        self.0.iter()
    }

    /// The field of that place in their order.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<(&String, &JsonValue)> {
        self.0.get_index(index)
    }

    /// Gives a field its value; one that is there stays in its place.
    pub fn insert(&mut self, key: String, value: JsonValue) {
        self.0.insert(key, value);
    }

    /// Gives fields the values that they have in another object, one after another.
    pub fn extend(&mut self, other: JsonObject) {
        self.0.extend(*other.0);
    }
}

/// A text as JSON.
pub(super) fn quoted(text: &str) -> String {
    // A text always has a JSON form.
    serde_json::to_string(text).unwrap_or_default()
}

fn beginning(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Reads a text that is known to be JSON; each step is none where it isn't.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Option<JsonValue> {
        match self.peek()? {
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => {
                let written = self.string()?;
                let text = unescaped(written);
                Some(text.map_or_else(|| JsonValue::Broken(written.to_owned()), JsonValue::Text))
            }
            _ => match self.word() {
                "null" => Some(JsonValue::Null),
                "true" => Some(JsonValue::Bool(true)),
                "false" => Some(JsonValue::Bool(false)),
                "" => None,
                number => Some(JsonValue::Number(JsonNumber::written(number))),
            },
        }
    }

    /// The next byte that isn't white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let skipped = rest.iter().position(|byte| !blank(byte))?;
        self.at += skipped;
        rest.get(skipped).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn list(&mut self) -> Option<JsonValue> {
        self.at += 1;
        let mut items = Vec::new();
        if self.take(b']') {
            return Some(JsonValue::List(items));
        }
        loop {
            items.push(self.value()?);
            if !self.take(b',') {
                return self.take(b']').then_some(JsonValue::List(items));
            }
        }
    }

    fn object(&mut self) -> Option<JsonValue> {
        let start = self.at;
        self.at += 1;
        let mut fields = JsonObject::new();
        let mut is_broken = false;
        if self.take(b'}') {
            return Some(JsonValue::Object(fields));
        }
        loop {
            if self.peek()? != b'"' {
                return None;
            }
            let key = unescaped(self.string()?);
            if !self.take(b':') {
                return None;
            }
            let value = self.value()?;
            match key {
                Some(key) => fields.insert(key, value),
                None => is_broken = true,
            }
            if !self.take(b',') {
                break;
            }
        }
        let is_closed = self.take(b'}');
        let written = || self.text.get(start..self.at).map(str::to_owned);
        match (is_closed, is_broken) {
            (true, false) => Some(JsonValue::Object(fields)),
            (true, true) => written().map(JsonValue::Broken),
            (false, _) => None,
        }
    }

    /// A text with its quotes.
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at;
        let mut escaped = false;
        for byte in self.text.as_bytes().get(start + 1..)? {
            self.at += 1;
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    self.at += 1;
                    return self.text.get(start..self.at);
                }
                _ => {}
            }
        }
        None
    }

    /// What goes on to the next mark.
    fn word(&mut self) -> &'a str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.find([',', ']', '}', ' ', '\t', '\n', '\r']);
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        word
    }
}

/// What a text in quotes says; none where there is half of a character in it.
fn unescaped(written: &str) -> Option<String> {
    let inner = written.get(1..written.len().checked_sub(1)?)?;
    match inner.contains('\\') {
        false => Some(inner.to_owned()),
        true => serde_json::from_str(written).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        JsonValue::read(text).to_string()
    }

    #[test]
    fn every_digit_and_the_order_of_keys_stay() {
        let text = r#"{"id":12345678901234567890123,"rate":0.1234567890123456789,"price":19.90,"zero":-0,"other":-0.0,"big":1E21}"#;
        assert_eq!(shown(text), text);
    }

    #[test]
    fn a_value_on_several_lines_has_two_spaces_a_level() {
        let value = JsonValue::read(r#"{"a":[1.50,{}],"b":[],"c\n":"é"}"#);
        assert_eq!(
            format!("{value:#}"),
            "{\n  \"a\": [\n    1.50,\n    {}\n  ],\n  \"b\": [],\n  \"c\\n\": \"é\"\n}"
        );
    }

    #[test]
    fn of_a_key_that_comes_twice_the_last_value_stays_in_the_first_place() {
        assert_eq!(shown(r#"{"a":1,"b":2,"a":3}"#), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn what_can_not_be_read_stays_as_it_was_written_and_is_named() {
        for (text, why) in [
            ("[1e400]", "1e400 is beyond every number"),
            (
                r#"{"a":{"b":-1E+99999999999}}"#,
                "-1E+99999999999 is beyond every number",
            ),
            (
                r#"{"note":"half \ud83d"}"#,
                r#"there is half of a character in "half \ud83d""#,
            ),
            (
                r#"[{"\udc00":1,"b":[2]}]"#,
                r#"there is half of a character in {"\udc00":1,"b":[2]}"#,
            ),
        ] {
            let value = JsonValue::read(text);
            assert_eq!(value.to_string(), text);
            assert_eq!(value.unreadable().unwrap().to_string(), why);
        }
    }

    #[test]
    fn a_number_of_any_length_and_one_near_nothing_can_be_read() {
        let long = "7".repeat(700);
        for text in [
            long.as_str(),
            "1e-400",
            "1e308",
            "0e999",
            r#""\ud83d\ude00""#,
        ] {
            assert_eq!(JsonValue::read(text).unreadable(), None, "{text}");
        }
    }

    #[test]
    fn a_value_that_has_a_json_form_is_read_from_it() {
        let value = JsonValue::of(&("a", [1_u64 << 63], None::<u8>));
        assert_eq!(value.to_string(), r#"["a",[9223372036854775808],null]"#);
    }

    #[test]
    fn what_is_no_json_is_broken_as_a_whole() {
        for text in ["", "[", "{\"a\"", "{\"a\":", "[1", "\"a", "{1:2}"] {
            assert_eq!(JsonValue::read(text), JsonValue::Broken(text.to_owned()));
        }
    }
}
