//! Which records go, in which order, and what is recorded of them.
//!
//! What waits is read from views of the book, filled when it begins; whether it still does, the statement's own stream decides.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::Refused;
use domain::ids::{CommandId, StatementId};
use domain::metadata::Actor;
use domain::recording::Cause;
use domain::statement::Statement;
use domain::submission::{Acceptance, Problem, RefusedBy, SubmissionCommand};
use event_log::EventLog;
use futures::future::try_join_all;
use projections::registry::ViewKind;
use projections::replay::Replayed;
use projections::runner::Until;
use projections::statements::{Statements, StatementsReader};
use projections::submissions::{SubmissionState, Submissions, SubmissionsReader};
use projections::transparency_database::{Batch, MOST_RECORDS, Puid, Record, Unpublished, record_without};
use projections::view::View;
use tempfile::TempDir;
use uuid::Uuid;

use super::database::{Database, Denied, Pause, Sent};
use super::names::names_of_case;
use super::pace::{Pace, Patience};
use super::settings::SubmissionArguments;
use crate::clock::{Clock, ClockSetting};
use crate::opened::Opened;
use crate::{ApiError, Book};

/// As whom it acts in the book.
const ACTOR: &str = "submit-statements";

/// Not every statement could be submitted; what was is recorded.
#[derive(Debug, thiserror::Error)]
pub enum SubmissionError {
    /// The book's statements went to another database.
    #[error(
        "statements of this book were submitted to {other}, and --url is {url}: what is accepted in a sandbox is not in the \
         database itself, nor the other way round, so that each has a book of its own; try a sandbox with a copy of the book \
         (replay-tool copy). If it is the same database under a new address, say --moved-from {other}"
    )]
    OtherDatabase {
        /// The database that the book names.
        other: String,
        /// The one that was asked for.
        url: String,
    },
    /// An operator must do something.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// It was tried often enough.
    #[error(
        "the Transparency Database could not be asked: {why}; nothing is lost, run this again: what may have arrived is asked \
         for before anything is sent"
    )]
    GaveUp {
        /// What it was that failed last.
        why: String,
    },
    /// Records were refused.
    #[error(
        "{count} records were refused, as said above: a statement whose facts have something that may not go public, or that \
         the database does not take, is to be looked at by a person; see \"Statements of reasons\" in docs/operations.md"
    )]
    Refused {
        /// How many.
        count: usize,
    },
}

/// Submits the statements of a book whose records wait.
///
/// # Errors
/// [`SubmissionError`]; what the book says. What was recorded until then stays.
pub async fn submit(opened: &Opened, clock: ClockSetting, arguments: &SubmissionArguments) -> Result<(), ApiError> {
    let clock = Arc::new(Clock::start(clock, opened.log.as_ref())?);
    let book = Book::new(Arc::clone(&opened.log), Arc::clone(&opened.keys), clock);
    let views = Views::of(Arc::clone(&opened.log)).await?;
    let name = arguments.url.name();
    let moved_from = arguments.moved_from.as_ref().map(super::settings::DatabaseUrl::name);
    let other = views.submissions()?.database()?.filter(|other| *other != name && Some(other) != moved_from.as_ref());
    if let Some(other) = other {
        return Err(SubmissionError::OtherDatabase { other, url: name }.into());
    }
    let candidates = views.candidates(arguments.again)?;
    let cases = Cases { book: &book, statements: views.statements()?, checked: &arguments.checked };
    let count = |state| Ok::<_, ApiError>(views.in_state(state)?.len());
    let earlier = if arguments.again { 0 } else { count(SubmissionState::Refused)? };
    let mut tally = Tally { exempt: count(SubmissionState::Exempt)?, earlier, ..Tally::default() };
    if arguments.dry_run {
        let would = cases.try_out(&candidates, &mut tally).await;
        tally.print(&name, "would be sent");
        return would.and_then(|()| tally.outcome());
    }
    let database = Database::new(arguments.url.clone(), arguments.token()?, arguments.deadline())?;
    let pace = Pace::new(arguments.requests_per_second, Instant::now());
    let mut submitter = Submitter { cases, database, pace, tally };
    // Before anything is noted of a record: a wrong address or token leaves no trace.
    let mut done = if candidates.is_empty() { Ok(()) } else { submitter.introduce().await };
    for batch in candidates.chunks(arguments.records_per_request()) {
        if done.is_err() {
            break;
        }
        done = submitter.batch(batch).await;
    }
    submitter.tally.print(&name, "accepted");
    done.and_then(|()| submitter.tally.outcome())
}

