//! [`RemoteKeys`]: the subjects' keys, kept by another node.
//!
//! Keys to open with are remembered for [`KeyCache::TERM`], so that a page that is shown often does not ask each time.
//! Keys to seal with are asked for each time: nothing is sealed with a key that was destroyed before, and what is appended
//! costs a round trip anyway. Those who ask at the same time ask together.

use std::collections::BTreeSet;
use std::fmt;
use std::mem;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use event_log::vault::{KeyCache, SubjectKey};
use event_log::{KeyService, LogError, SubjectKeys};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Response, Status};

use crate::keys::{MAX_SUBJECTS, SUBJECT};
use crate::wire::keys::keys_client::KeysClient;
use crate::wire::keys::{OpenedKeys, Subject, Subjects};

/// How long connecting may take.
const CONNECTING: Duration = Duration::from_secs(2);
/// How long a call may take.
const CALLING: Duration = Duration::from_secs(5);
/// How often a call is tried: a connection that the other node has closed is noticed when it is used.
const TRIES: u32 = 2;
/// How long nobody asks again for keys to open with after a call that came to nothing, so that a page of many texts waits
/// once for a node that does not answer, not once a text.
const NO_ANSWER_TERM: Duration = Duration::from_secs(1);

/// Whoever gives this node's token, which says to the other one who asks.
pub type TokenSource = dyn Fn() -> Result<String, String> + Send + Sync;

