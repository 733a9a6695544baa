//! Builds the index from the segments, and keeps a reader's index up with a book that another process writes.

use std::path::Path;
use std::sync::Arc;

use super::index::Index;
use super::load::{self, Loaded, Make};
use super::record::{Flaw, HEADER_BYTES};
use super::scan::{Chunk, End, FlawAt, SegmentScan};
use super::segment::{self, Segment};
use crate::LogError;

const MEND: &str =
    "restore this file from a backup; nothing is served until then, because what follows may depend on it";

/// Where the last segment's records end, and what is wrong there.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    pub(super) segment: Arc<Segment>,
    pub(super) offset: u64,
    pub(super) flaw: Option<FlawAt>,
}

impl Tail {
    /// As an error.
    pub(super) fn damage(&self) -> Option<LogError> {
        self.flaw.as_ref().map(|flaw| damage(&self.segment, flaw))
    }
}

/// Checks every record of `segments`. A flaw in the last segment is the caller's to judge; anywhere else it is damage,
/// because a segment is begun only when the one before it is durable. What `make` makes of a chunk, `observe` is given.
pub(super) fn build<T: Send>(
    segments: &[Arc<Segment>],
    make: Make<'_, T>,
    observe: &mut impl FnMut(usize, &mut Loaded<T>) -> Result<(), LogError>,
) -> Result<(Index, Option<Tail>), LogError> {
    let mut builder = Builder { index: Index::default(), tail: None };
    let mut begun = None;
    load::each(segments, make, &mut |number, mut loaded| {
        observe(number, &mut loaded)?;
        if begun != Some(number) {
            begun = Some(number);
            builder.begin(&segments[number])?;
        }
        match loaded {
            Loaded::Chunk(chunk, _) => add(&mut builder.index, &segments[number], &chunk),
            Loaded::End(end) => {
                builder.tail =
                    Some(Tail { segment: Arc::clone(&segments[number]), offset: end.offset, flaw: end.flaw });
                Ok(())
            }
        }
    })?;
    Ok((builder.index, builder.tail))
}

/// Adds what was written since. Returns how the last segment ends now.
pub(super) fn follow(directory: &Path, index: &mut Index) -> Result<Option<Tail>, LogError> {
    // Listed before reading: every listed segment but the last is complete by then.
    let segments = segment::list(directory)?;
    let known = index.tail().map(|(segment, _)| segment.header.first);
    let mut builder = Builder { index: std::mem::take(index), tail: None };
    let followed = segments
        .into_iter()
        .filter(|segment| known.is_none_or(|known| segment.header.first >= known))
        .try_for_each(|segment| builder.segment(&Arc::new(segment)));
    *index = builder.index;
    followed.map(|()| builder.tail)
}

struct Builder {
    index: Index,
    tail: Option<Tail>,
}

impl Builder {
    fn segment(&mut self, segment: &Arc<Segment>) -> Result<(), LogError> {
        let mut scan = match self.index.tail() {
            Some((known, end)) if known.header.first == segment.header.first => {
                SegmentScan::new(known, end, self.index.next().0)?
            }
            Some(_) | None => {
                self.begin(segment)?;
                SegmentScan::whole(Arc::clone(segment))?
            }
        };
        let end: End = loop {
            match scan.next()? {
                Ok(chunk) => add(&mut self.index, segment, &chunk)?,
                Err(end) => break end,
            }
        };
        self.tail = Some(Tail { segment: Arc::clone(segment), offset: end.offset, flaw: end.flaw });
        Ok(())
    }

    fn begin(&mut self, segment: &Arc<Segment>) -> Result<(), LogError> {
        if let Some(damage) = self.tail.as_ref().and_then(Tail::damage) {
            return Err(damage);
        }
        let (next, first) = (self.index.next(), segment.header.first);
        if first != next {
            let what = if first > next {
                format!("the book goes on with position {first}, but positions {next} to {} are missing", first.0 - 1)
            } else {
                format!("the book goes on with position {first}, but the segment before it reaches {next}")
            };
            return Err(LogError::damaged(&segment.path, 16, what, "restore the missing segment files from a backup"));
        }
        self.index.push_segment(Arc::clone(segment));
        Ok(())
    }
}

fn add(index: &mut Index, segment: &Segment, chunk: &Chunk) -> Result<(), LogError> {
    for (at, header) in &chunk.records {
        let offset = chunk.start + u64::from(*at);
        let record = &chunk.bytes[*at as usize..];
        let at_flaw = |what: String| damage(segment, &FlawAt { offset, what });
        let stream = header.stream(record).map_err(|flaw| at_flaw(flaw.what().to_owned()))?;
        if !is_text(&record[HEADER_BYTES + stream.len()..][..usize::from(header.type_bytes)]) {
            return Err(at_flaw(Flaw::Content.what().to_owned()));
        }
        if !index.push(stream, offset, header) {
            let found = index.stream(stream).len();
            let what = format!("stream {stream} goes on with revision {} after {found} events", header.revision);
            return Err(at_flaw(what));
        }
    }
    Ok(())
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

pub(super) fn damage(segment: &Segment, flaw: &FlawAt) -> LogError {
    LogError::damaged(&segment.path, flaw.offset, flaw.what.clone(), MEND)
}
