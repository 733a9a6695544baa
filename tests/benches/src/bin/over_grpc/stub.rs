//! The protocol's messages over real sockets, by tonic's bare stub.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use benches::events::{Payload, Writer, payloads};
use bytes::Bytes;
use event_log_grpc::wire::streams::append_req::options::ExpectedStreamRevision;
use event_log_grpc::wire::streams::read_req::Options;
use event_log_grpc::wire::streams::read_req::options::{
    AllOptions, CountOption, FilterOption, ReadDirection, StreamOption, UuidOption, all_options, uuid_option,
};
use event_log_grpc::wire::streams::read_resp::Content;
use event_log_grpc::wire::streams::streams_client::StreamsClient;
use event_log_grpc::wire::streams::{AppendReq, ReadReq, append_req, append_resp};
use event_log_grpc::wire::{Empty, StreamIdentifier, Uuid, uuid};
use futures::Stream;
use tonic::transport::{Channel, Endpoint};

use crate::Failure;

/// Larger than any message of the server's.
const MAX_MESSAGE_BYTES: usize = 64 << 20;

/// Connections, one a client.
pub(crate) struct Stub(Vec<StreamsClient<Channel>>);

impl Stub {
    pub(crate) async fn connect(address: SocketAddr, clients: usize) -> Result<Self, Failure> {
        let mut connected = Vec::with_capacity(clients);
        for _ in 0..clients {
            let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
            connected.push(StreamsClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES));
        }
        Ok(Self(connected))
    }

    /// One client reads the first events of the whole book.
    pub(crate) async fn read(&self, events: usize) -> Result<Duration, Failure> {
        let started = Instant::now();
        let all = AllOptions { all_option: Some(all_options::AllOption::Start(Empty {})) };
        let options = Options {
            read_direction: ReadDirection::Forwards as i32,
            resolve_links: false,
            uuid_option: Some(UuidOption { content: Some(uuid_option::Content::Structured(Empty {})) }),
            control_option: None,
            stream_option: Some(StreamOption::All(all)),
            count_option: Some(CountOption::Count(events as u64)),
            filter_option: Some(FilterOption::NoFilter(Empty {})),
        };
        let mut answers = self.0[0].clone().read(ReadReq { options: Some(options) }).await?.into_inner();
        let mut read = 0;
        while let Some(answer) = answers.message().await? {
            read += usize::from(matches!(answer.content, Some(Content::Event(_))));
        }
        if read == events { Ok(started.elapsed()) } else { Err(format!("{read} of {events} events came").into()) }
    }

    /// Each client appends so many events to a new stream, one at a time.
    pub(crate) async fn append(&self, events: usize) -> Result<Duration, Failure> {
        let started = Instant::now();
        let tasks: Vec<_> = self.0.iter().map(|client| tokio::spawn(write(client.clone(), events))).collect();
        for task in tasks {
            task.await??;
        }
        Ok(started.elapsed())
    }
}

async fn write(mut client: StreamsClient<Channel>, events: usize) -> Result<(), Failure> {
    let (writer, payloads) = (Writer::new(), payloads());
    let mut expected = ExpectedStreamRevision::NoStream(Empty {});
    for (number, payload) in payloads.iter().cycle().take(events).enumerate() {
        match client.append(messages(&writer, number, payload, expected)).await?.into_inner().result {
            Some(append_resp::Result::Success(_)) => {}
            other => return Err(format!("{other:?}").into()),
        }
        expected = ExpectedStreamRevision::Revision(number as u64);
    }
    Ok(())
}

/// An append of one event, as clients send it.
fn messages(
    writer: &Writer,
    number: usize,
    payload: &Payload,
    expected: ExpectedStreamRevision,
) -> impl Stream<Item = AppendReq> + use<> {
    let options = append_req::Options {
        stream_identifier: Some(StreamIdentifier { stream_name: Bytes::from(writer.stream.clone()) }),
        expected_stream_revision: Some(expected),
    };
    let texts = [("type", payload.event_type), ("content-type", "application/json")];
    let event = append_req::ProposedMessage {
        id: Some(Uuid { value: Some(uuid::Value::String(writer.event_id(number).to_string())) }),
        metadata: HashMap::from(texts.map(|(key, value)| (key.to_owned(), value.to_owned()))),
        custom_metadata: payload.metadata.clone(),
        data: payload.data.clone(),
    };
    let contents = [append_req::Content::Options(options), append_req::Content::ProposedMessage(event)];
    futures::stream::iter(contents.map(|content| AppendReq { content: Some(content) }))
}
