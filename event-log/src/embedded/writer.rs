//! Group commit: one thread takes everything that waits, writes it at once, syncs once, and answers everyone.
//!
//! While a group is synced the next one gathers. A group that was just answered is followed by as many new appends a
//! moment later; a writer that synced the first few of them at once would sync half groups forever. So it encodes what
//! comes as it comes, and syncs when as many have come as were there last time, or when it has waited for as long as
//! a sync takes: waiting never costs more than the sync that it saves.
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
use super::queue::{Answer, Queue, Request};
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
    /// Planned, but not durable yet.
    unanswered: Vec<(oneshot::Sender<Result<Answer, LogError>>, Answer)>,
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
        let writer = Self { queue, reader, active, group, next, unanswered: Vec::new(), last_sync: Duration::ZERO };
        thread::Builder::new().name("book-writer".to_owned()).spawn(move || writer.run())
    }

    fn run(mut self) {
        let mut taken = VecDeque::new();
        let mut wanted = 1;
        let mut answered = Instant::now();
        while self.queue.take(&mut taken) {
            let requests = self.gather(&mut taken, wanted, answered + self.last_sync.min(MAX_GATHERING));
            let written = requests.and_then(|requests| self.write().map(|()| requests));
            match written {
                Ok(requests) => {
                    // Whoever came during the sync waits already; whoever is answered now may come again.
                    wanted = requests + self.queue.len();
                    answered = Instant::now();
                    self.answer();
                }
                Err(cause) => return self.fail(cause, taken),
            }
        }
    }

    /// Plans what was taken and what else comes. Returns the number of requests.
    fn gather(&mut self, taken: &mut VecDeque<Request>, wanted: usize, until: Instant) -> Result<usize, LogError> {
        let mut requests = 0;
        loop {
            requests += taken.len();
            while let Some(request) = taken.pop_front() {
                self.plan(request)?;
            }
            let left = until.saturating_duration_since(Instant::now());
            // Half of what is missing: few enough wakings, and little to do after the last.
            let more = wanted.saturating_sub(requests).div_ceil(2);
            if more == 0 || left.is_zero() || !self.queue.take_within(more, left, taken) {
                return Ok(requests);
            }
        }
    }

    fn plan(&mut self, request: Request) -> Result<(), LogError> {
        let Request { appends, reply } = request;
        let mut outcomes = Vec::with_capacity(appends.len());
        for append in &appends {
            if self.group.is_full()
                && let Err(cause) = self.write()
            {
                self.unanswered.push((reply, Answer { outcomes, appends }));
                return Err(cause);
            }
            outcomes.push(self.group.add(&self.reader, append));
        }
        self.unanswered.push((reply, Answer { outcomes, appends }));
        Ok(())
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

    fn answer(&mut self) {
        for (reply, answer) in self.unanswered.drain(..) {
            // A caller that stopped waiting is not told.
            drop(reply.send(Ok(answer)));
        }
    }

    fn fail(&mut self, cause: LogError, mut left: VecDeque<Request>) {
        let failed = LogError::WriteFailed { cause: Arc::new(cause) };
        tracing::error!(error = %failed, "a group commit failed");
        self.queue.close(failed.clone());
        for (reply, _) in self.unanswered.drain(..) {
            drop(reply.send(Err(failed.clone())));
        }
        loop {
            for request in left.drain(..) {
                drop(request.reply.send(Err(failed.clone())));
            }
            if !self.queue.take(&mut left) {
                return;
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

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use uuid::Uuid;

    use super::super::recent::RecentIds;
    use super::super::record::Seed;
    use super::super::subscription;
    use super::*;
    use crate::{Appended, Expected, NewEvent, StreamAppend, StreamName, Subscribed};

    fn append() -> StreamAppend {
        let event = NewEvent {
            id: Uuid::new_v4(),
            event_type: "OrderPlaced".into(),
            schema: 1,
            occurred_at: chrono::Utc::now(),
            data: "{}".into(),
            metadata: "{}".into(),
        };
        StreamAppend { stream: StreamName::new("order-1").unwrap(), expected: Expected::Any, events: vec![event] }
    }

    async fn send(queue: &Queue) -> Result<Appended, LogError> {
        let (reply, answer) = oneshot::channel();
        queue.push(Request { appends: vec![append()], reply })?;
        answer.await.unwrap()?.outcomes.pop().unwrap()
    }

    #[tokio::test]
    async fn after_a_failed_write_nothing_is_acknowledged_and_everyone_is_told_why() {
        let directory = tempfile::tempdir().unwrap();
        let mut active = Active::create(directory.path().to_owned(), 4096).unwrap();
        let mut index = super::super::index::Index::default();
        index.push_segment(Arc::clone(active.segment()));
        let (reader, queue) = (Arc::new(Reader::new(index)), Arc::new(Queue::new()));
        let group = Group::new(Seed::of(active.segment().header.log), &reader, RecentIds::default());
        let (announce, next) = watch::channel(Position::START);
        active.break_disk().unwrap();
        let thread = Writer::start(Arc::clone(&queue), Arc::clone(&reader), active, group, announce).unwrap();
        let mut subscription =
            subscription::subscribe(Arc::clone(&reader), Some(Arc::clone(&queue)), next, Position::START);
        assert_eq!(subscription.next().await.unwrap().unwrap(), Subscribed::CaughtUp);
        let together = futures::future::join_all((0..5).map(|_| send(&queue))).await;
        for outcome in together.into_iter().chain([send(&queue).await]) {
            assert!(matches!(outcome, Err(LogError::WriteFailed { .. })), "{outcome:?}");
        }
        assert!(matches!(queue.room(1).await, Err(LogError::WriteFailed { .. })));
        assert!(matches!(subscription.next().await, Some(Err(LogError::WriteFailed { .. }))));
        assert!(subscription.next().await.is_none());
        assert_eq!(reader.index().next(), Position::START);
        thread.join().unwrap();
    }
}
