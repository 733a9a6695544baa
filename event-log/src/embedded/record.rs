//! One event as bytes.
//!
//! ```text
//!  0 magic u32        4 length u32       8 crc32c u32      12 schema u16   14 stream length u8   15 type length u8
//! 16 position u64    24 revision u64    32 group first u64
//! 40 occurred at i64 48 created i64     56 event id, 16 bytes
//! 72 data length u32 76 metadata length u32               80 followers u32
//! 84 stream, type, data, metadata, zeros up to a multiple of 8
//! ```
//!
//! Little endian; instants are microseconds since 1970. `length` is the whole record's, padding included. The checksum
//! covers every other byte of the record and, before them, the log's own id: so neither a record of another book nor
//! one that a customer wrote into a review can pass for one of this book. `group first` is the position of the first
//! record of the group commit that wrote this one; `followers` is how many records of the same append come after it.
//! Together they tell recovery what was acknowledged and what may be cut.

use bytes::Bytes;
use bytestring::ByteString;
use chrono::DateTime;
use uuid::Uuid;

use crate::{NewEvent, Position, Recorded, Revision, StreamName};

/// Bytes before the stream's name.
pub(super) const HEADER_BYTES: usize = 84;
/// Records begin at multiples of this, so that recovery finds them again behind damage.
pub(super) const ALIGNMENT: usize = 8;
/// Reads `EVNT` in a hex dump.
const MAGIC: u32 = u32::from_le_bytes(*b"EVNT");
/// Nothing that [`super::limits`] lets in is longer; a longer length field is damage.
const MAX_RECORD_BYTES: usize = super::limits::MAX_EVENT_BYTES + HEADER_BYTES + 255 + 255 + ALIGNMENT;

/// What makes this book's checksums differ from another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seed(u32);

impl Seed {
    pub(super) fn of(log: Uuid) -> Self {
        Self(crc32c::crc32c(log.as_bytes()))
    }
}

/// A record's header, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) length: u32,
    pub(super) schema: u16,
    pub(super) stream_bytes: u8,
    pub(super) type_bytes: u8,
    pub(super) position: u64,
    pub(super) revision: u64,
    pub(super) group_first: u64,
    pub(super) occurred_at: i64,
    pub(super) created: i64,
    pub(super) id: Uuid,
    pub(super) data_bytes: u32,
    pub(super) metadata_bytes: u32,
    pub(super) followers: u32,
}

/// Why bytes are not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Zeros: nothing was written here.
    Nothing,
    /// More bytes are needed to tell: this many in all.
    Short(usize),
    /// It does not begin as a record does.
    Magic,
    /// The length field cannot be.
    Length,
    /// The checksum differs.
    Checksum,
    /// The checksum holds but the content cannot be.
    Content,
    /// The record is whole but does not follow the one before it.
    Order,
}

impl Flaw {
    /// For a message about damage.
    pub(super) const fn what(self) -> &'static str {
        match self {
            Self::Nothing => "a record is missing",
            Self::Short(_) => "the file ends within a record",
            Self::Magic => "no record begins here",
            Self::Length => "the record's length is impossible",
            Self::Checksum => "the record's checksum differs",
            Self::Content => "the record's lengths or texts do not fit each other",
            Self::Order => "the record does not follow the one before it",
        }
    }
}

/// Where an event will stand, decided by the writer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub(super) position: u64,
    pub(super) revision: u64,
    pub(super) group_first: u64,
    pub(super) created: i64,
    pub(super) followers: u32,
}

/// The bytes that a record with these contents takes.
pub(super) const fn encoded_bytes(stream: usize, event_type: usize, data: usize, metadata: usize) -> usize {
    (HEADER_BYTES + stream + event_type + data + metadata).next_multiple_of(ALIGNMENT)
}

/// Appends a record to `buffer`. The event's lengths were checked by [`super::limits`], so that the narrowing holds.
pub(super) fn encode(buffer: &mut Vec<u8>, seed: Seed, stream: &StreamName, event: &NewEvent, standing: Standing) {
    let name = stream.as_str().as_bytes();
    let start = buffer.len();
    let length = encoded_bytes(name.len(), event.event_type.len(), event.data.len(), event.metadata.len());
    buffer.reserve(length);
    buffer.extend_from_slice(&MAGIC.to_le_bytes());
    buffer.extend_from_slice(&(length as u32).to_le_bytes());
    buffer.extend_from_slice(&[0; 4]);
    buffer.extend_from_slice(&event.schema.to_le_bytes());
    buffer.push(name.len() as u8);
    buffer.push(event.event_type.len() as u8);
    buffer.extend_from_slice(&standing.position.to_le_bytes());
    buffer.extend_from_slice(&standing.revision.to_le_bytes());
    buffer.extend_from_slice(&standing.group_first.to_le_bytes());
    buffer.extend_from_slice(&event.occurred_at.timestamp_micros().to_le_bytes());
    buffer.extend_from_slice(&standing.created.to_le_bytes());
    buffer.extend_from_slice(event.id.as_bytes());
    buffer.extend_from_slice(&(event.data.len() as u32).to_le_bytes());
    buffer.extend_from_slice(&(event.metadata.len() as u32).to_le_bytes());
    buffer.extend_from_slice(&standing.followers.to_le_bytes());
    buffer.extend_from_slice(name);
    buffer.extend_from_slice(event.event_type.as_bytes());
    buffer.extend_from_slice(&event.data);
    buffer.extend_from_slice(&event.metadata);
    buffer.resize(start + length, 0);
    let checksum = checksum(&buffer[start..], seed);
    buffer[start + 8..start + 12].copy_from_slice(&checksum.to_le_bytes());
}

