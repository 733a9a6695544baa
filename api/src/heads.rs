//! The heads of the book: kept while it is served, signed in time, and shown with their proofs.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use event_log::merkle::{ConsistencyProof, Hash, HeadKeeper, InclusionProof, Proof, PublicHeadKey, SignedHead};
use event_log::{EventLog, LogError, Position};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

/// How many events may be in the book without a head.
const MAX_UNSIGNED_EVENTS: u64 = 1_000;
/// How long they may be.
const MAX_UNSIGNED_TIME: Duration = Duration::from_secs(60);
/// How often it is looked, while events come.
const LOOKING: Duration = Duration::from_millis(200);
/// How often, at most, a head is signed because somebody asks.
const ASKED: Duration = Duration::from_secs(1);

/// The heads of a book. Cheap to clone.
#[derive(Clone)]
pub struct Heads {
    log: Arc<dyn EventLog>,
    kept: Arc<Mutex<Kept>>,
}

struct Kept {
    keeper: HeadKeeper,
    signed_at: Option<Instant>,
}

impl Heads {
    /// Takes up the heads in a directory and compares the book with them. Keys are made under this name where there are none.
    /// Blocks.
    ///
    /// # Errors
    /// As [`HeadKeeper::open`].
    pub fn open(directory: &Path, name: &str, log: Arc<dyn EventLog>) -> Result<Self, LogError> {
        let keeper = HeadKeeper::open(directory, name, log.as_ref())?;
        Ok(Self { log, kept: Arc::new(Mutex::new(Kept { keeper, signed_at: None })) })
    }

    /// The newest head: a new one where the book has grown, unless one was signed a moment ago.
    ///
    /// # Errors
    /// What the log and the disk say.
    pub async fn newest(&self) -> Result<SignedHead, LogError> {
        self.work(|kept, log| {
            let just_now = kept.signed_at.is_some_and(|signed_at| signed_at.elapsed() < ASKED);
            match kept.keeper.newest().filter(|_| just_now) {
                Some(newest) => Ok(newest.clone()),
                None => {
                    kept.keeper.catch_up(log)?;
                    kept.sign()
                }
            }
        })
        .await
    }

    /// The last heads with [the newest](Self::newest), which is the first of them; as many as are kept in memory.
    ///
    /// # Errors
    /// As [`Self::newest`].
    pub async fn recent(&self) -> Result<Vec<SignedHead>, LogError> {
        self.newest().await?;
        Ok(self.kept().keeper.recent().cloned().collect())
    }

    /// The event at a position with the proof that it is in the book of which the newest head was signed, as
    /// `replay-tool prove` writes it; nothing where the book ends before it.
    ///
    /// # Errors
    /// What the log and the disk say.
    pub async fn proof(&self, position: u64) -> Result<Option<Proof>, LogError> {
        let head = self.newest().await?;
        self.work(move |kept, log| {
            let Some(event) = log.scan(Position(position), 1)?.into_iter().next() else { return Ok(None) };
            // It came after the last head was signed, a moment ago.
            let head = if position < head.head.size {
                head
            } else {
                kept.keeper.catch_up(log)?;
                kept.sign()?
            };
            let (_, inclusion) = kept.keeper.inclusion(position, head.head.size)?;
            Proof::new(&event, &inclusion, &head).map(Some)
        })
        .await
    }

    /// The proof that an event is in the book of its first `size` events, with the event's leaf.
    ///
    /// # Errors
    /// [`LogError::Invalid`] for what is not in the book; I/O errors.
    pub async fn inclusion(&self, position: u64, size: u64) -> Result<(Hash, InclusionProof), LogError> {
        self.work(move |kept, log| kept.reaching(size, log)?.inclusion(position, size)).await
    }

    /// The proof that the book of its first `to` events begins with that of its first `from`.
    ///
    /// # Errors
    /// As [`Self::inclusion`].
    pub async fn consistency(&self, from: u64, to: u64) -> Result<ConsistencyProof, LogError> {
        self.work(move |kept, log| kept.reaching(to, log)?.consistency(from, to)).await
    }

    /// The public keys of all that ever signed here, the oldest first.
    #[must_use]
    pub fn keys(&self) -> Vec<PublicHeadKey> {
        self.kept().keeper.keys().to_vec()
    }

    /// Signs in time, until told to stop.
    pub async fn keep(self, mut stop: watch::Receiver<bool>) {
        let mut looks = interval(LOOKING);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut news = self.log.watch_next_position();
        let (mut unsigned_since, mut is_idle) = (None, false);
        loop {
            let wake = async {
                if is_idle {
                    // Of a book that is closed there is no news; what was signed of it stands.
                    let _ = news.changed().await;
                }
                looks.tick().await;
            };
            tokio::select! {
                // Without a sender there is nothing to wait for either.
                _ = stop.wait_for(|stop| *stop) => return,
                () = wake => {}
            }
            match self.work(move |kept, log| kept.look(log, unsigned_since)).await {
                Ok(since) => (unsigned_since, is_idle) = (since, since.is_none()),
                Err(error) => {
                    is_idle = false;
                    tracing::warn!(%error, "the book's head can't be signed now; trying on");
                }
            }
        }
    }

    /// Files are read and written, so it is done on a thread of its own.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Kept, &dyn EventLog) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let heads = self.clone();
        let worked = tokio::task::spawn_blocking(move || work(&mut heads.kept(), heads.log.as_ref()));
        worked.await.map_err(|_| LogError::Closed)?
    }

    /// What is half done when a thread panics is the tree's next leaves, which are written again.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Takes in what has come, and signs when it is time; says since when there is something unsigned.
    fn look(&mut self, log: &dyn EventLog, since: Option<Instant>) -> Result<Option<Instant>, LogError> {
        self.keeper.catch_up(log)?;
        let signed = self.keeper.newest().map_or(0, |newest| newest.head.size);
        let unsigned = self.keeper.size() - signed;
        if unsigned == 0 {
            return Ok(None);
        }
        let since = since.unwrap_or_else(Instant::now);
        if unsigned < MAX_UNSIGNED_EVENTS && since.elapsed() < MAX_UNSIGNED_TIME {
            return Ok(Some(since));
        }
        self.sign()?;
        Ok(None)
    }

    /// Takes in what has come where that is needed for so many events.
    fn reaching(&mut self, size: u64, log: &dyn EventLog) -> Result<&HeadKeeper, LogError> {
        if size > self.keeper.size() {
            self.keeper.catch_up(log)?;
        }
        Ok(&self.keeper)
    }

    fn sign(&mut self) -> Result<SignedHead, LogError> {
        let signed = self.keeper.sign(Utc::now())?;
        self.signed_at = Some(Instant::now());
        Ok(signed)
    }
}
