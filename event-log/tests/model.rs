//! The book does what a list of events in memory does, whatever is appended, in small segments, reopened at any moment.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)] // Where a test fails it should stop, and say where.

mod support;

use event_log::embedded::verify;
use event_log::{Appended, Direction, EventLog, Expected, LogError, NewEvent, Position, Revision, StreamAppend};
use proptest::prelude::*;
use support::{event, open, stream};
use uuid::Uuid;

const STREAMS: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<(usize, Expected, Vec<u128>)>),
    Reopen,
}

/// The naive book: every event's stream and id, in order.
#[derive(Default)]
struct Model(Vec<(usize, Uuid)>);

impl Model {
    fn stream(&self, stream: usize) -> Vec<(u64, Uuid)> {
        let all = (0..).zip(&self.0);
        all.filter(|(_, event)| event.0 == stream).map(|(position, event)| (position, event.1)).collect()
    }

    fn append(&mut self, stream: usize, expected: Expected, events: &[NewEvent]) -> Result<Appended, Option<Revision>> {
        let there = self.stream(stream);
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        let actual = there.len().checked_sub(1).map(|last| Revision(last as u64));
        let same_at = |start: usize| {
            there.get(start..start + ids.len()).filter(|found| found.iter().map(|e| e.1).eq(ids.iter().copied()))
        };
        let latest = there.iter().rposition(|event| event.1 == ids[0]);
        let (holds, start) = match expected {
            Expected::Any => (true, latest),
            Expected::StreamExists => (actual.is_some(), latest),
            Expected::NoStream => (actual.is_none(), Some(0)),
            Expected::Exact(revision) => (actual == Some(revision), Some(revision.0 as usize + 1)),
        };
        if let Some(found) = start.and_then(same_at) {
            let revision = Revision((start.unwrap() + ids.len()) as u64 - 1);
            return Ok(Appended { position: Position(found.last().unwrap().0), revision, already: true });
        }
        if !holds {
            return Err(actual);
        }
        self.0.extend(ids.iter().map(|id| (stream, *id)));
        let revision = Revision((there.len() + ids.len()) as u64 - 1);
        Ok(Appended { position: Position(self.0.len() as u64 - 1), revision, already: false })
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let expected = prop_oneof![
        3 => Just(Expected::Any),
        1 => Just(Expected::NoStream),
        1 => Just(Expected::StreamExists),
        3 => (0..12_u64).prop_map(|revision| Expected::Exact(Revision(revision))),
    ];
    // Few ids, so that they come again; in runs, so that whole appends do.
    let ids = (0..40_u128, 1..5_u128).prop_map(|(first, count)| (first..first + count).collect());
    let append = (0..STREAMS, expected, ids);
    let step = prop_oneof![
        8 => prop::collection::vec(append, 1..4).prop_map(Step::Append),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..40)
}

async fn check(steps: Vec<Step>) {
    let directory = tempfile::tempdir().unwrap();
    let mut log = open(directory.path());
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Reopen => {
                drop(log);
                log = open(directory.path());
                assert_eq!(log.recovered(), None);
            }
            Step::Append(appends) => {
                let appends: Vec<_> = appends
                    .into_iter()
                    .map(|(number, expected, ids)| (number, expected, ids.into_iter().map(event).collect::<Vec<_>>()))
                    .collect();
                let given = appends.iter().map(|(number, expected, events)| StreamAppend {
                    stream: stream(&format!("s-{number}")),
                    expected: *expected,
                    events: events.clone(),
                });
                let outcomes = log.append_each(given.collect()).await.unwrap();
                for ((number, expected, events), outcome) in appends.iter().zip(outcomes) {
                    let outcome = outcome.map_err(|error| match error {
                        LogError::WrongRevision { actual, .. } => actual,
                        other => panic!("{other}"),
                    });
                    assert_eq!(outcome, model.append(*number, *expected, events));
                }
            }
        }
    }
    compare(&log, &model).await;
    log.close().await;
    assert_eq!(verify(directory.path(), &mut |_, _| ()).unwrap().events, model.0.len() as u64);
}

async fn compare(log: &impl EventLog, model: &Model) {
    let all = log.read_all(None, Direction::Forwards, usize::MAX).await.unwrap();
    assert!(all.iter().map(|event| (event.stream.id().parse().unwrap(), event.id)).eq(model.0.iter().copied()));
    for number in 0..STREAMS {
        let name = stream(&format!("s-{number}"));
        let read = log.read_stream(&name, None, Direction::Forwards, usize::MAX).await.unwrap();
        assert!(read.iter().map(|event| (event.position.0, event.id)).eq(model.stream(number)));
        assert!(read.iter().zip(0..).all(|(event, revision)| event.revision == Revision(revision)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_history_is_as_in_a_list(steps in steps()) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(check(steps));
    }
}
