//! How the process is told to end: by a signal, which is waited for from before anybody is told that the server runs.
//!
//! A signal that nobody waits for ends the process at once. So whoever starts a program, reads that it is open and stops it
//! in that moment would cut it off in place of closing its book, had the waiting begun only after the words.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::ApiError;
use crate::serve::Server;

/// The signals that end the process.
#[derive(Debug)]
pub struct Ending {
    terminate: Signal,
    interrupt: Signal,
}

impl Ending {
    /// Begins to wait for them: from here on they end the process only through [`Ending::of`].
    ///
    /// # Errors
    /// What the system says.
    pub fn awaited() -> Result<Self, ApiError> {
        let waiting = |error| ApiError::Usage(format!("waiting for signals: {error}"));
        let terminate = signal(SignalKind::terminate()).map_err(waiting)?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt()).map_err(waiting)? })
    }

    /// Serves until one comes, then stops the server.
    pub async fn of(mut self, server: Server) {
        let told = tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = told, "stopping: answering what was asked, then closing the book");
        server.stop().await;
    }
}
