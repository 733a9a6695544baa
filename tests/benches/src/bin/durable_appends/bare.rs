//! The disk's own limit: the same bytes in groups of the same mean size, written and synced, nothing else.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::book::Appended;

/// A file is prepared in pieces of this size, as a segment is.
const PIECE_BYTES: usize = 1 << 20;

/// A file filled with zeros, and what to write into it.
pub(crate) struct Bare {
    file: File,
    groups: usize,
    group_bytes: usize,
    events: usize,
}

/// What was written.
pub(crate) struct Written {
    pub(crate) events: usize,
    pub(crate) elapsed: Duration,
}

impl Bare {
    /// Prepares for as many groups as the appends took.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, whole and positive")]
    pub(crate) fn prepare(path: &Path, like: &Appended) -> std::io::Result<Self> {
        let groups = (like.groups as usize).max(1);
        let group_bytes = like.bytes.div_ceil(groups);
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
        let piece = vec![0; PIECE_BYTES];
        for at in 0..(groups * group_bytes).div_ceil(PIECE_BYTES) {
            file.write_all_at(&piece, (at * PIECE_BYTES) as u64)?;
            file.sync_data()?;
        }
        file.sync_all()?;
        Ok(Self { file, groups, group_bytes, events: like.events })
    }

    pub(crate) fn write(&self) -> std::io::Result<Written> {
        let group = vec![0x5a; self.group_bytes];
        let started = Instant::now();
        for number in 0..self.groups {
            self.file.write_all_at(&group, (number * self.group_bytes) as u64)?;
            self.file.sync_data()?;
        }
        Ok(Written { events: self.events, elapsed: started.elapsed() })
    }
}