/// Checks the record that `bytes` begins with; `bytes` may go on after it.
pub(super) fn decode(bytes: &[u8], seed: Seed) -> Result<Header, Flaw> {
    let Some(fixed) = bytes.first_chunk::<HEADER_BYTES>() else {
        return Err(Flaw::Short(HEADER_BYTES));
    };
    let magic = u32::from_le_bytes(field(fixed, 0));
    let length = u32::from_le_bytes(field(fixed, 4));
    if magic != MAGIC {
        return Err(if magic == 0 && length == 0 { Flaw::Nothing } else { Flaw::Magic });
    }
    let whole = length as usize;
    if !(HEADER_BYTES..=MAX_RECORD_BYTES).contains(&whole) || !whole.is_multiple_of(ALIGNMENT) {
        return Err(Flaw::Length);
    }
    let Some(record) = bytes.get(..whole) else {
        return Err(Flaw::Short(whole));
    };
    if checksum(record, seed) != u32::from_le_bytes(field(fixed, 8)) {
        return Err(Flaw::Checksum);
    }
    let header = Header {
        length,
        schema: u16::from_le_bytes(field(fixed, 12)),
        stream_bytes: fixed[14],
        type_bytes: fixed[15],
        position: u64::from_le_bytes(field(fixed, 16)),
        revision: u64::from_le_bytes(field(fixed, 24)),
        group_first: u64::from_le_bytes(field(fixed, 32)),
        occurred_at: i64::from_le_bytes(field(fixed, 40)),
        created: i64::from_le_bytes(field(fixed, 48)),
        id: Uuid::from_bytes(field(fixed, 56)),
        data_bytes: u32::from_le_bytes(field(fixed, 72)),
        metadata_bytes: u32::from_le_bytes(field(fixed, 76)),
        followers: u32::from_le_bytes(field(fixed, 80)),
    };
    if header.encoded_bytes() == whole { Ok(header) } else { Err(Flaw::Content) }
}

impl Header {
    fn encoded_bytes(&self) -> usize {
        encoded_bytes(
            usize::from(self.stream_bytes),
            usize::from(self.type_bytes),
            self.data_bytes as usize,
            self.metadata_bytes as usize,
        )
    }

    /// The stream's name within the record's bytes.
    pub(super) fn stream<'a>(&self, record: &'a [u8]) -> Result<&'a str, Flaw> {
        let name = &record[HEADER_BYTES..HEADER_BYTES + usize::from(self.stream_bytes)];
        std::str::from_utf8(name).map_err(|_| Flaw::Content)
    }

    /// The event, sharing the record's bytes.
    pub(super) fn recorded(&self, record: &Bytes) -> Result<Recorded, Flaw> {
        let mut at = HEADER_BYTES;
        let mut part = |length: usize| {
            let bytes = record.slice(at..at + length);
            at += length;
            bytes
        };
        let stream = ByteString::try_from(part(usize::from(self.stream_bytes))).map_err(|_| Flaw::Content)?;
        let event_type = ByteString::try_from(part(usize::from(self.type_bytes))).map_err(|_| Flaw::Content)?;
        Ok(Recorded {
            position: Position(self.position),
            stream: StreamName::trusted(stream),
            revision: Revision(self.revision),
            id: self.id,
            event_type,
            schema: self.schema,
            occurred_at: DateTime::from_timestamp_micros(self.occurred_at).ok_or(Flaw::Content)?,
            created: DateTime::from_timestamp_micros(self.created).ok_or(Flaw::Content)?,
            data: part(self.data_bytes as usize),
            metadata: part(self.metadata_bytes as usize),
        })
    }
}

fn checksum(record: &[u8], seed: Seed) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(seed.0, &record[..8]), &record[12..])
}

/// The `N` bytes at `at`. Callers pass constants within the header, so that the copy cannot fail.
fn field<const N: usize>(header: &[u8; HEADER_BYTES], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&header[at..at + N]);
    bytes
}
