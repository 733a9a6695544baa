//! A figure from the book alone: the one place where that is done, for whoever publishes, checks or explains it (R-5-05).
//!
//! It does not go by way of the view: the book is read once, sightings are dealt out to their months as they come, and
//! counted when memory asks for it or the book ends. So half a year of 45 million recipients a month takes as much memory as
//! one month and a half. A month whose events come long after those of later months, when it was counted already, is counted
//! again in another pass over the book; a book in which months follow each other takes one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use domain::activity::{ActivityEvent, Excluded, Seen};
use domain::calendar::{Month, ReportPeriod};
use domain::event::{Event, EventKind};
use domain::order::OrderEvent;
use event_log::{EventLog, Position, Recorded};
use rayon::prelude::*;

use super::{Average, Counter, Counts, MonthRow};
use crate::ViewError;
use crate::rows::Checkpoint;
use crate::runner::{Progress, Until};
use crate::view::{Happened, kind_of};

/// What is in memory at a time.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// So many sightings are held before a month is counted.
    sightings: usize,
    /// How many bytes of events are decoded together, by all processors.
    batch_bytes: usize,
}

impl Bounds {
    /// Half a gigabyte of sightings.
    const LARGE: Self = Self { sightings: 64 << 20, batch_bytes: 8 << 20 };
}

/// Counts the recipients of a period anew, from the first event of the book up to `until`, with nothing but the log; tells
/// how far it has read. Blocks until it is done.
///
/// # Errors
/// [`ViewError`].
pub fn regenerate(
    log: &dyn EventLog,
    period: impl Into<ReportPeriod>,
    until: Until,
    progress: Progress<'_>,
) -> Result<(Average, Checkpoint), ViewError> {
    regenerate_within(log, period.into(), until, Bounds::LARGE, progress)
}

fn regenerate_within(
    log: &dyn EventLog,
    period: ReportPeriod,
    until: Until,
    bounds: Bounds,
    progress: Progress<'_>,
) -> Result<(Average, Checkpoint), ViewError> {
    let months = period.months();
    let mut waiting: BTreeSet<Month> = months.iter().copied().collect();
    let (mut rows, mut kept) = (BTreeMap::new(), None);
    loop {
        let mut pass = Pass::new(&waiting, kept, bounds);
        let reached = pass.over(log, until, progress)?;
        let (counted, again) = pass.end();
        rows.extend(counted);
        if again.is_empty() {
            let row = |month| (month, rows.get(&month).copied().unwrap_or_default());
            return Ok((Average { months: months.into_iter().map(row).collect() }, reached));
        }
        kept = again.first().copied();
        waiting = again;
    }
}

/// What one thread has taken in since it was last looked at.
#[derive(Default)]
struct Taker {
    months: BTreeMap<Month, Counter>,
    excluded: BTreeMap<Month, Excluded>,
    /// Months that were counted already when more of them came.
    late: BTreeSet<Month>,
}

/// One reading of the book.
struct Pass<'a> {
    /// The months that are counted.
    of: &'a BTreeSet<Month>,
    /// One that is not counted before the end, so that a pass after the first is of use in any case.
    kept: Option<Month>,
    bounds: Bounds,
    /// One for each thread.
    takers: Vec<Mutex<Taker>>,
    counted: BTreeMap<Month, Counts>,
    /// The month of which something came last.
    newest: Option<Month>,
}

impl<'a> Pass<'a> {
    fn new(of: &'a BTreeSet<Month>, kept: Option<Month>, bounds: Bounds) -> Self {
        let takers = std::iter::repeat_with(Mutex::default).take(rayon::current_num_threads()).collect();
        Self { of, kept, bounds, takers, counted: BTreeMap::new(), newest: None }
    }

