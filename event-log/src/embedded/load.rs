//! Reads whole segments on every core and hands their records over in order.
//!
//! Worker `k` of `n` walks segments `k`, `k + n`, …; each has a short channel of its own, and the caller's thread takes
//! from them in turn. So checksums are computed side by side, the index is built in order, and what is in memory is
//! bounded by the channels.

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
pub(super) enum Loaded {
    /// Some whole appends.
    Chunk(Chunk),
    /// The segment is through.
    End(End),
}

/// Calls `sink` with everything in `segments`, in order, with the segment's number in the slice. Stops at the first
/// error, the sink's included.
pub(super) fn each(
    segments: &[Arc<Segment>],
    sink: &mut dyn FnMut(usize, Loaded) -> Result<(), LogError>,
) -> Result<(), LogError> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(segments.len().max(1));
    thread::scope(|scope| {
        let receivers: Vec<_> = (0..workers)
            .map(|worker| {
                let (sender, receiver) = sync_channel(AHEAD);
                let share = segments.iter().skip(worker).step_by(workers);
                scope.spawn(move || walk(share, &sender));
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
fn walk<'a>(segments: impl Iterator<Item = &'a Arc<Segment>>, sender: &SyncSender<Result<Loaded, LogError>>) {
    for segment in segments {
        let mut scan = match SegmentScan::whole(Arc::clone(segment)) {
            Ok(scan) => scan,
            Err(error) => return drop(sender.send(Err(error))),
        };
        loop {
            let step = scan.next().map(|step| step.map_or_else(Loaded::End, Loaded::Chunk));
            let last = !matches!(step, Ok(Loaded::Chunk(_)));
            if sender.send(step).is_err() {
                return;
            }
            if last {
                break;
            }
        }
    }
}

fn take(
    number: usize,
    receiver: &Receiver<Result<Loaded, LogError>>,
    sink: &mut dyn FnMut(usize, Loaded) -> Result<(), LogError>,
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
