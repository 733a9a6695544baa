//! The segment that is being written, and the next one, prepared in the background so that a change of segments does
//! not stall the writer.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use uuid::Uuid;

use super::segment::{self, HEADER_BYTES, Header, Segment};
use crate::{LogError, Position};

/// Where the writer writes.
#[derive(Debug)]
pub(super) struct Active {
    directory: PathBuf,
    segment_bytes: u64,
    segment: Arc<Segment>,
    file: File,
    end: u64,
    preparing: Option<JoinHandle<Result<File, LogError>>>,
}

impl Active {
    /// Goes on in `segment`, whose records end at `end`.
    pub(super) fn resume(
        directory: PathBuf,
        segment_bytes: u64,
        segment: Arc<Segment>,
        end: u64,
    ) -> Result<Self, LogError> {
        let path = &segment.path;
        let file = OpenOptions::new().write(true).open(path).map_err(LogError::io("opening", path))?;
        Ok(Self { directory, segment_bytes, segment, file, end, preparing: None })
    }

    /// Begins a new book.
    pub(super) fn create(directory: PathBuf, segment_bytes: u64) -> Result<Self, LogError> {
        let file = segment::prepare(&directory, segment_bytes)?;
        let header = Header { first: Position::START, log: Uuid::new_v4(), length: segment_bytes };
        let segment = Arc::new(segment::begin(&directory, &file, header)?);
        Ok(Self { directory, segment_bytes, segment, file, end: HEADER_BYTES as u64, preparing: None })
    }

    /// The segment.
    pub(super) fn segment(&self) -> &Arc<Segment> {
        &self.segment
    }

    /// Makes room for a group of `bytes`. Returns the new segment when a change was needed; `first` is the position of
    /// the group's first record.
    pub(super) fn make_room(&mut self, bytes: u64, first: Position) -> Result<Option<Arc<Segment>>, LogError> {
        let length = self.segment.header.length;
        if self.end + bytes <= length {
            if self.preparing.is_none() && self.end + bytes > length / 2 {
                self.prepare_next();
            }
            return Ok(None);
        }
        // A group larger than a segment gets a segment of its own size.
        let needed = (HEADER_BYTES as u64 + bytes).max(self.segment_bytes);
        let prepared = match self.preparing.take() {
            Some(preparing) => preparing.join().map_err(|_| LogError::Closed)??,
            None => segment::prepare(&self.directory, needed)?,
        };
        let file = if needed > self.segment_bytes { segment::prepare(&self.directory, needed)? } else { prepared };
        let header = Header { first, log: self.segment.header.log, length: needed };
        self.segment = Arc::new(segment::begin(&self.directory, &file, header)?);
        self.file = file;
        self.end = HEADER_BYTES as u64;
        Ok(Some(Arc::clone(&self.segment)))
    }

    /// Writes a group that [`Self::make_room`] made room for, and syncs it. Returns where it begins.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<u64, LogError> {
        let path = &self.segment.path;
        let start = self.end;
        self.file.write_all_at(bytes, start).map_err(LogError::io("writing", path))?;
        self.file.sync_data().map_err(LogError::io("syncing", path))?;
        self.end += bytes.len() as u64;
        Ok(start)
    }

    /// Makes every further write fail, as a broken disk does.
    #[cfg(test)]
    pub(super) fn break_disk(&mut self) -> Result<(), LogError> {
        self.file = self.segment.open()?;
        Ok(())
    }

    fn prepare_next(&mut self) {
        let (directory, length) = (self.directory.clone(), self.segment_bytes);
        let prepare = move || segment::prepare(&directory, length);
        // Without a thread the change of segments prepares its file itself, which is only slower.
        self.preparing = thread::Builder::new().name("next-segment".to_owned()).spawn(prepare).ok();
    }
}

impl Drop for Active {
    /// The directory's lock is given back after this; nobody may write to the directory then.
    fn drop(&mut self) {
        if let Some(preparing) = self.preparing.take() {
            drop(preparing.join());
        }
    }
}
