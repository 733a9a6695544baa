//! Follows the server's log and numbers what comes.
//!
//! It reads, page after page, and at the end asks again: at once when this process has appended something, otherwise
//! after a pause that grows while nothing comes. It does not use the client's subscriptions: one that its server ends
//! with status OK spins in the client for ever, on a thread that nothing can take back. Reading has a deadline like any
//! other call, begins again where it was, and leaves nothing to watch over.

use std::sync::Arc;
use std::time::Duration;

use event_log::{LogError, Position, StreamName};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::book::Book;
use crate::envelope::is_system;
use crate::index_file::IndexFile;
use crate::nodelay;
use crate::numbering::{Entry, Numbering, Token};
use crate::reading::{PAGE_EVENTS, page};
use crate::session::{Session, jittered};

/// The pause after news: events come in bursts.
const SHORTEST_PAUSE: Duration = Duration::from_millis(2);
/// The pause when nothing comes: how late another node's event may be seen.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// The pause after an error that lasts: it is told each time.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(2);
/// How often it is seen to that what the client has connected anew, without a word, sends at once.
const NODELAY_INTERVAL: Duration = Duration::from_secs(5);

/// Whoever gives numbers.
pub(crate) struct Follower {
    session: Arc<Session>,
    book: Arc<Book>,
    file: Option<IndexFile>,
    /// The last event that was looked at, the server's own included.
    scanned: Option<Token>,
    /// Tells who waits for news; with the follower the book ends.
    news: watch::Sender<Position>,
}

impl Follower {
    /// Takes up the numbering on disk if it is this server's, and counts what is missing.
    pub(crate) async fn begin(session: Arc<Session>, file: IndexFile, entries: Vec<Entry>) -> Result<Self, LogError> {
        let mut file = file;
        let entries = if holds(&session, &entries).await? {
            entries
        } else {
            tracing::warn!(
                server = session.connection.server,
                "numbering the book anew: what was on disk is another's"
            );
            file.keep(0)?;
            Vec::new()
        };
        let numbering = Numbering::new(entries.iter().map(|entry| entry.token).collect());
        let scanned = numbering.last();
        let (news, told) = watch::channel(numbering.next());
        let book = Arc::new(Book::new(numbering, told));
        let mut follower = Self { session, book, file: Some(file), scanned, news };
        while follower.step().await? {}
        Ok(follower)
    }

    pub(crate) fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// Follows until it is dropped.
    pub(crate) async fn run(mut self) {
        let mut pause = SHORTEST_PAUSE;
        let mut seen_to = Instant::now();
        loop {
            match self.step().await {
                Ok(true) => {
                    pause = SHORTEST_PAUSE;
                    continue;
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "what others append is not seen until this goes away; trying on");
                    pause = PAUSE_AFTER_ERROR;
                }
            }
            pause = match timeout(jittered(pause), self.book.wake.notified()).await {
                Ok(()) => SHORTEST_PAUSE,
                Err(_) => (pause * 2).min(LONGEST_PAUSE),
            };
            if seen_to.elapsed() > NODELAY_INTERVAL {
                nodelay::set(&self.session.connection.ports);
                seen_to = Instant::now();
            }
        }
    }

    /// Reads a page; says whether there was anything in it.
    async fn step(&mut self) -> Result<bool, LogError> {
        let events = page(&self.session, self.scanned, PAGE_EVENTS).await?;
        let (mut entries, mut known, before) = (Vec::new(), Vec::new(), self.scanned);
        for event in events {
            let token = Token::from(event.position);
            if self.scanned.is_some_and(|scanned| token <= scanned) {
                continue;
            }
            self.scanned = Some(token);
            if !is_system(&event) {
                entries.push(Entry { token, id: event.id });
                let stream = StreamName::new(event.stream_id).ok();
                known.push((token, stream.map(|stream| (event.id, stream))));
            }
        }
        if !entries.is_empty() {
            if let Some(Err(error)) = self.file.as_mut().map(|file| file.append(&entries)) {
                tracing::warn!(%error, "the next start numbers the book anew from here");
                self.file = None;
            }
            let next = self.book.push(known);
            self.news.send_replace(next);
        }
        Ok(self.scanned != before)
    }
}

/// Whether the numbering is of this server's log: its first and its last event are where it says.
async fn holds(session: &Session, entries: &[Entry]) -> Result<bool, LogError> {
    for entry in entries.first().into_iter().chain(entries.last()) {
        let there = match page(session, Some(entry.token), 1).await {
            Ok(there) => there,
            // A server that has nothing at this place may say that the place is wrong.
            Err(LogError::Invalid { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let same =
            there.first().is_some_and(|event| event.id == entry.id && Token::from(event.position) == entry.token);
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Waits until everything up to `token` has a number.
pub(crate) async fn numbered(session: &Session, book: &Book, token: Token) -> Result<(), LogError> {
    let mut news = book.news.clone();
    let wait = async {
        while book.last().is_none_or(|last| last < token) {
            book.wake.notify_one();
            if news.changed().await.is_err() {
                return Err(LogError::Closed);
            }
        }
        Ok(())
    };
    match timeout(session.connection.patience, wait).await {
        Ok(outcome) => outcome,
        Err(_) => Err(LogError::Unavailable {
            server: session.connection.server.clone(),
            doing: "following",
            message: "an event is there that reading the whole log does not give; see that these credentials may read \
                      $all, and that the node is not cut off from its cluster"
                .to_owned(),
        }),
    }
}
