//! [`EventStoreLog`]: opening, appending, reading, closing.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use event_log::following::{Source, follow};
use event_log::{
    Appended, Direction, EventLog, LogError, Position, Recorded, Revision, StreamAppend, StreamName, Subscription,
};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::appending::Appender;
use crate::book::Book;
use crate::connection::Connection;
use crate::envelope::{is_system, recorded};
use crate::follower::{Follower, numbered};
use crate::index_file::IndexFile;
use crate::numbering::Token;
use crate::reading;
use crate::session::Session;

/// A book in an EventStoreDB or KurrentDB cluster.
pub struct EventStoreLog {
    reader: Reader,
    appender: Arc<Appender>,
    /// None once the log is closed.
    following: Mutex<Option<JoinHandle<()>>>,
    /// None while the log is being dropped.
    runtime: Option<Runtime>,
}

impl EventStoreLog {
    /// Opens the book at the end of a connection string, as in `esdb://USER:PASSWORD@HOST:2113?tls=false`. `directory`
    /// holds the events' numbers, so that the next start need not count them again; it may be deleted.
    ///
    /// To be called before anything else in the process installs a default provider for rustls.
    ///
    /// # Errors
    /// [`LogError::Invalid`] for a connection string or a certificate's file that can't be read;
    /// [`LogError::Unavailable`] when no server answers; [`LogError::Refused`] when it does not let us in.
    pub async fn open(connection: &str, directory: impl AsRef<Path>) -> Result<Self, LogError> {
        let connection = Connection::read(connection)?;
        let (file, entries) = IndexFile::open(directory.as_ref())?;
        let (session, runtime) = Session::start(connection)?;
        let follower = Follower::begin(Arc::clone(&session), file, entries);
        let begun = match runtime.spawn(follower).await {
            Ok(Ok(follower)) => Ok(follower),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(LogError::Closed),
        };
        let follower = match begun {
            Ok(follower) => follower,
            Err(error) => {
                runtime.shutdown_background();
                return Err(error);
            }
        };
        let book = Arc::clone(follower.book());
        let appender = Arc::new(Appender::new(Arc::clone(&session), Arc::clone(&book)));
        let following = Mutex::new(Some(runtime.spawn(follower.run())));
        Ok(Self { reader: Reader { session, book }, appender, following, runtime: Some(runtime) })
    }

    fn following(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.following.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for EventStoreLog {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting for its end would block, which an async task may not.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for EventStoreLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = &self.reader.session.connection.server;
        f.debug_struct("EventStoreLog").field("server", server).finish_non_exhaustive()
    }
}

#[async_trait]
impl EventLog for EventStoreLog {
    async fn append_each(&self, appends: Vec<StreamAppend>) -> Result<Vec<Result<Appended, LogError>>, LogError> {
        if self.following().is_none() {
            return Err(LogError::Closed);
        }
        let appender = Arc::clone(&self.appender);
        self.reader.session.run(async move { appender.append_each(appends).await }).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: Option<Revision>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        let (reader, stream) = (self.reader.clone(), stream.clone());
        self.reader.session.run(async move { reader.stream(&stream, from, direction, limit).await }).await
    }

    async fn read_all(
        &self,
        from: Option<Position>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        let reader = self.reader.clone();
        self.reader.session.run(async move { reader.all(from, direction, limit).await }).await
    }

    async fn next_position(&self) -> Result<Position, LogError> {
        Ok(self.reader.book.next())
    }

    fn subscribe(&self, from: Position) -> Subscription {
        follow(self.reader.clone(), self.reader.book.news.clone(), from)
    }

    fn scan(&self, from: Position, max_events: usize) -> Result<Vec<Recorded>, LogError> {
        let reader = self.reader.clone();
        self.reader.session.wait(async move { reader.page(from, max_events).await })
    }

    fn watch_next_position(&self) -> watch::Receiver<Position> {
        self.reader.book.news.clone()
    }

    async fn close(&self) {
        let following = self.following().take();
        if let Some(following) = following {
            following.abort();
            // It ends because it was told to.
            let _ = following.await;
        }
    }
}

#[async_trait]
impl Source for Reader {
    async fn some(&self, from: Position) -> Result<Vec<Recorded>, LogError> {
        let reader = self.clone();
        self.session.run(async move { reader.page(from, usize::MAX).await }).await
    }

    /// It is closed by us alone.
    fn failure(&self) -> Option<LogError> {
        None
    }
}

/// Reads with numbers instead of tokens.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) session: Arc<Session>,
    pub(crate) book: Arc<Book>,
}

impl Reader {
    /// At least one event from `from` on unless it is the end: at most `limit`, and about a page.
    async fn page(&self, from: Position, limit: usize) -> Result<Vec<Recorded>, LogError> {
        let end = self.book.next().0;
        let wanted = usize::try_from(end.saturating_sub(from.0)).unwrap_or(usize::MAX).min(limit);
        let Some(token) = self.book.token(from).filter(|_| wanted > 0) else {
            return Ok(Vec::new());
        };
        // The first of the page is the one asked for, so that there is one however many of the server's own follow.
        let page = reading::page(&self.session, Some(token), wanted).await?;
        let mut events = Vec::with_capacity(page.len());
        for (at, event) in (from.0..).zip(page.into_iter().filter(|event| !is_system(event))) {
            let position = Position(at);
            if self.book.token(position) != Some(event.position.into()) {
                return Err(self.changed(position));
            }
            events.push(recorded(&self.session.connection.server, event, position)?);
        }
        if events.is_empty() { Err(self.changed(from)) } else { Ok(events) }
    }

    async fn range(&self, from: Position, limit: usize) -> Result<Vec<Recorded>, LogError> {
        let mut events = self.page(from, limit).await?;
        while events.len() < limit {
            let next = Position(from.0 + events.len() as u64);
            let mut more = self.page(next, limit - events.len()).await?;
            if more.is_empty() {
                break;
            }
            events.append(&mut more);
        }
        Ok(events)
    }

    async fn all(&self, from: Option<Position>, direction: Direction, limit: usize) -> Result<Vec<Recorded>, LogError> {
        match direction {
            Direction::Forwards => self.range(from.unwrap_or_default(), limit).await,
            Direction::Backwards => {
                let Some(last) = self.book.next().0.checked_sub(1) else {
                    return Ok(Vec::new());
                };
                let last = from.map_or(last, |from| from.0.min(last));
                let first = (last + 1).saturating_sub(limit as u64);
                let count = usize::try_from(last + 1 - first).unwrap_or(limit);
                let mut events = self.range(Position(first), count).await?;
                events.reverse();
                Ok(events)
            }
        }
    }

    async fn stream(
        &self,
        stream: &StreamName,
        from: Option<Revision>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        let events = reading::stream(&self.session, stream, from, direction, limit).await?;
        let Some(newest) = events.iter().map(|event| Token::from(event.position)).max() else {
            return Ok(Vec::new());
        };
        numbered(&self.session, &self.book, newest).await?;
        let server = &self.session.connection.server;
        let number = |event: eventstore::RecordedEvent| {
            let position = self.book.position(event.position.into()).ok_or_else(|| self.changed(self.book.next()))?;
            recorded(server, event, position)
        };
        events.into_iter().map(number).collect()
    }

    fn changed(&self, position: Position) -> LogError {
        LogError::Refused {
            server: self.session.connection.server.clone(),
            doing: "reading",
            message: format!(
                "position {position} is not the event there that it was: its data was restored or something was \
                 deleted from it; restore it to what it was, or stop, delete the views and the numbers of this data \
                 directory and start again"
            ),
        }
    }
}
