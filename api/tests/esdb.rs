//! What EventStoreDB's clients may append: everything that the platform itself writes, and nothing that it could not read.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

use std::sync::Arc;

use api::auth::Session;
use api::clock::{Clock, ClockSetting};
use api::esdb::{MAX_AHEAD, Readable, Timely, Tokens};
use api::token::Signer;
use chrono::{TimeDelta, Utc};
use domain::metadata::Role;
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog, NewEvent, OwnKeys, Position, Recorded, StreamName};
use event_log_grpc::{Access, Admission, Authority, Credentials};
use projections::data_directory::DataDirectory;

fn again(recorded: Recorded) -> (StreamName, NewEvent) {
    let Recorded { stream, id, event_type, schema, occurred_at, data, metadata, .. } = recorded;
    (stream, NewEvent { id, event_type, schema, occurred_at, data, metadata })
}

/// Every 50th event of a generated year, and one of every type.
async fn of_a_year() -> Vec<(StreamName, NewEvent)> {
    let directory = tempfile::tempdir().unwrap();
    let data = DataDirectory::new(directory.path());
    let keys = OwnKeys(Arc::new(data.open_vault().unwrap().0));
    let log = EmbeddedLog::open(data.log(), &EmbeddedOptions::default()).unwrap();
    let (history, _) = fixtures::demo::history(1, "2026-06-30T12:00:00Z".parse().unwrap());
    fixtures::write(&log, &keys, &history, &mut |_| ()).await.unwrap();
    let (mut next, mut seen, mut events) = (Position::START, std::collections::HashSet::new(), Vec::new());
    loop {
        let page = log.scan(next, usize::MAX).unwrap();
        let Some(last) = page.last() else { return events };
        next = last.position.next();
        let chosen = |event: &Recorded| event.position.0.is_multiple_of(50) || seen.insert(event.event_type.clone());
        events.extend(page.into_iter().filter(chosen).map(again));
    }
}

#[tokio::test]
async fn what_the_platform_writes_may_be_appended_to_its_own_stream_and_to_no_other() {
    let events = of_a_year().await;
    assert!(events.len() > 500);
    let elsewhere = StreamName::new("order-1").unwrap();
    for (stream, event) in events {
        Readable.admit(&stream, &event).unwrap_or_else(|refusal| panic!("{} in {stream}: {refusal}", event.event_type));
        assert!(Readable.admit(&elsewhere, &event).unwrap_err().starts_with("stream_identifier: "));
        let unknown = NewEvent { event_type: "Surprise".into(), ..event.clone() };
        assert!(Readable.admit(&stream, &unknown).unwrap_err().starts_with("type: "));
        let newer = NewEvent { schema: 99, ..event.clone() };
        assert!(Readable.admit(&stream, &newer).unwrap_err().starts_with("data: "));
        let nobodys = NewEvent { metadata: "{}".into(), ..event };
        assert!(Readable.admit(&stream, &nobodys).unwrap_err().starts_with("metadata: "));
    }
}

#[tokio::test]
async fn what_is_dated_ahead_of_the_machines_clock_is_refused_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(directory.path(), &EmbeddedOptions::default()).unwrap();
    let written = of_a_year().await.swap_remove(0);
    let admits = |setting, ahead| {
        let clock = Arc::new(Clock::start(setting, &log).unwrap());
        let (stream, event) = written.clone();
        Timely { clock }.admit(&stream, &NewEvent { occurred_at: Utc::now() + ahead, ..event })
    };
    let (little, much) = (MAX_AHEAD / 2, MAX_AHEAD * 2);
    assert_eq!(admits(ClockSetting::System, -TimeDelta::days(4_000)), Ok(()));
    assert_eq!(admits(ClockSetting::System, little), Ok(()));
    let refusal = admits(ClockSetting::System, much).unwrap_err();
    assert!(refusal.starts_with("metadata: occurredAt is ") && refusal.contains("5 minutes"), "{refusal}");
    assert_eq!(admits(ClockSetting::Log, much), Ok(()), "its time is what its events say");
    assert_eq!(admits(ClockSetting::Fixed(Utc::now() - TimeDelta::days(30)), much), Ok(()));
}

#[test]
fn only_a_node_appends_and_only_staff_who_check_read() {
    let signer = Arc::new(Signer::new(&[7; 32]));
    let tokens = Tokens(Arc::clone(&signer));
    let id = "5f1c0c4e-3c39-4f8e-9c56-8f8f3a3d1c11";
    for role in Role::OF_TOKENS {
        let token = signer.sign(role, id, 1).unwrap();
        let grant = tokens.grant(&Credentials::Token(token.clone())).unwrap();
        let expected = match role {
            Role::Node => Access::Append,
            Role::Auditor | Role::Compliance | Role::Operator => Access::Read,
            Role::Buyer | Role::Seller | Role::Moderator | Role::System => Access::Nothing,
        };
        assert_eq!(grant.access, expected, "{role:?}");
        assert!(grant.until.is_some(), "no longer than the token");
        let basic = |user: &str| Credentials::Password { user: user.to_owned(), password: token.clone() };
        assert_eq!(tokens.grant(&basic(id)).unwrap().access, expected);
        assert!(tokens.grant(&basic("admin")).unwrap_err().contains("TOKEN@HOST"));
    }
    let node = signer.sign(Role::Node, "node-2", 1).unwrap();
    assert!(Session::of_authorization(&format!("Bearer {node}"), &signer).is_err(), "it gives no commands");
    assert!(tokens.grant(&Credentials::Token("nonsense".to_owned())).is_err());
}
