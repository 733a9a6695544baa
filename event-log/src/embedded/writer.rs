//! Group commit: one thread takes what has gathered, writes it at once and syncs once; a second one makes it visible and
//! answers everyone, while the first is at the next group already.
//!
//! After a failed write or sync nothing can be trusted: the kernel may have dropped the pages and marked them clean, so
//! that a second sync would succeed without having written them. The writer then takes nothing more.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use tokio::sync::watch;

use super::active::Active;
use super::group::Group;
use super::queue::{Queue, Synced};
use super::reader::Reader;
use super::segment::Segment;
use crate::{LogError, Position};

/// The thread that writes.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Arc<Queue>,
    active: Active,
    publisher: SyncSender<Durable>,
}

/// A group that is durable.
#[derive(Debug)]
struct Durable {
    group: Group,
    place: Option<Place>,
}

/// Where a group stands.
#[derive(Debug)]
struct Place {
    /// The segment, if it begins with the group.
    began: Option<Arc<Segment>>,
    /// Where the group begins in its segment.
    offset: u64,
}

/// The thread that publishes.
#[derive(Debug)]
struct Publisher {
    queue: Arc<Queue>,
    reader: Arc<Reader>,
    next: watch::Sender<Position>,
}

impl Writer {
    /// Starts the threads. The one returned ends last.
    pub(super) fn start(
        queue: Arc<Queue>,
        reader: Arc<Reader>,
        active: Active,
        next: watch::Sender<Position>,
    ) -> std::io::Result<thread::JoinHandle<()>> {
        let (durable, published) = sync_channel(1);
        let publisher = Publisher { queue: Arc::clone(&queue), reader, next };
        let writer = Self { queue, active, publisher: durable };
        let publishing = spawn("book-publisher", move || publisher.run(&published))?;
        spawn("book-writer", move || {
            writer.run();
            drop(publishing.join());
        })
    }

    fn run(mut self) {
        let mut last = Synced::nothing();
        while let Some(group) = self.queue.take(&last) {
            last.answered = group.waiting();
            let place = match self.write(&group, &mut last) {
                Ok(place) => place,
                Err(cause) => return self.fail(group, cause),
            };
            if self.publisher.send(Durable { group, place }).is_err() {
                return;
            }
        }
    }

    /// None when there is nothing to write, because everyone waits for the groups before.
    fn write(&mut self, group: &Group, last: &mut Synced) -> Result<Option<Place>, LogError> {
        let bytes = group.bytes();
        if bytes.is_empty() {
            return Ok(None);
        }
        let began = self.active.make_room(bytes.len() as u64, Position(group.first()))?;
        let started = Instant::now();
        let offset = self.active.write(bytes)?;
        last.at = Instant::now();
        last.took = last.at - started;
        Ok(Some(Place { began, offset }))
    }

    fn fail(&self, mut group: Group, cause: LogError) {
        let failed = LogError::WriteFailed { cause: Arc::new(cause) };
        tracing::error!(error = %failed, "a group commit failed");
        self.queue.close(failed.clone());
        group.answer(&Err(failed));
    }
}

impl Drop for Writer {
    /// Whatever ends the thread, nobody may wait for it.
    fn drop(&mut self) {
        self.queue.close(LogError::Closed);
        let outcome = Err(self.queue.why_closed());
        while let Some(mut group) = self.queue.take(&Synced::nothing()) {
            group.answer(&outcome);
        }
    }
}

impl Publisher {
    fn run(self, durable: &Receiver<Durable>) {
        for Durable { mut group, place } in durable {
            if let Some(place) = place {
                self.publish(&group, place);
            }
            group.answer(&Ok(()));
            self.queue.retire(group);
        }
    }

