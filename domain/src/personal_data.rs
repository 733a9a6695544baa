//! Personal data in a text that anybody may read (R-7-02, DSA art. 24(5)): found by its shape, or by a name at hand.
//!
//! How far it goes: e-mail addresses and user names behind an `@`; telephone numbers, account numbers and every other
//! number of nine digits or more; ids, since each of ours stands for a person or leads to one; and the names that the
//! caller knows. Who buyers and traders are is sealed, so that whoever takes a decision does not know those names: there a
//! person's name that stands in a text in plain words is not found, and that facts have no personal data stays the duty of
//! whoever writes them. Before anything goes public, who has the keys opens the names of the case and looks for them too
//! ([`parts_of_name`]).
//!
//! Dates, the numbers of laws, standards and safety alerts, and product numbers are nobody's, and removals need them; prices
//! and sizes have fewer digits.

use std::fmt;
use std::str::FromStr;

use crate::ean::Ean;

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
            Self::Name => "the name of somebody whom it is about",
        })
    }
}

/// The fewest digits of a number that is somebody's. National telephone numbers have nine or ten in most Member States; those
/// of eight, as Denmark's, can't be told from prices, sizes and years that stand together.
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
    let (mut run, mut found, mut standard) = (Run::default(), false, false);
    for word in text.split([' ', '\u{a0}', '\t', '\n']) {
        let bare = word.trim_matches(|letter: char| matches!(letter, '.' | ',' | ';' | ':' | '-' | '(' | ')' | '"'));
        if is_nobodys(bare) || (standard && bare.starts_with(|letter: char| letter.is_ascii_digit())) {
            found |= run.ends();
        } else {
            for letter in word.chars() {
                if letter.is_numeric() {
                    run.digits += 1;
                } else if letter == '+' {
                    run.plus = true;
                } else if !matches!(letter, '-' | '.' | '/' | '(' | ')') {
                    found |= run.ends();
                }
            }
        }
        standard = ["IEC", "ISO", "EN", "CENELEC", "ETSI", "UL"].contains(&bare);
    }
    found | run.ends()
}

/// Digits that stand together, whatever people put between them.
#[derive(Debug, Default)]
struct Run {
    digits: usize,
    plus: bool,
}

impl Run {
    /// Ends it, and says whether it was somebody's number.
    fn ends(&mut self) -> bool {
        let Self { digits, plus } = std::mem::take(self);
        digits >= DIGITS || (plus && digits >= DIGITS_AFTER_PLUS)
    }
}

/// Whether a word of digits is a date or two, the number of a law or of a safety alert, or a product's.
fn is_nobodys(word: &str) -> bool {
    let dates = |parts: Vec<&str>| parts.len() == 2 && parts.iter().all(|part| is_date(part));
    is_date(word)
        || dates(word.split('/').collect())
        || dates(word.split('-').collect())
        || dates(word.split('–').collect())
        || is_law(word)
        || is_alert(word)
        || Ean::from_str(word).is_ok()
}

/// As in 2022/2065.
fn is_law(word: &str) -> bool {
    let Some((year, number)) = word.split_once('/') else { return false };
    let digits = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits(year, 4) && digits(number, 4) && year.parse().is_ok_and(|year| (1_950..2_100).contains(&year))
}

/// As in A12/01708/22 or SR/01234/26: Safety Gate's.
fn is_alert(word: &str) -> bool {
    let parts: Vec<&str> = word.split('/').collect();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let [series, number, year] = parts[..] else { return false };
    series.starts_with(|letter: char| letter.is_ascii_uppercase())
        && series.len() <= 3
        && number.len() == 5
        && digits(number)
        && year.len() == 2
        && digits(year)
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

/// Words that stand in names and tell nobody: particles, forms of address, legal forms of companies, and what traders of
/// electronics call themselves, in the languages of the countries served.
const NOBODYS: &str = "van von vom der den del della dei des dos das ten ter the and und les los las mrs mme frau herr gmbh \
                       sarl sas ltd srl spa bvba company group electronics electronica elektronik elektronica telecom \
                       telefoon telefoons telephone téléphone telefon mobile mobiel handy phone phones smartphone \
                       smartphones tablet tablets laptop laptops computer computers console consoles refurbished \
                       reconditionné repair reparatie réparation shop store winkel boutique market trading";

/// The fewest letters of a part of a name that is looked for: shorter ones (An, Li, Bo) are words of every language.
const LETTERS: usize = 3;

/// The words of a person's or a trader's name that would tell who it is, each alone: `Nachtegaal` and `Noor` of `Noor van
/// den Nachtegaal`.
pub fn parts_of_name(name: &str) -> impl Iterator<Item = &str> {
    name.split(|letter: char| !letter.is_alphanumeric()).filter(|part| {
        part.chars().count() >= LETTERS
            && !part.chars().all(char::is_numeric)
            && !NOBODYS.split(' ').any(|word| word == part.to_lowercase())
    })
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
            ("bel 06/12345678", PersonalData::Number),
            ("bel 2026/12345678", PersonalData::Number),
            ("4006381333932", PersonalData::Number),
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
    fn r_7_02_the_parts_of_a_name_are_those_that_tell_who_it_is() {
        let parts = |name| parts_of_name(name).collect::<Vec<_>>();
        assert_eq!(parts("Noor van den Nachtegaal"), ["Noor", "Nachtegaal"]);
        assert_eq!(parts("J. Jansen-de Vries"), ["Jansen", "Vries"]);
        assert_eq!(parts("Jansen Telecom GmbH"), ["Jansen"]);
        assert_eq!(parts("The Phone Shop 24 B.V."), [""; 0]);
        assert_eq!(parts("Li An"), [""; 0]);
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
            "Safety Gate alerts A12/01708/22 and SR/01234/26",
            "sold as EAN 4006381333931",
            "sold 2026-11-20/2026-11-24 and 20.11.2026-24.11.2026",
            "2022/2065 (2023/988)",
            "tested by IEC 62133-2 2017",
            "the battery holds 3 - 4 hours, not 10 (ten)",
            "Jansens telecommunication",
        ] {
            assert_eq!(PersonalData::in_text(text, &["Jansen Telecom"]), None, "{text}");
        }
    }
}
