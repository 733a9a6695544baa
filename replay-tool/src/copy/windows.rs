//! A book's events as appends, in windows that are sent together.
//!
//! Over many streams no append can expect another, so what keeps the order is that each window is answered before the
//! next is sent, that an engine takes a window in order, and that a server which lost an answer recognises the event when
//! it is sent again. A refusal would leave a hole, since what follows it in its window may be taken; so what can be told
//! beforehand is refused before it is sent, and a type of event that this run has not sent yet goes alone, for a server
//! that does not know a type is the refusal to expect.
//!
//! Where an append ends depends on the events alone, not on where a window began. So whoever goes on at the end of what
//! was taken makes the same appends as the process that was killed, some of which may still be on their way.

use std::collections::HashSet;
use std::iter::Peekable;

use event_log::{EventType, Expected, LogError, NewEvent, Position, Recorded, Revision, StreamAppend};

use crate::events::Events;

use super::place::Side;

/// The most appends in a window: as many as an engine has on their way at a time.
const WINDOW_APPENDS: usize = 128;
/// A window ends when it has this many bytes, so that memory is bounded.
const WINDOW_BYTES: usize = 4 << 20;
/// The most events in an append, all of one stream, one after the other in the book.
const APPEND_EVENTS: usize = 256;
/// An append ends before it has more bytes than this, unless one event does. EventStoreDB takes 1 MiB by default.
const APPEND_BYTES: usize = 512 << 10;

/// Some events that follow each other in the book and in one stream.
pub(super) struct Planned {
    pub(super) append: StreamAppend,
    pub(super) stands: Stands,
    bytes: usize,
}

/// Where an append's events stand in the source.
pub(super) struct Stands {
    pub(super) first: Position,
    pub(super) last: Position,
    pub(super) last_revision: Revision,
}

/// An append that the target would not take.
pub(super) struct Refused {
    pub(super) position: Position,
    pub(super) error: LogError,
}

/// What is to be sent next.
pub(super) enum Next {
    /// These, together.
    Window(Vec<Planned>),
    /// All is sent before one that the target would not take.
    Refused(Refused),
    /// All is sent.
    End,
}

/// The windows of a book from a position on.
pub(super) struct Windows<'a> {
    source: Peekable<Events<'a>>,
    target: &'a Side,
    /// What belongs in no window with those before it.
    held: Option<Result<Planned, Refused>>,
    sent: HashSet<(EventType, u16)>,
}

impl<'a> Windows<'a> {
    pub(super) fn new(source: Events<'a>, target: &'a Side) -> Self {
        Self { source: source.peekable(), target, held: None, sent: HashSet::new() }
    }

    pub(super) fn next(&mut self) -> Result<Next, LogError> {
        let (mut window, mut bytes) = (Vec::new(), 0);
        while window.len() < WINDOW_APPENDS && bytes < WINDOW_BYTES {
            let next = match self.held.take() {
                Some(held) => held,
                None => match self.planned()? {
                    Some(planned) => self.judged(planned),
                    None => break,
                },
            };
            match next {
                Ok(planned) if window.is_empty() || self.knows(&planned) => {
                    bytes += planned.bytes;
                    let news = self.note(&planned);
                    window.push(planned);
                    if news {
                        break;
                    }
                }
                Err(refused) if window.is_empty() => return Ok(Next::Refused(refused)),
                next => {
                    self.held = Some(next);
                    break;
                }
            }
        }
        Ok(if window.is_empty() { Next::End } else { Next::Window(window) })
    }

    fn judged(&self, planned: Planned) -> Result<Planned, Refused> {
        match self.target.check(&planned.append) {
            Ok(()) => Ok(planned),
            Err(error) => Err(Refused { position: planned.stands.first, error }),
        }
    }

    /// Whether all its types were sent before.
    fn knows(&self, planned: &Planned) -> bool {
        planned.append.events.iter().all(|event| self.sent.contains(&kind(event)))
    }

    /// Notes that its types are sent; whether one was not before.
    fn note(&mut self, planned: &Planned) -> bool {
        let before = self.sent.len();
        self.sent.extend(planned.append.events.iter().map(kind));
        self.sent.len() > before
    }

    /// The next append.
    fn planned(&mut self) -> Result<Option<Planned>, LogError> {
        let Some(first) = self.source.next().transpose()? else {
            return Ok(None);
        };
        let expected =
            first.revision.0.checked_sub(1).map_or(Expected::NoStream, |last| Expected::Exact(Revision(last)));
        let stream = first.stream.clone();
        let mut stands = Stands { first: first.position, last: first.position, last_revision: first.revision };
        let mut bytes = bytes_of(&first);
        let mut events = vec![new(first)];
        while events.len() < APPEND_EVENTS
            && let Some(next) = self.source.next_if(|next| {
                next.as_ref().is_ok_and(|next| {
                    next.stream == stream
                        && bytes + bytes_of(next) <= APPEND_BYTES
                        && events.iter().all(|event| event.id != next.id)
                })
            })
        {
            let next = next?;
            (stands.last, stands.last_revision) = (next.position, next.revision);
            bytes += bytes_of(&next);
            events.push(new(next));
        }
        let append = StreamAppend { stream, expected, events };
        Ok(Some(Planned { append, stands, bytes }))
    }
}

fn kind(event: &NewEvent) -> (EventType, u16) {
    (event.event_type.clone(), event.schema)
}

fn bytes_of(event: &Recorded) -> usize {
    event.data.len() + event.metadata.len()
}

fn new(event: Recorded) -> NewEvent {
    let Recorded { id, event_type, schema, occurred_at, data, metadata, .. } = event;
    NewEvent { id, event_type, schema, occurred_at, data, metadata }
}
