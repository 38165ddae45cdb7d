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

/// The signs that people write for a currency.
const SIGNS: &[(&str, &str)] = &[("EUR", "€"), ("USD", "$"), ("GBP", "£"), ("JPY", "¥")];

/// Whether a character shows nothing: what comes along where an amount or a name is copied.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

/// Reads a decimal as minor units. A comma serves as well as a point. White space around it, invisible marks and the
/// currency's own name or sign are dropped, and white space between groups of three digits.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn parse(text: &str, currency: &str) -> Result<i64, String> {
    let digits = digits(currency);
    let example = format(12_345, currency);
    let seen: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let bare = without_currency(seen.trim(), currency);
    let text = bare.replace(',', ".").replace('\u{2212}', "-");
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest.trim_start()),
        None => (1, text.as_str()),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let whole = without_groups(whole);
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(&whole) || !all_digits(fraction) {
        let separators = unsigned.matches('.').count();
        return Err(
            match separators > 1 && all_digits(&unsigned.replace('.', "")) {
                true => {
                    format!("must be an amount like {example}, without a separator of thousands")
                }
                false => format!("must be an amount like {example}"),
            },
        );
    }
    if fraction.len() == 3 && digits != 3 && whole.len() <= 3 {
        return Err(format!(
            "has three decimals, or a separator of thousands; write it like {example}"
        ));
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

/// An amount without the name or the sign of its own currency, before it or behind.
fn without_currency<'a>(text: &'a str, currency: &str) -> &'a str {
    let sign = SIGNS.iter().find(|(name, _)| *name == currency);
    let sign = sign.map_or("", |(_, sign)| sign);
    for name in [currency, sign].into_iter().filter(|name| !name.is_empty()) {
        let is_name = |part: Option<&str>| part.is_some_and(|it| it.eq_ignore_ascii_case(name));
        if is_name(text.get(..name.len())) {
            return text[name.len()..].trim_start();
        }
        if let Some(start) = text.len().checked_sub(name.len())
            && is_name(text.get(start..))
        {
            return text[..start].trim_end();
        }
    }
    text
}

/// Whole units without the white space between groups of three digits; as they are where the groups are others.
fn without_groups(whole: &str) -> String {
    let groups: Vec<&str> = whole.split(char::is_whitespace).collect();
    let are_threes = groups.iter().skip(1).all(|group| group.len() == 3);
    match are_threes && (1..=3).contains(&groups[0].len()) {
        true => groups.concat(),
        false => whole.to_owned(),
    }
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
    fn what_comes_along_with_a_copied_amount_is_dropped() {
        for (text, minor) in [
            ("459.50 EUR", 45_950),
            ("EUR 459.50", 45_950),
            ("eur459,5", 45_950),
            ("€ 12.50", 1_250),
            ("12.50\u{a0}€", 1_250),
            ("1 234,56", 123_456),
            ("1\u{202f}234\u{a0}567,5", 123_456_750),
            ("50\u{200b}", 5_000),
            ("\u{202d}50.00\u{202c}", 5_000),
            ("\u{feff}5.00\n", 500),
            ("00005", 500),
            ("\u{2212}5.00", -500),
        ] {
            assert_eq!(parse(text, "EUR"), Ok(minor), "{text:?}");
        }
        assert_eq!(parse("$ 5", "USD"), Ok(500));
        assert_eq!(parse("¥1 234", "JPY"), Ok(1_234));
    }

    #[test]
    fn no_other_amount_than_was_meant_is_taken() {
        let could_be = "has three decimals, or a separator of thousands; write it like 123.45";
        let thousands = "must be an amount like 123.45, without a separator of thousands";
        let amount = "must be an amount like 123.45";
        for (text, reason) in [
            ("1,234", could_be),
            ("1.000", could_be),
            ("1,234.56", thousands),
            ("1.234,56", thousands),
            ("1.234.567", thousands),
            ("1'234.50", amount),
            ("5.00\t6.00", amount),
            ("5 6", amount),
            ("12 34.50", amount),
            ("1234 567", amount),
            ("5 USD", amount),
            ("$5", amount),
            ("5e2", amount),
            ("0x10", amount),
            ("EUR", amount),
            ("0.0041", "has more than 2 decimals; write it like 123.45"),
        ] {
            assert_eq!(parse(text, "EUR"), Err(reason.to_owned()), "{text:?}");
        }
        assert!(parse("0.004", "EUR").is_err());
        assert!(parse("\u{ff15}\u{ff10}", "EUR").is_err());
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
