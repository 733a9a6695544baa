//! Who keeps the subjects' keys, as an operator says it, and that none is kept here for too long.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use clap::Args;
use domain::metadata::Role;
use event_log::{KeyService, LogError};
use event_log_grpc::RemoteKeys;

use crate::tls;
use crate::token::Signer;

/// As whom this node asks another.
const SUBJECT: &str = "node";
/// How long a token holds that is made for one call, in hours: longer than clocks of one operator's machines differ.
const TOKEN_HOURS: u32 = 1;
/// How often keys are dropped whose term is over.
const FORGETTING: Duration = Duration::from_secs(5);

/// Who keeps the subjects' keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// This process, in the data directory's vault.
    Own,
    /// Another node of the same book.
    Node(KeyNode),
}

/// The node that keeps the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyNode {
    /// Its address.
    pub address: String,
    /// The certificate of the authority that vouches for it, in PEM; the system's authorities where nothing is said.
    pub authority: Option<PathBuf>,
}

impl KeyNode {
    /// The keys there, asked for with tokens that this signs.
    ///
    /// # Errors
    /// That the address or the certificate can't be read.
    pub fn open(&self, signer: &Arc<Signer>) -> Result<RemoteKeys, LogError> {
        tls::use_ring();
        let signer = Arc::clone(signer);
        let token = move || signer.sign(Role::Node, SUBJECT, TOKEN_HOURS).map_err(|error| error.to_string());
        RemoteKeys::new(&self.address, self.authority.as_deref(), Box::new(token))
    }
}

/// How an operator says who keeps the keys.
#[derive(Debug, Clone, Args)]
pub struct KeyArguments {
    /// The node that keeps the subjects' keys, where it is not this one: the address of its --esdb-listen, as in
    /// https://node-1:2113; http where something else encrypts. Both have the same token secret.
    #[arg(long, value_name = "URL")]
    keys: Option<String>,
    /// The certificate of the authority that vouches for that node, in PEM; the system's authorities where nothing is
    /// said.
    #[arg(long, value_name = "FILE", requires = "keys")]
    keys_authority: Option<PathBuf>,
}

impl KeyArguments {
    /// What was said.
    #[must_use]
    pub fn place(self) -> KeyPlace {
        match self.keys {
            Some(address) => KeyPlace::Node(KeyNode { address, authority: self.keys_authority }),
            None => KeyPlace::Own,
        }
    }
}

/// Sees to it that no opened key is kept for more than a minute, for as long as somebody has them.
pub(crate) async fn forget_in_time(keys: Weak<dyn KeyService>) {
    let mut turns = tokio::time::interval(FORGETTING);
    loop {
        turns.tick().await;
        match keys.upgrade() {
            Some(keys) => keys.forget_stale(),
            None => return,
        }
    }
}
