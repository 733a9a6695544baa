//! Questions, as clients send them.

use std::sync::LazyLock;
use std::sync::Mutex;

use chrono::DateTime;
use event_log::{EventLog, Expected, NewEvent, StreamName};
use event_log_grpc::Access;
use event_log_grpc::wire::streams::read_req::options::{CountOption, ReadDirection};
use event_log_grpc::wire::streams::read_resp::Content;
use event_log_grpc::wire::streams::{ReadReq, ReadResp};
use prost::Message;
use uuid::Uuid;

use crate::calls::Node;

static NODE: LazyLock<Mutex<Node>> = LazyLock::new(|| {
    let node = Node::open(Access::Read);
    node.runtime.block_on(async {
        for number in 0..200_u128 {
            let stream =
                StreamName::new(["order-1", "review-2", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"][number as usize % 3]);
            let event = NewEvent {
                id: Uuid::from_u128(number),
                event_type: ["OrderPlaced", "ReviewEdited"][number as usize % 2].into(),
                schema: 1,
                occurred_at: DateTime::UNIX_EPOCH,
                data: bytes::Bytes::from(vec![b' '; number as usize]),
                metadata: bytes::Bytes::new(),
            };
            node.log.append(&stream.unwrap(), Expected::Any, vec![event]).await.unwrap();
        }
    });
    Mutex::new(node)
});

/// A message of one Read. A subscription is listened to until it has caught up.
pub fn read(input: &[u8]) {
    let node = NODE.lock().unwrap();
    let outcome = node.call("Read", None, [input], |answer| {
        matches!(ReadResp::decode(answer).unwrap().content, Some(Content::CaughtUp(_)))
    });
    outcome.is_told();
    let answers: Vec<ReadResp> = outcome.decoded();
    let Ok(ReadReq { options: Some(options) }) = ReadReq::decode(input) else {
        return assert!(answers.is_empty());
    };
    let mut positions = Vec::new();
    for event in answers.into_iter().filter_map(|answer| event(answer.content)) {
        let recorded = node.log.scan(event_log::Position(event.commit_position), 1).unwrap().remove(0);
        assert_eq!((&event.data, event.stream_revision), (&recorded.data, recorded.revision.0));
        assert_eq!(event.stream_identifier.unwrap().stream_name, recorded.stream.as_str());
        positions.push(event.commit_position);
    }
    let backwards = options.read_direction() == ReadDirection::Backwards;
    assert!(positions.is_sorted_by(|one, next| if backwards { one > next } else { one < next }));
    if let Some(CountOption::Count(count)) = options.count_option {
        assert!(positions.len() as u64 <= count);
    }
}

fn event(content: Option<Content>) -> Option<event_log_grpc::wire::streams::read_resp::read_event::RecordedEvent> {
    match content.expect("an answer says something") {
        Content::Event(event) => Some(event.event.expect("an event has one")),
        Content::Confirmation(_)
        | Content::Checkpoint(_)
        | Content::StreamNotFound(_)
        | Content::FirstStreamPosition(_)
        | Content::LastStreamPosition(_)
        | Content::CaughtUp(_) => None,
    }
}
