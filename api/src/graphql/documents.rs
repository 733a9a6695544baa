//! Query documents that were parsed and validated before, by their text; a bounded number, the longest unused goes first.
//!
//! Clients send the same few texts with other variables, so that parsing and validating them each time would be most of
//! the work of a page. What depends on variables (their values, complexity, depth) is checked on every request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::{ExecutableDocument, OperationType};

/// How many documents are kept.
const MAX_DOCUMENTS: usize = 1_000;
/// The most bytes of text of all that are kept; in memory a document is a hundred times as large.
const MAX_KEPT_BYTES: usize = 1 << 20;

/// A parsed document.
#[derive(Debug)]
pub struct Document {
    /// The document.
    pub parsed: ExecutableDocument,
    /// Whether it only asks, so that it may be answered again.
    pub only_queries: bool,
}

impl Document {
    /// Of a parsed document.
    #[must_use]
    pub fn new(parsed: ExecutableDocument) -> Self {
        let only_queries = parsed.operations.iter().all(|(_, operation)| operation.node.ty == OperationType::Query);
        Self { parsed, only_queries }
    }
}

/// The documents.
#[derive(Debug, Default)]
pub struct Documents(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    by_text: HashMap<Arc<str>, (Arc<Document>, u64)>,
    uses: u64,
    bytes: usize,
}

impl Documents {
    /// The document of a text, if it was validated before.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<Arc<Document>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.uses += 1;
        let uses = known.uses;
        let (document, used) = known.by_text.get_mut(text)?;
        *used = uses;
        Some(Arc::clone(document))
    }

    /// Keeps a document that was validated.
    pub fn keep(&self, text: &str, document: Arc<Document>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.by_text.contains_key(text) {
            return;
        }
        while known.by_text.len() >= MAX_DOCUMENTS || known.bytes + text.len() > MAX_KEPT_BYTES {
            // Only a client that makes up texts brings us here often, and looking through a thousand is quick.
            let oldest = known.by_text.iter().min_by_key(|(_, (_, used))| *used).map(|(text, _)| Arc::clone(text));
            let Some(oldest) = oldest else { return };
            known.by_text.remove(&oldest);
            known.bytes -= oldest.len();
        }
        let uses = known.uses;
        known.by_text.insert(text.into(), (document, uses));
        known.bytes += text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    fn document(text: &str) -> Arc<Document> {
        Arc::new(Document::new(parse_query(text).unwrap()))
    }

    #[test]
    fn the_longest_unused_document_goes_first() {
        let documents = Documents::default();
        for number in 0..MAX_DOCUMENTS {
            let text = format!("{{ a{number} }}");
            documents.keep(&text, document(&text));
            assert!(documents.get("{ a0 }").is_some());
        }
        documents.keep("{ new }", document("{ new }"));
        assert!(documents.get("{ a0 }").is_some());
        assert!(documents.get("{ a1 }").is_none());
        assert!(documents.get("{ new }").is_some());
    }

    #[test]
    fn what_is_kept_is_bounded_by_its_bytes() {
        let documents = Documents::default();
        let text = |number: usize| format!("{{ {} }}", format!("a{number:05} ").repeat(2_000));
        for number in 0..100 {
            documents.keep(&text(number), document("{ a }"));
        }
        documents.keep(&text(99), document("{ b }"));
        let kept = (0..100).filter(|number| documents.get(&text(*number)).is_some()).count();
        assert_eq!(kept, MAX_KEPT_BYTES / text(0).len());
        documents.keep(&"a ".repeat(MAX_KEPT_BYTES), document("{ a }"));
        assert_eq!(documents.0.lock().unwrap().bytes, 0);
    }

    #[test]
    fn a_mutation_is_never_taken_for_a_query() {
        assert!(document("{ a }").only_queries);
        assert!(!document("mutation { a }").only_queries);
        assert!(!document("query A { a } mutation B { b }").only_queries);
    }
}
