//! A request's way: its document from memory or parsed and validated, executed on one state of the views, answered; a
//! subscription is answered once for every event that it is told of.

use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType, Selection};
use async_graphql::{ErrorExtensionValues, Request, Response, ServerError, ValidationMode, Value, Variables};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use projections::Checkpoint;
use serde::Deserialize;

use super::documents::{Document, Documents};
use super::gaps;
use super::live::Live;
use super::platform::{Platform, ReadTrace};
use super::{MAX_COMPLEXITY, MAX_DEPTH, MAX_QUERY_BYTES, Marktboek, builder};
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
        if let Some(refusal) = too_long(&asked) {
            return self.unread(refusal);
        }
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
            finish(&document.parsed, asked.operation_name.as_deref(), &mut response);
            if known.is_none() && response.errors.iter().all(|error| !error.path.is_empty()) {
                self.documents.keep(&asked.query, document);
            }
            return match trace.reached() {
                Some(reached) => Answered { response, reached },
                None => self.unread(response),
            };
        }
    }

    /// Answers a subscription, once for every event that it is told of; nothing where the request is for another operation.
    /// It is told of everything that happens after this returns.
    #[must_use]
    pub fn subscribe(&self, asked: &Asked, viewer: Viewer) -> Option<BoxStream<'static, Response>> {
        if too_long(asked).is_some() {
            return None;
        }
        let parsed = parse_query(&asked.query).ok()?;
        let subscription = operation(&parsed, asked.operation_name.as_deref())?;
        if subscription.ty != OperationType::Subscription {
            return None;
        }
        if !matches!(&subscription.selection_set.node.items[..], [only] if matches!(only.node, Selection::Field(_))) {
            let why = "a subscription asks for exactly one field, which is not in a fragment; subscribe once for each";
            return Some(stream::iter([refusal(why, "INVALID")]).boxed());
        }
        let live = Live::from_end_of(self.platform.book.log().as_ref());
        let trace = ReadTrace::default();
        let mut request = Request::new(String::new()).data(viewer).data(trace.clone()).data(live.clone());
        request.operation_name.clone_from(&asked.operation_name);
        request.variables = asked.variables.clone().unwrap_or_default();
        request.set_parsed_query(parsed.clone());
        let operation_name = asked.operation_name.clone();
        let mut read = 0;
        let answers = self.strict.execute_stream(request).filter_map(move |mut response| {
            read += 1;
            // As for queries: what was read of two states is read again, by the time the next item is asked for.
            let torn = trace.is_torn() && read < MAX_READS;
            if torn {
                live.read_again();
            } else {
                read = 0;
                finish(&parsed, operation_name.as_deref(), &mut response);
            }
            std::future::ready((!torn).then_some(response))
        });
        Some(answers.boxed())
    }

    fn unread(&self, response: Response) -> Answered {
        Answered { response, reached: self.platform.views.health().borrow().reached }
    }
}

/// Why a query is not even looked at, if it is too long.
fn too_long(asked: &Asked) -> Option<Response> {
    let bytes = asked.query.len();
    let why = || {
        format!(
            "the query's text has {bytes} bytes, and at most {MAX_QUERY_BYTES} are taken; give values as variables, or ask \
             in two queries"
        )
    };
    (bytes > MAX_QUERY_BYTES).then(|| refusal(why(), "INVALID"))
}

/// The operation that is asked for, if the document has it.
fn operation<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Option<&'a OperationDefinition> {
    let mut operations = document.operations.iter();
    match name {
        Some(wanted) => operations.find(|(name, _)| name.is_some_and(|name| name.as_str() == wanted)),
        None => operations.next().filter(|_| operations.next().is_none()),
    }
    .map(|(_, operation)| &operation.node)
}

/// Makes of the library's answer to an operation what is sent.
fn finish(document: &ExecutableDocument, name: Option<&str>, response: &mut Response) {
    explain(response);
    if let Some(operation) = operation(document, name) {
        gaps::close(document, operation, response);
    }
}

/// The library's words for what it does not answer do not say how to mend it.
fn explain(response: &mut Response) {
    for error in &mut response.errors {
        let message = match error.message.as_str() {
            "Query is too complex." => format!(
                "this query may ask for more than {MAX_COMPLEXITY} fields, lists multiplied by their first or last; \
                 ask for shorter pages or fewer fields"
            ),
            "Query is nested too deep." => {
                format!("this query is nested more than {MAX_DEPTH} deep; ask in two queries")
            }
            "Subscriptions are not supported on this transport." => {
                "a subscription needs a WebSocket: GET /graphql, by the protocol graphql-transport-ws".to_owned()
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
