//! How one input is several things: each with its length in front, so that what libFuzzer changes in one leaves the
//! others whole. A length that is too long means the rest.

/// The things of an input: two bytes of length, little endian, and so many bytes.
pub(crate) fn parts(mut input: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = input.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (part, rest) = rest.split_at(length);
        input = rest;
        Some(part)
    })
}

/// An input of these things.
#[must_use]
pub fn joined<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let part = |part: &[u8]| [&u16::try_from(part.len()).unwrap().to_le_bytes(), part].concat();
    parts.into_iter().flat_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_has_its_parts_and_a_length_that_is_too_long_means_the_rest() {
        let input = joined([&b"one"[..], b"", b"three"]);
        assert_eq!(parts(&input).collect::<Vec<_>>(), [&b"one"[..], b"", b"three"]);
        assert_eq!(parts(&input[..input.len() - 1]).last(), Some(&b"thre"[..]));
        assert_eq!(parts(&[1]).count(), 0);
    }
}
