//! The views that a server answers from.
//!
//! One thread keeps them current; a commit of all views happens behind one lock, so that whoever holds a [`Snapshot`]
//! reads every view at the same position and moment. With no events coming in, ticks advance the moment, so that a
//! window also slides at night. A rebuild fills new generations on another thread; the keeper brings them level and
//! swaps them in: no downtime. The search index follows the catalogue's rows with every commit and every swap.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, Utc};
use event_log::{EventLog, Position};
use tokio::sync::watch;

use crate::ViewError;
use crate::active_recipients::{ActiveRecipientsReader, Counted};
use crate::buy_box::BuyBoxReader;
use crate::catalogue::{Catalogue, CatalogueReader};
use crate::deadlines::DeadlinesReader;
use crate::digest::Digest;
use crate::dsa_figures::DsaFiguresReader;
use crate::generation::Generation;
use crate::ledger::LedgerReader;
use crate::mails::MailsReader;
use crate::moderation::ModerationReader;
use crate::orders::OrdersReader;
use crate::ranking::RankingReader;
use crate::registry::{Running, VIEWS, ViewKind};
use crate::report::{Filter, Report};
use crate::retention::RetentionReader;
use crate::reviews::ReviewsReader;
use crate::rows::{Checkpoint, Rows};
use crate::runner::{self, BATCH_EVENTS, Progress, Until};
use crate::search::{Search, SearchIndex};
use crate::statements::StatementsReader;
use crate::submissions::SubmissionsReader;
use crate::transparency::TransparencyReader;
use crate::view::View;

/// How often time is advanced when nothing happens.
const TICK: Duration = Duration::from_secs(1);

/// Gives the moment that it is now, where time goes by; nothing where it only moves with the events.
pub type Now = Arc<dyn Fn() -> Option<DateTime<Utc>> + Send + Sync>;

type Views = Vec<Box<dyn Running>>;

/// The active recipients' place in [`VIEWS`].
const ACTIVE_RECIPIENTS: usize = 0;

/// The catalogue's place in [`VIEWS`].
const CATALOGUE: usize = 2;

enum Asked {
    /// There may be more in the log, or it is time for a tick.
    Look,
    /// These have been filled anew, and this has been made from the catalogue where that is among them.
    Swap(Views, Option<Box<SearchIndex>>, mpsc::Sender<Result<(), ViewError>>),
    /// Commit and end.
    Stop,
}

/// How the views fare.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// How far the views have come.
    pub reached: Checkpoint,
    /// Whether they have been at the log's end since the start.
    pub caught_up: bool,
    /// Why they stopped, when they did.
    pub failed: Option<Arc<ViewError>>,
}

/// What a reader sees: each view's committed rows, in the order of [`VIEWS`], the search of the catalogue among them,
/// and how far they have come.
struct Shelf {
    rows: Vec<Arc<Rows>>,
    search: Search,
    counted: Arc<Counted>,
    reached: Checkpoint,
}

/// What the keeper keeps.
struct Current {
    views: Views,
    index: SearchIndex,
    counted: Arc<Counted>,
}

impl Current {
    fn reached(&self) -> Checkpoint {
        self.views.first().map(|view| view.reached()).unwrap_or_default()
    }

    fn shelf(&self) -> Shelf {
        let rows = self.views.iter().map(|view| view.rows().clone()).collect();
        Shelf { rows, search: self.index.search(), counted: Arc::clone(&self.counted), reached: self.reached() }
    }

    fn active_recipients(&self) -> ActiveRecipientsReader<'_> {
        ActiveRecipientsReader::new(self.views[ACTIVE_RECIPIENTS].rows(), &self.counted)
    }

    /// Commits what the views have taken in, and brings the index there.
    fn commit(&mut self) -> Result<(), ViewError> {
        runner::commit(&mut self.views)?;
        self.index.follow(CatalogueReader(self.views[CATALOGUE].rows()))
    }
}

