//! Keeps views current: one pass over the log feeds all of them.
//!
//! While one batch is applied, each view beside the others, the next is read and decoded, in parallel pieces. An event
//! is decoded once, and only if some view wants its type. On a first fill nothing is committed until memory asks for
//! it or the end is reached, so that each row is written once, in key order.
//!
//! Views may stand at different positions (one is new, one was killed before its commit): the pass begins at the
//! earliest, and each view passes over what it has seen.

use chrono::{DateTime, Utc};
use domain::event::EventKind;
use event_log::{EventLog, Position, Recorded};
use rayon::prelude::*;

use crate::ViewError;
use crate::registry::{Running, VIEWS};
use crate::view::{Happened, kind_of};

/// How many events are read, decoded and applied at a time.
pub const BATCH_EVENTS: usize = 8 * 1024;

/// How many events one thread decodes at a time.
const PIECE_EVENTS: usize = 512;

/// How many rows all views together may hold in memory before they commit: about a gigabyte.
const ROWS_IN_MEMORY: usize = 4_000_000;

/// Which events count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Until {
    /// None after this position.
    pub position: Option<Position>,
    /// None that occurred after this moment; at the end, time is advanced to it.
    pub moment: Option<DateTime<Utc>>,
}

/// What a pass is told of its own progress: how many events it has passed, and how many there are.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Reads the log to its end (or to `until`) and brings the views there, committed.
///
/// # Errors
/// [`ViewError`]. What was committed stays; the next pass goes on from there.
pub fn run(
    log: &dyn EventLog,
    views: &mut [Box<dyn Running>],
    until: Until,
    batch_events: usize,
    progress: Progress<'_>,
) -> Result<(), ViewError> {
    take_in(log, views, until, batch_events, progress)?;
    commit(views)
}

/// Whether a pass counted every event that it read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// All.
    All,
    /// Some occurred after the moment that was asked for.
    NotAll,
}

/// As [`run`], but what it took in last is not committed yet: the caller chooses when.
///
/// # Errors
/// As [`run`].
pub fn take_in(
    log: &dyn EventLog,
    views: &mut [Box<dyn Running>],
    until: Until,
    batch_events: usize,
    progress: Progress<'_>,
) -> Result<(), ViewError> {
    pass(log, views, until, batch_events, progress)?;
    if let Some(moment) = until.moment {
        advance(views, moment)?;
    }
    Ok(())
}

/// As [`take_in`], but time stays at the newest event that counts.
pub(crate) fn pass(
    log: &dyn EventLog,
    views: &mut [Box<dyn Running>],
    until: Until,
    batch_events: usize,
    progress: Progress<'_>,
) -> Result<Counted, ViewError> {
    let end = until.position.map_or(Position(u64::MAX), Position::next);
    let total = log.watch_next_position().borrow().0.min(end.0);
    let wanted = wanted(views);
    let start = views.iter().map(|view| view.reached().next).min().unwrap_or_default();
    if let Some(ahead) = views.iter().find(|view| view.reached().next.0 > total && until == Until::default()) {
        return Err(ViewError::AheadOfLog {
            view: ahead.kind().name,
            found: ahead.reached().next,
            end: Position(total),
        });
    }
    let read = |from: Position| -> Result<Option<Batch>, ViewError> {
        let most = usize::try_from(end.0.saturating_sub(from.0)).unwrap_or(usize::MAX).min(batch_events);
        let records = if most == 0 { Vec::new() } else { log.scan(from, most)? };
        if records.is_empty() { Ok(None) } else { Batch::decode(&records, &wanted, until.moment).map(Some) }
    };
    let mut counted = Counted::All;
    let mut current = read(start)?;
    while let Some(batch) = current {
        if batch.counted == Counted::NotAll {
            counted = Counted::NotAll;
        }
        let (next, applied) =
            rayon::join(|| read(batch.next), || views.par_iter_mut().try_for_each(|view| apply(view.as_mut(), &batch)));
        applied?;
        progress(batch.next.0.min(total), total);
        if views.iter().map(|view| view.in_memory()).sum::<usize>() > ROWS_IN_MEMORY {
            commit(views)?;
        }
        current = next?;
    }
    Ok(counted)
}

/// Moves all views to a moment.
///
/// # Errors
/// [`ViewError::Storage`].
pub fn advance(views: &mut [Box<dyn Running>], to: DateTime<Utc>) -> Result<(), ViewError> {
    views.par_iter_mut().try_for_each(|view| view.advance(to))
}

/// Commits what the views have taken in.
///
/// # Errors
/// [`ViewError::Storage`].
pub fn commit(views: &mut [Box<dyn Running>]) -> Result<(), ViewError> {
    views.par_iter_mut().try_for_each(|view| view.commit())
}

fn apply(view: &mut dyn Running, batch: &Batch) -> Result<(), ViewError> {
    for piece in &batch.pieces {
        view.apply(piece, Position::START)?;
    }
    view.apply(&[], batch.next)?;
    batch.newest.map_or(Ok(()), |newest| view.advance(newest))
}

fn wanted(views: &[Box<dyn Running>]) -> [bool; EventKind::ALL.len()] {
    let mut wanted = [false; EventKind::ALL.len()];
    views.iter().flat_map(|view| view.kind().wants).for_each(|kind| wanted[*kind as usize] = true);
    wanted
}

/// Events that follow each other, decoded.
struct Batch {
    pieces: Vec<Vec<(EventKind, Happened)>>,
    /// The position after the last record read.
    next: Position,
    /// The newest moment at which any of them occurred, wanted or not.
    newest: Option<DateTime<Utc>>,
    counted: Counted,
}

impl Batch {
    fn decode(
        records: &[Recorded],
        wanted: &[bool; EventKind::ALL.len()],
        until: Option<DateTime<Utc>>,
    ) -> Result<Self, ViewError> {
        let counts = |recorded: &&Recorded| until.is_none_or(|until| recorded.occurred_at <= until);
        let decode = |recorded: &Recorded| -> Result<Option<(EventKind, Happened)>, ViewError> {
            let kind = kind_of(recorded)?;
            if wanted[kind as usize] {
                Happened::read(kind, recorded).map(|happened| Some((kind, happened)))
            } else {
                Ok(None)
            }
        };
        let piece = |records: &[Recorded]| {
            records.iter().filter(counts).filter_map(|recorded| decode(recorded).transpose()).collect()
        };
        let pieces = records.par_chunks(PIECE_EVENTS).map(piece).collect::<Result<_, _>>()?;
        let newest = records.iter().filter(counts).map(|recorded| recorded.occurred_at).max();
        let next = records.last().map_or(Position::START, |last| last.position.next());
        let counted = if records.iter().all(|recorded| counts(&recorded)) { Counted::All } else { Counted::NotAll };
        Ok(Self { pieces, next, newest, counted })
    }
}

/// Whether any view wants events of this type.
#[must_use]
pub fn any_wants(kind: EventKind) -> bool {
    VIEWS.iter().any(|view| view.wants.contains(&kind))
}
