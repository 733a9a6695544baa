//! Personal data in a text that anybody may read (R-7-02, DSA art. 24(5)): found by its shape, or by a name at hand.
//!
//! How far it goes: e-mail addresses and user names behind an `@`; telephone numbers, account numbers and every other
//! number of nine digits or more; ids, since each of ours stands for a person or leads to one; and the names that the
//! caller knows. Who buyers and traders are is sealed, so that no caller knows those names, and a text is looked at the
//! same way whether or not a key is at hand: a person's name that stands in a text in plain words is not found. That
//! facts have no personal data stays the duty of whoever writes them; this finds the slips that have a shape.
//!
//! Dates are no telephone numbers, nor are the numbers of laws, prices and sizes: they have fewer digits.

use std::fmt;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PersonalData {
    /// An e-mail address, or a user name behind an `@`.
    Address,
    /// A telephone number, a payment account or another long number.
    Number,
    /// The id of an account, an order, a review.
    Identifier,
    /// A name that the caller knows.
    Name,
}

impl fmt::Display for PersonalData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "an e-mail address or a user name",
            Self::Number => "a telephone number, an account number or another number of that length",
            Self::Identifier => "the id of an account, an order or a review",
            Self::Name => "the name of the account that it is about",
        })
    }
}

/// The fewest digits of a number that is somebody's: national telephone numbers have nine or ten, while a date has eight.
const DIGITS: usize = 9;
/// The fewest digits of a number that begins with `+`: the shortest international telephone numbers have seven.
const DIGITS_AFTER_PLUS: usize = 7;

impl PersonalData {
    /// What a text has of it, if it has any; `names` are those that would tell whom it is about.
    #[must_use]
    pub fn in_text(text: &str, names: &[&str]) -> Option<Self> {
        if has_address(text) {
            Some(Self::Address)
        } else if has_identifier(text) {
            Some(Self::Identifier)
        } else if has_number(text) {
            Some(Self::Number)
        } else if names.iter().any(|name| has_name(text, name)) {
            Some(Self::Name)
        } else {
            None
        }
    }
}

fn has_address(text: &str) -> bool {
    text.split('@').skip(1).any(|after| after.starts_with(char::is_alphanumeric))
}

fn has_identifier(text: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-')
        .any(|word| uuid::Uuid::try_parse(word.trim_matches('-')).is_ok())
}

fn has_number(text: &str) -> bool {
    text.split(|letter: char| {
        !letter.is_numeric() && !matches!(letter, '+' | '-' | '.' | '/' | '(' | ')' | ' ' | '\u{a0}')
    })
    .flat_map(without_dates)
    .any(|number| {
        let digits = number.chars().filter(|letter| letter.is_numeric()).count();
        digits >= DIGITS || (digits >= DIGITS_AFTER_PLUS && number.contains('+'))
    })
}

/// What stands between the dates of a run of numbers.
fn without_dates(numbers: &str) -> Vec<String> {
    let mut between = vec![String::new()];
    for word in numbers.split([' ', '\u{a0}']) {
        if is_date(word.trim_matches(['.', '-', '/', '(', ')'])) {
            between.push(String::new());
        } else if let Some(last) = between.last_mut() {
            last.push_str(word);
        }
    }
    between
}

/// Whether it is a day, year first or last, as in 2026-11-20 or 20/11/2026.
fn is_date(word: &str) -> bool {
    let parts: Vec<Option<u16>> = word.split(['-', '.', '/']).map(|part| part.parse().ok()).collect();
    let year = |year: u16| (1_900..2_100).contains(&year);
    let day = |day: u16| (1..=31).contains(&day);
    match parts[..] {
        [Some(first), Some(middle), Some(last)] => {
            day(middle) && ((year(first) && day(last)) || (day(first) && year(last)))
        }
        _ => false,
    }
}

fn has_name(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.trim().to_lowercase());
    !name.is_empty()
        && text.match_indices(&name).any(|(at, found)| {
            let (before, after) = (text[..at].chars().next_back(), text[at + found.len()..].chars().next());
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn r_7_02_whatever_stands_around_it_an_address_a_number_an_id_or_a_known_name_is_found(
            before in "[a-z .,;:!?€é-]{0,40}", after in "[a-z .,;:!?€é-]{0,40}", which in 0..6_usize
        ) {
            let names = ["Noor Nachtegaal", "Zijlweg 12"];
            let personal = [
                "noor@nachtegaal.eu", "+31 6 12 34 56 78", "NL91ABNA0417164300", "018f3c5e-7b1a-7c3d-9e2f-0123456789ab",
                names[0], names[1],
            ];
            let text = format!("{before} {} {after}", personal[which]);
            prop_assert!(PersonalData::in_text(&text, &names).is_some(), "{}", text);
        }

        #[test]
        fn r_7_02_words_alone_are_nobodys(text in "[a-z .,;:!?€é-]{0,200}") {
            prop_assert_eq!(PersonalData::in_text(&text, &["Noor Nachtegaal"]), None);
        }
    }

    #[test]
    fn r_7_02_addresses_numbers_ids_and_known_names_are_found() {
        for (text, found) in [
            ("wrote to jan.de.vries@example.eu twice", PersonalData::Address),
            ("mail <j@example>", PersonalData::Address),
            ("ask @jandevries", PersonalData::Address),
            ("call 06 1234 5678", PersonalData::Number),
            ("call +31612345678.", PersonalData::Number),
            ("call +32 47 51 23", PersonalData::Number),
            ("bel 0475/12.34.56", PersonalData::Number),
            ("call (020) 123-4567 on 2026-11-20", PersonalData::Number),
            ("paid to NL91 ABNA 0417 1643 00", PersonalData::Number),
            ("IMEI 490154203237518", PersonalData::Number),
            ("call ٠٦١٢٣٤٥٦٧٨", PersonalData::Number),
            ("order 018f3c5e-7b1a-7c3d-9e2f-0123456789ab", PersonalData::Identifier),
            ("order-018F3C5E-7B1A-7C3D-9E2F-0123456789AB.", PersonalData::Identifier),
            ("the shop JANSEN telecom says so", PersonalData::Name),
            ("Jansen Telecom", PersonalData::Name),
        ] {
            assert_eq!(PersonalData::in_text(text, &["Jansen Telecom", ""]), Some(found), "{text}");
        }
    }

    #[test]
    fn r_7_02_dates_laws_prices_and_sizes_are_nobodys() {
        for text in [
            "",
            "the text insults a person",
            "sold from 2026-11-20 to 2026-11-24, and again on 24/11/2026 and 1.12.2026",
            "Regulation (EU) 2022/2065, art. 17(3)(b); Regulation (EU) 2023/988",
            "iPhone 13 128 GB, 1.299,00 EUR instead of 899.00",
            "two for 5 @ 10 EUR",
            "the battery holds 3 - 4 hours, not 10 (ten)",
            "Jansens telecommunication",
        ] {
            assert_eq!(PersonalData::in_text(text, &["Jansen Telecom"]), None, "{text}");
        }
    }
}
