//! Keys whose bytes sort as their values do, so that every page that the API serves is one range scan.
//!
//! Numbers are big-endian (signed ones with the sign bit turned), texts end with a zero byte, a falling part is
//! [`Falling`]. A tuple is its parts one after the other.

use std::cmp::Ordering;
use std::io::Write;

use domain::calendar::Month;
use domain::ids::{
    AuthorityContactId, BuyerId, ComplaintId, DsaPublicationId, LegalHoldId, ListingId, MailId, NoticeId, OrderId,
    ProductId, ReviewId, SellerId, StatementId,
};
use domain::place::MemberState;
use domain::text::Slug;
use uuid::Uuid;

/// A key, or a part of one. Its order is that of its bytes.
pub trait Key: Clone + Eq + Ord + std::hash::Hash + Send + Sync + 'static {
    /// Writes it.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads it from the front of `bytes`. Only what [`Key::write`] wrote is ever read.
    fn read(bytes: &mut &[u8]) -> Option<Self>;

    /// Its bytes.
    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(48);
        self.write(&mut out);
        out
    }
}

/// A part that sorts from high to low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Falling(pub i64);

impl Ord for Falling {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.cmp(&self.0)
    }
}

impl PartialOrd for Falling {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Key for $number {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn read(bytes: &mut &[u8]) -> Option<Self> {
                take(bytes).map(Self::from_be_bytes)
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64);

impl Key for i64 {
    fn write(&self, out: &mut Vec<u8>) {
        (self.cast_unsigned() ^ (1 << 63)).write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u64::read(bytes).map(|turned| (turned ^ (1 << 63)).cast_signed())
    }
}

impl Key for Falling {
    fn write(&self, out: &mut Vec<u8>) {
        (!self.0).write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        i64::read(bytes).map(|turned| Self(!turned))
    }
}

impl Key for Uuid {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes).map(Self::from_bytes)
    }
}

macro_rules! ids {
    ($($id:ty),*) => {$(
        impl Key for $id {
            fn write(&self, out: &mut Vec<u8>) {
                self.0.write(out);
            }
            fn read(bytes: &mut &[u8]) -> Option<Self> {
                Uuid::read(bytes).map(Self)
            }
        }
    )*};
}

ids!(
    AuthorityContactId,
    BuyerId,
    ComplaintId,
    DsaPublicationId,
    LegalHoldId,
    ListingId,
    MailId,
    NoticeId,
    OrderId,
    ProductId,
    ReviewId,
    SellerId,
    StatementId
);

impl Key for String {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
        out.push(0);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == 0)?;
        let text = std::str::from_utf8(&bytes[..end]).ok()?.to_owned();
        *bytes = &bytes[end + 1..];
        Some(text)
    }
}

impl Key for Slug {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
        out.push(0);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Self::new(&String::read(bytes)?, "key").ok()
    }
}

/// No slug, or one: nothing sorts first.
impl Key for Option<Slug> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(slug) => slug.write(out),
            None => out.push(0),
        }
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let text = String::read(bytes)?;
        if text.is_empty() { Some(None) } else { Slug::new(&text, "key").ok().map(Some) }
    }
}

impl Key for Month {
    fn write(&self, out: &mut Vec<u8>) {
        // Writing into memory does not fail.
        let _ = write!(out, "{self}");
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        std::str::from_utf8(&take::<7>(bytes)?).ok()?.parse().ok()
    }
}

impl Key for MemberState {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.code().as_bytes());
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        std::str::from_utf8(&take::<2>(bytes)?).ok()?.parse().ok()
    }
}

impl Key for () {
    fn write(&self, _: &mut Vec<u8>) {}
    fn read(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<$($name: Key),*> Key for ($($name,)*) {
            fn write(&self, out: &mut Vec<u8>) {
                #[allow(non_snake_case, reason = "the parts are named after their types")]
                let ($($name,)*) = self;
                $($name.write(out);)*
            }
            fn read(bytes: &mut &[u8]) -> Option<Self> {
                Some(($($name::read(bytes)?,)*))
            }
        }
    };
}

tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_sort_as_values_do(a in any::<(i64, u32, i64)>(), b in any::<(i64, u32, i64)>()) {
            let key = |(x, y, z): (i64, u32, i64)| (x, y, Falling(z));
            let order = (a.0, a.1, std::cmp::Reverse(a.2)).cmp(&(b.0, b.1, std::cmp::Reverse(b.2)));
            prop_assert_eq!(key(a).cmp(&key(b)), order);
            prop_assert_eq!(key(a).bytes().cmp(&key(b).bytes()), order);
        }

        #[test]
        fn keys_read_back(x in any::<i64>(), text in "[a-z]{1,9}", id in any::<u128>()) {
            let key = (Falling(x), Slug::new(&text, "key").unwrap(), Uuid::from_u128(id));
            prop_assert_eq!(<(Falling, Slug, Uuid)>::read(&mut &key.bytes()[..]), Some(key));
        }
    }

    #[test]
    fn a_shorter_text_sorts_before_a_longer_one_whatever_follows() {
        assert!(("a".to_owned(), u64::MAX).bytes() < ("aa".to_owned(), 0_u64).bytes());
    }
}
