//! A JSON number as it was written, compared by what its digits say and never by a float of it.

use std::fmt;
use std::hash::{Hash, Hasher};

/// A number with all its digits. Two are equal if their decimals are: 19.90 is 19.9, and
/// 12345678901234567890123 isn't 12345678901234567890124.
#[derive(Clone, Debug)]
pub struct JsonNumber(Box<str>);

impl JsonNumber {
    /// Of a text that is a number by JSON's grammar.
    pub(super) fn written(text: &str) -> JsonNumber {
        JsonNumber(text.into())
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same number as an integer; none where it has a fraction or an exponent, or is too large.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The nearest float, for drawing; none where it is beyond all floats.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        // By the parser that is here anyway: another brings tables of its own.
        let number: f64 = serde_json::from_str(&self.0).ok()?;
        number.is_finite().then_some(number)
    }

    /// Whether its exponent leads beyond all floats: written out, it would be hundreds of digits that
    /// nobody wrote.
    pub(super) fn is_beyond(&self) -> bool {
        self.0.contains(['e', 'E']) && self.as_f64().is_none()
    }
}

impl fmt::Display for JsonNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq for JsonNumber {
    fn eq(&self, other: &JsonNumber) -> bool {
        // Most are written alike where they are the same.
        self.0 == other.0
            || matches!((decimal(&self.0), decimal(&other.0)), (Some(a), Some(b)) if a == b)
    }
}

impl Eq for JsonNumber {}

impl Hash for JsonNumber {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        match decimal(&self.0) {
            Some(decimal) => decimal.hash(hasher),
            None => self.0.hash(hasher),
        }
    }
}

/// A number as sign, digits without zeros at either end, and the power of ten they are times; so
/// that 1, 1.0 and 10e-1 are one. `None` for an exponent that no one can mean.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = [whole, fraction].concat();
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some((false, String::new(), 0));
    }
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    let power = i64::from(exponent) - i64::try_from(fraction.len()).ok()? + zeros;
    let digits = significant.trim_start_matches('0').to_owned();
    Some((negative, digits, power))
}
