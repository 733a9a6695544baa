//! The directory's book, as whoever follows it reads it.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::task::spawn_blocking;

use super::queue::Queue;
use super::reader::Reader;
use crate::following::Source;
use crate::{LogError, Position, Recorded};

/// The book's segments.
pub(super) struct Segments {
    pub(super) reader: Arc<Reader>,
    /// Says why the book ended; none for a book opened for reading only.
    pub(super) queue: Option<Arc<Queue>>,
}

#[async_trait]
impl Source for Segments {
    async fn some(&self, from: Position) -> Result<Vec<Recorded>, LogError> {
        let reader = Arc::clone(&self.reader);
        spawn_blocking(move || reader.scan(from, usize::MAX)).await.map_err(|_| LogError::Closed)?
    }

    fn failure(&self) -> Option<LogError> {
        Some(self.queue.as_ref()?.why_closed()).filter(|why| !matches!(why, LogError::Closed))
    }
}
