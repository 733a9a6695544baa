//! Group commit: one thread takes everything that waits, writes it at once, syncs once, and answers everyone.
//!
//! While a group is synced the next one gathers. A group that was just answered is followed by as many new appends a
//! moment later; a writer that took the first few of them at once would sync half groups forever. So it waits until
//! as many wait as were there last time, but no longer than a fraction of what a sync costs.
//!
//! After a failed write or sync nothing can be trusted: the kernel may have dropped the pages and marked them clean, so
//! that a second sync would succeed without having written them. The writer then takes nothing more.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::active::Active;
use super::group::Group;
use super::queue::{Outcomes, Queue};
use super::reader::Reader;
use crate::{LogError, Position};

/// The longest wait for a group to gather, whatever a sync costs.
const MAX_GATHERING: Duration = Duration::from_millis(1);

/// The writer's thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Arc<Queue>,
    reader: Arc<Reader>,
    active: Active,
    group: Group,
    next: watch::Sender<Position>,
    answers: Vec<(oneshot::Sender<Result<Outcomes, LogError>>, Outcomes)>,
    last_sync: Duration,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(
        queue: Arc<Queue>,
        reader: Arc<Reader>,
        active: Active,
        group: Group,
        next: watch::Sender<Position>,
    ) -> std::io::Result<thread::JoinHandle<()>> {
        let writer = Self { queue, reader, active, group, next, answers: Vec::new(), last_sync: Duration::ZERO };
        thread::Builder::new().name("book-writer".to_owned()).spawn(move || writer.run())
    }

    fn run(mut self) {
        let mut taken = VecDeque::new();
        let mut wanted = 1;
        while self.queue.take(wanted, (self.last_sync / 2).min(MAX_GATHERING), &mut taken) {
            let requests = taken.len();
            let mut failed = None;
            for request in taken.drain(..) {
                let mut outcomes = Vec::with_capacity(request.appends.len());
                for append in &request.appends {
                    if self.group.is_full() && failed.is_none() {
                        failed = self.write().err();
                    }
                    outcomes.push(self.group.add(&self.reader, append));
                }
                self.answers.push((request.reply, outcomes));
            }
            let failed = failed.or_else(|| self.write().err());
            let failed = failed.map(|cause| LogError::WriteFailed { cause: Arc::new(cause) });
            // Whoever came during the sync waits already; whoever is answered now may come again.
            wanted = requests + self.queue.len();
            self.answer(failed.as_ref());
            if let Some(failed) = failed {
                return self.fail(&failed);
            }
        }
    }

    /// Makes the group durable, then visible. Answers nobody: a request may span groups.
    fn write(&mut self) -> Result<(), LogError> {
        if !self.group.is_empty() {
            let first = Position(self.group.first());
            let began = self.active.make_room(self.group.bytes().len() as u64, first)?;
            let started = Instant::now();
            let offset = self.active.write(self.group.bytes())?;
            self.last_sync = started.elapsed();
            if let Some(segment) = began {
                self.reader.index_mut().push_segment(segment);
            }
            self.publish(offset);
        }
        self.group.begin(self.group.next());
        Ok(())
    }

    fn publish(&self, offset: u64) {
        let mut index = self.reader.index_mut();
        for (position, entry) in (self.group.first()..).zip(self.group.entries()) {
            let at = offset + entry.at as u64;
            let created = self.group.created();
            let stream = entry.stream.as_str();
            let follows = index.push_new(stream, position, entry.revision, created, at, entry.length);
            assert!(follows, "the writer alone assigns positions and revisions, so that each follows the one before");
        }
        drop(index);
        self.next.send_replace(Position(self.group.next()));
    }

    fn answer(&mut self, failed: Option<&LogError>) {
        for (reply, outcomes) in self.answers.drain(..) {
            let outcome = failed.map_or(Ok(outcomes), |failed| Err(failed.clone()));
            // A caller that stopped waiting is not told.
            drop(reply.send(outcome));
        }
    }

    fn fail(&self, failed: &LogError) {
        tracing::error!(error = %failed, "a group commit failed");
        self.queue.close(failed.clone());
        let mut left = VecDeque::new();
        while self.queue.take(1, Duration::ZERO, &mut left) {
            for request in left.drain(..) {
                drop(request.reply.send(Err(failed.clone())));
            }
        }
    }
}

impl Drop for Writer {
    /// Whatever ends the thread, nobody may wait for it.
    fn drop(&mut self) {
        self.queue.close(LogError::Closed);
    }
}
