//! Reads whole segments on every core and hands their records over in order.
//!
//! Worker `k` of `n` walks segments `k`, `k + n`, …; each has a short channel of its own, and the caller's thread takes
//! from them in turn. So checksums are computed side by side, the index is built in order, and what is in memory is
//! bounded by the channels. What else is to be made of each chunk is made there too.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::scan::{Chunk, End, SegmentScan};
use super::segment::Segment;
use crate::LogError;

/// Chunks that a worker may be ahead.
const AHEAD: usize = 2;

/// What a segment's walk hands over.
#[derive(Debug)]
pub(super) enum Loaded<T> {
    /// Some whole appends, and what was made of them.
    Chunk(Chunk, T),
    /// The segment is through.
    End(End),
}

/// What is made of each chunk, on the worker that read it.
pub(super) type Make<'a, T> = &'a (dyn Fn(&Segment, &Chunk) -> Result<T, LogError> + Sync);

/// Calls `sink` with everything in `segments`, in order, with the segment's number in the slice. Stops at the first
/// error, those of `make` and `sink` included.
pub(super) fn each<T: Send>(
    segments: &[Arc<Segment>],
    make: Make<'_, T>,
    sink: &mut dyn FnMut(usize, Loaded<T>) -> Result<(), LogError>,
) -> Result<(), LogError> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(segments.len().max(1));
    thread::scope(|scope| {
        let receivers: Vec<_> = (0..workers)
            .map(|worker| {
                let (sender, receiver) = sync_channel(AHEAD);
                let share = segments.iter().skip(worker).step_by(workers);
                scope.spawn(move || walk(share, make, &sender));
                receiver
            })
            .collect();
        for number in 0..segments.len() {
            take(number, &receivers[number % workers], sink)?;
        }
        Ok(())
    })
}

/// Leaves when the receiver is gone: then an earlier segment had an error.
fn walk<'a, T>(
    segments: impl Iterator<Item = &'a Arc<Segment>>,
    make: Make<'_, T>,
    sender: &SyncSender<Result<Loaded<T>, LogError>>,
) {
    for segment in segments {
        let mut scan = match SegmentScan::whole(Arc::clone(segment)) {
            Ok(scan) => scan,
            Err(error) => return drop(sender.send(Err(error))),
        };
        loop {
            let step = scan.next().and_then(|step| match step {
                Ok(chunk) => make(segment, &chunk).map(|made| Loaded::Chunk(chunk, made)),
                Err(end) => Ok(Loaded::End(end)),
            });
            let last = !matches!(step, Ok(Loaded::Chunk(..)));
            if sender.send(step).is_err() {
                return;
            }
            if last {
                break;
            }
        }
    }
}

fn take<T>(
    number: usize,
    receiver: &Receiver<Result<Loaded<T>, LogError>>,
    sink: &mut dyn FnMut(usize, Loaded<T>) -> Result<(), LogError>,
) -> Result<(), LogError> {
    loop {
        // A worker that ends early has sent its error before; were it to panic, the scope would too.
        let loaded = receiver.recv().map_err(|_| LogError::Closed)??;
        let last = matches!(loaded, Loaded::End(_));
        sink(number, loaded)?;
        if last {
            return Ok(());
        }
    }
}
