//! The segment that is being written, and the next one, prepared in the background so that a change of segments does
//! not stall the writer: as much of the next is filled as this one has events, piece by piece, because a whole segment
//! at once would hold up the group commits of that moment.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use uuid::Uuid;

use super::segment::{self, HEADER_BYTES, Header, PIECE_BYTES, Segment};
use crate::{LogError, Position};

/// Where the writer writes.
#[derive(Debug)]
pub(super) struct Active {
    directory: PathBuf,
    segment_bytes: u64,
    segment: Arc<Segment>,
    file: File,
    end: u64,
    next: Option<Next>,
}

/// The next segment, being filled.
#[derive(Debug)]
struct Next {
    /// A word for each piece that may be filled.
    go: Sender<()>,
    /// How many words were given.
    gone: u64,
    thread: JoinHandle<Result<File, LogError>>,
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
        Ok(Self { directory, segment_bytes, segment, file, end, next: None })
    }

    /// Begins a new book.
    pub(super) fn create(directory: PathBuf, segment_bytes: u64) -> Result<Self, LogError> {
        let file = segment::prepare(&directory, segment_bytes, || true)?;
        let header = Header { first: Position::START, log: Uuid::new_v4(), length: segment_bytes };
        let segment = Arc::new(segment::begin(&directory, &file, header)?);
        Ok(Self { directory, segment_bytes, segment, file, end: HEADER_BYTES as u64, next: None })
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
            self.fill_next(self.end + bytes);
            return Ok(None);
        }
        // A group larger than a segment gets a segment of its own size.
        let needed = (HEADER_BYTES as u64 + bytes).max(self.segment_bytes);
        self.fill_next(length);
        let prepared = match self.next.take() {
            Some(next) => next.thread.join().map_err(|_| LogError::Closed)??,
            None => segment::prepare(&self.directory, needed, || true)?,
        };
        let file =
            if needed > self.segment_bytes { segment::prepare(&self.directory, needed, || true)? } else { prepared };
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

    /// Lets as much of the next segment be filled as this one will have when it ends at `end`.
    fn fill_next(&mut self, end: u64) {
        if self.next.is_none() {
            let (directory, length) = (self.directory.clone(), self.segment_bytes);
            let (go, may_go) = channel();
            let prepare = move || segment::prepare(&directory, length, || may_go.recv().is_ok());
            // Without a thread the change of segments prepares its file itself, which is only slower.
            let thread = thread::Builder::new().name("next-segment".to_owned()).spawn(prepare);
            self.next = thread.ok().map(|thread| Next { go, gone: 0, thread });
        }
        if let Some(next) = &mut self.next {
            let pieces = self.segment_bytes.div_ceil(PIECE_BYTES);
            let due = (end * pieces).div_ceil(self.segment.header.length);
            // A thread that has ended hears nothing; it says why when it is joined.
            while next.gone < due && next.go.send(()).is_ok() {
                next.gone += 1;
            }
        }
    }
}

impl Drop for Active {
    /// The directory's lock is given back after this; nobody may write to the directory then.
    fn drop(&mut self) {
        if let Some(Next { go, thread, .. }) = self.next.take() {
            drop(go);
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_next_segment_grows_with_this_one_is_whole_when_it_begins_and_is_left_when_the_book_closes() {
        let directory = tempfile::tempdir().unwrap();
        let length = 4 * PIECE_BYTES;
        let mut active = Active::create(directory.path().to_owned(), length).unwrap();
        let group = vec![7; PIECE_BYTES as usize / 3];
        let began = (1..).find_map(|first| {
            let began = active.make_room(group.len() as u64, Position(first)).unwrap();
            active.write(&group).unwrap();
            began
        });
        let bytes = fs::read(&began.unwrap().path).unwrap();
        assert_eq!(bytes.len() as u64, length);
        assert!(bytes[HEADER_BYTES + group.len()..].iter().all(|byte| *byte == 0));
        active.make_room(group.len() as u64, Position(1)).unwrap();
        drop(active);
        let left = fs::metadata(directory.path().join("next-segment.preparing")).unwrap().len();
        assert!(left <= PIECE_BYTES, "{left} bytes of zeros for a segment that is hardly begun");
    }
}
