//! JSON that stays the text it came as: the digits of its numbers and the order of its keys are
//! kept, and only white space outside strings goes.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::finite::{NotFinite, not_finite};
use super::json_value::JsonValue;

/// The deepest nesting that is taken in. Deeper input is refused before anything walks it, so
/// that no reader has to fear for its stack.
pub const MAX_DEPTH: usize = 64;

/// A text that isn't JSON, or is nested too deep.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJson {
    /// It can't be read as JSON.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// It is nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// It holds NaN or an infinite number, which would be written as `null` and read as something
    /// else. Decide what such a number is to mean, and record that: a rule of the model may forbid
    /// it, or a text or a variant stand for it.
    #[error(
        "the number {number}{} has no form in JSON; decide what it is to mean, and record that",
        in_fields(within)
    )]
    NotFinite {
        /// `NaN`, `inf` or `-inf`.
        number: &'static str,
        /// The fields that it stands in, from the outermost on, with points between them; as far
        /// as they have names that the type gives them, or places in a list.
        within: String,
    },
}

fn in_fields(within: &str) -> String {
    match within {
        "" => String::new(),
        fields => format!(" (in {fields})"),
    }
}

/// A JSON value as compact text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JsonText(String);

impl JsonText {
    /// Checks a text and drops its white space.
    ///
    /// # Errors
    /// [`InvalidJson`] when it isn't JSON or is nested too deep.
    pub fn parse(text: &str) -> Result<JsonText, InvalidJson> {
        check_depth(text)?;
        serde_json::from_str::<IgnoredAny>(text).map_err(|e| InvalidJson::Syntax(e.to_string()))?;
        Ok(JsonText(compact(text)))
    }

    /// Writes a value as JSON.
    ///
    /// # Errors
    /// [`InvalidJson`] when the value has no JSON form: a map whose keys aren't texts, a number
    /// that isn't finite.
    pub fn of(value: &impl Serialize) -> Result<JsonText, InvalidJson> {
        if let Some(NotFinite { number, within }) = not_finite(value) {
            return Err(InvalidJson::NotFinite { number, within });
        }
        let text = serde_json::to_string(value).map_err(|e| InvalidJson::Syntax(e.to_string()))?;
        check_depth(&text)?;
        Ok(JsonText(text))
    }

    /// `{}`: the payload of an event that has nothing to say beyond its type.
    #[must_use]
    pub fn empty_object() -> JsonText {
        JsonText("{}".to_owned())
    }

    /// `null`: of what has no payload.
    #[must_use]
    pub fn null() -> JsonText {
        JsonText("null".to_owned())
    }