/// The subjects' keys, kept by another node.
pub struct RemoteKeys {
    node: String,
    client: KeysClient<Channel>,
    token: Box<TokenSource>,
    remembered: Mutex<Remembered>,
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Remembered {
    cache: KeyCache,
    /// Who waits to be asked for.
    wanted: BTreeSet<String>,
    no_answer: Option<(Instant, LogError)>,
}

impl RemoteKeys {
    /// The keys that the node at this address keeps, as in `https://node-1:2113`; `http` where something else encrypts.
    /// Its certificate is checked against the system's authorities, or against the one in the file. Connects when it is
    /// first asked.
    ///
    /// # Errors
    /// [`LogError::Invalid`] for an address or a file that can't be read.
    pub fn new(node: &str, authority: Option<&Path>, token: Box<TokenSource>) -> Result<Self, LogError> {
        let invalid = |message: String| LogError::Invalid { field: "keys", message };
        let wanted = "give the node's address, as in https://node-1:2113";
        let endpoint = Endpoint::from_shared(node.to_owned()).map_err(|error| invalid(format!("{error}; {wanted}")))?;
        let tls = match endpoint.uri().scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => return Err(invalid(format!("{node:?}; {wanted}"))),
        };
        let mut endpoint = endpoint.connect_timeout(CONNECTING).timeout(CALLING);
        if tls {
            let config = match authority {
                Some(file) => {
                    let read =
                        std::fs::read(file).map_err(|error| invalid(format!("reading {}: {error}", file.display())))?;
                    ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read))
                }
                None => ClientTlsConfig::new().with_native_roots(),
            };
            endpoint = endpoint.tls_config(config).map_err(|error| invalid(format!("TLS: {error}")))?;
        }
        let client = KeysClient::new(endpoint.connect_lazy());
        let (remembered, asking) = (Mutex::default(), tokio::sync::Mutex::default());
        Ok(Self { node: node.to_owned(), client, token, remembered, asking })
    }

    async fn call<M, T, F>(
        &self,
        message: M,
        call: impl Fn(KeysClient<Channel>, Request<M>) -> F + Send,
    ) -> Result<T, LogError>
    where
        M: Clone + Send,
        F: Future<Output = Result<Response<T>, Status>> + Send,
    {
        let mut tries = 1;
        loop {
            let token = (self.token)().map_err(|message| self.refused(message))?;
            let header = format!("Bearer {token}").parse();
            let mut request = Request::new(message.clone());
            let header = header.map_err(|_| self.refused("this node's token can't be sent".to_owned()))?;
            request.metadata_mut().insert("authorization", header);
            match call(self.client.clone(), request).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) if status.code() == Code::Unavailable && tries < TRIES => tries += 1,
                Err(status) => return Err(self.judge(&status)),
            }
        }
    }

    /// Asks for keys to open with, and remembers them from when they were asked for.
    async fn ask(&self, names: &[String]) -> Result<(), LogError> {
        for names in names.chunks(MAX_SUBJECTS) {
            let since = Instant::now();
            let to_open = |mut client: KeysClient<Channel>, request| async move { client.to_open(request).await };
            let answer = self.call(Subjects { names: names.to_vec() }, to_open).await;
            let opened = answer.and_then(|opened| self.read(opened));
            let mut remembered = self.remembered();
            match opened {
                Ok(keys) => keys.iter().for_each(|(name, key)| remembered.cache.insert(name, key.clone(), since)),
                Err(error) => {
                    remembered.no_answer = Some((Instant::now(), error.clone()));
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn read(&self, opened: OpenedKeys) -> Result<SubjectKeys, LogError> {
        let mut keys = SubjectKeys::default();
        for (subject, key) in opened.keys {
            let key = <[u8; 32]>::try_from(&*key).map_err(|_| self.refused("what it sends is no key".to_owned()))?;
            keys.insert(&subject, SubjectKey::from_bytes(key));
        }
        Ok(keys)
    }

    fn refused(&self, message: String) -> LogError {
        LogError::Refused { server: self.node.clone(), doing: "asking for keys", message }
    }

    fn judge(&self, status: &Status) -> LogError {
        let message = status.message().to_owned();
        let subject = status.metadata().get(SUBJECT).and_then(|subject| subject.to_str().ok());
        match (status.code(), subject) {
            (Code::FailedPrecondition, Some(subject)) => LogError::Sealing { subject: subject.to_owned(), message },
            (Code::InvalidArgument, _) => LogError::Invalid { field: "subject", message },
            (Code::Unauthenticated | Code::PermissionDenied, _) => self.refused(format!(
                "{message}; tokens are signed with a secret that all nodes of a book share: give both the same one"
            )),
            (Code::Unimplemented, _) => self.refused(format!("{message}; it does not share its keys: start it so")),
            _ => LogError::Unavailable {
                server: self.node.clone(),
                doing: "asking for keys",
                message: format!("{message}; see whether that node runs and can be reached from here"),
            },
        }
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what is remembered of these to `keys`; gives the others.
    fn known<'a>(&self, subjects: &[&'a str], keys: &mut SubjectKeys) -> Vec<&'a str> {
        let (remembered, now) = (self.remembered(), Instant::now());
        let mut unknown = Vec::new();
        for subject in subjects {
            match remembered.cache.get(subject, now) {
                Some(key) => keys.insert(subject, key),
                None => unknown.push(*subject),
            }
        }
        unknown
    }
}

#[async_trait]
impl KeyService for RemoteKeys {
    async fn keys_to_seal(&self, subjects: &[&str]) -> Result<SubjectKeys, LogError> {
        let mut keys = SubjectKeys::default();
        for names in subjects.chunks(MAX_SUBJECTS) {
            let names = names.iter().map(|&name| name.to_owned()).collect();
            let to_seal = |mut client: KeysClient<Channel>, request| async move { client.to_seal(request).await };
            let opened = self.call(Subjects { names }, to_seal).await?;
            keys.extend(self.read(opened)?);
        }
        Ok(keys)
    }

    async fn keys_to_open(&self, subjects: &[&str]) -> Result<SubjectKeys, LogError> {
        let mut keys = SubjectKeys::default();
        let unknown = self.known(subjects, &mut keys);
        if unknown.is_empty() {
            return Ok(keys);
        }
        self.remembered().wanted.extend(unknown.iter().map(|&name| name.to_owned()));
        let _asking = self.asking.lock().await;
        // Whoever asked before may have asked for these too.
        let unknown = self.known(&unknown, &mut keys);
        if unknown.is_empty() {
            return Ok(keys);
        }
        let names: Vec<String> = {
            let mut remembered = self.remembered();
            if let Some((_, error)) = remembered.no_answer.as_ref().filter(|(at, _)| at.elapsed() < NO_ANSWER_TERM) {
                return Err(error.clone());
            }
            let mut names = mem::take(&mut remembered.wanted);
            names.extend(unknown.iter().map(|&name| name.to_owned()));
            names.into_iter().collect()
        };
        self.ask(&names).await?;
        self.known(&unknown, &mut keys);
        Ok(keys)
    }

    async fn destroy(&self, subject: &str) -> Result<bool, LogError> {
        self.remembered().cache.forget(subject);
        let destroy = |mut client: KeysClient<Channel>, request| async move { client.destroy(request).await };
        let destroyed = self.call(Subject { name: subject.to_owned() }, destroy).await?;
        self.remembered().cache.forget(subject);
        Ok(destroyed.had_key)
    }

    fn forget_stale(&self) {
        self.remembered().cache.forget_stale(Instant::now());
    }
}

/// Without its token.
impl fmt::Debug for RemoteKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeys").field("node", &self.node).finish_non_exhaustive()
    }
}
