//! The key file's bytes.
//!
//! ```text
//! header, 96 bytes:  0 "KEYVAULT"   8 format u32   12 crc32c u32   16 settled u64   24 vault id, 16 bytes
//!                   40 a sealed constant, which tells a wrong master key from damage, 44 bytes   84 zeros
//! record:            0 "SKEY"       4 length u32    8 crc32c u32   12 kind u8, subject length u8, zeros
//!                   16 number u64  24 batch u64    32 subject, wrapped key (60 bytes, for a key), zeros to 8
//! ```
//!
//! Little endian. `number` counts records from 0; `batch` is the number of the first record of the write that wrote
//! this one, `settled` how many records the file had when it got its name. They tell what a crash may have left
//! unfinished (the last batch) from damage (all else), as in the book.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::MasterKey;
use super::cipher::{self, KEY_BYTES, OVERHEAD_BYTES};
use crate::{LogError, directory};

/// A subject's key, wrapped by the master key.
pub(super) const WRAPPED_BYTES: usize = KEY_BYTES + OVERHEAD_BYTES;
/// The longest subject, in bytes.
pub(super) const MAX_SUBJECT_BYTES: usize = 255;
const MAGIC: &[u8; 8] = b"KEYVAULT";
const FORMAT: u32 = 1;
const HEADER_BYTES: usize = 96;
const CONSTANT: &[u8; 16] = b"this master key.";
const RECORD_MAGIC: &[u8; 4] = b"SKEY";
const RECORD_HEADER_BYTES: usize = 32;
const MEND: &str = "restore this file from a backup; without it what was sealed since cannot be read";

/// What the vault knows of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// Its wrapped key.
    Key(Box<[u8; WRAPPED_BYTES]>),
    /// Its key was destroyed.
    Destroyed,
}

/// All subjects.
pub(super) type Entries = HashMap<Box<str>, Entry>;

/// The unfinished end of a key file, as a crash leaves it. Nothing sealed with these keys was appended, because
/// [`super::Vault::sync`] had not returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornKeys {
    /// Where in the key file the unfinished bytes began.
    pub offset: u64,
    /// How many there were.
    pub bytes: u64,
    /// Where they are kept; none when the vault was opened for reading only.
    pub side_file: Option<PathBuf>,
}

/// A key file, read.
#[derive(Debug)]
pub(super) struct KeyFile {
    pub(super) vault: Uuid,
    pub(super) entries: Entries,
    pub(super) records: u64,
    pub(super) end: u64,
    pub(super) torn: Option<TornKeys>,
}

