//! Texts with places for what the book knows, written `{{place}}`.

/// A text with the value of each of its places.
pub(crate) fn filled(template: &str, values: &[(&str, String)]) -> String {
    let text = values
        .iter()
        .fold(template.to_owned(), |text, (place, value)| text.replace(&format!("{{{{{place}}}}}"), value));
    debug_assert!(!text.contains("{{"), "a place has no value: {text}");
    text
}
