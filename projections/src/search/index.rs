//! The index: one document for each product, kept as the catalogue's rows are.

use std::collections::BTreeSet;

use domain::ids::ProductId;
use event_log::Position;
use tantivy::indexer::IndexWriterOptions;
use tantivy::schema::{
    BytesOptions, FAST, Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, TantivyDocument, TantivyError, Term};

use super::query::Search;
use super::words::words;
use crate::ViewError;
use crate::catalogue::{CatalogueReader, ProductRow};

/// What documents that are not written yet may take, in bytes: the least that tantivy works with.
const WRITER_BYTES: usize = 15_000_000;

/// The parts of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    /// The words of the brand and then of the title, in order: people type both as one name.
    pub(super) name: Field,
    /// The words of the category and the subcategory.
    pub(super) category: Field,
    /// The product's id, to take its document out.
    product: Field,
    /// The first half of the product's id, to read it fast.
    pub(super) product_high: Field,
    /// The second half.
    pub(super) product_low: Field,
}

impl Fields {
    fn schema() -> (Self, Schema) {
        let text = |option| {
            // No lengths of texts: they count for scores that are not used here.
            let indexing = TextFieldIndexing::default().set_index_option(option).set_fieldnorms(false);
            TextOptions::default().set_indexing_options(indexing)
        };
        let mut schema = Schema::builder();
        let fields = Self {
            name: schema.add_text_field("name", text(IndexRecordOption::WithFreqsAndPositions)),
            category: schema.add_text_field("category", text(IndexRecordOption::Basic)),
            product: schema.add_bytes_field("product", BytesOptions::default().set_indexed()),
            product_high: schema.add_u64_field("product_high", NumericOptions::from(FAST)),
            product_low: schema.add_u64_field("product_low", NumericOptions::from(FAST)),
        };
        (fields, schema.build())
    }

    fn term(self, product: ProductId) -> Term {
        Term::from_field_bytes(self.product, product.0.as_bytes())
    }

    fn document(self, product: ProductId, row: &ProductRow) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_pre_tokenized_text(self.name, tokens([row.brand.as_str(), &row.title]));
        document.add_pre_tokenized_text(self.category, tokens([row.category.as_str(), row.subcategory.as_str()]));
        document.add_bytes(self.product, product.0.as_bytes());
        let (high, low) = product.0.as_u64_pair();
        document.add_u64(self.product_high, high);
        document.add_u64(self.product_low, low);
        document
    }
}

fn tokens(texts: [&str; 2]) -> PreTokenizedString {
    let words = texts.into_iter().flat_map(words);
    let tokens = words.enumerate().map(|(position, text)| Token { position, text, ..Token::default() }).collect();
    PreTokenizedString { text: String::new(), tokens }
}

/// The index of the catalogue's products. One hand keeps it; readers get a [`Search`] of what it is at a moment.
pub struct SearchIndex {
    fields: Fields,
    writer: IndexWriter,
    reader: IndexReader,
    /// Where the catalogue stood that it was brought up to.
    next: Position,
}

impl std::fmt::Debug for SearchIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchIndex").field("next", &self.next).finish_non_exhaustive()
    }
}

impl SearchIndex {
    /// The index of a catalogue, made from all its rows.
    ///
    /// # Errors
    /// [`ViewError::Storage`], [`ViewError::Search`].
    pub fn of(catalogue: CatalogueReader<'_>) -> Result<Self, ViewError> {
        let (fields, schema) = Fields::schema();
        let (writer, reader) = in_memory(schema)?;
        let mut index = Self { fields, writer, reader, next: catalogue.0.checkpoint()?.next };
        for row in catalogue.products() {
            let (product, row) = row?;
            index.writer.add_document(fields.document(product, &row))?;
        }
        index.commit()?;
        Ok(index)
    }

    /// Brings it up to what the catalogue has committed since: only products that changed are taken in again.
    ///
    /// # Errors
    /// [`ViewError::Storage`], [`ViewError::Search`].
    pub fn follow(&mut self, catalogue: CatalogueReader<'_>) -> Result<(), ViewError> {
        let changed = catalogue.changed_from(self.next).collect::<Result<BTreeSet<ProductId>, _>>()?;
        for product in &changed {
            self.writer.delete_term(self.fields.term(*product));
            if let Some(row) = catalogue.product(*product)? {
                self.writer.add_document(self.fields.document(*product, &row))?;
            }
        }
        if !changed.is_empty() {
            self.commit()?;
        }
        self.next = catalogue.0.checkpoint()?.next;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), TantivyError> {
        self.writer.commit()?;
        self.reader.reload()
    }

    /// What it answers from now on, whatever is taken in later.
    #[must_use]
    pub fn search(&self) -> Search {
        Search::new(self.reader.searcher(), self.fields)
    }
}

fn in_memory(schema: Schema) -> Result<(IndexWriter, IndexReader), TantivyError> {
    let settings = IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
    let index = Index::builder().schema(schema).settings(settings).create_in_ram()?;
    // One thread for each: a shop adds products one at a time, and a first fill is quick enough.
    let options = IndexWriterOptions::builder()
        .memory_budget_per_thread(WRITER_BYTES)
        .num_worker_threads(1)
        .num_merge_threads(1)
        .build();
    let writer = index.writer_with_options(options)?;
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    Ok((writer, reader))
}
