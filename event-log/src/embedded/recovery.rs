//! What a crash leaves at the end of the book, and what is done about it.
//!
//! A group commit is one write and one sync, and only then an acknowledgement. So a crash can leave only the last group
//! incomplete, and nobody was told that it was there. Anything else that does not check out is damage: were a record
//! of a later group whole behind the flaw, the flawed group would have been synced before, and perhaps acknowledged.
//!
//! What is cut is kept in a side file, so that an auditor can see what it was.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::build::Tail;
use super::record::{self, ALIGNMENT, Seed};
use super::scan;
use crate::{LogError, Position, directory};

/// The unfinished end of a book, as a crash leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The segment's file.
    pub segment: PathBuf,
    /// Where in the segment the unfinished bytes began.
    pub offset: u64,
    /// The position that the first unfinished event would have had.
    pub position: Position,
    /// How many bytes were unfinished.
    pub bytes: u64,
    /// What did not check out.
    pub what: String,
    /// Where the bytes are kept; none when the book was opened for reading only, which changes nothing.
    pub side_file: Option<PathBuf>,
}

/// Tells a torn tail, and what it holds, from damage.
///
/// # Errors
/// [`LogError::Damaged`] when a record of a later group stands behind the flaw.
pub(super) fn judge(tail: &Tail, next: Position) -> Result<Option<(TornTail, Vec<u8>)>, LogError> {
    let (Some(flaw), Some(damage)) = (&tail.flaw, tail.damage()) else {
        return Ok(None);
    };
    let rest = rest_of(tail)?;
    let seed = Seed::of(tail.segment.header.log);
    let later = (0..rest.len()).step_by(ALIGNMENT).any(|at| {
        // Records of the torn group itself may be whole behind the flaw: disks write in any order.
        record::decode(&rest[at..], seed).is_ok_and(|header| header.group_first > next.0)
    });
    if later {
        return Err(damage);
    }
    let used = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let torn = TornTail {
        segment: tail.segment.path.clone(),
        offset: tail.offset,
        position: next,
        bytes: used as u64,
        what: format!("{} at offset {}", flaw.what, flaw.offset),
        side_file: None,
    };
    Ok(Some((torn, rest[..used].to_vec())))
}

/// Keeps the torn bytes in a side file, then clears them from the segment. A crash in between leaves both; the next
/// opening does it again, into another side file.
pub(super) fn cut(directory: &Path, tail: &Tail, torn: TornTail, bytes: &[u8]) -> Result<TornTail, LogError> {
    let side_file = keep(directory, &torn, bytes)?;
    let path = &tail.segment.path;
    let file = OpenOptions::new().write(true).open(path).map_err(LogError::io("opening", path))?;
    file.set_len(tail.segment.header.length).map_err(LogError::io("restoring the length of", path))?;
    let fits = usize::try_from(tail.segment.header.length.saturating_sub(tail.offset)).unwrap_or(usize::MAX);
    let zeros = vec![0; bytes.len().min(fits)];
    file.write_all_at(&zeros, tail.offset).map_err(LogError::io("clearing the unfinished end of", path))?;
    file.sync_all().map_err(LogError::io("syncing", path))?;
    tracing::warn!(
        segment = %path.display(),
        offset = torn.offset,
        position = torn.position.0,
        bytes = torn.bytes,
        what = torn.what,
        side_file = %side_file.display(),
        "cut the unfinished end of the book, as a crash leaves it; nothing acknowledged was in it"
    );
    Ok(TornTail { side_file: Some(side_file), ..torn })
}

/// The side files of earlier cuts, oldest first.
pub(super) fn side_files(directory: &Path) -> Result<Vec<PathBuf>, LogError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(LogError::io("listing", directory))? {
        let entry = entry.map_err(LogError::io("listing", directory))?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with("torn-") && name.ends_with(".bytes")) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn keep(directory: &Path, torn: &TornTail, bytes: &[u8]) -> Result<PathBuf, LogError> {
    let (path, mut file) = new_side_file(directory, torn.position)?;
    let segment = torn.segment.file_name().unwrap_or_default().to_string_lossy();
    let line = format!("{} bytes of {segment} from offset {} on: {}\n", bytes.len(), torn.offset, torn.what);
    file.write_all(line.as_bytes()).map_err(LogError::io("writing", &path))?;
    file.write_all(bytes).map_err(LogError::io("writing", &path))?;
    file.sync_all().map_err(LogError::io("syncing", &path))?;
    directory::sync(directory)?;
    Ok(path)
}

fn new_side_file(directory: &Path, position: Position) -> Result<(PathBuf, File), LogError> {
    let mut number = 1;
    loop {
        let path = directory.join(format!("torn-{:020}-{number}.bytes", position.0));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(LogError::io("creating", &path)(error)),
        }
    }
}

/// Everything from the last whole append on, to the file's end. At most a segment.
fn rest_of(tail: &Tail) -> Result<Vec<u8>, LogError> {
    let file = tail.segment.open()?;
    let length = file.metadata().map_err(LogError::io("reading", &tail.segment.path))?.len();
    let rest = usize::try_from(length.saturating_sub(tail.offset)).unwrap_or(usize::MAX);
    scan::read(&file, &tail.segment, tail.offset, rest)
}
