//! Nobody reads or appends without the right to, and plaintext stays on the machine.

#![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

mod support;

use std::sync::Arc;

use event_log_grpc::wire::Empty;
use event_log_grpc::wire::gossip::gossip_client::GossipClient;
use event_log_grpc::wire::gossip::member_info::VNodeState;
use event_log_grpc::wire::server_features::server_features_client::ServerFeaturesClient;
use event_log_grpc::wire::streams::read_req::options::all_options::AllOption;
use event_log_grpc::wire::streams::{BatchAppendReq, DeleteReq};
use event_log_grpc::{Access, FaceError, Settings};
use support::{Node, all, forwards, loopback, refused, trailer};
use tonic::{Code, Request};

async fn may(node: &Node, authorization: Option<&str>) -> (Code, Code) {
    let mut client = node.client().await;
    let with = |metadata: &mut tonic::metadata::MetadataMap| {
        if let Some(authorization) = authorization {
            metadata.insert("authorization", authorization.parse().unwrap());
        }
    };
    let mut read = Request::new(forwards(all(AllOption::Start(Empty {})), 1));
    with(read.metadata_mut());
    let read = client.read(read).await.map_or_else(|status| status.code(), |_| Code::Ok);
    let mut append = Request::new(futures::stream::iter(Vec::<BatchAppendReq>::new()));
    with(append.metadata_mut());
    let append = client.batch_append(append).await.map_or_else(|status| status.code(), |_| Code::Ok);
    (read, append)
}

#[tokio::test]
async fn each_may_do_what_their_token_allows() {
    let node = Node::with(Settings::new(loopback()), None).await;
    let nobody = (Code::Unauthenticated, Code::Unauthenticated);
    assert_eq!(may(&node, None).await, nobody);
    assert_eq!(may(&node, Some("Bearer nonsense")).await, nobody);
    assert_eq!(may(&node, Some("Digest reader")).await, nobody);
    assert_eq!(may(&node, Some("Bearer reader")).await, (Code::Ok, Code::PermissionDenied));
    assert_eq!(may(&node, Some("bearer writer")).await, (Code::Ok, Code::Ok));
    assert_eq!(may(&node, Some("Basic YXVkaXRvcjpyZWFkZXI=")).await, (Code::Ok, Code::PermissionDenied));
    let status = refused(node.client().await.delete(DeleteReq {}).await, Code::Unauthenticated, "say who you are");
    assert_eq!(trailer(&status, "exception"), "access-denied");
}

#[tokio::test]
async fn what_is_open_to_everybody_asks_nobody() {
    let settings = Settings { anonymous: Access::Read, ..Settings::new(loopback()) };
    let node = Node::with(settings, None).await;
    assert_eq!(may(&node, None).await, (Code::Ok, Code::Unauthenticated));
    assert_eq!(may(&node, Some("Basic YWRtaW46Y2hhbmdlaXQ=")).await, (Code::Ok, Code::Unauthenticated));
    assert_eq!(may(&node, Some("Bearer writer")).await, (Code::Ok, Code::Ok));
}

#[tokio::test]
async fn plaintext_and_openness_stay_on_the_machine_unless_told_otherwise() {
    let node = Node::open().await;
    let start = async |settings| {
        let (authority, admission) = (Arc::new(support::Tokens { until: None }), Arc::new(support::AllButForbidden));
        event_log_grpc::Face::start(Arc::clone(&node.log) as _, authority, admission, None, settings).await.map(drop)
    };
    let everywhere = Settings::new("0.0.0.0:0".parse().unwrap());
    assert!(matches!(start(everywhere.clone()).await, Err(FaceError::Plaintext(_))));
    let proxied = Settings { plaintext_behind_proxy: true, ..everywhere };
    assert!(start(proxied.clone()).await.is_ok());
    assert!(matches!(start(Settings { anonymous: Access::Read, ..proxied }).await, Err(FaceError::Open(_))));
}

#[tokio::test]
async fn clients_find_out_what_they_need_before_they_say_who_they_are() {
    let node = Node::with(Settings::new(loopback()), None).await;
    let members = GossipClient::new(node.channel().await).read(Empty {}).await.unwrap().into_inner().members;
    let [member] = members.as_slice() else { panic!("{members:?}") };
    let reached = member.http_end_point.clone().unwrap();
    assert_eq!((member.state(), member.is_alive), (VNodeState::Leader, true));
    assert_eq!(format!("{}:{}", reached.address, reached.port), node.face.address().to_string());
    let mut features = ServerFeaturesClient::new(node.channel().await);
    let features = features.get_supported_methods(Empty {}).await.unwrap().into_inner();
    assert!(features.methods.iter().any(|method| method.method_name == "batchappend"));
    assert!(features.event_store_server_version.split('.').all(|part| part.parse::<u32>().is_ok()));
}
