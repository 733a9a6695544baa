//! A request's way: its document from memory or parsed and validated, executed on one state of the views, answered.

use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::{ErrorExtensionValues, Request, Response, ServerError, ValidationMode, Value, Variables};
use projections::Checkpoint;
use serde::Deserialize;

use super::documents::{Document, Documents};
use super::platform::{Platform, ReadTrace};
use super::{MAX_COMPLEXITY, MAX_DEPTH, Marktboek, builder};
use crate::auth::Viewer;

/// How often a query is answered again because the views moved while it read them.
const MAX_READS: u32 = 5;

/// A GraphQL request, as it comes in by HTTP.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// The document.
    pub query: String,
    /// The variables' values.
    #[serde(default)]
    pub variables: Option<Variables>,
    /// Which operation of the document.
    #[serde(default)]
    pub operation_name: Option<String>,
}

/// An answer, and the state of the views from which it was read.
#[derive(Debug)]
pub struct Answered {
    /// The answer.
    pub response: Response,
    /// The state; the newest one where nothing was read.
    pub reached: Checkpoint,
}

/// Answers requests.
pub struct Executor {
    /// Validates in full: for documents not seen before.
    strict: Marktboek,
    /// For documents that were validated: checks only what depends on variables.
    fast: Marktboek,
    documents: Documents,
    platform: Arc<Platform>,
}

impl Executor {
    /// Answers with what this platform has.
    #[must_use]
    pub fn new(platform: Arc<Platform>) -> Self {
        let schema = |mode| builder().validation_mode(mode).data(Arc::clone(&platform)).finish();
        Self {
            strict: schema(ValidationMode::Strict),
            fast: schema(ValidationMode::Fast),
            documents: Documents::default(),
            platform,
        }
    }

    /// What fields can reach.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Answers a request.
    pub async fn answer(&self, asked: Asked, viewer: Viewer) -> Answered {
        let known = self.documents.get(&asked.query);
        let (document, schema) = match &known {
            Some(document) => (Arc::clone(document), &self.fast),
            None => match parse_query(&asked.query) {
                Ok(parsed) => (Arc::new(Document::new(parsed)), &self.strict),
                Err(error) => return self.unread(Response::from_errors(vec![error.into()])),
            },
        };
        let mut read = 0;
        loop {
            let trace = ReadTrace::default();
            let mut request = Request::new(String::new()).data(viewer.clone()).data(trace.clone());
            request.operation_name.clone_from(&asked.operation_name);
            request.variables = asked.variables.clone().unwrap_or_default();
            request.set_parsed_query(document.parsed.clone());
            let mut response = schema.execute(request).await;
            read += 1;
            // What was read is of two states when a commit came in between. Asking again is harmless, commanding is not.
            if trace.is_torn() && document.only_queries && read < MAX_READS {
                continue;
            }
            explain_limits(&mut response);
            if known.is_none() && response.errors.iter().all(|error| !error.path.is_empty()) {
                self.documents.keep(&asked.query, document);
            }
            return match trace.reached() {
                Some(reached) => Answered { response, reached },
                None => self.unread(response),
            };
        }
    }

    fn unread(&self, response: Response) -> Answered {
        Answered { response, reached: self.platform.views.health().borrow().reached }
    }
}

/// The library's words for a query that is too much say neither the limit nor the mend.
fn explain_limits(response: &mut Response) {
    for error in &mut response.errors {
        let message = match error.message.as_str() {
            "Query is too complex." => format!(
                "this query may ask for more than {MAX_COMPLEXITY} fields, lists multiplied by their first or last; \
                 ask for shorter pages or fewer fields"
            ),
            "Query is nested too deep." => {
                format!("this query is nested more than {MAX_DEPTH} deep; ask in two queries")
            }
            _ => continue,
        };
        error.message = message;
        error.extensions = Some(code("INVALID"));
    }
}

fn code(code: &str) -> ErrorExtensionValues {
    let mut values = ErrorExtensionValues::default();
    values.set("code", Value::from(code));
    values
}

/// An answer that only says why there is none.
#[must_use]
pub fn refusal(message: impl Into<String>, code_name: &str) -> Response {
    let mut error = ServerError::new(message, None);
    error.extensions = Some(code(code_name));
    Response::from_errors(vec![error])
}
