//! Texts as words: how titles are written and how people type them, brought to one form.
//!
//! Small letters without accents; digits apart from letters (`iPhone13` is `iphone 13`, `128GB` is `128 gb`); a size in
//! French units as one in English ones (`128 Go` is `128 gb`).

use tantivy::tokenizer::{AsciiFoldingFilter, LowerCaser, SimpleTokenizer, TextAnalyzer};

/// Accents written as a mark of their own after their letter, as some systems send them.
const COMBINING_MARKS: std::ops::RangeInclusive<char> = '\u{300}'..='\u{36f}';

/// Units of storage in French, and in English.
const UNITS: [(&str, &str); 3] = [("mo", "mb"), ("go", "gb"), ("to", "tb")];

/// The words of a text, in its order.
pub(super) fn words(text: &str) -> Vec<String> {
    let text: String = text.chars().filter(|letter| !COMBINING_MARKS.contains(letter)).collect();
    let mut analyzer =
        TextAnalyzer::builder(SimpleTokenizer::default()).filter(LowerCaser).filter(AsciiFoldingFilter).build();
    let mut words: Vec<String> = Vec::new();
    analyzer.token_stream(&text).process(&mut |token| {
        let letters: Vec<char> = token.text.chars().collect();
        for part in letters.chunk_by(|a, b| a.is_numeric() == b.is_numeric()) {
            let word: String = part.iter().collect();
            let unit = UNITS.iter().find(|(french, _)| *french == word).map(|(_, english)| (*english).to_owned());
            let after_number = words.last().is_some_and(|last| is_number(last));
            words.push(unit.filter(|_| after_number).unwrap_or(word));
        }
    });
    words
}

/// Whether a word is digits: no other number is near to it.
pub(super) fn is_number(word: &str) -> bool {
    word.starts_with(char::is_numeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_2_3_06_texts_come_to_one_form_however_they_are_typed() {
        for (text, expected) in [
            ("iPhone 13 128 GB", "iphone 13 128 gb"),
            ("iPhone13", "iphone 13"),
            ("128GB", "128 gb"),
            ("128 Go", "128 gb"),
            ("1To", "1 tb"),
            ("Surface Go", "surface go"),
            ("Galaxy S21+", "galaxy s 21"),
            ("WH-1000XM4", "wh 1000 xm 4"),
            ("Écran téléphone", "ecran telephone"),
            ("e\u{301}cran", "ecran"),
            ("Köpfe Straße", "kopfe strasse"),
            ("één vóór", "een voor"),
            ("l’œil d'Æsop", "l oeil d aesop"),
            ("13,3\" / 6.1 inch", "13 3 6 1 inch"),
            ("iphone_13", "iphone 13"),
            (" - ", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }
}
