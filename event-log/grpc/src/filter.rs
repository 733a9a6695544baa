//! Which events of the whole book a client wants: by type or by stream, by a regular expression or by prefixes.
//!
//! Clients write .NET's regular expressions and use look-ahead in their defaults, so the matcher backtracks; what it may
//! spend on one event is bounded.

use event_log::Recorded;
use fancy_regex::{Regex, RegexBuilder};

use crate::refusal::Refusal;
use crate::wire::streams::read_req::options::FilterOptions;
use crate::wire::streams::read_req::options::filter_options::{self, Expression};

/// The longest expression that is taken, in bytes.
const MAX_REGEX_BYTES: usize = 4096;
/// The most prefixes that are taken.
const MAX_PREFIXES: usize = 256;
/// The most steps back that matching one name may take, which has at most 255 bytes; a sensible expression takes a few.
const MAX_BACKTRACKS: usize = 1_000;
/// The most memory that a compiled expression may take, in bytes.
const MAX_COMPILED_BYTES: usize = 1 << 20;
/// After how many events that were looked at a subscription tells how far it has come, where the client says nothing.
const DEFAULT_WINDOW: u32 = 32;

/// Which events are wanted.
#[derive(Debug)]
pub(crate) struct Filter {
    by: By,
    pattern: Pattern,
    /// After how many events that were looked at a subscription tells how far it has come.
    pub(crate) checkpoint_interval: u64,
}

#[derive(Debug, Clone, Copy)]
enum By {
    Stream,
    Type,
}

#[derive(Debug)]
enum Pattern {
    Regex(Regex),
    Prefixes(Vec<String>),
}

impl Filter {
    /// Reads what a client sent.
    pub(crate) fn read(options: FilterOptions) -> Result<Self, Refusal> {
        let (by, expression) = match options.filter {
            Some(filter_options::Filter::StreamIdentifier(expression)) => (By::Stream, expression),
            Some(filter_options::Filter::EventType(expression)) => (By::Type, expression),
            None => return Err(Refusal::invalid("filter", "names neither stream_identifier nor event_type")),
        };
        let window = match options.window {
            Some(filter_options::Window::Max(max)) => max,
            Some(filter_options::Window::Count(_)) | None => DEFAULT_WINDOW,
        };
        let checkpoint_interval = u64::from(window) * u64::from(options.checkpoint_interval_multiplier);
        Ok(Self { by, pattern: pattern(expression)?, checkpoint_interval })
    }

    /// Whether an event is wanted. After an expression has looked at one, others have their turn.
    pub(crate) async fn wants(&self, event: &Recorded) -> Result<bool, Refusal> {
        let name = match self.by {
            By::Stream => event.stream.as_str(),
            By::Type => &event.event_type,
        };
        match &self.pattern {
            Pattern::Prefixes(prefixes) => Ok(prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))),
            Pattern::Regex(regex) => {
                tokio::task::yield_now().await;
                regex.is_match(name).map_err(|error| {
                    let position = event.position;
                    Refusal::invalid("filter", format!("the expression gave up on {name:?}, event {position}: {error}"))
                })
            }
        }
    }
}

fn pattern(Expression { regex, prefix }: Expression) -> Result<Pattern, Refusal> {
    if regex.len() > MAX_REGEX_BYTES || prefix.len() > MAX_PREFIXES {
        let message = format!("at most {MAX_REGEX_BYTES} bytes of expression and {MAX_PREFIXES} prefixes are taken");
        return Err(Refusal::invalid("filter", message));
    }
    if regex.is_empty() {
        return Ok(Pattern::Prefixes(prefix));
    }
    let built = RegexBuilder::new(&regex)
        .backtrack_limit(MAX_BACKTRACKS)
        .delegate_size_limit(MAX_COMPILED_BYTES)
        .delegate_dfa_size_limit(MAX_COMPILED_BYTES)
        .build();
    built.map(Pattern::Regex).map_err(|error| Refusal::invalid("filter", format!("the expression {regex:?}: {error}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

    use super::*;
    use chrono::DateTime;
    use event_log::{Position, Revision, StreamName};
    use uuid::Uuid;

    fn event(stream: &'static str, event_type: &'static str) -> Recorded {
        Recorded {
            position: Position(0),
            stream: StreamName::new(stream).unwrap(),
            revision: Revision(0),
            id: Uuid::nil(),
            event_type: event_type.into(),
            schema: 1,
            occurred_at: DateTime::UNIX_EPOCH,
            created: DateTime::UNIX_EPOCH,
            data: bytes::Bytes::new(),
            metadata: bytes::Bytes::new(),
        }
    }

    fn by_type(regex: &str, prefixes: &[&str]) -> Result<Filter, Refusal> {
        let prefix = prefixes.iter().map(|&prefix| prefix.to_owned()).collect();
        let expression = Expression { regex: regex.to_owned(), prefix };
        let filter = Some(filter_options::Filter::EventType(expression));
        Filter::read(FilterOptions { filter, window: None, checkpoint_interval_multiplier: 1 })
    }

    #[tokio::test]
    async fn the_default_filter_of_the_python_client_takes_all_but_system_events() {
        let filter = by_type(r"^(?!(\$.+$|PersistentConfig\d+$|Result$))", &[]).unwrap();
        assert!(filter.wants(&event("order-1", "OrderPlaced")).await.unwrap());
        assert!(!filter.wants(&event("order-1", "$metadata")).await.unwrap());
        assert!(!filter.wants(&event("order-1", "Result")).await.unwrap());
        assert!(filter.wants(&event("order-1", "Results")).await.unwrap());
    }

    #[tokio::test]
    async fn prefixes_count_only_where_there_is_no_expression() {
        let filter = by_type("", &["Order", "Review"]).unwrap();
        assert!(filter.wants(&event("order-1", "OrderPlaced")).await.unwrap());
        assert!(!filter.wants(&event("order-1", "BuyerRegistered")).await.unwrap());
        assert!(!by_type("^Buyer", &["Order"]).unwrap().wants(&event("order-1", "OrderPlaced")).await.unwrap());
    }

    #[tokio::test]
    async fn an_expression_that_would_never_finish_is_given_up() {
        let filter = by_type(r"^(?=(a|aa)+\1$)b", &[]).unwrap();
        let long: &'static str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac";
        assert!(filter.wants(&event("order-1", long)).await.is_err());
        assert!(by_type("(", &[]).is_err());
    }
}
