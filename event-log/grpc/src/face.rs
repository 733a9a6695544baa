//! The server: listening, TLS, stopping in order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use event_log::{EventLog, KeyService};
use futures::StreamExt;
use places::{Places, connections};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use uuid::Uuid;

use crate::admission::Admission;
use crate::authority::{Access, Authority};
use crate::connection::Client;
use crate::gate::{Gate, greeted};
use crate::limits::{
    Limits, MAX_BATCH_MESSAGE_BYTES, MAX_CALLS_PER_CONNECTION, MAX_HEADER_BYTES, MAX_QUESTION_BYTES, MAX_RESET_CALLS,
};
use crate::wire::gossip::gossip_server::GossipServer;
use crate::wire::keys::keys_server::KeysServer;
use crate::wire::server_features::server_features_server::ServerFeaturesServer;
use crate::wire::streams::streams_server::StreamsServer;
use crate::{features, gossip, keys, streams};

/// After so much silence a connection is asked whether it still is there.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);
/// How long the answer to that may take.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a client may take over TLS's greeting.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long calls that are being answered may take once the node is to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Why the face can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum FaceError {
    /// The address can't be listened on.
    #[error("listening for EventStoreDB clients on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file of the certificate can't be read.
    #[error("reading {}: {source}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The certificate and the key are not what TLS needs.
    #[error("{} and {} are no certificate chain and its key, in PEM: {source}", .certificate.display(), .key.display())]
    Certificate {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's.
        key: PathBuf,
        /// What is wrong.
        source: tonic::transport::Error,
    },
    /// Without TLS, tokens and events could be read by whoever is between.
    #[error(
        "{0} can be reached from other machines; give a certificate, or say that something else encrypts on the way"
    )]
    Plaintext(SocketAddr),
    /// Without credentials, anybody could come.
    #[error("{0} can be reached from other machines; only on a loopback address may clients come without a token")]
    Open(SocketAddr),
}

/// With what TLS shows who the node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The file of the certificate, with what stands between it and the authority; PEM.
    pub certificate: PathBuf,
    /// The file of its key; PEM.
    pub key: PathBuf,
}

/// What an operator sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// As which host and port clients know the node, where that is not the address that they reach.
    pub advertised: Option<(String, u16)>,
    /// TLS; plaintext without it.
    pub tls: Option<Tls>,
    /// Whether plaintext is right although other machines can come: something in front encrypts.
    pub plaintext_behind_proxy: bool,
    /// What somebody without credentials may do.
    pub anonymous: Access,
    /// What is bounded for all clients together.
    pub limits: Limits,
}

impl Settings {
    /// Plaintext for those with a token: what a loopback address allows.
    #[must_use]
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            advertised: None,
            tls: None,
            plaintext_behind_proxy: false,
            anonymous: Access::Nothing,
            limits: Limits::default(),
        }
    }

    fn check(&self) -> Result<(), FaceError> {
        let loopback = self.listen.ip().is_loopback();
        if !loopback && self.tls.is_none() && !self.plaintext_behind_proxy {
            return Err(FaceError::Plaintext(self.listen));
        }
        if !loopback && self.anonymous > Access::Nothing {
            return Err(FaceError::Open(self.listen));
        }
        Ok(())
    }
}

