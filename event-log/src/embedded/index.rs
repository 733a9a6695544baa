//! Where each event is. Derived: opening builds it from the segments, so that it can never disagree with them.
//!
//! Per event: 4 bytes of offset and 8 of position in its stream; per stream about 150 bytes. Ten million events in two
//! million streams come to about 400 MB by this count.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::record::Header;
use super::segment::Segment;
use crate::Position;

/// One segment's events.
#[derive(Debug)]
struct Indexed {
    segment: Arc<Segment>,
    /// Where each record begins; the first is the segment's first.
    offsets: Vec<u32>,
    /// Where the last record ends.
    end: u32,
}

/// A stream's events. Most streams of a large book are short, and one event needs no heap.
#[derive(Debug)]
enum Positions {
    One(u64),
    Many(Vec<u64>),
}

/// Consecutive records of one segment.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) segment: Arc<Segment>,
    pub(super) first: u64,
    pub(super) count: usize,
    pub(super) offset: u64,
    pub(super) bytes: usize,
}

/// The index.
#[derive(Debug, Default)]
pub(super) struct Index {
    segments: Vec<Indexed>,
    streams: HashMap<Box<str>, Positions, RandomState>,
    next: u64,
    last_created: i64,
}

impl Positions {
    fn as_slice(&self) -> &[u64] {
        match self {
            Self::One(position) => std::slice::from_ref(position),
            Self::Many(positions) => positions,
        }
    }

    fn push(&mut self, position: u64) {
        match self {
            Self::One(first) => *self = Self::Many(vec![*first, position]),
            Self::Many(positions) => positions.push(position),
        }
    }
}

impl Index {
    /// The number of events.
    pub(super) fn next(&self) -> Position {
        Position(self.next)
    }

    /// The number of streams.
    pub(super) fn stream_count(&self) -> u64 {
        self.streams.len() as u64
    }

    /// When the last event was taken, in microseconds since 1970.
    pub(super) fn last_created(&self) -> i64 {
        self.last_created
    }

    /// The positions of a stream's events, by revision.
    pub(super) fn stream(&self, name: &str) -> &[u64] {
        self.streams.get(name).map_or(&[], Positions::as_slice)
    }

    /// The last segment, and where its last record ends.
    pub(super) fn tail(&self) -> Option<(Arc<Segment>, u64)> {
        self.segments.last().map(|last| (Arc::clone(&last.segment), u64::from(last.end)))
    }

    /// Adds an empty segment; what is appended from now on lies in it.
    pub(super) fn push_segment(&mut self, segment: Arc<Segment>) {
        if let Some(full) = self.segments.last_mut() {
            full.offsets.shrink_to_fit();
        }
        self.segments.push(Indexed { segment, offsets: Vec::new(), end: super::segment::HEADER_BYTES as u32 });
    }

    /// Adds a record that stands at `offset` of the last segment. False when its position or revision leaves a gap.
    #[must_use]
    pub(super) fn push(&mut self, stream: &str, offset: u64, header: &Header) -> bool {
        self.push_new(stream, header.position, header.revision, header.created, offset, header.length)
    }

    /// As [`Self::push`], for a record that was just written.
    #[must_use]
    pub(super) fn push_new(
        &mut self,
        stream: &str,
        position: u64,
        revision: u64,
        created: i64,
        offset: u64,
        length: u32,
    ) -> bool {
        let Some(last) = self.segments.last_mut() else {
            return false;
        };
        if position != self.next || u64::from(last.end) != offset {
            return false;
        }
        match self.streams.get_mut(stream) {
            Some(positions) if positions.as_slice().len() as u64 == revision => positions.push(position),
            None if revision == 0 => drop(self.streams.insert(stream.into(), Positions::One(position))),
            Some(_) | None => return false,
        }
        // Segments are at most 1 GiB, so that offsets fit.
        last.offsets.push(last.end);
        last.end += length;
        self.next += 1;
        self.last_created = created;
        true
    }

    /// The records from `from` on that lie together in one segment: at most `count`, and no more bytes than `bytes`
    /// unless one record alone has more. None past the end.
    pub(super) fn run(&self, from: u64, count: usize, bytes: usize) -> Option<Run> {
        if from >= self.next || count == 0 {
            return None;
        }
        // A segment without records begins at the next position, past `from`.
        let number = self.segments.partition_point(|each| each.segment.header.first.0 <= from).checked_sub(1)?;
        let indexed = &self.segments[number];
        let first = usize::try_from(from - indexed.segment.header.first.0).ok()?;
        let start = *indexed.offsets.get(first)?;
        let limit = u64::from(start) + bytes as u64;
        let ends = |at: usize| u64::from(indexed.offsets.get(at).copied().unwrap_or(indexed.end));
        let most = first.saturating_add(count).min(indexed.offsets.len());
        // Offsets ascend, so that the number of records that end within the limit is found by halving.
        let (mut low, mut high) = (first + 1, most);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if ends(middle) <= limit { low = middle } else { high = middle - 1 }
        }
        let bytes = usize::try_from(ends(low) - u64::from(start)).ok()?;
        let segment = Arc::clone(&indexed.segment);
        Some(Run { segment, first: from, count: low - first, offset: u64::from(start), bytes })
    }
}