struct Shared {
    shelf: RwLock<Shelf>,
    health: watch::Sender<Health>,
}

/// The views of a server.
pub struct Served {
    shared: Arc<Shared>,
    asked: mpsc::Sender<Asked>,
    keeper: Option<JoinHandle<()>>,
    log: Arc<dyn EventLog>,
    directory: PathBuf,
}

impl Served {
    /// Opens the views under a directory and begins to keep them.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn open(directory: &Path, log: Arc<dyn EventLog>, now: Now) -> Result<Self, ViewError> {
        let views = open_all(directory)?;
        let index = SearchIndex::of(CatalogueReader(views[CATALOGUE].rows()))?;
        let current = Current { views, index, counted: Arc::default() };
        let shared = Arc::new(Shared { shelf: RwLock::new(current.shelf()), health: watch::Sender::default() });
        let (asked, questions) = mpsc::channel();
        let keeper = Keeper { shared: shared.clone(), log: log.clone(), now, directory: directory.to_owned() };
        let keeper = std::thread::Builder::new().name("views".into()).spawn(move || keeper.keep(current, &questions));
        let keeper = keeper.map_err(|source| ViewError::Io {
            doing: "starting the thread that keeps",
            path: directory.to_owned(),
            source,
        })?;
        let served = Self { shared, asked, keeper: Some(keeper), log, directory: directory.to_owned() };
        served.watch_log();
        Ok(served)
    }

    /// Wakes the keeper when the log grows, and at every tick.
    fn watch_log(&self) {
        let (asked, mut next) = (self.asked.clone(), self.log.watch_next_position());
        // A thread of its own with a small runtime: the keeper itself must never depend on the server's being free.
        let watcher = std::thread::Builder::new().name("views-watch".into()).spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else { return };
            runtime.block_on(async move {
                while asked.send(Asked::Look).is_ok() {
                    if let Ok(Err(_closed)) = tokio::time::timeout(TICK, next.changed()).await {
                        tokio::time::sleep(TICK).await;
                    }
                }
            });
        });
        if let Err(error) = watcher {
            tracing::error!(%error, "the views will not follow the log: no thread could be started");
        }
    }

    /// All views at one position and moment. Hold it for a few reads, never across an `await`.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot(self.shared.shelf.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How the views fare, now and as it changes.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.shared.health.subscribe()
    }

    /// Waits until the views include the event at a position; false when they do not within the time.
    pub async fn includes(&self, position: Position, within: Duration) -> bool {
        let mut health = self.health();
        let there = health.wait_for(|health| health.reached.next > position);
        matches!(tokio::time::timeout(within, there).await, Ok(Ok(_)))
    }

    /// Makes views anew beside those that serve, then swaps. Blocks until it is done; call it from a thread.
    ///
    /// # Errors
    /// [`ViewError`]; what served goes on serving then.
    pub fn rebuild(&self, kinds: &[ViewKind], progress: Progress<'_>) -> Result<(), ViewError> {
        let open = |kind: &ViewKind| kind.open(&Generation::fresh(&self.directory, kind)?.directory);
        let mut views = kinds.iter().map(open).collect::<Result<Views, _>>()?;
        runner::run(self.log.as_ref(), &mut views, Until::default(), BATCH_EVENTS, progress)?;
        let catalogue = views.iter().find(|view| view.kind().name == Catalogue::NAME);
        let index = catalogue.map(|view| SearchIndex::of(CatalogueReader(view.rows())).map(Box::new)).transpose()?;
        let (done, answer) = mpsc::channel();
        let stopped = || ViewError::Log(event_log::LogError::Closed);
        self.asked.send(Asked::Swap(views, index, done)).map_err(|_| stopped())?;
        answer.recv().map_err(|_| stopped())?
    }

    /// Commits and ends.
    pub fn close(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        if self.asked.send(Asked::Stop).is_ok()
            && let Some(keeper) = self.keeper.take()
        {
            // A keeper that panicked has said so, and views are disposable.
            let _ = keeper.join();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Opens the serving generation of every view under a directory, for whoever holds it alone.
///
/// # Errors
/// [`ViewError`].
pub fn open_all(directory: &Path) -> Result<Vec<Box<dyn Running>>, ViewError> {
    VIEWS.iter().map(|kind| kind.open(&Generation::serving(directory, kind)?.directory)).collect()
}

/// Marks the views as caught up, and deletes what is older.
///
/// # Errors
/// [`ViewError::Io`].
pub fn take_over(directory: &Path, kinds: &[ViewKind], fresh: bool) -> Result<(), ViewError> {
    kinds.iter().try_for_each(|kind| {
        let newest =
            if fresh { Generation::all(directory, kind)?.pop() } else { Some(Generation::serving(directory, kind)?) };
        newest.map_or(Ok(()), |generation| generation.take_over(directory, kind))
    })
}

struct Keeper {
    shared: Arc<Shared>,
    log: Arc<dyn EventLog>,
    now: Now,
    directory: PathBuf,
}

impl Keeper {
    fn keep(&self, mut current: Current, questions: &mpsc::Receiver<Asked>) {
        let mut caught_up = false;
        while let Ok(asked) = questions.recv() {
            let result = match asked {
                Asked::Look => self.look(&mut current, &mut caught_up),
                Asked::Swap(fresh, index, done) => {
                    // Whoever asked may have given up; the views are swapped all the same.
                    let _ = done.send(self.swap(&mut current, fresh, index));
                    Ok(())
                }
                Asked::Stop => break,
            };
            if let Err(error) = result {
                tracing::error!(%error, "the views stopped");
                self.shared.health.send_modify(|health| health.failed = Some(Arc::new(error)));
                break;
            }
        }
    }

    /// Takes in what is new, and then, behind the lock, commits it.
    fn look(&self, current: &mut Current, caught_up: &mut bool) -> Result<(), ViewError> {
        let views = &mut current.views;
        let end = *self.log.watch_next_position().borrow();
        if views.iter().any(|view| view.reached().next != end) {
            runner::take_in(self.log.as_ref(), views, Until::default(), BATCH_EVENTS, &|_, _| {})?;
        }
        if let Some(now) = (self.now)() {
            runner::advance(views, now)?;
        }
        let reached = self.show(current)?;
        if !*caught_up {
            *caught_up = true;
            take_over(&self.directory, &VIEWS, false)?;
        }
        self.shared.health.send_modify(|health| (health.reached, health.caught_up) = (reached, true));
        // One at a time, and without the lock: a month of tens of millions takes a second or two.
        current.active_recipients().count_ahead(reached.moment()).map(drop)
    }

    fn show(&self, current: &mut Current) -> Result<Checkpoint, ViewError> {
        let mut shelf = self.shared.shelf.write().unwrap_or_else(PoisonError::into_inner);
        current.commit()?;
        *shelf = current.shelf();
        Ok(shelf.reached)
    }

    fn swap(&self, current: &mut Current, mut fresh: Views, index: Option<Box<SearchIndex>>) -> Result<(), ViewError> {
        let reached = current.reached();
        let until = Until { position: reached.next.0.checked_sub(1).map(Position), moment: None };
        runner::take_in(self.log.as_ref(), &mut fresh, until, BATCH_EVENTS, &|_, _| {})?;
        runner::advance(&mut fresh, reached.moment())?;
        runner::commit(&mut fresh)?;
        let kinds: Vec<ViewKind> = fresh.iter().map(|view| view.kind()).collect();
        for new in fresh {
            if let Some(old) = current.views.iter_mut().find(|old| old.kind().name == new.kind().name) {
                *old = new;
            }
        }
        if let Some(index) = index {
            current.index = *index;
        }
        self.show(current)?;
        take_over(&self.directory, &kinds, true)
    }
}

/// All views at one position and moment.
pub struct Snapshot<'a>(RwLockReadGuard<'a, Shelf>);

impl Snapshot<'_> {
    /// How far the views have come.
    #[must_use]
    pub fn reached(&self) -> Checkpoint {
        self.0.reached
    }

    /// The rows of a view. The order is that of [`VIEWS`], which [`open_all`] keeps and a swap does not change.
    fn rows(&self, index: usize) -> &Rows {
        &self.0.rows[index]
    }

    /// Active recipients.
    #[must_use]
    pub fn active_recipients(&self) -> ActiveRecipientsReader<'_> {
        ActiveRecipientsReader::new(self.rows(ACTIVE_RECIPIENTS), &self.0.counted)
    }

    /// The buy box.
    #[must_use]
    pub fn buy_box(&self) -> BuyBoxReader<'_> {
        BuyBoxReader(self.rows(1))
    }

    /// The catalogue.
    #[must_use]
    pub fn catalogue(&self) -> CatalogueReader<'_> {
        CatalogueReader(self.rows(CATALOGUE))
    }

    /// Deadlines.
    #[must_use]
    pub fn deadlines(&self) -> DeadlinesReader<'_> {
        DeadlinesReader(self.rows(3))
    }

    /// Published figures.
    #[must_use]
    pub fn dsa_figures(&self) -> DsaFiguresReader<'_> {
        DsaFiguresReader(self.rows(4))
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> LedgerReader<'_> {
        LedgerReader(self.rows(5))
    }

    /// Mails.
    #[must_use]
    pub fn mails(&self) -> MailsReader<'_> {
        MailsReader(self.rows(6))
    }

    /// What moderators work on.
    #[must_use]
    pub fn moderation(&self) -> ModerationReader<'_> {
        ModerationReader(self.rows(7))
    }

    /// Orders.
    #[must_use]
    pub fn orders(&self) -> OrdersReader<'_> {
        OrdersReader(self.rows(8))
    }

    /// Rankings.
    #[must_use]
    pub fn ranking(&self) -> RankingReader<'_> {
        RankingReader(self.rows(9))
    }

    /// Retention.
    #[must_use]
    pub fn retention(&self) -> RetentionReader<'_> {
        RetentionReader(self.rows(10))
    }

    /// Reviews.
    #[must_use]
    pub fn reviews(&self) -> ReviewsReader<'_> {
        ReviewsReader(self.rows(11))
    }

    /// Statements of reasons.
    #[must_use]
    pub fn statements(&self) -> StatementsReader<'_> {
        StatementsReader(self.rows(12))
    }

    /// How far records for the Transparency Database have come.
    #[must_use]
    pub fn submissions(&self) -> SubmissionsReader<'_> {
        SubmissionsReader(self.rows(13))
    }

    /// What the transparency report counts.
    #[must_use]
    pub fn transparency(&self) -> TransparencyReader<'_> {
        TransparencyReader(self.rows(14))
    }

    /// Product search.
    #[must_use]
    pub fn search(&self) -> &Search {
        &self.0.search
    }

    /// A report of a served view.
    ///
    /// # Errors
    /// [`ViewError::Unknown`].
    pub fn report(&self, name: &str, filter: &Filter) -> Result<Report, ViewError> {
        let kind = ViewKind::named(name)?;
        let index = VIEWS.iter().position(|view| view.name == kind.name).unwrap_or_default();
        kind.report(self.rows(index), name, filter)
    }

    /// The digest of a served view.
    ///
    /// # Errors
    /// [`ViewError::Unknown`].
    pub fn digest(&self, name: &str) -> Result<Digest, ViewError> {
        let kind = ViewKind::named(name)?;
        let index = VIEWS.iter().position(|view| view.name == kind.name).unwrap_or_default();
        kind.digest(self.rows(index))
    }
}
