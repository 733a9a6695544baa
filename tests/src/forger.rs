//! A book's files changed by somebody who knows the format: what is written anew has positions, revisions, groups and
//! checksums as the engine would have written them. It shares nothing with the engine but what `event-log`'s documentation
//! says, so that it also says whether that is enough.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Bytes before a segment's first record.
const SEGMENT_HEADER: usize = 64;
/// Bytes of a record before its stream's name.
const RECORD_HEADER: usize = 84;
/// Records begin at multiples of this.
const ALIGNMENT: usize = 8;

/// A book, taken apart.
pub struct Forger {
    directory: PathBuf,
    log: Uuid,
    segment_bytes: usize,
    /// Its events, which may be changed at will.
    pub records: Vec<Record>,
}

/// What a record says, but for what follows from its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Of the event type's schema.
    pub schema: u16,
    /// In microseconds since 1970.
    pub occurred_at: i64,
    created: i64,
    /// The event's own.
    pub id: Uuid,
    /// Its name.
    pub stream: Vec<u8>,
    /// Its name.
    pub event_type: Vec<u8>,
    /// JSON.
    pub data: Vec<u8>,
    /// JSON.
    pub metadata: Vec<u8>,
}

impl Forger {
    /// Reads the book in a directory.
    #[must_use]
    pub fn read(directory: &Path) -> Self {
        let files = segments(directory);
        let first = fs::read(&files[0]).unwrap();
        let (log, segment_bytes) = (Uuid::from_bytes(field(&first, 32)), first.len());
        let mut records = Vec::new();
        for file in &files {
            let bytes = fs::read(file).unwrap();
            let mut at = SEGMENT_HEADER;
            while bytes.len() - at >= RECORD_HEADER && bytes[at..].starts_with(b"EVNT") {
                let length = u32::from_le_bytes(field(&bytes, at + 4)) as usize;
                records.push(Record::decode(&bytes[at..at + length]));
                at += length;
            }
        }
        Self { directory: directory.to_owned(), log, segment_bytes, records }
    }

    /// Writes the book anew, as if it had never been another one.
    pub fn write(&self) {
        for file in segments(&self.directory) {
            fs::remove_file(file).unwrap();
        }
        let seed = crc32c::crc32c(self.log.as_bytes());
        let mut revisions: HashMap<&[u8], u64> = HashMap::new();
        let (mut segment, mut first) = (self.begin(0), 0);
        for (position, record) in (0..).zip(&self.records) {
            let revision = revisions.entry(&record.stream).or_default();
            let bytes = record.encode(seed, position, *revision);
            *revision += 1;
            if segment.len() + bytes.len() > self.segment_bytes {
                self.end(std::mem::replace(&mut segment, self.begin(position)), first);
                first = position;
            }
            segment.extend(bytes);
        }
        self.end(segment, first);
    }

    fn begin(&self, first: u64) -> Vec<u8> {
        let mut header = vec![0; SEGMENT_HEADER];
        header[..8].copy_from_slice(b"EVENTLOG");
        header[8..12].copy_from_slice(&1_u32.to_le_bytes());
        header[16..24].copy_from_slice(&first.to_le_bytes());
        header[24..32].copy_from_slice(&(self.segment_bytes as u64).to_le_bytes());
        header[32..48].copy_from_slice(self.log.as_bytes());
        let checksum = crc32c::crc32c(&header);
        header[12..16].copy_from_slice(&checksum.to_le_bytes());
        header
    }

    fn end(&self, mut segment: Vec<u8>, first: u64) {
        segment.resize(self.segment_bytes, 0);
        fs::write(self.directory.join(format!("segment-{first:020}.log")), segment).unwrap();
    }
}

impl Record {
    fn decode(record: &[u8]) -> Self {
        let length = |at: usize| u32::from_le_bytes(field(record, at)) as usize;
        let lengths = [usize::from(record[14]), usize::from(record[15]), length(72), length(76)];
        let mut at = RECORD_HEADER;
        let [stream, event_type, data, metadata] = lengths.map(|length| {
            at += length;
            record[at - length..at].to_vec()
        });
        Self {
            schema: u16::from_le_bytes(field(record, 12)),
            occurred_at: i64::from_le_bytes(field(record, 40)),
            created: i64::from_le_bytes(field(record, 48)),
            id: Uuid::from_bytes(field(record, 56)),
            stream,
            event_type,
            data,
            metadata,
        }
    }

    /// As an append and a group commit of its own.
    fn encode(&self, seed: u32, position: u64, revision: u64) -> Vec<u8> {
        let mut bytes = vec![0; RECORD_HEADER];
        for part in [&self.stream, &self.event_type, &self.data, &self.metadata] {
            bytes.extend(part);
        }
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        let length = bytes.len() as u32;
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, b"EVNT");
        put(4, &length.to_le_bytes());
        put(12, &self.schema.to_le_bytes());
        put(14, &[self.stream.len() as u8, self.event_type.len() as u8]);
        put(16, &position.to_le_bytes());
        put(24, &revision.to_le_bytes());
        put(32, &position.to_le_bytes());
        put(40, &self.occurred_at.to_le_bytes());
        put(48, &self.created.to_le_bytes());
        put(56, self.id.as_bytes());
        put(72, &(self.data.len() as u32).to_le_bytes());
        put(76, &(self.metadata.len() as u32).to_le_bytes());
        let checksum = crc32c::crc32c_append(crc32c::crc32c_append(seed, &bytes[..8]), &bytes[12..]);
        bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }
}

/// The files of a book, oldest first.
#[must_use]
pub fn segments(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|extension| extension == "log")).collect();
    files.sort();
    files
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().unwrap()
}
