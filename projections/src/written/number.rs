//! Numbers as people write them.

use super::WrittenLanguage;

/// How many digits stand together.
const GROUP: usize = 3;

/// A decimal, as in `44999999.50`, with its thousands apart: `44,999,999.50` in English, `44 999 999,50` in French (with
/// spaces at which no line ends), `44.999.999,50` in Dutch and German.
#[must_use]
pub fn number(decimal: &str, language: WrittenLanguage) -> String {
    let (separator, point) = match language {
        WrittenLanguage::English => (',', '.'),
        WrittenLanguage::French => ('\u{202f}', ','),
        WrittenLanguage::Dutch | WrittenLanguage::German => ('.', ','),
    };
    let (whole, decimals) = decimal.split_once('.').unwrap_or((decimal, ""));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut written = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(GROUP) {
            written.push(separator);
        }
        written.push(digit);
    }
    if !decimals.is_empty() {
        written.push(point);
        written.push_str(decimals);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_and_decimals_are_set_apart_as_each_language_does() {
        for (decimal, written) in [
            ("44999999.50", ["44,999,999.50", "44\u{202f}999\u{202f}999,50", "44.999.999,50", "44.999.999,50"]),
            ("1000", ["1,000", "1\u{202f}000", "1.000", "1.000"]),
            ("999.05", ["999.05", "999,05", "999,05", "999,05"]),
            ("-123456.00", ["-123,456.00", "-123\u{202f}456,00", "-123.456,00", "-123.456,00"]),
        ] {
            assert_eq!(WrittenLanguage::ALL.map(|language| number(decimal, language)), written);
        }
    }
}
