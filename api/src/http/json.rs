//! JSON from clients: no more values than anything sensible has, for each takes far more memory than its two bytes.

use serde::de::{DeserializeOwned, Error as _};

/// The most values, with their names: some for each of the fields of the largest input, in lists as long as pages.
const MAX_VALUES: usize = 10_000;

/// What a text says.
pub(super) fn json_of<T: DeserializeOwned>(text: &[u8]) -> Result<T, serde_json::Error> {
    if values(text) > MAX_VALUES {
        return Err(serde_json::Error::custom(format!("there are more than {MAX_VALUES} values in it")));
    }
    serde_json::from_slice(text)
}

/// How many values a text has at most: one more than it has commas, colons and openings outside of strings.
fn values(text: &[u8]) -> usize {
    let (mut count, mut quoted, mut escaped) = (1, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b':' | b'[' | b'{' if !quoted => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_and_what_stands_in_strings_is_not() {
        assert_eq!(values(b"1"), 1);
        assert_eq!(values(br#"{"a": [1, 2], "b,[{:\\\",": "\\\\"}"#), 1 + 1 + 1 + 1 + 1 + 1 + 1);
        assert!(json_of::<serde_json::Value>(format!("[{}1]", "1,".repeat(9_000)).as_bytes()).is_ok());
        let many = format!("[{}1]", "[],".repeat(9_000));
        assert!(json_of::<serde_json::Value>(many.as_bytes()).unwrap_err().to_string().contains("10000"));
    }
}
