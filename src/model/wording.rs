//! How values are put into words for people: money as decimals, all else as JSON.

use super::money;
use super::outside::Model;
use crate::core::JsonValue;

/// Which keys are money, and in which currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    /// Keys whose integers are minor units.
    pub money_keys: Vec<String>,
    /// The currency.
    pub currency: String,
}

/// The currency that a state names, for reading and showing money.
#[must_use]
pub fn currency(state: &JsonValue) -> Option<&str> {
    let currency = state.get("currency")?.as_str()?;
    (!currency.is_empty()).then_some(currency)
}

impl Wording {
    /// That of a model's values, in the currency of a state.
    #[must_use]
    pub fn of(model: &dyn Model, state: &JsonValue) -> Wording {
        let keys = model.money_keys().iter();
        Wording {
            money_keys: keys.map(|key| (*key).to_owned()).collect(),
            currency: currency(state).unwrap_or_default().to_owned(),
        }
    }

    /// The value of a key in words: money as decimal with currency, all else as JSON.
    #[must_use]
    pub fn value(&self, key: &str, value: &JsonValue) -> String {
        match value.as_i64() {
            Some(amount) if self.is_money(key) => {
                let decimal = money::format(amount, &self.currency);
                format!("{decimal} {}", self.currency).trim_end().to_owned()
            }
            _ => value.to_string(),
        }
    }

    /// A payload in a few words for a list: its values, money as decimals, empty ones left out.
    #[must_use]
    pub fn summary(&self, payload: &JsonValue) -> String {
        let word = |key: &str, value: &JsonValue| match value {
            JsonValue::Null => None,
            JsonValue::Text(text) => (!text.is_empty()).then(|| text.clone()),
            // One item of `lines` is one `line`.
            JsonValue::List(items) => match (items.len(), key.strip_suffix('s')) {
                (1, Some(one)) => Some(format!("1 {one}")),
                (many, _) => Some(format!("{many} {key}")),
            },
            JsonValue::Object(fields) => Some(format!("{key} {{{}}}", fields.len())),
            JsonValue::Number(number) => match number.as_i64() {
                Some(amount) if self.is_money(key) => Some(money::format(amount, &self.currency)),
                _ => Some(number.to_string()),
            },
            JsonValue::Bool(_) => Some(format!("{key} {value}")),
            JsonValue::Broken(text) => Some(text.clone()),
        };
        match payload {
            JsonValue::Object(fields) => fields
                .iter()
                .filter_map(|(key, value)| word(key, value))
                .collect::<Vec<_>>()
                .join(", "),
            other => other.to_string(),
        }
    }

    fn is_money(&self, key: &str) -> bool {
        self.money_keys.iter().any(|money| money == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::JsonText;

    fn value(text: &str) -> JsonValue {
        JsonText::parse(text).unwrap().value()
    }

    #[test]
    fn money_is_a_decimal_with_its_currency_and_all_else_is_json() {
        let wording = Wording {
            money_keys: vec!["balance".into()],
            currency: "EUR".into(),
        };
        assert_eq!(wording.value("balance", &value("45950")), "459.50 EUR");
        assert_eq!(wording.value("count", &value("45950")), "45950");
        assert_eq!(
            wording.value("name", &value("\"<b>Ada</b>\"")),
            "\"<b>Ada</b>\""
        );
    }

    #[test]
    fn every_payload_but_an_empty_one_is_summed_up_with_its_digits() {
        let wording = Wording::default();
        for (payload, words) in [
            (
                r#"{"id":12345678901234567890123,"to":"x","of":{"a":1}}"#,
                "12345678901234567890123, x, of {1}",
            ),
            (r#"{"a":1e400}"#, "1e400"),
            (r#"{"n":1,"note":"half \ud83d"}"#, r#"1, "half \ud83d""#),
            (r#"{"half \ud83d":1}"#, r#"{"half \ud83d":1}"#),
            ("1e400", "1e400"),
            ("{}", ""),
        ] {
            assert_eq!(wording.summary(&value(payload)), words);
        }
    }
}