/// The header of a file that holds `settled` records.
pub(super) fn header(vault: Uuid, settled: u64, master: &MasterKey) -> Result<Vec<u8>, LogError> {
    let constant = cipher::seal(&master.0, vault.as_bytes(), CONSTANT).ok_or(LogError::Closed)?;
    let mut bytes = vec![0; HEADER_BYTES];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    bytes[16..24].copy_from_slice(&settled.to_le_bytes());
    bytes[24..40].copy_from_slice(vault.as_bytes());
    bytes[40..40 + constant.len()].copy_from_slice(&constant);
    let checksum = crc32c::crc32c(&bytes);
    bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

/// Appends a record to `bytes`. Subjects were checked to be at most [`MAX_SUBJECT_BYTES`].
pub(super) fn encode(bytes: &mut Vec<u8>, vault: Uuid, number: u64, batch: u64, subject: &str, entry: &Entry) {
    let start = bytes.len();
    let wrapped: &[u8] = match entry {
        Entry::Key(wrapped) => wrapped.as_slice(),
        Entry::Destroyed => &[],
    };
    let length = (RECORD_HEADER_BYTES + subject.len() + wrapped.len()).next_multiple_of(8);
    bytes.extend_from_slice(RECORD_MAGIC);
    bytes.extend_from_slice(&(length as u32).to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&[u8::from(wrapped.is_empty()), subject.len() as u8, 0, 0]);
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(&batch.to_le_bytes());
    bytes.extend_from_slice(subject.as_bytes());
    bytes.extend_from_slice(wrapped);
    bytes.resize(start + length, 0);
    let checksum = checksum(&bytes[start..], vault);
    bytes[start + 8..start + 12].copy_from_slice(&checksum.to_le_bytes());
}

/// Reads and checks a key file, changing nothing.
pub(super) fn read(path: &Path, master: &MasterKey) -> Result<KeyFile, LogError> {
    let bytes = fs::read(path).map_err(LogError::io("reading", path))?;
    let (vault, settled) = read_header(path, &bytes, master)?;
    let mut file = KeyFile { vault, entries: Entries::new(), records: 0, end: HEADER_BYTES as u64, torn: None };
    let mut at = HEADER_BYTES;
    while at < bytes.len() {
        let Some(record) = decode(&bytes[at..], vault).filter(|record| record.number == file.records) else {
            let later = |at: &usize| decode(&bytes[*at..], vault).is_some_and(|record| record.batch > file.records);
            if file.records < settled || (at..bytes.len()).step_by(8).any(|at| later(&at)) {
                return Err(LogError::damaged(path, at as u64, "a key's record does not check out", MEND));
            }
            file.torn = Some(TornKeys { offset: at as u64, bytes: (bytes.len() - at) as u64, side_file: None });
            break;
        };
        file.entries.insert(record.subject.into(), record.entry);
        file.records += 1;
        at += record.length;
    }
    if file.records < settled {
        return Err(LogError::damaged(path, at as u64, format!("{} of {settled} keys are there", file.records), MEND));
    }
    file.end = at as u64;
    Ok(file)
}

/// Keeps a torn end in a side file, then cuts it off.
pub(super) fn cut(path: &Path, directory: &Path, torn: &TornKeys) -> Result<TornKeys, LogError> {
    let bytes = fs::read(path).map_err(LogError::io("reading", path))?;
    let from = usize::try_from(torn.offset).map_or(bytes.len(), |offset| offset.min(bytes.len()));
    let (side_file, mut side) = (1..)
        .map(|number| directory.join(format!("torn-keys-{number}.bytes")))
        .find_map(|name| match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&name) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => None,
            opened => Some(opened.map_err(LogError::io("creating", &name)).map(|side| (name, side))),
        })
        .unwrap_or(Err(LogError::Closed))?;
    side.write_all(&bytes[from..]).map_err(LogError::io("writing", &side_file))?;
    side.sync_all().map_err(LogError::io("syncing", &side_file))?;
    directory::sync(directory)?;
    let file = OpenOptions::new().write(true).open(path).map_err(LogError::io("opening", path))?;
    file.set_len(torn.offset).map_err(LogError::io("cutting", path))?;
    file.sync_all().map_err(LogError::io("syncing", path))?;
    tracing::warn!(
        file = %path.display(),
        offset = torn.offset,
        bytes = torn.bytes,
        side_file = %side_file.display(),
        "cut the unfinished end of the key file, as a crash leaves it; nothing was appended with these keys"
    );
    Ok(TornKeys { side_file: Some(side_file), ..*torn })
}

fn read_header(path: &Path, bytes: &[u8], master: &MasterKey) -> Result<(Uuid, u64), LogError> {
    let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
        return Err(LogError::damaged(path, bytes.len() as u64, "the file ends within its header", MEND));
    };
    let mut unsigned = *header;
    unsigned[12..16].fill(0);
    let version = number::<4>(header, 8) as u32;
    if &header[..8] != MAGIC || crc32c::crc32c(&unsigned) != number::<4>(header, 12) as u32 || version != FORMAT {
        return Err(LogError::damaged(path, 0, "the key file's header does not check out", MEND));
    }
    let mut vault = [0; 16];
    vault.copy_from_slice(&header[24..40]);
    let constant = &header[40..40 + CONSTANT.len() + OVERHEAD_BYTES];
    match cipher::open(&master.0, &vault, constant) {
        Some(_) => Ok((Uuid::from_bytes(vault), number::<8>(header, 16))),
        None => {
            let message = format!("it is not the one that {} was made with; give that one", path.display());
            Err(LogError::Invalid { field: "master key", message })
        }
    }
}

struct Record<'a> {
    length: usize,
    number: u64,
    batch: u64,
    subject: &'a str,
    entry: Entry,
}

fn decode(bytes: &[u8], vault: Uuid) -> Option<Record<'_>> {
    let header = bytes.first_chunk::<RECORD_HEADER_BYTES>()?;
    if &header[..4] != RECORD_MAGIC {
        return None;
    }
    let length = usize::try_from(number::<4>(header, 4)).ok()?;
    let record = bytes.get(..length).filter(|record| record.len() >= RECORD_HEADER_BYTES)?;
    if checksum(record, vault) != number::<4>(header, 8) as u32 {
        return None;
    }
    let (subject, rest) = record[RECORD_HEADER_BYTES..].split_at_checked(usize::from(header[13]))?;
    let entry = match header[12] {
        0 => Entry::Key(Box::new(*rest.first_chunk()?)),
        _ => Entry::Destroyed,
    };
    let subject = std::str::from_utf8(subject).ok()?;
    Some(Record { length, number: number::<8>(header, 16), batch: number::<8>(header, 24), subject, entry })
}

fn checksum(record: &[u8], vault: Uuid) -> u32 {
    let vault = crc32c::crc32c(vault.as_bytes());
    crc32c::crc32c_append(crc32c::crc32c_append(vault, &record[..8]), &record[12..])
}

/// `N` bytes at a place that the caller knows to be within `bytes`.
fn number<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + N].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
