//! The connection string: who the servers are, who we are, how TLS is checked.

use std::fs;
use std::path::Path;
use std::time::Duration;

use event_log::LogError;
use eventstore::ClientSettings;

/// How long the client waits before it looks for a server, its first look included, in milliseconds. Its own half a
/// second would be in front of the first call; between looks that fail it is our own pause that spares the servers.
const DISCOVERY_INTERVAL_MS: u64 = 10;
/// How long one try of a call may take where the connection string has no `defaultDeadline`.
const DEADLINE: Duration = Duration::from_secs(10);
/// For how many deadlines a call is tried: with the usual one, longer than a cluster takes to elect a leader.
const TRIES: u32 = 3;

/// A connection string that was read.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) settings: ClientSettings,
    /// The servers, without credentials.
    pub(crate) server: String,
    /// How long one try of a call may take.
    pub(crate) deadline: Duration,
    /// How long a call is tried.
    pub(crate) patience: Duration,
    /// On which ports the servers listen.
    pub(crate) ports: Vec<u16>,
}

impl Connection {
    /// Reads `esdb://USER:PASSWORD@HOST:PORT?tls=…` or `esdb+discover://…`, as EventStoreDB's clients have it.
    pub(crate) fn read(text: &str) -> Result<Self, LogError> {
        let has = |key: &str| text.to_lowercase().contains(&format!("{key}="));
        let mut complete = text.to_owned();
        if !has("discoveryinterval") {
            complete.push(if text.contains('?') { '&' } else { '?' });
            complete.push_str(&format!("discoveryInterval={DISCOVERY_INTERVAL_MS}"));
        }
        let settings: ClientSettings = complete.parse().map_err(|error: eventstore::ClientSettingsParseError| {
            let why = if has_credentials(error.message(), text) {
                error.error().map_or_else(|| "no connection string".to_owned(), ToString::to_string)
            } else {
                error.message().to_owned()
            };
            LogError::Invalid {
                field: "log",
                message: format!("{why}; it is esdb://USER:PASSWORD@HOST:PORT, with ?tls=false where there is no TLS"),
            }
        })?;
        let files =
            settings.user_certificate().map_or([None, None], |(certificate, key)| [Some(certificate), Some(key)]);
        for file in files.into_iter().chain([settings.tls_ca_file()]).flatten() {
            check_pem(Path::new(file))?;
        }
        let hosts: Vec<_> = settings.hosts().iter().map(|host| format!("{}:{}", host.host, host.port)).collect();
        let ports = settings.hosts().iter().filter_map(|host| u16::try_from(host.port).ok()).collect();
        let deadline = deadline(text)?;
        Ok(Self { deadline, patience: deadline * TRIES, server: hosts.join(","), ports, settings })
    }
}

/// Whether a message of the client's has anything in it of what stands before the `@` of a connection string: it may have
/// the whole string in it, or the part at which it gave up.
fn has_credentials(message: &str, text: &str) -> bool {
    let Some((before, _)) = text.rsplit_once('@') else {
        return false;
    };
    let (_, credentials) = before.split_once(':').unwrap_or(("", before));
    let mut pieces = credentials.split([':', '/', ',', '@']).filter(|piece| !piece.is_empty());
    message.contains('@') || pieces.any(|piece| message.contains(piece))
}

/// The client would stop working over a file that it can't read.
fn check_pem(file: &Path) -> Result<(), LogError> {
    let text = fs::read_to_string(file).map_err(|error| LogError::Invalid {
        field: "log",
        message: format!("reading {}: {error}; name a file of PEM that can be read", file.display()),
    })?;
    if !text.contains("-----BEGIN ") {
        let message = format!("{} has no PEM in it; name a certificate's or a key's file", file.display());
        return Err(LogError::Invalid { field: "log", message });
    }
    Ok(())
}

/// The client keeps its own copy to itself; and without a deadline, which is what -1 means, it stops at the first call.
fn deadline(text: &str) -> Result<Duration, LogError> {
    let query = text.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let Some((_, given)) = pairs.rfind(|(key, _)| key.eq_ignore_ascii_case("defaultdeadline")) else {
        return Ok(DEADLINE);
    };
    let milliseconds = given.parse::<u32>().ok().filter(|given| *given > 0);
    let message = format!("defaultDeadline={given}: give the milliseconds that one try of a call may take, from 1 up");
    let milliseconds = milliseconds.ok_or(LogError::Invalid { field: "log", message })?;
    Ok(Duration::from_millis(milliseconds.into()))
}
