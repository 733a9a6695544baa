//! Pages of the server's log and of its streams, as the client gives them.

use event_log::{Direction, LogError, Revision, StreamName};
use eventstore::{Client, ReadAllOptions, ReadStreamOptions, RecordedEvent, StreamPosition};

use crate::numbering::Token;
use crate::session::{Answer, Session};

/// The most events in a page.
pub(crate) const PAGE_EVENTS: usize = 1024;
/// A page ends when it has this many bytes, so that memory is bounded and a page fits into a call's deadline.
const PAGE_BYTES: usize = 4 << 20;

/// The server's log from a token on (inclusive), its own events included; at least one event unless it is the end.
pub(crate) async fn page(session: &Session, from: Option<Token>, count: usize) -> Result<Vec<RecordedEvent>, LogError> {
    let position = from.map_or(StreamPosition::Start, |token| StreamPosition::Position(token.into()));
    let options = ReadAllOptions::default().position(position).forwards().max_count(count.min(PAGE_EVENTS));
    let read = |client: Client| {
        let options = options.clone();
        async move { gather(client.read_all(&options).await?).await }
    };
    match session.call("reading", read).await? {
        Answer::Done(events) => Ok(events),
        Answer::NoStream | Answer::WrongRevision(_) => Ok(Vec::new()),
    }
}

/// A stream from a revision on (inclusive).
pub(crate) async fn stream(
    session: &Session,
    stream: &StreamName,
    from: Option<Revision>,
    direction: Direction,
    limit: usize,
) -> Result<Vec<RecordedEvent>, LogError> {
    let (mut events, mut from) = (Vec::new(), from);
    while events.len() < limit {
        let count = (limit - events.len()).min(PAGE_EVENTS);
        let options = ReadStreamOptions::default().max_count(count);
        let options = match direction {
            Direction::Forwards => {
                let start = from.map_or(StreamPosition::Start, |from| StreamPosition::Position(from.0));
                options.position(start).forwards()
            }
            Direction::Backwards => {
                let start = from.map_or(StreamPosition::End, |from| StreamPosition::Position(from.0));
                options.position(start).backwards()
            }
        };
        let read = |client: Client| {
            let (options, stream) = (options.clone(), stream.as_str().to_owned());
            async move { gather(client.read_stream(stream, &options).await?).await }
        };
        let page = match session.call("reading", read).await? {
            Answer::Done(page) => page,
            Answer::NoStream | Answer::WrongRevision(_) => break,
        };
        let Some(last) = page.last().map(|last| last.revision) else { break };
        events.extend(page);
        from = match direction {
            Direction::Forwards => Some(Revision(last + 1)),
            Direction::Backwards => match last.checked_sub(1) {
                Some(next) => Some(Revision(next)),
                None => break,
            },
        };
    }
    Ok(events)
}

async fn gather(mut answers: eventstore::ReadStream) -> eventstore::Result<Vec<RecordedEvent>> {
    let (mut events, mut bytes) = (Vec::new(), 0);
    while bytes < PAGE_BYTES
        && let Some(resolved) = answers.next().await?
    {
        // Links are not resolved, so that there is one of the two.
        if let Some(event) = resolved.event.or(resolved.link) {
            bytes += event.data.len() + event.custom_metadata.len();
            events.push(event);
        }
    }
    Ok(events)
}
