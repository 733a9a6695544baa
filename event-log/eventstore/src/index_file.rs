//! The numbering on disk, so that a start need not read the whole book to count it.
//!
//! A file of records of 32 bytes: commit, prepare (little endian), the event's id. Disposable: whoever deletes it waits
//! for the count at the next start. It is never synced, so a crash of the machine may leave its end missing or wrong:
//! records that do not follow each other are cut, and the last one is compared with the server before any is believed.
//!
//! One process appends to it, which holds its lock; others beside it (an auditor's) read it and keep what they learn to
//! themselves.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use event_log::LogError;
use uuid::Uuid;

use crate::numbering::{Entry, Token};

/// The file's name.
const NAME: &str = "positions";
const RECORD_BYTES: usize = 32;

/// The file.
#[derive(Debug)]
pub(crate) struct IndexFile {
    path: PathBuf,
    file: File,
    /// Whether this process is the one that appends.
    ours: bool,
}

impl IndexFile {
    /// Opens the file in a directory, which is made if it is not there, and reads what it has.
    pub(crate) fn open(directory: &Path) -> Result<(Self, Vec<Entry>), LogError> {
        fs::create_dir_all(directory).map_err(failed("making", directory))?;
        let path = directory.join(NAME);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = file.map_err(failed("opening", &path))?;
        let ours = file.try_lock().is_ok();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed("reading", &path))?;
        let mut entries: Vec<Entry> = Vec::with_capacity(bytes.len() / RECORD_BYTES);
        for record in bytes.chunks_exact(RECORD_BYTES) {
            let entry = decode(record);
            if entries.last().is_some_and(|last| last.token >= entry.token) {
                break;
            }
            entries.push(entry);
        }
        let mut index = Self { path, file, ours };
        index.keep(entries.len())?;
        Ok((index, entries))
    }

    /// Keeps the first records only.
    pub(crate) fn keep(&mut self, records: usize) -> Result<(), LogError> {
        if !self.ours {
            return Ok(());
        }
        let bytes = (records * RECORD_BYTES) as u64;
        let cut = self.file.set_len(bytes).and_then(|()| self.file.seek(SeekFrom::Start(bytes)));
        cut.map(drop).map_err(failed("cutting", &self.path))
    }

    /// Adds records.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> Result<(), LogError> {
        if !self.ours {
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(entries.len() * RECORD_BYTES);
        for Entry { token, id } in entries {
            bytes.extend_from_slice(&token.commit.to_le_bytes());
            bytes.extend_from_slice(&token.prepare.to_le_bytes());
            bytes.extend_from_slice(id.as_bytes());
        }
        self.file.write_all(&bytes).map_err(failed("writing", &self.path))
    }
}

fn decode(record: &[u8]) -> Entry {
    let number = |from: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&record[from..from + 8]);
        u64::from_le_bytes(bytes)
    };
    let mut id = [0; 16];
    id.copy_from_slice(&record[16..]);
    Entry { token: Token { commit: number(0), prepare: number(8) }, id: Uuid::from_bytes(id) }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LogError {
    move |source| LogError::Io { doing, path: path.to_owned(), source: Arc::new(source) }
}