/// The face, while it is shown.
#[derive(Debug)]
pub struct Face {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl Face {
    /// Shows the book to EventStoreDB clients; gives the subjects' keys to other nodes, where there are any to give.
    ///
    /// # Errors
    /// [`FaceError`].
    pub async fn start(
        log: Arc<dyn EventLog>,
        authority: Arc<dyn Authority>,
        admission: Arc<dyn Admission>,
        shared_keys: Option<Arc<dyn KeyService>>,
        settings: Settings,
    ) -> Result<Self, FaceError> {
        settings.check()?;
        let mut server = Server::builder()
            .max_concurrent_streams(MAX_CALLS_PER_CONNECTION)
            .http2_max_header_list_size(MAX_HEADER_BYTES)
            .http2_max_pending_accept_reset_streams(Some(MAX_RESET_CALLS))
            .http2_keepalive_interval(Some(KEEP_ALIVE_INTERVAL))
            .http2_keepalive_timeout(Some(KEEP_ALIVE_TIMEOUT));
        if let Some(tls) = &settings.tls {
            server = encrypted(server, tls)?;
        }
        let failed = |source| FaceError::Listen { address: settings.listen, source };
        let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, stopped) = watch::channel(false);
        let places = Places::new(settings.limits.places);
        let shared_with = Arc::clone(&authority);
        let calls = calls(log, authority, admission, &settings, address, &places, &stopped);
        let keys = shared_keys.map(|keys| {
            let keys = KeysServer::new(keys::Service { keys, authority: shared_with });
            keys.max_decoding_message_size(keys::MAX_MESSAGE_BYTES)
        });
        let incoming = connections(listener, places).map(|connection| connection.map(Client));
        let serving =
            server.add_routes(calls).add_optional_service(keys).serve_with_incoming_shutdown(incoming, told(stopped));
        let serving = tokio::spawn(serving);
        Ok(Self { address, stop, serving })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it: no new connections or calls, subscriptions end with UNAVAILABLE, what is being answered is answered,
    /// for as long as it may take.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        match tokio::time::timeout(DRAIN, &mut self.serving).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::error!(%error, "serving EventStoreDB clients ended badly"),
            Ok(Err(error)) => tracing::error!(%error, "serving EventStoreDB clients ended badly"),
            Err(_) => {
                tracing::warn!("some EventStoreDB clients took longer than {} s and were cut off", DRAIN.as_secs());
                self.serving.abort();
            }
        }
    }
}

/// The calls without a server, until they are told to stop: for whoever has a request in memory.
#[must_use]
pub fn in_memory(
    log: Arc<dyn EventLog>,
    authority: Arc<dyn Authority>,
    admission: Arc<dyn Admission>,
    settings: &Settings,
    stopped: &watch::Receiver<bool>,
) -> Routes {
    let places = Places::new(settings.limits.places);
    calls(log, authority, admission, settings, settings.listen, &places, stopped)
}

fn calls(
    log: Arc<dyn EventLog>,
    authority: Arc<dyn Authority>,
    admission: Arc<dyn Admission>,
    settings: &Settings,
    address: SocketAddr,
    places: &Places,
    stopped: &watch::Receiver<bool>,
) -> Routes {
    let streams = streams::Service::new(log, admission, settings.limits.arriving, stopped.clone());
    let streams = StreamsServer::new(streams)
        .max_decoding_message_size(MAX_BATCH_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_BATCH_MESSAGE_BYTES);
    let gossip = gossip::Service { id: Uuid::new_v4(), address, advertised: settings.advertised.clone() };
    let gossip = GossipServer::new(gossip).max_decoding_message_size(MAX_QUESTION_BYTES);
    let features = ServerFeaturesServer::new(features::Service).max_decoding_message_size(MAX_QUESTION_BYTES);
    Routes::new(Gate::new(streams, authority, settings.anonymous, places.clone(), &settings.limits))
        .add_service(InterceptedService::new(gossip, greeted))
        .add_service(InterceptedService::new(features, greeted))
}

async fn told(mut stop: watch::Receiver<bool>) {
    // Without a sender there is nothing to wait for either.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn encrypted(server: Server, tls: &Tls) -> Result<Server, FaceError> {
    let read = |path: &Path| std::fs::read(path).map_err(|source| FaceError::Read { path: path.to_owned(), source });
    let identity = Identity::from_pem(read(&tls.certificate)?, read(&tls.key)?);
    let config = ServerTlsConfig::new().identity(identity).timeout(HANDSHAKE_TIMEOUT);
    server.tls_config(config).map_err(|source| FaceError::Certificate {
        certificate: tls.certificate.clone(),
        key: tls.key.clone(),
        source,
    })
}
