//! Writes what the fuzzers begin with: `cargo run -p decoders --example seeds -- fuzz/corpus`. What is in the corpus
//! already stays.

#![allow(clippy::unwrap_used, reason = "a tool of developers, which stops where something is wrong")]

use std::collections::HashMap;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use api::token::Signer;
use bytes::Bytes;
use decoders::joined;
use domain::EventKind;
use domain::metadata::Role;
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog, Expected, NewEvent, StreamName};
use event_log_grpc::wire::streams::append_req::options::ExpectedStreamRevision;
use event_log_grpc::wire::streams::append_req::{self, Content};
use event_log_grpc::wire::streams::batch_append_req::options::{DeadlineOption, ExpectedStreamPosition};
use event_log_grpc::wire::streams::read_req::options::all_options::AllOption;
use event_log_grpc::wire::streams::read_req::options::filter_options::{Expression, Filter, Window};
use event_log_grpc::wire::streams::read_req::options::stream_options::RevisionOption;
use event_log_grpc::wire::streams::read_req::options::{
    AllOptions, ControlOption, CountOption, FilterOption, FilterOptions, Position, ReadDirection, StreamOption,
    StreamOptions, SubscriptionOptions, UuidOption, uuid_option,
};
use event_log_grpc::wire::streams::{AppendReq, BatchAppendReq, ReadReq, batch_append_req, read_req};
use event_log_grpc::wire::{self, Empty, StreamIdentifier};
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use prost::Message;
use uuid::Uuid;

const ID: &str = "5f1c0c4e-3c39-4f8e-9c56-8f8f3a3d1c11";

fn main() {
    let corpus = std::env::args().nth(1).expect("the directory of the corpora");
    let corpus = Path::new(&corpus);
    let mut seeds: Vec<(&str, String, Vec<u8>)> = Vec::new();
    let samples: Vec<_> = samples().collect();
    for sample in &samples {
        let parts = [sample.stream.as_bytes(), sample.event_type.as_bytes(), sample.metadata.as_bytes(), &sample.data];
        seeds.push(("admission", format!("{}.v{}", sample.event_type, sample.schema), joined(parts)));
    }
    seeds.extend(appends(&samples));
    seeds.extend(questions());
    seeds.extend(requests());
    seeds.extend(conversations());
    seeds.extend(authorizations());
    seeds.extend(envelopes(&samples));
    seeds.extend(photos());
    seeds.push(("records", "two-events".to_owned(), segment(&samples)));
    for (target, name, bytes) in seeds {
        let directory = corpus.join(target);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(name), bytes).unwrap();
    }
}

/// A frozen sample of an event.
struct Sample {
    stream: String,
    event_type: String,
    schema: u16,
    metadata: String,
    data: Vec<u8>,
}

/// All of them, written as short as they can be.
fn samples() -> impl Iterator<Item = Sample> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/events");
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| {
        let name = file.file_name().unwrap().to_str().unwrap();
        let [event_type, version, _] = name.split('.').collect::<Vec<_>>()[..] else { panic!("{name}") };
        let schema = version.strip_prefix('v').unwrap().parse().unwrap();
        let data: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let data = serde_json::to_vec(&data).unwrap();
        let metadata = format!(
            r#"{{"occurredAt":"2026-03-01T10:00:00Z","actor":{{"role":"system","id":"a"}},"commandId":"{ID}","correlationId":"{ID}","schema":{schema}}}"#
        );
        Sample { stream: stream(event_type, schema, &data), event_type: event_type.to_owned(), schema, metadata, data }
    })
}

/// The stream in which the sample belongs: the refusal of another says which.
fn stream(event_type: &str, schema: u16, data: &[u8]) -> String {
    let kind = EventKind::from_name(event_type).unwrap();
    let event = domain::Event::decode(kind, schema, data).unwrap();
    api::esdb::stream_of(&event, ID).unwrap()
}

