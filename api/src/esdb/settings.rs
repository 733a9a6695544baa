//! How an operator says that EventStoreDB's clients may come.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use event_log_grpc::{Access, FaceError, Limits, Settings, Tls};

use crate::ApiError;

/// Where EventStoreDB's clients come in.
#[derive(Debug, Clone, Args)]
pub struct Listening {
    /// Where EventStoreDB's clients may come to read the book, and other nodes to append, as in 127.0.0.1:2113; nowhere
    /// where nothing is said. They log in with a token: esdb://SUBJECT:TOKEN@HOST.
    #[arg(long, value_name = "ADDR")]
    esdb_listen: Option<SocketAddr>,
    /// As which host and port clients that discover nodes find this one, where that is not the address that they reached.
    #[arg(long, value_name = "HOST:PORT", requires = "esdb_listen", value_parser = host_and_port)]
    esdb_advertise: Option<(String, u16)>,
    /// The certificate for TLS, with its chain, in PEM. Without it only this machine can come.
    #[arg(long, value_name = "FILE", requires = "esdb_listen", requires = "esdb_key")]
    esdb_certificate: Option<PathBuf>,
    /// The certificate's key, in PEM.
    #[arg(long, value_name = "FILE", requires = "esdb_certificate")]
    esdb_key: Option<PathBuf>,
    /// Let other machines come without TLS, because something in front of this server encrypts.
    #[arg(long, requires = "esdb_listen", conflicts_with = "esdb_certificate")]
    esdb_behind_proxy: bool,
    /// For trying out, on a loopback address only: what clients may do without a token. Those of Python and Node.js send
    /// none without TLS.
    #[arg(long, value_enum, value_name = "WHAT", requires = "esdb_listen")]
    esdb_open: Option<Open>,
    /// Give the subjects' keys to the other nodes of the book, which come with a node's token: see their --keys.
    #[arg(long, requires = "esdb_listen")]
    share_keys: bool,
}

/// What clients may do without a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Open {
    /// Read the book.
    Read,
    /// Read it and append to it.
    Append,
}

/// What an operator sets of where EventStoreDB's clients come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaceSettings {
    /// The face itself.
    pub face: Settings,
    /// Whether other nodes get the subjects' keys there.
    pub share_keys: bool,
}

impl Listening {
    /// What was said, if anything.
    #[must_use]
    pub fn settings(self) -> Option<FaceSettings> {
        let tls = self.esdb_certificate.zip(self.esdb_key).map(|(certificate, key)| Tls { certificate, key });
        let anonymous = match self.esdb_open {
            None => Access::Nothing,
            Some(Open::Read) => Access::Read,
            Some(Open::Append) => Access::Append,
        };
        let share_keys = self.share_keys;
        self.esdb_listen.map(|listen| {
            let face = Settings {
                listen,
                advertised: self.esdb_advertise,
                tls,
                plaintext_behind_proxy: self.esdb_behind_proxy,
                anonymous,
                limits: Limits::default(),
            };
            FaceSettings { face, share_keys }
        })
    }
}

impl From<FaceError> for ApiError {
    fn from(error: FaceError) -> Self {
        let mend = match &error {
            FaceError::Listen { .. } | FaceError::Read { .. } | FaceError::Certificate { .. } => "",
            FaceError::Plaintext(_) => " (--esdb-certificate and --esdb-key, or --esdb-behind-proxy)",
            FaceError::Open(_) => " (leave out --esdb-open; `marktboek token --role auditor` prints a token)",
        };
        Self::Usage(format!("--esdb-listen: {error}{mend}"))
    }
}

fn host_and_port(text: &str) -> Result<(String, u16), String> {
    let wanted = || format!("{text:?} is not a host and a port, as in book.example:2113");
    let (host, port) = text.rsplit_once(':').ok_or_else(wanted)?;
    let port = port.parse().map_err(|_| wanted())?;
    if host.is_empty() { Err(wanted()) } else { Ok((host.to_owned(), port)) }
}
