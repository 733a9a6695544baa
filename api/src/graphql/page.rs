//! Pages of lists: Relay connections with opaque cursors, 20 items where nothing is said, at most 250.

use async_graphql::connection::{Connection, CursorType, Edge};
use async_graphql::{OutputType, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use projections::ViewError;
use projections::key::Key;

use super::guard::coded;
use super::user_error::query_error;

/// How many items a page has where nothing is said.
pub const DEFAULT_ITEMS: usize = 20;
/// The most items that a page may have.
pub const MAX_ITEMS: usize = 250;

/// Where an item stands in its list: the key by which it is stored, opaque to clients. One type for all keys, because
/// lists of the same items that are stored by different keys are of one GraphQL type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Vec<u8>);

impl Cursor {
    /// The place of a key.
    #[must_use]
    pub fn at(key: &impl Key) -> Self {
        Self(key.bytes())
    }

    fn key<K: Key>(&self) -> Option<K> {
        let mut rest = self.0.as_slice();
        K::read(&mut rest).filter(|_| rest.is_empty())
    }
}

impl CursorType for Cursor {
    type Error = base64::DecodeError;

    fn decode_cursor(text: &str) -> Result<Self, Self::Error> {
        BASE64.decode(text).map(Self)
    }

    fn encode_cursor(&self) -> String {
        BASE64.encode(&self.0)
    }
}

/// A list's page.
pub type Page<N> = Connection<Cursor, N>;

/// Which page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked<K> {
    /// The first items, or those after a cursor.
    Forwards(Option<K>, usize),
    /// The last items, or those before a cursor.
    Backwards(Option<K>, usize),
}

/// What a client says of the page that it wants.
#[derive(Debug, Default)]
pub struct PageInput {
    /// How many from the front.
    pub first: Option<i32>,
    /// After which cursor.
    pub after: Option<String>,
    /// How many from the back.
    pub last: Option<i32>,
    /// Before which cursor.
    pub before: Option<String>,
}

impl PageInput {
    /// The first items, or those after a cursor.
    #[must_use]
    pub fn forwards(first: Option<i32>, after: Option<String>) -> Self {
        Self { first, after, ..Self::default() }
    }

    /// Checks it. `belongs` says whether a cursor is of this very list.
    ///
    /// # Errors
    /// A sentence saying what to ask for instead.
    pub fn checked<K: Key>(self, belongs: impl Fn(&K) -> bool) -> Result<Asked<K>> {
        let count = |name: &str, count: Option<i32>| match count {
            None => Ok(DEFAULT_ITEMS),
            Some(count) => usize::try_from(count).ok().filter(|count| *count <= MAX_ITEMS).ok_or_else(|| {
                coded("INVALID", format!("{name} is 0 to {MAX_ITEMS}, not {count}; take more pages with cursors"))
            }),
        };
        let cursor = |name: &str, text: Option<String>| {
            let Some(text) = text else { return Ok(None) };
            let wrong = |why: &str| coded("INVALID", format!("{name}: {why}"));
            let key = Cursor::decode_cursor(&text).ok().and_then(|cursor| cursor.key::<K>());
            let key =
                key.ok_or_else(|| wrong("this is no cursor of this list; give one from its pageInfo or edges"))?;
            if belongs(&key) { Ok(Some(key)) } else { Err(wrong("this cursor is of another list")) }
        };
        match self {
            Self { last: None, before: None, first, after } => {
                Ok(Asked::Forwards(cursor("after", after)?, count("first", first)?))
            }
            Self { first: None, after: None, last, before } => {
                Ok(Asked::Backwards(cursor("before", before)?, count("last", last)?))
            }
            _ => Err(coded("INVALID", "give first with after, or last with before, not both")),
        }
    }
}

/// The complexity of a page: that of an item, so many times.
#[must_use]
pub fn cost(first: Option<i32>, last: Option<i32>, item: usize) -> usize {
    let items = first.or(last).and_then(|count| usize::try_from(count).ok()).unwrap_or(DEFAULT_ITEMS);
    1 + items.min(MAX_ITEMS) * item
}

/// Takes a page from keys in the direction in which it is asked; `item` makes an item of a key, or passes it over.
///
/// # Errors
/// What the views say.
pub fn take<K: Key, N: OutputType>(
    asked: &Asked<K>,
    keys: impl Iterator<Item = Result<K, ViewError>>,
    mut item: impl FnMut(&K) -> Result<Option<N>, ViewError>,
) -> Result<Page<N>> {
    let (limit, forwards, from) = match asked {
        Asked::Forwards(after, limit) => (*limit, true, after.is_some()),
        Asked::Backwards(before, limit) => (*limit, false, before.is_some()),
    };
    let (mut edges, mut more) = (Vec::with_capacity(limit), false);
    for key in keys {
        let key = key.map_err(|error| query_error(error.into()))?;
        let Some(node) = item(&key).map_err(|error| query_error(error.into()))? else { continue };
        if edges.len() == limit {
            more = true;
            break;
        }
        edges.push(Edge::new(Cursor::at(&key), node));
    }
    if !forwards {
        edges.reverse();
    }
    let (previous, next) = if forwards { (from, more) } else { (more, from) };
    let mut page = Connection::new(previous, next);
    page.edges = edges;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(input: PageInput) -> Result<(Vec<i64>, bool, bool)> {
        let asked = input.checked::<i64>(|_| true)?;
        let keys: Vec<i64> = match &asked {
            Asked::Forwards(after, _) => (0..5).filter(|key| after.is_none_or(|after| *key > after)).collect(),
            Asked::Backwards(before, _) => {
                (0..5).rev().filter(|key| before.is_none_or(|before| *key < before)).collect()
            }
        };
        let page = take(&asked, keys.into_iter().map(Ok), |key| Ok(Some(*key)))?;
        Ok((page.edges.iter().map(|edge| edge.node).collect(), page.has_previous_page, page.has_next_page))
    }

    #[test]
    fn pages_go_both_ways_and_say_whether_there_is_more() {
        assert_eq!(pages(PageInput::forwards(Some(2), None)).unwrap(), (vec![0, 1], false, true));
        let after = Some(Cursor::at(&1_i64).encode_cursor());
        assert_eq!(pages(PageInput::forwards(Some(9), after)).unwrap(), (vec![2, 3, 4], true, false));
        let before = Some(Cursor::at(&3_i64).encode_cursor());
        let backwards = PageInput { last: Some(2), before, ..PageInput::default() };
        assert_eq!(pages(backwards).unwrap(), (vec![1, 2], true, true));
    }

    #[test]
    fn bounds_and_cursors_are_checked_with_a_clear_word() {
        assert!(pages(PageInput::forwards(Some(251), None)).unwrap_err().message.contains("0 to 250"));
        assert!(pages(PageInput::forwards(Some(-1), None)).unwrap_err().message.contains("0 to 250"));
        assert!(pages(PageInput::forwards(None, Some("?".into()))).unwrap_err().message.contains("no cursor"));
        let both = PageInput { first: Some(1), last: Some(1), ..PageInput::default() };
        assert!(pages(both).unwrap_err().message.contains("not both"));
    }
}