/// A statement whose record is not settled, and whether the database may have it.
type Candidate = (StatementId, bool);

/// The views of the book as it is now, in a directory that goes with them.
struct Views {
    replayed: Replayed,
    _directory: TempDir,
}

impl Views {
    async fn of(log: Arc<dyn EventLog>) -> Result<Self, ApiError> {
        let directory = tempfile::tempdir();
        let directory = directory.map_err(ApiError::io("making a directory for views in", &std::env::temp_dir()))?;
        let path = directory.path().to_owned();
        let replaying = tokio::task::spawn_blocking(move || {
            let kinds = [ViewKind::named(Statements::NAME)?, ViewKind::named(Submissions::NAME)?];
            Replayed::new(log.as_ref(), &kinds, Until::default(), &path, &|_, _| ())
        });
        let replayed =
            replaying.await.map_err(|error| ApiError::Unavailable(format!("reading the book: {error}")))??;
        Ok(Self { replayed, _directory: directory })
    }

    fn statements(&self) -> Result<StatementsReader<'_>, ApiError> {
        Ok(StatementsReader(self.replayed.rows(ViewKind::named(Statements::NAME)?)?))
    }

    fn submissions(&self) -> Result<SubmissionsReader<'_>, ApiError> {
        Ok(SubmissionsReader(self.replayed.rows(ViewKind::named(Submissions::NAME)?)?))
    }

    fn in_state(&self, state: SubmissionState) -> Result<Vec<StatementId>, ApiError> {
        let keys = self.submissions()?.in_state(state, i64::MIN, None);
        keys.map(|key| Ok(key?.2)).collect()
    }

    /// What may be there first, so that it is known soonest.
    fn candidates(&self, again: bool) -> Result<Vec<Candidate>, ApiError> {
        let mut candidates: Vec<_> =
            self.in_state(SubmissionState::Submitted)?.into_iter().map(|id| (id, true)).collect();
        candidates.extend(self.in_state(SubmissionState::Waiting)?.into_iter().map(|id| (id, false)));
        if again {
            // Somebody may have sent it by hand.
            candidates.extend(self.in_state(SubmissionState::Refused)?.into_iter().map(|id| (id, true)));
        }
        Ok(candidates)
    }
}

/// What became of the records.
#[derive(Debug, Default)]
struct Tally {
    exempt: usize,
    good: usize,
    found: usize,
    refused: usize,
    /// Refused before, and left alone.
    earlier: usize,
}

impl Tally {
    fn print(&self, database: &str, good: &str) {
        println!("Statements of reasons for the Transparency Database at {database}");
        println!("{good:<13} {}", self.good);
        if self.found > 0 {
            println!("  of which    {} were there, as their PUIDs say", self.found);
        }
        println!("refused       {}", self.refused);
        if self.earlier > 0 {
            println!("  and earlier {}, which --again takes again", self.earlier);
        }
        println!("need none     {}", self.exempt);
    }

    const fn outcome(&self) -> Result<(), ApiError> {
        match self.refused {
            0 => Ok(()),
            count => Err(ApiError::Submission(SubmissionError::Refused { count })),
        }
    }
}

/// The cases whose statements these are.
struct Cases<'a> {
    book: &'a Book,
    statements: StatementsReader<'a>,
    checked: &'a [StatementId],
}