    /// A text that was a `JsonText` when it was kept, and is known by its checksum to be the same.
    pub(crate) fn kept(text: &str) -> JsonText {
        JsonText(text.to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the text as a value of type `T`.
    ///
    /// # Errors
    /// serde's, when the JSON has another shape.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }

    /// The value that the text stands for, with all its digits.
    #[must_use]
    pub fn value(&self) -> JsonValue {
        JsonValue::read(&self.0)
    }

    /// Whether both mean the same JSON value, however their keys are ordered and their numbers
    /// written. Numbers are compared by all their digits, not by what a float would keep of them.
    #[must_use]
    pub fn same_value(&self, other: &JsonText) -> bool {
        self.0 == other.0 || self.value() == other.value()
    }

    /// Feeds the value to a hasher: the same for two texts that [`same_value`](JsonText::same_value)
    /// takes for one.
    pub fn hash_value(&self, hasher: &mut impl Hasher) {
        self.value().hash(hasher);
    }
}

impl fmt::Display for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Refuses nesting beyond [`MAX_DEPTH`] by counting brackets outside strings; doesn't check that
/// the text is JSON.
///
/// # Errors
/// [`InvalidJson::TooDeep`].
pub fn check_depth(text: &str) -> Result<(), InvalidJson> {
    match is_within_depth(text, MAX_DEPTH) {
        true => Ok(()),
        false => Err(InvalidJson::TooDeep),
    }
}

/// The same for another limit.
pub(crate) fn is_within_depth(text: &str, most: usize) -> bool {
    let mut depth = 0_usize;
    for byte in outside_strings(text) {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                if depth > most {
                    return false;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    true
}

/// The bytes of a JSON text that stand outside its strings.
fn outside_strings(text: &str) -> impl Iterator<Item = u8> + '_ {
    let (mut inside, mut escaped) = (false, false);
    text.bytes().filter(move |&byte| {
        if inside {
            if escaped {
                escaped = false;
            } else if byte == b'\\' {
                escaped = true;
            } else if byte == b'"' {
                inside = false;
            }
            false
        } else {
            inside = byte == b'"';
            true
        }
    })
}

fn compact(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    text.chars()
        .filter(|&c| {
            if inside {
                if escaped {
                    escaped = false;
                } else if c == '\\' {
                    escaped = true;
                } else if c == '"' {
                    inside = false;
                }
                true
            } else {
                inside = c == '"';
                !matches!(c, ' ' | '\t' | '\n' | '\r')
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_number_that_is_not_finite_is_refused_by_name_and_never_written_as_null() {
        let degrees = std::collections::HashMap::from([("roof", [20.5, f64::NAN])]);
        let error = JsonText::of(&degrees).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the number NaN (in 1) has no form in JSON; decide what it is to mean, and record that"
        );
        let error = JsonText::of(&f32::NEG_INFINITY).unwrap_err();
        assert!(error.to_string().starts_with("the number -inf has no form"));
        assert_eq!(JsonText::of(&None::<f64>).unwrap().as_str(), "null");
        assert_eq!(JsonText::of(&1.5_f32).unwrap().as_str(), "1.5");
    }

    #[test]
    fn what_can_not_be_written_at_all_is_refused_in_other_words() {
        let refused = JsonText::of(&BTreeMap::from([(vec![1], f64::NAN)]));
        assert!(
            matches!(refused, Err(InvalidJson::NotFinite { .. })),
            "{refused:?}"
        );
        let refused = JsonText::of(&BTreeMap::from([(vec![1], 1)]));
        assert!(
            matches!(refused, Err(InvalidJson::Syntax(_))),
            "{refused:?}"
        );
    }

    #[test]
    fn only_white_space_outside_strings_goes() {
        let text = "{ \"b\" : 1.50 ,\n\t\"a\": \"x \\\" y \" }";
        assert_eq!(
            JsonText::parse(text).unwrap().as_str(),
            r#"{"b":1.50,"a":"x \" y "}"#
        );
    }

    #[test]
    fn nesting_is_bounded_and_brackets_in_strings_do_not_count() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(JsonText::parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(
            JsonText::parse(&nested(MAX_DEPTH + 1)),
            Err(InvalidJson::TooDeep)
        );
        assert!(JsonText::parse(&format!("\"{}\"", "[".repeat(100))).is_ok());
    }

    /// Whether two texts are one value, by comparing and by their hashes alike.
    #[track_caller]
    fn same(a: &str, b: &str) -> bool {
        let [a, b] = [a, b].map(|text| JsonText::parse(text).unwrap());
        let [hash, other] = [&a, &b].map(|text| {
            let mut hasher = std::hash::DefaultHasher::new();
            text.hash_value(&mut hasher);
            hasher.finish()
        });
        assert_eq!(a.same_value(&b), hash == other, "{a} {b}");
        a.same_value(&b)
    }

    #[test]
    fn the_same_value_in_another_order_is_the_same() {
        let text = r#"{"a":1,"b":[2]}"#;
        assert!(same(text, r#"{"b":[2],"a":1}"#));
        assert!(!same(text, r#"{"a":1,"b":[3]}"#));
        assert!(!same(text, r#"{"a":1,"c":[2]}"#));
        assert!(!same(text, r#"{"a":1}"#));
    }

    #[test]
    fn numbers_are_the_same_by_their_value_whatever_their_spelling() {
        for spelling in ["1.0", "10e-1", "0.1E+1", "1e0"] {
            assert!(same("1", spelling), "{spelling}");
        }
        assert!(same("-0", "0.00"));
        assert!(same("[120]", "[1.2e2]"));
        assert!(!same("1", "-1"));
        assert!(!same("1", "10"));
        assert!(!same("0.1", "0.01"));
        assert!(!same("1", "\"1\""));
        assert!(!same("0", "false"));
    }

    #[test]
    fn digits_that_a_float_would_drop_tell_numbers_apart() {
        let [a, b] = ["1", "2"].map(|last| format!("{{\"n\":10000000000000000000{last}}}"));
        assert!(!same(&a, &b));
    }

    #[test]
    fn an_escape_means_its_character() {
        assert!(same(r#"{"\u0061":"\/"}"#, r#"{"a":"/"}"#));
    }

    #[test]
    fn what_no_reader_makes_a_value_of_is_compared_as_text() {
        // Half of a pair of surrogates, and an exponent beyond all counting.
        assert!(same(r#"{"a":"\ud800"}"#, r#"{"a":"\ud800"}"#));
        assert!(!same(r#"["\ud800"]"#, r#"["\uD800"]"#));
        assert!(!same("1e99999999999", "10e99999999998"));
    }
}
