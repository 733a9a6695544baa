//! Appends, in messages as clients send them.

use std::collections::HashSet;
use std::sync::Mutex;

use api::esdb::Readable;
use domain::{Event, EventKind};
use event_log::{NewEvent, Position, Recorded};
use event_log_grpc::wire::streams::append_resp::Result as Appended;
use event_log_grpc::wire::streams::append_resp::success::PositionOption;
use event_log_grpc::wire::streams::batch_append_resp::Result as BatchAppended;
use event_log_grpc::wire::streams::batch_append_resp::success::PositionOption as BatchPosition;
use event_log_grpc::wire::streams::{AppendResp, BatchAppendReq, BatchAppendResp};
use event_log_grpc::{Access, Admission};
use prost::Message;
use tonic::Code;

use crate::calls::Node;
use crate::parts::parts;

static NODE: Mutex<Option<Node>> = Mutex::new(None);

fn with(test: impl FnOnce(&Node)) {
    let mut node = NODE.lock().unwrap();
    if node.as_ref().is_some_and(Node::is_full) {
        *node = None;
    }
    test(node.get_or_insert_with(|| Node::open(Access::Append)));
}

/// Each part is a message of one Append.
pub fn append(input: &[u8]) {
    with(|node| {
        let before = node.next();
        let outcome = node.call("Append", None, parts(input), |_| false);
        outcome.is_told();
        let written = node.since(before);
        written.iter().for_each(can_be_read);
        let answers: Vec<AppendResp> = outcome.decoded();
        match answers.as_slice() {
            [AppendResp { result: Some(Appended::Success(success)) }] => match success.position_option {
                Some(PositionOption::Position(at)) if !written.is_empty() => {
                    assert_eq!(Position(at.commit_position), written[written.len() - 1].position);
                    let stream = &written[0].stream;
                    assert!(written.iter().all(|event| event.stream == *stream));
                }
                Some(PositionOption::Position(at)) => assert!(Position(at.commit_position) < before),
                Some(PositionOption::NoPosition(_)) | None => assert!(written.is_empty()),
            },
            [_] | [] => assert!(written.is_empty(), "{:?}", outcome.status),
            more => panic!("{more:?}"),
        }
        assert!(outcome.status.code() == Code::Ok || written.is_empty());
    });
}

/// Each part is a message of one BatchAppend.
pub fn batch_append(input: &[u8]) {
    with(|node| {
        let before = node.next();
        let outcome = node.call("BatchAppend", None, parts(input), |_| false);
        outcome.is_told();
        let written = node.since(before);
        written.iter().for_each(can_be_read);
        let answers: Vec<BatchAppendResp> = outcome.decoded();
        let asked = parts(input).filter_map(|part| BatchAppendReq::decode(part).ok());
        let complete = asked.filter(|message| message.is_final).count();
        assert!(answers.len() <= complete, "{} answers to {complete} appends", answers.len());
        if outcome.status.code() == Code::Ok {
            assert_eq!(answers.len(), complete);
        }
        let ends: HashSet<u64> = answers.iter().filter_map(end).collect();
        // What is in the book was answered, the last of each append by its position.
        assert_eq!(written.is_empty(), !ends.iter().any(|end| Position(*end) >= before));
        if let Some(last) = written.last() {
            assert!(ends.contains(&last.position.0));
        }
    });
}

fn end(answer: &BatchAppendResp) -> Option<u64> {
    let Some(BatchAppended::Success(success)) = &answer.result else { return None };
    match success.position_option {
        Some(BatchPosition::Position(at)) => Some(at.commit_position),
        Some(BatchPosition::NoPosition(())) | None => None,
    }
}

/// That the event would be let in again, as it was read.
pub(crate) fn can_be_read(recorded: &Recorded) {
    let kind = EventKind::from_name(&recorded.event_type).expect("a known type");
    Event::decode(kind, recorded.schema, &recorded.data).expect("an event that can be decoded");
    let event = NewEvent {
        id: recorded.id,
        event_type: recorded.event_type.clone(),
        schema: recorded.schema,
        occurred_at: recorded.occurred_at,
        data: recorded.data.clone(),
        metadata: recorded.metadata.clone(),
    };
    Readable.admit(&recorded.stream, &event).expect("what was let in is let in");
}
