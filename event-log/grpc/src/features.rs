//! What this node can do, for clients that choose by it.

use tonic::{Request, Response, Status};

use crate::wire::Empty;
use crate::wire::server_features::server_features_server::ServerFeatures;
use crate::wire::server_features::{SupportedMethod, SupportedMethods};

/// The version of EventStoreDB from which on servers speak as this one does: the first that says when a subscription has
/// caught up. Clients choose by it what to expect.
const SPOKEN_VERSION: &str = "23.10.0";

/// The service.
pub(crate) struct Service;

#[tonic::async_trait]
impl ServerFeatures for Service {
    /// Says nothing of anybody, so that nobody is asked who they are: clients ask this before they log in.
    async fn get_supported_methods(&self, _: Request<Empty>) -> Result<Response<SupportedMethods>, Status> {
        let streams = "event_store.client.streams.streams";
        let methods: [(&str, &str, &[&str]); 7] = [
            ("read", streams, &["position", "events"]),
            ("append", streams, &[]),
            ("batchappend", streams, &["deadline_duration"]),
            ("delete", streams, &[]),
            ("tombstone", streams, &[]),
            ("read", "event_store.client.gossip.gossip", &[]),
            ("getsupportedmethods", "event_store.client.server_features.serverfeatures", &[]),
        ];
        let methods = methods.map(|(method, service, features)| SupportedMethod {
            method_name: method.to_owned(),
            service_name: service.to_owned(),
            features: features.iter().map(|&feature| feature.to_owned()).collect(),
        });
        let event_store_server_version = SPOKEN_VERSION.to_owned();
        Ok(Response::new(SupportedMethods { methods: methods.into(), event_store_server_version }))
    }
}
