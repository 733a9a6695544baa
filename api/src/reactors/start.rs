//! All reactors, started.

use std::path::Path;

use event_log::Position;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Reactor;
use super::block_ends::BlockEnds;
use super::complaints::Complaints;
use super::deadlines::Deadlines;
use super::erasure::Erasure;
use super::invitations::Invitations;
use super::letters::Letters;
use super::mailing::Mailing;
use super::monthly_fees::MonthlyFees;
use super::notices::Notices;
use super::recipient_keys::RecipientKeys;
use super::retention_ends::RetentionEnds;
use super::running::Run;
use super::safety_warnings::SafetyWarnings;
use super::seller_removal::SellerRemoval;
use super::statements::Statements;
use super::translations::{Queue, Translations};
use crate::mail::{Link, Transport};
use crate::photos::Photos;
use crate::translation::Translator;
use crate::{ApiError, Book};

/// What reactors need besides the book.
#[derive(Debug)]
pub struct Means {
    /// The address of the platform's pages, to which letters link.
    pub site: Link,
    /// How mail is sent.
    pub transport: Transport,
    /// The photos.
    pub photos: Photos,
    /// What translates, if anything does.
    pub translator: Option<Translator>,
    /// What waits to be translated is told here.
    pub queue: Queue,
    /// What happened before this position was told by somebody else: no letters are written about it.
    pub told_before: Position,
}

/// Reactors that run.
#[derive(Debug)]
pub struct Reactors {
    tasks: Vec<JoinHandle<()>>,
    reached: Vec<watch::Receiver<Position>>,
}

impl Reactors {
    /// Starts all of them, each with its checkpoint in a directory, until `stop` says so.
    ///
    /// # Errors
    /// That the directory can't be made.
    pub fn start(book: &Book, means: Means, directory: &Path, stop: &watch::Receiver<bool>) -> Result<Self, ApiError> {
        std::fs::create_dir_all(directory).map_err(ApiError::io("making", directory))?;
        let mut started = Starting { book, directory, stop, tasks: Vec::new(), reached: Vec::new() };
        started.start(Erasure::new(means.photos), Position::START);
        started.start(RecipientKeys, Position::START);
        started.start(SellerRemoval, Position::START);
        started.start(Statements, Position::START);
        started.start(Notices, Position::START);
        started.start(Complaints, Position::START);
        started.start(SafetyWarnings, Position::START);
        started.start(Invitations, Position::START);
        started.start(BlockEnds, Position::START);
        started.start(RetentionEnds, Position::START);
        started.start(MonthlyFees, Position::START);
        started.start(Deadlines, Position::START);
        started.start(Translations::new(means.translator, means.queue), Position::START);
        started.start(Letters::new(means.site), means.told_before);
        started.start(Mailing::new(means.transport), Position::START);
        Ok(Self { tasks: started.tasks, reached: started.reached })
    }

    /// Waits until all of them have acted on everything before a position.
    pub async fn reached(&self, position: Position) {
        for reached in &self.reached {
            // The sender lives as long as the reactor does; one that ended will act no more.
            let _ = reached.clone().wait_for(|reached| *reached >= position).await;
        }
    }

    /// Waits until all of them have ended.
    pub async fn ended(self) {
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a reactor ended badly");
            }
        }
    }
}

struct Starting<'a> {
    book: &'a Book,
    directory: &'a Path,
    stop: &'a watch::Receiver<bool>,
    tasks: Vec<JoinHandle<()>>,
    reached: Vec<watch::Receiver<Position>>,
}

impl Starting<'_> {
    fn start<R: Reactor>(&mut self, reactor: R, begin: Position) {
        let (reached, receiver) = watch::channel(Position::START);
        let run = Run::new(reactor, self.directory, begin, reached);
        self.tasks.push(tokio::spawn(run.run(self.book.clone(), self.stop.clone())));
        self.reached.push(receiver);
    }
}
