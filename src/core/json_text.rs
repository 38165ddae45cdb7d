//! JSON that stays the text it came as: the digits of its numbers and the order of its keys are
//! kept, and only white space outside strings goes.

use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

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
    /// [`InvalidJson`] when the value has no JSON form (a map whose keys aren't texts).
    pub fn of(value: &impl Serialize) -> Result<JsonText, InvalidJson> {
        let text = serde_json::to_string(value).map_err(|e| InvalidJson::Syntax(e.to_string()))?;
        check_depth(&text)?;
        Ok(JsonText(text))
    }

    /// `{}`: the payload of an event that has nothing to say beyond its type.
    #[must_use]
    pub fn empty_object() -> JsonText {
        JsonText("{}".to_owned())
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

    /// Whether both mean the same JSON value, however their keys are ordered.
    #[must_use]
    pub fn same_value(&self, other: &JsonText) -> bool {
        self.0 == other.0
            || match (
                self.read::<serde_json::Value>(),
                other.read::<serde_json::Value>(),
            ) {
                (Ok(a), Ok(b)) => a == b,
                _ => false,
            }
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
    let mut depth = 0_usize;
    for byte in outside_strings(text) {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(InvalidJson::TooDeep);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
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
    use super::*;

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

    #[test]
    fn the_same_value_in_another_order_is_the_same() {
        let a = JsonText::parse(r#"{"a":1,"b":[2]}"#).unwrap();
        let b = JsonText::parse(r#"{"b":[2],"a":1}"#).unwrap();
        assert!(a.same_value(&b));
        assert!(!a.same_value(&JsonText::parse(r#"{"a":1,"b":[3]}"#).unwrap()));
    }
}