impl Cases<'_> {
    /// A statement's record, with no name of its case in its facts, or why it has none.
    async fn record(&self, id: StatementId) -> Result<Result<Record, Unpublished>, ApiError> {
        let statement: Statement = self.book.load(id.0).await?;
        let (Some(issued), Some(row)) = (statement.issued, self.statements.statement(id)?) else {
            return Err(ApiError::Unavailable(format!("statement {id} is in the view and not in the book")));
        };
        let names = if self.checked.contains(&id) { Vec::new() } else { names_of_case(self.book, &issued).await? };
        Ok(record_without(id, &row, &names))
    }

    async fn records(
        &self,
        ids: impl IntoIterator<Item = StatementId>,
    ) -> Result<Vec<(StatementId, Result<Record, Unpublished>)>, ApiError> {
        try_join_all(ids.into_iter().map(async |id| Ok((id, self.record(id).await?)))).await
    }

    async fn try_out(&self, candidates: &[Candidate], tally: &mut Tally) -> Result<(), ApiError> {
        for batch in candidates.chunks(MOST_RECORDS) {
            for (id, record) in self.records(batch.iter().map(|(id, _)| *id)).await? {
                match record {
                    Ok(_) => tally.good += 1,
                    Err(Unpublished::Exempt(_)) => tally.exempt += 1,
                    Err(Unpublished::Refused(refusal)) => {
                        tally.refused += 1;
                        eprintln!("marktboek: statement {id}: {refusal}");
                    }
                }
            }
        }
        Ok(())
    }

    /// Notes what became of a record.
    async fn note(&self, id: StatementId, command: SubmissionCommand) -> Result<Noted, ApiError> {
        let cause = Cause::new(CommandId(Uuid::new_v4()), Actor::system(ACTOR));
        match self.book.execute(id.0, &cause, |_: Statement| ready(Ok(command.clone().into()))).await {
            Ok(done) if done.already => Ok(Noted::Before),
            Ok(_) => Ok(Noted::Now),
            Err(ApiError::Refused(refusal)) if refusal.kind == Refused::AlreadyDone => Ok(Noted::Accepted),
            Err(error) => Err(error),
        }
    }
}

/// Whether something was noted of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Noted {
    /// It is now.
    Now,
    /// It was before.
    Before,
    /// The database has the record, as another sender noted.
    Accepted,
}

/// Sends batch after batch.
struct Submitter<'a> {
    cases: Cases<'a>,
    database: Database,
    pace: Pace,
    tally: Tally,
}

