//! What the rest of the process does with TLS once the log is open. Alone in its file, because a process has one default
//! provider.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

mod support;

use std::sync::Arc;

use event_log::{EventLog, Expected, Position};
use event_log_eventstore::EventStoreLog;
use event_log_grpc::{Face, Settings, Tls};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use support::{Everything, LONG, Node, OnePassword, events, stream};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_another_provider_later_is_told_no_and_the_log_goes_on() {
    let node = Node::open().await;
    let log = node.log().await;
    // As everything of ours that speaks TLS does: the first provider stays, and is as good.
    assert!(rustls::crypto::ring::default_provider().install_default().is_err());
    log.append(&stream("a-1"), Expected::NoStream, events(0..1)).await.unwrap();
    let another = EventStoreLog::open(&node.connection(), node.directory.path().join("elsewhere")).await.unwrap();
    another.append(&stream("a-1"), Expected::Any, events(1..2)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_and_who_vouches_for_the_server_come_from_the_connection_string() {
    let node = Node::open().await;
    let log = node.log().await;
    log.append(&stream("a-1"), Expected::NoStream, events(0..1)).await.unwrap();

    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let authority_file = node.directory.path().join("authority.pem");
    std::fs::write(&authority_file, authority.self_signed(&authority_key).unwrap().pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &Issuer::new(authority, authority_key)).unwrap();
    let tls = Tls { certificate: node.directory.path().join("node.pem"), key: node.directory.path().join("node.key") };
    std::fs::write(&tls.certificate, certificate.pem()).unwrap();
    std::fs::write(&tls.key, key.serialize_pem()).unwrap();
    let settings = Settings { tls: Some(tls), ..Settings::new("127.0.0.1:0".parse().unwrap()) };
    let face = Face::start(Arc::clone(&node.book) as _, Arc::new(OnePassword), Arc::new(Everything), None, settings);
    let face = face.await.unwrap();

    let (port, file) = (face.address().port(), authority_file.display());
    let connection = format!("esdb://node:right@localhost:{port}?tls=true&tlsCAFile={file}");
    let opening = EventStoreLog::open(&connection, node.directory.path().join("elsewhere"));
    let encrypted = tokio::time::timeout(LONG, opening).await.unwrap().unwrap();
    let appended = encrypted.append(&stream("a-1"), Expected::Any, events(1..2)).await.unwrap();
    assert_eq!(appended.position, Position(1));
}
