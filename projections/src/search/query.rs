//! Matching: every word of a query must be in a product's name or category, as it stands, as a beginning, or nearly.
//!
//! | a word matches | in the brand or title | in the category |
//! | --- | --- | --- |
//! | exactly | 6 | 5 |
//! | as a beginning | 4 | 3 |
//! | but for a typing error | 2 | 1 |
//!
//! Each word counts its best match; two words that stand side by side in the query and in the name count one more. The
//! sum is the relevance: whole numbers far below 2²⁴, which tantivy's `f32` adds exactly in any order, so that no
//! machine and no layout of the index gives another.

use domain::ids::ProductId;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::query::{
    BooleanQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, PhraseQuery, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyError, Term};
use uuid::Uuid;

use super::index::Fields;
use super::words::{is_number, words};
use crate::ViewError;

/// The longest query that is taken, in characters: a title copied whole is shorter.
pub const MAX_QUERY_CHARACTERS: usize = 200;

/// The most words that a query may have, for each one is looked up by itself.
pub const MAX_QUERY_WORDS: usize = 32;

/// The shortest word that is taken for a beginning where other words follow it: nobody is still typing it.
const SHORTEST_BEGINNING: usize = 3;

/// The shortest word that may have a typing error: of three letters, with one changed, is another word.
const SHORTEST_WITH_ERROR: usize = 4;

/// The shortest word that may have two typing errors.
const SHORTEST_WITH_TWO_ERRORS: usize = 8;

/// How a word matches, with what it counts in a product's name. In its category it counts one less.
#[derive(Debug, Clone, Copy)]
enum Match {
    Exact = 6,
    Beginning = 4,
    Error = 2,
}

/// What is looked for: the words of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted(Vec<String>);

impl Wanted {
    /// The words of a query; none when it has no word, or more than [`MAX_QUERY_CHARACTERS`] or [`MAX_QUERY_WORDS`].
    #[must_use]
    pub fn of(query: &str) -> Option<Self> {
        let fits = query.chars().count() <= MAX_QUERY_CHARACTERS;
        Some(Self(words(query))).filter(|wanted| fits && (1..=MAX_QUERY_WORDS).contains(&wanted.0.len()))
    }
}

/// How many typing errors a word may have.
fn errors_allowed(word: &str) -> u8 {
    match word.chars().count() {
        _ if is_number(word) => 0,
        SHORTEST_WITH_TWO_ERRORS.. => 2,
        SHORTEST_WITH_ERROR.. => 1,
        _ => 0,
    }
}

/// A product that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Which.
    pub product: ProductId,
    /// How well it matches; only to be compared within one query.
    pub relevance: u32,
}

/// The index as it is at one position.
#[derive(Clone)]
pub struct Search {
    searcher: Searcher,
    fields: Fields,
}

impl std::fmt::Debug for Search {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Search").field("products", &self.searcher.num_docs()).finish_non_exhaustive()
    }
}

impl Search {
    pub(super) fn new(searcher: Searcher, fields: Fields) -> Self {
        Self { searcher, fields }
    }

    /// All products that match, in no order.
    ///
    /// # Errors
    /// [`ViewError::Search`].
    pub fn found(&self, Wanted(words): &Wanted) -> Result<Vec<Hit>, ViewError> {
        let matched = words.iter().enumerate().map(|(index, word)| {
            let beginning =
                index + 1 == words.len() || (!is_number(word) && word.chars().count() >= SHORTEST_BEGINNING);
            (Occur::Must, self.matches(word, beginning))
        });
        let beside = words.windows(2).map(|pair| {
            let terms = pair.iter().map(|word| Term::from_field_text(self.fields.name, word)).collect();
            (Occur::Should, counting(PhraseQuery::new(terms), 1))
        });
        let query = BooleanQuery::new(matched.chain(beside).collect());
        Ok(self.searcher.search(&query, &AllHits(self.fields))?)
    }

    /// The products that have a word, each with its best match.
    fn matches(&self, word: &str, beginning: bool) -> Box<dyn Query> {
        let in_field = |field: Field, less: u8| {
            let term = Term::from_field_text(field, word);
            let counts = move |by: Match| by as u8 - less;
            let errors = errors_allowed(word);
            let exact = counting(TermQuery::new(term.clone(), IndexRecordOption::Basic), counts(Match::Exact));
            let begins = beginning
                .then(|| counting(FuzzyTermQuery::new_prefix(term.clone(), 0, true), counts(Match::Beginning)));
            let nearly =
                (errors > 0).then(|| counting(FuzzyTermQuery::new(term.clone(), errors, true), counts(Match::Error)));
            [Some(exact), begins, nearly].into_iter().flatten()
        };
        let ways = in_field(self.fields.name, 0).chain(in_field(self.fields.category, 1)).collect();
        Box::new(DisjunctionMaxQuery::new(ways))
    }
}

fn counting(query: impl Query, points: u8) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(query), Score::from(points)))
}

/// Collects every hit.
struct AllHits(Fields);

impl Collector for AllHits {
    type Fruit = Vec<Hit>;
    type Child = HitsOfSegment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> Result<HitsOfSegment, TantivyError> {
        let half = |field: Field| segment.fast_fields().u64(segment.schema().get_field_name(field));
        Ok(HitsOfSegment { high: half(self.0.product_high)?, low: half(self.0.product_low)?, hits: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Vec<Hit>>) -> Result<Vec<Hit>, TantivyError> {
        Ok(segments.concat())
    }
}

struct HitsOfSegment {
    high: Column<u64>,
    low: Column<u64>,
    hits: Vec<Hit>,
}

impl SegmentCollector for HitsOfSegment {
    type Fruit = Vec<Hit>;

    fn collect(&mut self, document: DocId, score: Score) {
        // Every document has both halves.
        let half = |column: &Column<u64>| column.first(document).unwrap_or_default();
        let product = ProductId(Uuid::from_u64_pair(half(&self.high), half(&self.low)));
        // A sum of a few small whole numbers: nothing is cut off.
        self.hits.push(Hit { product, relevance: score as u32 });
    }

    fn harvest(self) -> Vec<Hit> {
        self.hits
    }
}
