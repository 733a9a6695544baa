//! The auditor's check: every byte of the book, without changing any.

use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::load::Loaded;
use super::log::LOCK;
use super::scan::{Chunk, FlawAt};
use super::segment::{self, Segment};
use super::{build, recovery};
use crate::{LogError, Position, Recorded, directory};

/// While a server writes, its last group may be half visible. It is given this long to become whole; what stays as it
/// was is damage.
const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// What was checked and found whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// Events.
    pub events: u64,
    /// Streams.
    pub streams: u64,
    /// Segment files.
    pub segments: u64,
    /// Bytes of the segment files, the empty space at the end of each included.
    pub bytes: u64,
    /// The first event's position; none when the book is empty.
    pub first_position: Option<Position>,
    /// The last event's position; none when the book is empty.
    pub last_position: Option<Position>,
    /// The earliest moment at which an event occurred.
    pub first_occurred_at: Option<DateTime<Utc>>,
    /// The latest moment at which an event occurred.
    pub last_occurred_at: Option<DateTime<Utc>>,
    /// What crashes left unfinished and opening cut: none of it was acknowledged.
    pub side_files: Vec<PathBuf>,
    /// True when a server was writing, so that the book has grown since.
    pub live: bool,
}

/// Checks every checksum, position, revision, group and append of the book in the directory `path`, and that only zeros follow
/// the last record of each segment. Calls `progress` with the bytes done and the bytes in all. Blocks; changes nothing;
/// may run while a server writes, and then checks up to the last whole append of when it began.
///
/// # Errors
/// [`LogError::Damaged`] names the segment and the offset of the first byte that is not as it was written.
pub fn verify(path: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<VerifyReport, LogError> {
    verify_each(path, &|_| (), &mut |(), _| Ok(()), progress)
}

/// As [`verify`]; `make` is given each event that checks out, on all cores and in no order, and `take` what it made of it, in
/// order, with the event where it is wanted, and its error ends it.
///
/// # Errors
/// As [`verify`], and what `take` says.
pub fn verify_each<T: Send>(
    path: &Path,
    make: &(impl Fn(&Recorded) -> T + Sync),
    take: &mut impl FnMut(T, &dyn Fn() -> Result<Recorded, LogError>) -> Result<(), LogError>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyReport, LogError> {
    let live = directory::is_held(path, LOCK);
    let segments: Vec<_> = segment::list(path)?.into_iter().map(Arc::new).collect();
    let total = segments.iter().map(|segment| segment.header.length).sum();
    let (mut done, mut before) = (0, 0);
    let mut occurred: Option<(i64, i64)> = None;
    let make_all = |segment: &Segment, chunk: &Chunk| -> Result<Vec<T>, LogError> {
        (0..chunk.records.len()).map(|number| Ok(make(&event(segment, chunk, number)?))).collect()
    };
    let (mut index, tail) = build::build(&segments, &make_all, &mut |number, loaded| {
        match loaded {
            Loaded::Chunk(chunk, made) => {
                done += chunk.bytes.len() as u64;
                for (at, made) in mem::take(made).into_iter().enumerate() {
                    take(made, &|| event(&segments[number], chunk, at))?;
                }
                for (_, header) in &chunk.records {
                    let at = header.occurred_at;
                    occurred = Some(occurred.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
                }
            }
            Loaded::End(_) => {
                before += segments[number].header.length;
                done = before;
            }
        }
        progress(done, total);
        Ok(())
    })?;
    let report = VerifyReport {
        events: index.next().0,
        streams: index.stream_count(),
        segments: segments.len() as u64,
        bytes: total,
        first_position: (index.next().0 > 0).then_some(Position::START),
        last_position: index.next().0.checked_sub(1).map(Position),
        first_occurred_at: occurred.and_then(|(first, _)| DateTime::from_timestamp_micros(first)),
        last_occurred_at: occurred.and_then(|(_, last)| DateTime::from_timestamp_micros(last)),
        side_files: recovery::side_files(path)?,
        live,
    };
    let Some(damage) = tail.as_ref().and_then(build::Tail::damage) else {
        return Ok(report);
    };
    if live && becomes_whole(path, &mut index)? { Ok(report) } else { Err(damage) }
}

fn event(segment: &Segment, chunk: &Chunk, number: usize) -> Result<Recorded, LogError> {
    let (at, header) = &chunk.records[number];
    let begins = *at as usize;
    header.recorded(&chunk.bytes.slice(begins..begins + header.length as usize)).map_err(|flaw| {
        let offset = chunk.start + u64::from(*at);
        build::damage(segment, &FlawAt { offset, what: flaw.what().to_owned() })
    })
}

/// Whether the flaw at the end was a write in progress.
pub(super) fn becomes_whole(directory: &Path, index: &mut super::index::Index) -> Result<bool, LogError> {
    let before = index.next();
    for _ in 0..TRIES {
        let tail = build::follow(directory, index)?;
        if index.next() > before || tail.is_none_or(|tail| tail.flaw.is_none()) {
            return Ok(true);
        }
        thread::sleep(BETWEEN_TRIES);
    }
    Ok(false)
}
