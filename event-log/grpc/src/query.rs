//! What a client asks to read, understood.

use event_log::{Direction, Position, Revision, StreamName};

use crate::filter::Filter;
use crate::refusal::Refusal;
use crate::wire::streams::read_req::Options;
use crate::wire::streams::read_req::options::{
    AllOptions, CountOption, FilterOption, ReadDirection, StreamOption, StreamOptions, all_options, stream_options,
    uuid_option,
};
use crate::wire::{IdForm, StreamIdentifier};

/// From which compatibility on a client understands where a stream ends.
const KNOWS_STREAM_ENDS: u32 = 1;

/// Where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From<T> {
    /// At the oldest event.
    Start,
    /// At the newest.
    End,
    /// Here. Whether with this event or without it, the kind of reading says.
    At(T),
}

/// What to read.
#[derive(Debug)]
pub(crate) enum Source {
    /// A stream.
    Stream {
        /// Its name; none for a name that no stream of the book can have.
        name: Option<StreamName>,
        identifier: StreamIdentifier,
        from: From<Revision>,
    },
    /// The whole book.
    All { from: From<Position>, filter: Option<Filter> },
}

/// How far to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What is there, this many events at most.
    AtMost { count: u64, direction: Direction },
    /// What is there and what comes.
    Following,
}

/// What a client asks.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) source: Source,
    pub(crate) extent: Extent,
    pub(crate) ids: IdForm,
    /// Whether the client wants to be told where the stream ends.
    pub(crate) tells_end: bool,
}

impl Query {
    /// Reads what a client sent.
    pub(crate) fn read(options: Option<Options>) -> Result<Self, Refusal> {
        let options = options.ok_or_else(|| Refusal::invalid("options", "missing; say what to read"))?;
        let direction = match options.read_direction() {
            ReadDirection::Forwards => Direction::Forwards,
            ReadDirection::Backwards => Direction::Backwards,
        };
        let extent = match (options.count_option, direction) {
            (Some(CountOption::Count(count)), direction) => Extent::AtMost { count, direction },
            (Some(CountOption::Subscription(_)), Direction::Forwards) => Extent::Following,
            (Some(CountOption::Subscription(_)), Direction::Backwards) => {
                return Err(Refusal::invalid("read_direction", "a subscription goes forwards"));
            }
            (None, _) => return Err(Refusal::invalid("count_option", "missing; give a count or subscribe")),
        };
        let filter = match options.filter_option {
            Some(FilterOption::Filter(filter)) => Some(Filter::read(filter)?),
            Some(FilterOption::NoFilter(_)) | None => None,
        };
        if extent == Extent::Following && filter.as_ref().is_some_and(|filter| filter.checkpoint_interval == 0) {
            let message = "0, so that no checkpoint would ever come; give 1 or more, and a window of 1 or more";
            return Err(Refusal::invalid("checkpointIntervalMultiplier", message));
        }
        let source = match options.stream_option {
            Some(StreamOption::Stream(stream)) if filter.is_none() => Source::of_stream(stream)?,
            Some(StreamOption::Stream(_)) => {
                return Err(Refusal::invalid(
                    "filter_option",
                    "one stream is read without a filter; read $all with it",
                ));
            }
            Some(StreamOption::All(all)) => Source::of_all(all, filter),
            None => return Err(Refusal::invalid("stream_option", "missing; name a stream or $all")),
        };
        let ids = match options.uuid_option.and_then(|option| option.content) {
            Some(uuid_option::Content::String(_)) => IdForm::Text,
            Some(uuid_option::Content::Structured(_)) | None => IdForm::Structured,
        };
        let compatibility = options.control_option.map_or(0, |control| control.compatibility);
        Ok(Self { source, extent, ids, tells_end: compatibility >= KNOWS_STREAM_ENDS })
    }
}

impl Source {
    fn of_stream(options: StreamOptions) -> Result<Self, Refusal> {
        let identifier =
            options.stream_identifier.ok_or_else(|| Refusal::invalid("stream_identifier", "missing; name a stream"))?;
        let name = String::from_utf8(identifier.stream_name.to_vec()).ok().and_then(|name| StreamName::new(name).ok());
        let from = match options.revision_option {
            Some(stream_options::RevisionOption::Revision(revision)) => From::At(Revision(revision)),
            Some(stream_options::RevisionOption::Start(_)) | None => From::Start,
            Some(stream_options::RevisionOption::End(_)) => From::End,
        };
        Ok(Self::Stream { name, identifier, from })
    }

    fn of_all(options: AllOptions, filter: Option<Filter>) -> Self {
        let from = match options.all_option {
            Some(all_options::AllOption::Position(position)) => From::At(Position(position.commit_position)),
            Some(all_options::AllOption::Start(_)) | None => From::Start,
            Some(all_options::AllOption::End(_)) => From::End,
        };
        Self::All { from, filter }
    }
}