fn texts(event_type: &str) -> HashMap<String, String> {
    [("type", event_type), ("content-type", "application/json")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

fn id(number: u128) -> Option<wire::Uuid> {
    Some(wire::Uuid { value: Some(wire::uuid::Value::String(Uuid::from_u128(number).to_string())) })
}

fn identifier(stream: &str) -> Option<StreamIdentifier> {
    Some(StreamIdentifier { stream_name: Bytes::copy_from_slice(stream.as_bytes()) })
}

fn appends(samples: &[Sample]) -> impl Iterator<Item = (&'static str, String, Vec<u8>)> {
    let of = |name: &str| samples.iter().find(|sample| sample.event_type == name).unwrap();
    let (delivered, terms) = (of("OrderDelivered"), of("SellerTermsAccepted"));
    let proposed = |number, sample: &Sample| append_req::ProposedMessage {
        id: id(number),
        metadata: texts(&sample.event_type),
        custom_metadata: sample.metadata.clone().into(),
        data: sample.data.clone().into(),
    };
    let options = |stream: &str, expected| {
        let options =
            append_req::Options { stream_identifier: identifier(stream), expected_stream_revision: Some(expected) };
        AppendReq { content: Some(Content::Options(options)) }
    };
    let event = |proposed| AppendReq { content: Some(Content::ProposedMessage(proposed)) };
    let any = ExpectedStreamRevision::Any(Empty {});
    let whole = vec![options(&delivered.stream, any), event(proposed(1, delivered)), event(proposed(2, delivered))];
    let exact = vec![options(&terms.stream, ExpectedStreamRevision::Revision(0)), event(proposed(3, terms))];
    let nothing = vec![options(&terms.stream, ExpectedStreamRevision::NoStream(Empty {}))];
    let batch = |number, sample: &Sample, event, expected, deadline, is_final| {
        let append_req::ProposedMessage { id: event_id, metadata, custom_metadata, data } = proposed(event, sample);
        let options = batch_append_req::Options {
            stream_identifier: identifier(&sample.stream),
            expected_stream_position: Some(expected),
            deadline_option: deadline,
        };
        BatchAppendReq {
            correlation_id: id(number),
            options: Some(options),
            proposed_messages: vec![batch_append_req::ProposedMessage {
                id: event_id,
                metadata,
                custom_metadata,
                data,
            }],
            is_final,
        }
    };
    let hour = Some(DeadlineOption::Deadline(prost_types::Duration { seconds: 3600, nanos: 0 }));
    let two = vec![
        batch(1, delivered, 11, ExpectedStreamPosition::Any(()), hour, false),
        batch(2, terms, 12, ExpectedStreamPosition::StreamExists(()), None, true),
        batch(1, delivered, 13, ExpectedStreamPosition::NoStream(()), None, true),
    ];
    let one = vec![batch(3, terms, 14, ExpectedStreamPosition::StreamPosition(0), None, true)];
    let encoded = |messages: Vec<AppendReq>| messages.iter().map(Message::encode_to_vec).collect::<Vec<_>>();
    let batched = |messages: Vec<BatchAppendReq>| messages.iter().map(Message::encode_to_vec).collect::<Vec<_>>();
    let input = |messages: Vec<Vec<u8>>| joined(messages.iter().map(Vec::as_slice));
    [
        ("append", "two-events", input(encoded(whole))),
        ("append", "at-a-revision", input(encoded(exact))),
        ("append", "no-events", input(encoded(nothing))),
        ("batch_append", "two-appends", input(batched(two))),
        ("batch_append", "at-a-revision", input(batched(one))),
    ]
    .into_iter()
    .map(|(target, name, bytes)| (target, name.to_owned(), bytes))
}

fn questions() -> impl Iterator<Item = (&'static str, String, Vec<u8>)> {
    let all = |all| Some(StreamOption::All(AllOptions { all_option: Some(all) }));
    let of = |stream: &str, revision| {
        let revision_option = Some(revision);
        Some(StreamOption::Stream(StreamOptions { stream_identifier: identifier(stream), revision_option }))
    };
    let start = || AllOption::Start(Empty {});
    let filter = |regex: &str, prefix: &[&str], by: fn(Expression) -> Filter| {
        let prefix = prefix.iter().map(|prefix| (*prefix).to_owned()).collect();
        let filter = Some(by(Expression { regex: regex.to_owned(), prefix }));
        let window = Some(Window::Max(5));
        Some(FilterOption::Filter(FilterOptions { filter, window, checkpoint_interval_multiplier: 2 }))
    };
    let following = Some(CountOption::Subscription(SubscriptionOptions {}));
    let question = |source, direction: ReadDirection, count, filter_option| {
        let options = read_req::Options {
            stream_option: source,
            read_direction: direction.into(),
            resolve_links: false,
            count_option: count,
            filter_option,
            uuid_option: Some(UuidOption { content: Some(uuid_option::Content::String(Empty {})) }),
            control_option: Some(ControlOption { compatibility: 1 }),
        };
        ReadReq { options: Some(options) }.encode_to_vec()
    };
    let position = AllOption::Position(Position { commit_position: 20, prepare_position: 20 });
    let (forwards, backwards) = (ReadDirection::Forwards, ReadDirection::Backwards);
    let python = r"^(?!(\$.+$|PersistentConfig\d+$|Result$))";
    let never = r"^(?=(a|aa)+\1$)b";
    [
        ("all", question(all(start()), forwards, Some(CountOption::Count(10)), None)),
        ("back", question(all(position), backwards, Some(CountOption::Count(u64::MAX)), None)),
        (
            "stream",
            question(of("order-1", RevisionOption::Revision(3)), forwards, Some(CountOption::Count(u64::MAX)), None),
        ),
        (
            "back-from-end",
            question(of("review-2", RevisionOption::End(Empty {})), backwards, Some(CountOption::Count(7)), None),
        ),
        ("following", question(all(position), forwards, following, None)),
        ("following-a-stream", question(of("order-1", RevisionOption::Start(Empty {})), forwards, following, None)),
        ("python", question(all(start()), forwards, following, filter(python, &[], Filter::EventType))),
        (
            "never",
            question(all(start()), forwards, Some(CountOption::Count(9)), filter(never, &[], Filter::StreamIdentifier)),
        ),
        ("prefixes", question(all(start()), backwards, following, filter("", &["Order", "Re"], Filter::EventType))),
    ]
    .into_iter()
    .map(|(name, bytes)| ("read", name.to_owned(), bytes))
}

/// A mutation of a seller's, whose input has a bit of everything.
const REGISTER: &str = r#"{"query":"mutation R($input: RegisterSellerInput!) { registerSeller(input: $input) { position userErrors { field code message rule } seller { shopName verified } } }","variables":{"input":{"shopName":"Renew","country":"BE","tradeRegisterNumber":"0123","selfCertified":true,"contact":{"name":"A","address":"Kade 1","phone":"+32 1","email":"shop@renew.example","identification":"eID","paymentAccount":"BE71"},"termsVersion":"2026-01","qualityCharterVersion":"4"}}}"#;

fn requests() -> impl Iterator<Item = (&'static str, String, Vec<u8>)> {
    let asked = |who: u8, how: u8, body: &str| [&[who, how], body.as_bytes()].concat();
    let page = r#"{"query":"query P($c: String, $n: Int) { products(category: $c, first: $n) { nodes { id title rating { count average } offers { price { amount } } } pageInfo { hasNextPage } } categories { slug } }","variables":{"c":"smartphones","n":3},"operationName":"P"}"#;
    let form = concat!(
        "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n",
        r#"{"query":"mutation S($input: SubmitPhotosInput!) { submitPhotos(input: $input) { position userErrors { code } } }","variables":{"input":{"reviewId":"5f1c0c4e-3c39-4f8e-9c56-8f8f3a3d1c11","uploads":[null]}}}"#,
        "\r\n--x\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n",
        r#"{"0":["variables.input.uploads.0"]}"#,
        "\r\n--x\r\nContent-Disposition: form-data; name=\"0\"; filename=\"a.jpg\"\r\n\r\nGIF89a\r\n--x--\r\n",
    );
    let photos = "--x\r\nContent-Disposition: form-data; name=\"p\"\r\n\r\nGIF89a\r\n--x--\r\n";
    [
        ("page", asked(0, 0, page)),
        ("register", asked(2, 0, REGISTER)),
        ("upload", asked(1, 1, form)),
        ("photo", asked(1, 2, "GIF89a")),
        ("photos", asked(1, 3, photos)),
        ("fragments", asked(5, 0, r#"{"query":"{ ...a ...on Query { __typename @include(if: true) } } fragment a on Query { search(text: \"x\", first: 2) { __typename } }"}"#)),
    ]
    .into_iter()
    .map(|(name, bytes)| ("asking", name.to_owned(), bytes))
}

fn conversations() -> impl Iterator<Item = (&'static str, String, Vec<u8>)> {
    let init = br#"{"type":"connection_init","payload":{"a":1}}"#;
    let follow = br#"{"type":"subscribe","id":"1","payload":{"query":"subscription { logAdvanced { position } }"}}"#;
    let ask = br#"{"type":"subscribe","id":"2","payload":{"query":"{ categories { slug } }"}}"#;
    let complete = br#"{"type":"complete","id":"1"}"#;
    let talked = |who: u8, messages: &[&[u8]]| [&[who, 0], &joined(messages.iter().copied())[..]].concat();
    [
        ("follow", talked(0, &[init, follow, ask, complete])),
        ("too-early", talked(3, &[ask])),
        ("ping", talked(1, &[init, br#"{"type":"ping"}"#, br#"{"type":"pong"}"#])),
        (
            "frames",
            [&[0, 1][..], &[0x89, 0x80, 0, 0, 0, 0, 0x01, 0x81, 0, 0, 0, 0, b'{', 0x80, 0x81, 0, 0, 0, 0, b'}']]
                .concat(),
        ),
    ]
    .into_iter()
    .map(|(name, bytes)| ("talking", name.to_owned(), bytes))
}

fn authorizations() -> impl Iterator<Item = (&'static str, String, Vec<u8>)> {
    // Until the year 2100.
    let hours = 24 * 365 * 74;
    let token = Signer::new(&decoders::authorization::SECRET).sign(Role::Buyer, ID, hours).unwrap();
    let bearer = format!("Bearer {token}");
    let unsigned = format!("Bearer eyJhbGciOiJub25lIn0.{}.", token.split('.').nth(1).unwrap());
    [("bearer", bearer), ("unsigned", unsigned), ("basic", "Basic YXVkaXRvcjpyZWFkZXI=".to_owned())]
        .into_iter()
        .map(|(name, text)| ("authorization", name.to_owned(), text.into_bytes()))
}

fn envelopes(samples: &[Sample]) -> impl Iterator<Item = (&'static str, String, Vec<u8>)> {
    samples.iter().step_by(20).map(|sample| {
        let said = b"type=x\ncontent-type=application/json\ncreated=17723592000000000";
        let (stream, event_type) = (sample.stream.as_bytes(), sample.event_type.as_bytes());
        let parts = [stream, event_type, said, sample.metadata.as_bytes(), &sample.data, &[7; 16]];
        ("envelope", sample.event_type.clone(), joined(parts))
    })
}

fn photos() -> impl Iterator<Item = (&'static str, String, Vec<u8>)> {
    let pixel = |x: u32, y: u32| Rgba([(x * 16) as u8, (y * 16) as u8, 90, 255 - (x * y) as u8]);
    let image = DynamicImage::ImageRgba8(RgbaImage::from_fn(16, 12, pixel));
    [("jpeg", ImageFormat::Jpeg), ("png", ImageFormat::Png), ("webp", ImageFormat::WebP)].into_iter().map(
        move |(name, format)| {
            let mut bytes = Vec::new();
            let image = if format == ImageFormat::Jpeg { image.to_rgb8().into() } else { image.clone() };
            image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
            ("photo", name.to_owned(), bytes)
        },
    )
}

/// A segment's bytes, without the zeros that wait for more.
fn segment(samples: &[Sample]) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let log = EmbeddedLog::open(directory.path(), &EmbeddedOptions { segment_bytes: 1 << 16 }).unwrap();
        for (number, sample) in (1..).zip(&samples[..2]) {
            let event = NewEvent {
                id: Uuid::from_u128(number),
                event_type: sample.event_type.clone().into(),
                schema: sample.schema,
                occurred_at: "2026-03-01T10:00:00Z".parse().unwrap(),
                data: sample.data.clone().into(),
                metadata: sample.metadata.clone().into(),
            };
            log.append(&StreamName::new(sample.stream.clone()).unwrap(), Expected::Any, vec![event]).await.unwrap();
        }
        log.close().await;
    });
    let mut bytes = fs::read(directory.path().join("segment-00000000000000000000.log")).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    bytes.truncate(end.next_multiple_of(8));
    bytes
}