    /// Reads the book.
    fn over(&mut self, log: &dyn EventLog, until: Until, progress: Progress<'_>) -> Result<Checkpoint, ViewError> {
        let end = until.position.map_or(Position(u64::MAX), Position::next);
        let total = log.watch_next_position().borrow().0.min(end.0);
        let mut reached = Checkpoint::default();
        let batch_bytes = self.bounds.batch_bytes;
        let read = |from: Position| -> Result<Vec<Recorded>, ViewError> {
            let (mut records, mut bytes) = (Vec::new(), 0);
            let mut next = from;
            while bytes < batch_bytes && next < end {
                let most = usize::try_from(end.0 - next.0).unwrap_or(usize::MAX).min(crate::runner::BATCH_EVENTS);
                let mut more = log.scan(next, most)?;
                let Some(last) = more.last() else { break };
                next = last.position.next();
                bytes += more.iter().map(|record| record.data.len() + record.metadata.len()).sum::<usize>();
                records.append(&mut more);
            }
            Ok(records)
        };
        let mut batch = read(Position::START)?;
        while let Some(last) = batch.last() {
            let next = last.position.next();
            let counts = |record: &&Recorded| until.moment.is_none_or(|until| record.occurred_at <= until);
            let take = || batch.par_iter().filter(counts).try_for_each(|record| self.take(record));
            let (following, taken) = rayon::join(|| read(next), take);
            taken?;
            let newest = batch.iter().filter(counts).map(|record| record.occurred_at.timestamp_micros()).max();
            reached.next = next;
            reached.moment_micros = reached.moment_micros.max(newest.unwrap_or_default());
            let month = |record: &Recorded| self.month_of(kind_of(record).ok()?, record);
            self.newest = batch.iter().rev().find_map(month).or(self.newest);
            self.make_room();
            progress(next.0.min(total), total);
            batch = following?;
        }
        reached.moment_micros = reached.moment_micros.max(until.moment.map_or(0, |moment| moment.timestamp_micros()));
        Ok(reached)
    }

    /// In which of the months an event counts, as far as its header says.
    fn month_of(&self, kind: EventKind, record: &Recorded) -> Option<Month> {
        let seen = (kind == EventKind::RecipientsSeen).then(|| record.stream.id().parse().ok()).flatten();
        let month = seen.or_else(|| (kind == EventKind::OrderPlaced).then(|| Month::of(record.occurred_at)))?;
        self.of.contains(&month).then_some(month)
    }

    fn take(&self, record: &Recorded) -> Result<(), ViewError> {
        let kind = kind_of(record)?;
        let Some(month) = self.month_of(kind, record) else { return Ok(()) };
        let event = Happened::read(kind, record)?.event;
        let thread = rayon::current_thread_index().unwrap_or_default() % self.takers.len();
        let mut taker = self.takers[thread].lock().unwrap_or_else(PoisonError::into_inner);
        #[allow(clippy::wildcard_enum_match_arm, reason = "of no other event is anybody active")]
        match event {
            Event::Activity(ActivityEvent::RecipientsSeen(event)) => {
                *taker.excluded.entry(month).or_default() += event.excluded;
                self.see(&mut taker, month, &event.seen);
            }
            Event::Order(OrderEvent::OrderPlaced(event)) => self.see(&mut taker, month, event.seen().as_slice()),
            _ => {}
        }
        Ok(())
    }

    fn see(&self, taker: &mut Taker, month: Month, seen: &[Seen]) {
        if self.counted.contains_key(&month) {
            taker.late.insert(month);
        } else if !seen.is_empty() {
            taker.months.entry(month).or_default().take(seen.iter().flat_map(Seen::sightings));
        }
    }

