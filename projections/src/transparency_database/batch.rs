//! As many records as one request to the Transparency Database may have.

use serde::Serialize;

use super::Record;

/// The most records of a request (`POST /api/v1/statements`). The database stores all of a request or nothing.
pub const MOST_RECORDS: usize = 100;

/// The body of a request.
#[derive(Debug, Serialize)]
pub struct Batch<'a> {
    statements: &'a [Record],
}

impl<'a> Batch<'a> {
    /// Records in batches, in their order.
    pub fn all(records: &'a [Record]) -> impl Iterator<Item = Self> + use<'a> {
        records.chunks(MOST_RECORDS).map(|statements| Self { statements })
    }

    /// As JSON, the same each time, with a line end.
    #[must_use]
    pub fn json(&self) -> String {
        // Texts, days and lists of names: nothing of a record can fail to be JSON.
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }
}
