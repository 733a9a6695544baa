//! Reading what is there.
//!
//! From a revision on, both ways, and from a position on forwards, the event there is included; backwards from a position
//! it is not, as EventStoreDB has it: a position is a place between events for whoever reads backwards.

use std::sync::Arc;
use std::vec::IntoIter;

use event_log::{Direction, EventLog, Position, Recorded, Revision, StreamName};
use futures::stream::{self, BoxStream, StreamExt};
use tonic::Status;

use crate::envelope::{delivered, saying};
use crate::filter::Filter;
use crate::pages::{Of, Pages, last_revision};
use crate::query::From;
use crate::refusal::Refusal;
use crate::wire::streams::ReadResp;
use crate::wire::streams::read_resp::{Content, StreamNotFound};
use crate::wire::{IdForm, StreamIdentifier};

/// What a call answers with.
pub(crate) type Answers = BoxStream<'static, Result<ReadResp, Status>>;

/// A reader on its way.
struct Reader {
    pages: Pages,
    page: IntoIter<Recorded>,
    filter: Option<Filter>,
    /// How many events may still be delivered.
    left: u64,
    /// The first position that was not in the book when the reading began: who reads forwards while others append would
    /// never be done.
    end: Position,
    ids: IdForm,
    /// What is said when a stream has no more.
    last: Option<ReadResp>,
    over: bool,
}

impl Reader {
    fn answers(self) -> Answers {
        stream::unfold(self, |mut reader| async move {
            if reader.over {
                return None;
            }
            let answer = reader.step().await.transpose()?;
            reader.over |= answer.is_err();
            Some((answer.map_err(Status::from), reader))
        })
        .boxed()
    }

    async fn step(&mut self) -> Result<Option<ReadResp>, Refusal> {
        while self.left > 0 {
            let Some(event) = self.page.next() else {
                // What a filter leaves out does not count.
                let most = if self.filter.is_some() { u64::MAX } else { self.left };
                self.page = self.pages.page(most).await?.into_iter();
                if self.page.len() == 0 {
                    break;
                }
                continue;
            };
            if event.position >= self.end {
                break;
            }
            if let Some(filter) = &self.filter
                && !filter.wants(&event).await?
            {
                continue;
            }
            self.left -= 1;
            return Ok(Some(delivered(event, self.ids)));
        }
        self.left = 0;
        Ok(self.last.take())
    }
}

/// The whole book, or what a filter wants of it.
pub(crate) async fn read_all(
    log: Arc<dyn EventLog>,
    from: From<Position>,
    direction: Direction,
    count: u64,
    filter: Option<Filter>,
    ids: IdForm,
) -> Result<Answers, Refusal> {
    let end = log.next_position().await?;
    let next = match (direction, from) {
        (Direction::Forwards, From::Start) => Some(0),
        (Direction::Forwards, From::At(position)) => Some(position.0),
        (Direction::Forwards, From::End) | (Direction::Backwards, From::Start) => None,
        (Direction::Backwards, From::At(position)) => position.min(end).0.checked_sub(1),
        (Direction::Backwards, From::End) => end.0.checked_sub(1),
    };
    let pages = Pages::new(log, Of::All, direction, next);
    let page = Vec::new().into_iter();
    Ok(Reader { pages, page, filter, left: count, end, ids, last: None, over: false }.answers())
}

/// A stream.
pub(crate) async fn read_stream(
    log: Arc<dyn EventLog>,
    stream: StreamName,
    from: From<Revision>,
    direction: Direction,
    count: u64,
    ids: IdForm,
    tells_end: bool,
) -> Result<Answers, Refusal> {
    let end = log.next_position().await?;
    let Some(newest) = last_revision(log.as_ref(), &stream).await? else {
        return Ok(not_found(StreamIdentifier::of(&stream)));
    };
    let next = match (direction, from) {
        (_, From::Start) => Some(0),
        (_, From::At(revision)) => Some(revision.0),
        (Direction::Forwards, From::End) => None,
        (Direction::Backwards, From::End) => Some(newest.0),
    };
    let reaches_end = direction == Direction::Forwards && next.is_none_or(|next| newest.0.saturating_sub(next) < count);
    let last = (tells_end && reaches_end).then(|| saying(Content::LastStreamPosition(newest.0)));
    let pages = Pages::new(log, Of::Stream(stream), direction, next);
    let page = Vec::new().into_iter();
    Ok(Reader { pages, page, filter: None, left: count, end, ids, last, over: false }.answers())
}

/// That there is no such stream.
pub(crate) fn not_found(stream: StreamIdentifier) -> Answers {
    let answer = saying(Content::StreamNotFound(StreamNotFound { stream_identifier: Some(stream) }));
    stream::iter([Ok(answer)]).boxed()
}