    fn takers(&mut self) -> impl Iterator<Item = &mut Taker> {
        self.takers.iter_mut().map(|taker| taker.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts months, the earliest first, until there is room, but none of which something came just now.
    fn make_room(&mut self) {
        loop {
            let mut held: BTreeMap<Month, usize> = BTreeMap::new();
            for taker in self.takers() {
                taker.months.iter().for_each(|(month, counter)| *held.entry(*month).or_default() += counter.len());
            }
            let (newest, kept) = (self.newest, self.kept);
            let may_go = |month: &&Month| Some(**month) != newest && Some(**month) != kept;
            match held.keys().find(may_go) {
                Some(month) if held.values().sum::<usize>() > self.bounds.sightings => self.count(*month),
                Some(_) | None => return,
            }
        }
    }

    fn count(&mut self, month: Month) {
        let counters: Vec<_> = self.takers().filter_map(|taker| taker.months.remove(&month)).collect();
        self.counted.insert(month, Counter::count(counters));
    }

    /// The months that were counted, and those that must be counted again.
    fn end(mut self) -> (BTreeMap<Month, MonthRow>, BTreeSet<Month>) {
        let held: BTreeSet<Month> = self.takers().flat_map(|taker| taker.months.keys().copied()).collect();
        held.into_iter().for_each(|month| self.count(month));
        let (mut late, mut excluded) = (BTreeSet::new(), BTreeMap::<Month, Excluded>::new());
        for taker in self.takers() {
            late.append(&mut taker.late);
            for (month, more) in &taker.excluded {
                *excluded.entry(*month).or_default() += *more;
            }
        }
        let row = |month: &Month| {
            let counts = self.counted.get(month).copied().unwrap_or_default();
            (*month, MonthRow::new(counts, excluded.get(month).copied().unwrap_or_default()))
        };
        let rows = self.of.iter().filter(|month| !late.contains(month)).map(row).collect();
        (rows, late)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::activity::{ActivityCommand, RecipientRole, Visit};
    use domain::calendar::SixMonths;
    use domain::counting_rule::{Exposure, UserAgentClass};
    use domain::ids::CommandId;
    use domain::metadata::Actor;
    use domain::place::MemberState;
    use domain::pseudonym::Pseudonym;
    use domain::recording::Cause;
    use event_log::embedded::EmbeddedOptions;
    use event_log::{EmbeddedLog, MasterKey, OwnKeys, Vault};
    use fixtures::{Marketplace, Occasion};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::active_recipients::{ActiveRecipients, ActiveRecipientsReader, Counted};
    use crate::registry::ViewKind;
    use crate::replay::Replayed;
    use crate::view::View;

    /// So that months are counted while the book is read, and late ones again.
    const TIGHT: Bounds = Bounds { sightings: 12, batch_bytes: 1 };

    /// Who is seen in which month of the year, in which Member State.
    type Batch = (usize, Vec<(u64, usize)>);

    fn batches() -> impl Strategy<Value = Vec<Batch>> {
        let mostly_in_order = (0..60_usize, 0..9_usize, prop::collection::vec((0..30_u64, 0..27_usize), 1..9))
            .prop_map(|(at, astray, seen)| (at, if astray == 0 { at / 2 % 7 } else { at / 10 }, seen));
        prop::collection::vec(mostly_in_order, 1..40).prop_map(|mut batches| {
            batches.sort();
            batches.into_iter().map(|(_, month, seen)| (month, seen)).collect()
        })
    }

    fn months() -> Vec<Month> {
        let halves: [SixMonths; 2] = ["2026-H1".parse().unwrap(), "2026-H2".parse().unwrap()];
        halves.iter().flat_map(|half| half.months()).collect()
    }

    fn written(batches: &[Batch]) -> (EmbeddedLog, tempfile::TempDir) {
        let mut market = Marketplace::new();
        for (number, (month, seen)) in batches.iter().enumerate() {
            let month = months()[*month];
            let visits = seen.iter().map(|(id, state)| Visit {
                recipient: Pseudonym(id << 59 | id),
                member_state: MemberState::ALL[*state],
                role: RecipientRole::ALL[*state % 3],
                user_agent: if *id == 7 { UserAgentClass::DeclaredBot } else { UserAgentClass::App },
                exposure: Exposure::Service,
            });
            let record = ActivityCommand::RecordVisits { month, visits: visits.collect() };
            let cause = Cause::new(CommandId(Uuid::from_u128(number as u128)), Actor::system("edge"));
            market.activity(month, record, Occasion { at: "2027-01-05T00:00:00Z".parse().unwrap(), cause }).unwrap();
        }
        let directory = tempfile::tempdir().unwrap();
        let log = EmbeddedLog::open(directory.path().join("log"), &EmbeddedOptions { segment_bytes: 1 << 20 }).unwrap();
        let vault = Vault::open(directory.path().join("vault"), MasterKey::from_bytes([7; 32])).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (keys, history) = (OwnKeys(Arc::new(vault)), market.into_history());
        runtime.block_on(fixtures::write(&log, &keys, &history, &mut |_| ())).unwrap();
        (log, directory)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn r_5_05_a_regenerated_figure_is_the_views_whatever_comes_late_and_however_little_memory_there_is(
            batches in batches(),
            last in prop::option::of(0..40_u64),
        ) {
            let (log, directory) = written(&batches);
            let until = Until { position: last.map(Position), moment: None };
            let kind = ViewKind::named(ActiveRecipients::NAME).unwrap();
            let replayed = Replayed::new(&log, &[kind], until, &directory.path().join("views"), &|_, _| {}).unwrap();
            let counted = Counted::default();
            for half in ["2026-H1", "2026-H2"] {
                let period: SixMonths = half.parse().unwrap();
                let reader = ActiveRecipientsReader::new(replayed.rows(kind).unwrap(), &counted);
                let expected = (reader.average(period).unwrap(), replayed.address());
                for bounds in [TIGHT, Bounds::LARGE] {
                    let found = regenerate_within(&log, period.into(), until, bounds, &|_, _| {}).unwrap();
                    prop_assert_eq!(&found, &expected, "{:?}", bounds);
                }
            }
        }
    }
}