    fn publish(&self, group: &Group, Place { began, offset }: Place) {
        let mut index = self.reader.index_mut();
        if let Some(segment) = began {
            index.push_segment(segment);
        }
        for (position, entry) in (group.first()..).zip(group.entries()) {
            let at = offset + entry.at as u64;
            let created = group.created();
            let stream = entry.stream.as_str();
            let follows = index.push_new(stream, position, entry.revision, created, at, entry.length);
            assert!(follows, "the plan alone assigns positions and revisions, so that each follows the one before");
        }
        drop(index);
        self.next.send_replace(Position(group.next()));
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(run)
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt};
    use uuid::Uuid;

    use super::super::index::Index;
    use super::super::plan::Plan;
    use super::super::queue::Outcomes;
    use super::super::recent::RecentIds;
    use super::super::record::Seed;
    use super::super::source::Segments;
    use super::*;
    use crate::following::follow;
    use crate::{Appended, Expected, NewEvent, Revision, StreamAppend, StreamName, Subscribed};

    fn append(id: u128, expected: Expected) -> StreamAppend {
        let event = NewEvent {
            id: Uuid::from_u128(id),
            event_type: "OrderPlaced".into(),
            schema: 1,
            occurred_at: chrono::Utc::now(),
            data: "{}".into(),
            metadata: "{}".into(),
        };
        StreamAppend { stream: StreamName::new("order-1").unwrap(), expected, events: vec![event] }
    }

    /// A new book's parts, not yet started, so that a test can hold a group between its steps.
    struct Book {
        queue: Arc<Queue>,
        reader: Arc<Reader>,
        active: Active,
        announce: watch::Sender<Position>,
        next: watch::Receiver<Position>,
        _directory: tempfile::TempDir,
    }

