//! Money as integer minor units of a currency, and the decimals that people read and type.

/// The currencies that the shipped models take, each with the number of digits of its minor unit.
pub const CURRENCIES: &[(&str, usize)] =
    &[("EUR", 2), ("USD", 2), ("GBP", 2), ("CHF", 2), ("JPY", 0)];

/// Their names alone, for forms.
pub const CURRENCY_NAMES: &[&str] = &["EUR", "USD", "GBP", "CHF", "JPY"];

/// The largest amount in minor units: 2^53 − 1, the last whole number that every JSON reader
/// keeps exactly.
pub const MAX_AMOUNT: i64 = (1 << 53) - 1;

/// How many digits a currency's minor unit has; 2 where it isn't known.
#[must_use]
pub fn digits(currency: &str) -> usize {
    CURRENCIES
        .iter()
        .find(|(name, _)| *name == currency)
        .map_or(2, |(_, digits)| *digits)
}

/// Minor units as a decimal without its currency: 45950 EUR is `459.50`.
#[must_use]
pub fn format(amount: i64, currency: &str) -> String {
    let digits = digits(currency);
    let sign = if amount < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", amount.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = text.split_at(text.len() - digits);
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

/// Reads a decimal as minor units. A comma serves as well as a point.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn parse(text: &str, currency: &str) -> Result<i64, String> {
    let digits = digits(currency);
    let example = format(12_345, currency);
    let text = text.trim().replace(',', ".");
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.as_str()),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(format!("must be an amount like {example}"));
    }
    if fraction.len() > digits {
        return Err(match digits {
            0 => format!("must be a whole amount like {example}"),
            _ => format!("has more than {digits} decimals; write it like {example}"),
        });
    }
    let too_large = || format!("must be at most {}", format(MAX_AMOUNT, currency));
    let minor: i64 = format!("{whole}{fraction:0<digits$}")
        .parse()
        .map_err(|_| too_large())?;
    if minor > MAX_AMOUNT {
        return Err(too_large());
    }
    Ok(sign * minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_units_are_shown_with_the_digits_of_their_currency() {
        assert_eq!(format(45_950, "EUR"), "459.50");
        assert_eq!(format(5, "EUR"), "0.05");
        assert_eq!(format(-5, "EUR"), "-0.05");
        assert_eq!(format(45_950, "JPY"), "45950");
    }

    #[test]
    fn what_is_typed_becomes_minor_units() {
        for (text, minor) in [
            ("459.50", 45_950),
            ("459,5", 45_950),
            (" 7 ", 700),
            ("0.05", 5),
            ("-1", -100),
        ] {
            assert_eq!(parse(text, "EUR"), Ok(minor), "{text}");
        }
        assert_eq!(parse("459", "JPY"), Ok(459));
        assert_eq!(parse("90071992547409.91", "EUR"), Ok(MAX_AMOUNT));
    }

    #[test]
    fn what_is_no_amount_or_beyond_2_to_the_53_is_refused() {
        for text in [
            "",
            "abc",
            "1e3",
            "1.234",
            ".5",
            "1.2.3",
            "--1",
            "90071992547409.92",
            "99999999999999999999999",
        ] {
            assert!(parse(text, "EUR").is_err(), "{text}");
        }
        assert!(parse("1.5", "JPY").is_err());
    }
}
