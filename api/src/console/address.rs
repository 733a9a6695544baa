//! Addresses of pages, with what is asked of them.

use url::form_urlencoded::Serializer;

/// A page's address with those of these values that say something.
pub(super) fn address(path: &str, query: &[(&str, &str)]) -> String {
    let mut encoded = Serializer::new(String::new());
    encoded.extend_pairs(query.iter().filter(|(_, value)| !value.is_empty()));
    format!("{path}?{}", encoded.finish())
}