impl Submitter<'_> {
    /// Sees that the database is there and knows the token.
    async fn introduce(&mut self) -> Result<(), ApiError> {
        let mut patience = Patience::default();
        loop {
            self.turn().await;
            match self.database.ping().await.map_err(SubmissionError::from)? {
                Ok(()) => return Ok(()),
                Err(pause) => rest(&mut patience, pause).await?,
            }
        }
    }

    /// Settles some statements.
    async fn batch(&mut self, candidates: &[Candidate]) -> Result<(), ApiError> {
        let there: Vec<StatementId> = candidates.iter().filter(|(_, may)| *may).map(|(id, _)| *id).collect();
        let found = self.find(&there).await?;
        let mut records = Vec::new();
        let left = candidates.iter().map(|(id, _)| *id).filter(|id| !found.contains(id));
        for (id, record) in self.cases.records(left).await? {
            match record {
                Ok(record) => records.push((id, record)),
                Err(Unpublished::Exempt(_)) => self.tally.exempt += 1,
                Err(Unpublished::Refused(refusal)) => {
                    let problem = Problem::new(refusal.field, &refusal.message);
                    self.refuse(id, RefusedBy::Platform, vec![problem]).await?;
                }
            }
        }
        // From here on each may be there, whatever becomes of this process.
        let database = self.database.name();
        let submit = |id| self.cases.note(id, SubmissionCommand::Submit { database: database.clone() });
        let noted = try_join_all(records.iter().map(|(id, _)| submit(*id))).await?;
        let noted: HashMap<StatementId, Noted> = records.iter().map(|(id, _)| *id).zip(noted).collect();
        records.retain(|(id, _)| noted[id] != Noted::Accepted);
        // What another sender has noted meanwhile may be there by now.
        let others = records.iter().map(|(id, _)| *id);
        let others: Vec<_> = others.filter(|id| noted[id] == Noted::Before && !there.contains(id)).collect();
        let found = self.find(&others).await?;
        records.retain(|(id, _)| !found.contains(id));
        self.send(records).await
    }

    /// Sends records until each is accepted or refused.
    async fn send(&mut self, mut records: Vec<(StatementId, Record)>) -> Result<(), ApiError> {
        let mut patience = Patience::default();
        while !records.is_empty() {
            let bodies: Vec<Record> = records.iter().map(|(_, record)| record.clone()).collect();
            let Some(batch) = Batch::all(&bodies).next() else { return Ok(()) };
            self.turn().await;
            match self.database.send(&batch).await.map_err(SubmissionError::from)? {
                Sent::Stored(accepted) => {
                    self.accept(&mut records, accepted).await?;
                    if !records.is_empty() {
                        let why = "it answers that a batch is stored, and not what became of each record".to_owned();
                        rest(&mut patience, Pause { why, wait: None }).await?;
                        self.without_found(&mut records).await?;
                    }
                }
                Sent::Refused(places) => {
                    self.refuse_places(&mut records, places).await?;
                    patience = Patience::default();
                }
                Sent::Known => {
                    if self.without_found(&mut records).await? {
                        patience = Patience::default();
                    } else {
                        let why = "it answers that it knows a record's PUID, and then that it knows none".to_owned();
                        rest(&mut patience, Pause { why, wait: None }).await?;
                    }
                }
                Sent::Later(pause) => rest(&mut patience, pause).await?,
                Sent::Unknown(pause) => {
                    rest(&mut patience, pause).await?;
                    self.without_found(&mut records).await?;
                }
            }
        }
        Ok(())
    }

    /// Takes out those that the database has; whether there were any.
    async fn without_found(&mut self, records: &mut Vec<(StatementId, Record)>) -> Result<bool, ApiError> {
        let ids: Vec<StatementId> = records.iter().map(|(id, _)| *id).collect();
        let found = self.find(&ids).await?;
        records.retain(|(id, _)| !found.contains(id));
        Ok(!found.is_empty())
    }

    /// Asks of each whether the database has it, and notes those that it has.
    async fn find(&mut self, ids: &[StatementId]) -> Result<HashSet<StatementId>, ApiError> {
        let mut found = HashSet::new();
        for id in ids {
            let (puid, mut patience) = (Puid::of(*id), Patience::default());
            let is_there = loop {
                self.turn().await;
                match self.database.knows(&puid).await.map_err(SubmissionError::from)? {
                    Ok(is_there) => break is_there,
                    Err(pause) => rest(&mut patience, pause).await?,
                }
            };
            if is_there {
                self.cases.note(*id, SubmissionCommand::Accept(Acceptance::FoundByPuid)).await?;
                (self.tally.good, self.tally.found) = (self.tally.good + 1, self.tally.found + 1);
                found.insert(*id);
            }
        }
        Ok(found)
    }

    async fn accept(
        &mut self,
        records: &mut Vec<(StatementId, Record)>,
        mut accepted: HashMap<String, Acceptance>,
    ) -> Result<(), ApiError> {
        let mut notes = Vec::new();
        records.retain(|(id, record)| match accepted.remove(record.puid().as_str()) {
            Some(how) => {
                notes.push(self.cases.note(*id, SubmissionCommand::Accept(how)));
                false
            }
            None => true,
        });
        self.tally.good += notes.len();
        try_join_all(notes).await?;
        Ok(())
    }

    async fn refuse_places(
        &mut self,
        records: &mut Vec<(StatementId, Record)>,
        places: BTreeMap<usize, Vec<Problem>>,
    ) -> Result<(), ApiError> {
        if let Some(place) = places.keys().find(|place| **place >= records.len()) {
            let why = format!("it refuses statement_{place} of {}, and there is none", records.len());
            return Err(SubmissionError::GaveUp { why }.into());
        }
        // From the last on, so that what is taken out moves none that is still to be.
        for (place, problems) in places.into_iter().rev() {
            let (id, _) = records.remove(place);
            self.refuse(id, RefusedBy::Database, problems).await?;
        }
        Ok(())
    }

    async fn refuse(&mut self, id: StatementId, by: RefusedBy, problems: Vec<Problem>) -> Result<(), ApiError> {
        for Problem { field, words } in &problems {
            eprintln!("marktboek: statement {id}: {field}: {words}");
        }
        self.cases.note(id, SubmissionCommand::Refuse { by, problems }).await?;
        self.tally.refused += 1;
        Ok(())
    }

    /// Waits for the next request's turn.
    async fn turn(&mut self) {
        let turn = self.pace.turn(Instant::now());
        tokio::time::sleep_until(turn.into()).await;
    }
}

/// Waits after a failure, unless there were too many.
async fn rest(patience: &mut Patience, pause: Pause) -> Result<(), ApiError> {
    let Pause { why, wait } = pause;
    let Some(wait) = patience.failed(wait) else { return Err(SubmissionError::GaveUp { why }.into()) };
    tracing::warn!(why, milliseconds = milliseconds(wait), "the Transparency Database is asked again");
    tokio::time::sleep(wait).await;
    Ok(())
}

fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}
