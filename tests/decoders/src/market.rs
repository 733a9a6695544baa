//! A marketplace that answers in memory, with somebody in each part.

use std::sync::{Arc, LazyLock};

use api::clock::ClockSetting;
use api::http;
use api::opened::Opened;
use api::serve::{Server, Settings};
use axum::Router;
use domain::metadata::Role;
use projections::data_directory::DataDirectory;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

const ID: &str = "5f1c0c4e-3c39-4f8e-9c56-8f8f3a3d1c11";

/// The server and what it needs.
pub(crate) struct Market {
    pub(crate) runtime: Runtime,
    pub(crate) routes: Router,
    /// A token of each part, and none for nobody.
    pub(crate) tokens: Vec<Option<String>>,
    _server: Server,
    _directory: TempDir,
}

/// One for all inputs of a process.
pub(crate) static MARKET: LazyLock<Market> = LazyLock::new(|| {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let data = DataDirectory::new(directory.path());
    let settings = Settings::new(&data, "127.0.0.1:0".parse().unwrap(), ClockSetting::System).unwrap();
    let server = runtime.block_on(async {
        let server = Server::start(&data, Opened::open(&data).unwrap(), settings).await.unwrap();
        server.settled().await.unwrap();
        server
    });
    let token = |role| server.app().signer.sign(role, ID, 24 * 365).unwrap();
    let tokens = [None].into_iter().chain(Role::OF_TOKENS.map(|role| Some(token(role)))).collect();
    Market { runtime, routes: http::routes(Arc::clone(server.app())), tokens, _server: server, _directory: directory }
});

impl Market {
    /// Whoever this byte says.
    pub(crate) fn token(&self, byte: u8) -> Option<&str> {
        self.tokens[usize::from(byte) % self.tokens.len()].as_deref()
    }
}