    impl Book {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let active = Active::create(directory.path().to_owned(), 4096).unwrap();
            let mut index = Index::default();
            index.push_segment(Arc::clone(active.segment()));
            let reader = Arc::new(Reader::new(index));
            let plan = Plan::new(Seed::of(active.segment().header.log), &reader, RecentIds::default());
            let queue = Arc::new(Queue::new(plan));
            let (announce, next) = watch::channel(Position::START);
            Self { queue, reader, active, announce, next, _directory: directory }
        }
    }

    async fn send(book: (Arc<Queue>, Arc<Reader>), append: StreamAppend) -> Result<Appended, LogError> {
        let (queue, reader) = book;
        let mut outcomes: Outcomes = queue.append(&reader, &[append]).await?;
        outcomes.pop().unwrap()
    }

    #[tokio::test]
    async fn after_a_failed_write_nothing_is_acknowledged_and_everyone_is_told_why() {
        let Book { queue, reader, mut active, announce, next, _directory } = Book::new();
        active.break_disk().unwrap();
        let thread = Writer::start(Arc::clone(&queue), Arc::clone(&reader), active, announce).unwrap();
        let segments = Segments { reader: Arc::clone(&reader), queue: Some(Arc::clone(&queue)) };
        let mut subscription = follow(segments, next, Position::START);
        assert_eq!(subscription.next().await.unwrap().unwrap(), Subscribed::CaughtUp);
        let send = |id| send((Arc::clone(&queue), Arc::clone(&reader)), append(id, Expected::Any));
        let together = futures::future::join_all((0..5).map(send)).await;
        for outcome in together.into_iter().chain([send(5).await]) {
            assert!(matches!(outcome, Err(LogError::WriteFailed { .. })), "{outcome:?}");
        }
        assert!(matches!(queue.room(1).await, Err(LogError::WriteFailed { .. })));
        assert!(matches!(subscription.next().await, Some(Err(LogError::WriteFailed { .. }))));
        assert!(subscription.next().await.is_none());
        assert_eq!(reader.index().next(), Position::START);
        thread.join().unwrap();
    }

    #[tokio::test]
    async fn an_append_is_decided_on_events_being_written_and_is_answered_when_these_are_durable() {
        let Book { queue, reader, active, announce, next, _directory } = Book::new();
        let send = |id, expected| Box::pin(send((Arc::clone(&queue), Arc::clone(&reader)), append(id, expected)));
        let (to_publish, durable) = sync_channel(1);
        let publisher = Publisher { queue: Arc::clone(&queue), reader: Arc::clone(&reader), next: announce };
        let mut writer = Writer { queue: Arc::clone(&queue), active, publisher: to_publish };
        let mut last = Synced::nothing();

        let mut first = send(1, Expected::NoStream);
        assert!((&mut first).now_or_never().is_none());
        let being_written = queue.take(&last).unwrap();
        let mut follows = send(2, Expected::Exact(Revision(0)));
        let mut again = [Expected::NoStream, Expected::Any].map(|expected| send(1, expected));
        let mut wrong = send(3, Expected::NoStream);
        assert!((&mut follows).now_or_never().is_none());
        assert!(again.iter_mut().all(|again| again.now_or_never().is_none()));
        assert!((&mut wrong).now_or_never().is_none(), "what it was refused for is not durable yet");
        assert_eq!(reader.index().next(), Position::START);

        let place = writer.write(&being_written, &mut last).unwrap();
        assert_eq!(*next.borrow(), Position::START, "durable, but not visible");
        writer.publisher.send(Durable { group: being_written, place }).unwrap();
        let gathered = queue.take(&last).unwrap();
        let place = writer.write(&gathered, &mut last).unwrap();
        let publishing = thread::spawn(move || publisher.run(&durable));
        writer.publisher.send(Durable { group: gathered, place }).unwrap();
        let appended = |number, already| Appended { position: Position(number), revision: Revision(number), already };
        assert_eq!(first.await.unwrap(), appended(0, false));
        assert_eq!(follows.await.unwrap(), appended(1, false));
        for again in again {
            assert_eq!(again.await.unwrap(), appended(0, true));
        }
        assert!(matches!(wrong.await, Err(LogError::WrongRevision { actual: Some(Revision(1)), .. })));
        assert_eq!(*next.borrow(), Position(2));
        drop(writer);
        publishing.join().unwrap();
    }

    #[tokio::test]
    async fn when_a_sync_fails_the_group_that_gathered_meanwhile_fails_too_and_the_one_before_stands() {
        let Book { queue, reader, active, announce, next, _directory } = Book::new();
        let send = |id| Box::pin(send((Arc::clone(&queue), Arc::clone(&reader)), append(id, Expected::Any)));
        let (to_publish, durable) = sync_channel(1);
        let publisher = Publisher { queue: Arc::clone(&queue), reader: Arc::clone(&reader), next: announce };
        let mut writer = Writer { queue: Arc::clone(&queue), active, publisher: to_publish };
        let mut last = Synced::nothing();

        let mut before = send(1);
        assert!((&mut before).now_or_never().is_none());
        let group = queue.take(&last).unwrap();
        let place = writer.write(&group, &mut last).unwrap();
        writer.publisher.send(Durable { group, place }).unwrap();
        let mut failing = [send(2), send(1)];
        assert!(failing.iter_mut().all(|failing| failing.now_or_never().is_none()));
        let group = queue.take(&last).unwrap();
        let mut gathered = [send(3), send(2), send(1)];
        assert!(gathered.iter_mut().all(|gathered| gathered.now_or_never().is_none()));
        writer.active.break_disk().unwrap();
        let cause = writer.write(&group, &mut last).unwrap_err();
        writer.fail(group, cause);
        drop(writer);
        publisher.run(&durable);

        assert!(!before.await.unwrap().already);
        for failed in failing.into_iter().chain(gathered).chain([send(4)]) {
            let outcome = failed.await;
            assert!(matches!(outcome, Err(LogError::WriteFailed { .. })), "{outcome:?}");
        }
        assert_eq!((reader.index().next(), *next.borrow()), (Position(1), Position(1)));
    }
}
