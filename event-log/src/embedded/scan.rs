//! Walks one segment from an offset to its end, checking every record; what opening, following and verifying share.
//!
//! It hands out whole appends only: an append is all or none, so that one whose last records are missing is not there.

use std::fs::File;
use std::sync::Arc;

use bytes::Bytes;

use super::record::{self, Flaw, Header, Seed};
use super::segment::{self, Segment};
use crate::LogError;

/// Read at a time. Grows for an append that is larger.
const CHUNK_BYTES: usize = 1 << 20;

/// Some whole appends, checked.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Where `bytes` begins in the segment.
    pub(super) start: u64,
    pub(super) bytes: Bytes,
    /// Each record's offset within `bytes`, and its header.
    pub(super) records: Vec<(u32, Header)>,
}

/// Where and why a segment's records end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    /// The byte after the last whole append.
    pub(super) offset: u64,
    /// What is wrong after it; nothing when only zeros follow.
    pub(super) flaw: Option<FlawAt>,
}

/// Something that a healthy segment does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FlawAt {
    pub(super) offset: u64,
    pub(super) what: String,
}

/// The walk.
#[derive(Debug)]
pub(super) struct SegmentScan {
    segment: Arc<Segment>,
    file: File,
    file_bytes: u64,
    seed: Seed,
    offset: u64,
    position: u64,
    group_first: Option<u64>,
}

impl SegmentScan {
    /// Begins at `offset`, where the record at `position` stands or will stand.
    pub(super) fn new(segment: Arc<Segment>, offset: u64, position: u64) -> Result<Self, LogError> {
        let file = segment.open()?;
        let file_bytes = file.metadata().map_err(LogError::io("reading", &segment.path))?.len();
        let seed = Seed::of(segment.header.log);
        Ok(Self { segment, file, file_bytes, seed, offset, position, group_first: None })
    }

    /// From the segment's first record on.
    pub(super) fn whole(segment: Arc<Segment>) -> Result<Self, LogError> {
        let first = segment.header.first.0;
        Self::new(segment, segment::HEADER_BYTES as u64, first)
    }

    /// The next whole appends, or the end.
    pub(super) fn next(&mut self) -> Result<Result<Chunk, End>, LogError> {
        let mut wanted = CHUNK_BYTES;
        loop {
            let bytes = read(&self.file, &self.segment, self.offset, wanted)?;
            let at_end = bytes.len() < wanted;
            let mut records = Vec::new();
            let (whole, stopped, flaw) = self.check(&bytes, &mut records);
            if !records.is_empty() {
                return Ok(Ok(self.advance(bytes, records, whole)));
            }
            if matches!(flaw, Flaw::Short(_)) && !at_end {
                wanted *= 2;
            } else {
                return Ok(Err(self.end(&bytes, stopped, flaw)?));
            }
        }
    }

    /// Fills `records` with the whole appends that `bytes` begins with. Returns the bytes they take, and where and why
    /// checking stopped.
    fn check(&self, bytes: &[u8], records: &mut Vec<(u32, Header)>) -> (usize, usize, Flaw) {
        let (mut at, mut whole, mut complete) = (0, 0, 0);
        let mut position = self.position;
        let mut group_first = self.group_first;
        let mut followers = 0;
        let flaw = loop {
            let header = match record::decode(&bytes[at..], self.seed) {
                Ok(header) => header,
                Err(flaw) => break flaw,
            };
            let group_fits = header.group_first == position || group_first == Some(header.group_first);
            // A scan that begins within a segment does not know the group before it.
            let group_unknown = group_first.is_none() && position != self.segment.header.first.0;
            let fits = header.position == position
                && (group_fits || (group_unknown && header.group_first < position))
                && (followers == 0 || header.followers + 1 == followers);
            if !fits {
                break Flaw::Order;
            }
            // An offset within a chunk; a chunk is at most one append longer than 1 MiB.
            records.push((at as u32, header));
            at += header.length as usize;
            position += 1;
            group_first = Some(header.group_first);
            followers = header.followers;
            if followers == 0 {
                (whole, complete) = (at, records.len());
            }
        };
        records.truncate(complete);
        (whole, at, flaw)
    }

    fn advance(&mut self, mut bytes: Vec<u8>, records: Vec<(u32, Header)>, whole: usize) -> Chunk {
        bytes.truncate(whole);
        let start = self.offset;
        self.offset += whole as u64;
        self.position += records.len() as u64;
        self.group_first = records.last().map(|(_, header)| header.group_first);
        Chunk { start, bytes: bytes.into(), records }
    }

    /// Says what lies at and after `stopped`, which is relative to the last whole append.
    fn end(&self, rest: &[u8], stopped: usize, flaw: Flaw) -> Result<End, LogError> {
        let offset = self.offset;
        let at = offset + stopped as u64;
        let fields = &rest[stopped..];
        let nothing = match flaw {
            Flaw::Nothing => true,
            Flaw::Short(_) => fields.iter().all(|byte| *byte == 0),
            Flaw::Magic | Flaw::Length | Flaw::Checksum | Flaw::Content | Flaw::Order => false,
        };
        let flaw_at = |offset, what: &str| Some(FlawAt { offset, what: what.to_owned() });
        let flaw = if !nothing {
            flaw_at(at, flaw.what())
        } else if stopped > 0 {
            flaw_at(at, "the last events of an append are missing")
        } else if let Some(stray) = self.first_not_zero(at)? {
            flaw_at(stray, "bytes after the last record")
        } else if self.file_bytes != self.segment.header.length {
            flaw_at(self.file_bytes.min(self.segment.header.length), "the file's length is not what its header says")
        } else {
            None
        };
        Ok(End { offset, flaw })
    }

    fn first_not_zero(&self, from: u64) -> Result<Option<u64>, LogError> {
        let mut at = from;
        loop {
            let bytes = read(&self.file, &self.segment, at, CHUNK_BYTES)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            if let Some(stray) = first_not_zero(&bytes) {
                return Ok(Some(at + stray as u64));
            }
            at += bytes.len() as u64;
        }
    }
}

/// Compares word by word: the tail of a segment is mostly zeros, and verifying reads all of them.
pub(super) fn first_not_zero(bytes: &[u8]) -> Option<usize> {
    let (words, _) = bytes.as_chunks::<16>();
    let zeros = words.iter().take_while(|word| u128::from_ne_bytes(**word) == 0).count() * 16;
    bytes[zeros..].iter().position(|byte| *byte != 0).map(|at| zeros + at)
}

/// At most `wanted` bytes from `offset` on, fewer only at the file's end.
pub(super) fn read(file: &File, segment: &Segment, offset: u64, wanted: usize) -> Result<Vec<u8>, LogError> {
    let mut bytes = Vec::with_capacity(wanted);
    while bytes.len() < wanted {
        let at = offset + bytes.len() as u64;
        let read =
            rustix::io::retry_on_intr(|| rustix::io::pread(file, rustix::buffer::spare_capacity(&mut bytes), at))
                .map_err(|error| LogError::io("reading", &segment.path)(error.into()))?;
        if read == 0 {
            break;
        }
    }
    // The allocator may give more than was asked for, and reading fills all of it.
    bytes.truncate(wanted);
    Ok(bytes)
}
