//! Numbers as pages write them: English, with the thousands apart.

use projections::written::{WrittenLanguage, number};

/// A whole number.
pub(super) fn whole(count: u64) -> String {
    decimal(&count.to_string())
}

/// A decimal, as in `44999999.50`.
pub(super) fn decimal(text: &str) -> String {
    number(text, WrittenLanguage::English)
}

/// A decimal that is a change: with its sign, also where it is not negative.
pub(super) fn change(text: &str) -> String {
    let sign = if text.starts_with('-') || text.trim_start_matches(['0', '.']).is_empty() { "" } else { "+" };
    format!("{sign}{}", decimal(text)).replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_its_sign() {
        assert_eq!(["0.00", "3.33", "-1234.50"].map(change), ["0.00", "+3.33", "\u{2212}1,234.50"]);
    }
}
