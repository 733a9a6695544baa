//! A part of the report: a table of cells in the template's columns. CSV is one way to write it; a spreadsheet needs only
//! the same cells.

use super::duration::Durations;
use super::why::Why;

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing is said here.
    Empty,
    /// A value that is not there: nothing is printed.
    Unknown(Why),
    /// A text.
    Text(String),
    /// A number of things.
    Count(u64),
    /// A decimal number, exactly as it is printed.
    Decimal(String),
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// The cell as text.
    #[must_use]
    pub fn printed(&self) -> String {
        match self {
            Self::Empty | Self::Unknown(_) => String::new(),
            Self::Text(text) | Self::Decimal(text) => text.clone(),
            Self::Count(count) => count.to_string(),
        }
    }
}

/// A value, and what is said of it in the column for its contextual information.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    value: Cell,
    context: Cell,
}

impl Entry {
    pub(super) const fn count(count: u64) -> Self {
        Self { value: Cell::Count(count), context: Cell::Empty }
    }

    /// The median in hours; where there is none, the entry says why.
    pub(super) fn median(durations: &Durations) -> Self {
        match durations.median() {
            Some(median) => Self { value: Cell::Decimal(median.hours()), context: Cell::Empty },
            None => Self::unknown(Why::NoneInPeriod),
        }
    }

    /// The value is not there, and why is said beside it.
    pub(super) fn unknown(why: Why) -> Self {
        Self { context: Cell::text(why.words()), ..Self::unsaid(why) }
    }

    /// The value is not there; why is said once for many.
    pub(super) const fn unsaid(why: Why) -> Self {
        Self { value: Cell::Unknown(why), context: Cell::Empty }
    }

    /// The same, with something more said of it.
    pub(super) fn with(self, more: impl AsRef<str>) -> Self {
        let said = [self.context.printed().as_str(), more.as_ref()].join(" ");
        Self { context: Cell::text(said.trim()), ..self }
    }
}

/// The entries, each with what is said of it.
pub(super) fn explained(entries: Vec<Entry>, said: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<Entry> {
    entries.into_iter().zip(said).map(|(entry, said)| entry.with(said)).collect()
}

/// A part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its number: 1 to 11.
    pub number: u8,
    /// Its name, in the words of a file's name.
    pub name: &'static str,
    /// The name of the template's sheet for it, to the letter (annex II calls them so).
    pub sheet: &'static str,
    /// The template's columns, to the letter.
    pub columns: &'static [&'static str],
    /// The rows, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

impl Part {
    /// The name of its file.
    #[must_use]
    pub fn file(&self) -> String {
        format!("part-{:02}-{}.csv", self.number, self.name)
    }

    /// As CSV: RFC 4180 with a header, which ends lines with CR LF, in UTF-8 (annex II, I.4).
    #[must_use]
    pub fn csv(&self) -> String {
        let header = self.columns.iter().map(|column| quoted(column));
        let mut out = header.collect::<Vec<_>>().join(",");
        out.push_str("\r\n");
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|cell| quoted(&cell.printed())).collect();
            out.push_str(&cells.join(","));
            out.push_str("\r\n");
        }
        out
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Of what and when a report is: what every row of it begins with.
#[derive(Debug, Clone)]
pub(super) struct Stamp {
    /// The service's name.
    pub(super) service: &'static str,
    /// The period, as in `2025-07-01/2025-12-31`.
    pub(super) period: String,
}

impl Stamp {
    /// A row: to whom it applies, service and period; what it is of; the values; what is said of each.
    pub(super) fn row<const N: usize>(&self, applies_to: &str, of: [&str; N], entries: Vec<Entry>) -> Vec<Cell> {
        let mut row = self.values(applies_to, of, &entries);
        row.extend(entries.into_iter().map(|entry| entry.context));
        row
    }

    /// As [`Self::row`], for parts that have no columns for contextual information.
    pub(super) fn values<const N: usize>(&self, applies_to: &str, of: [&str; N], entries: &[Entry]) -> Vec<Cell> {
        let mut row = vec![Cell::text(applies_to), Cell::text(self.service), Cell::text(self.period.clone())];
        row.extend(of.map(Cell::text));
        row.extend(entries.iter().map(|entry| entry.value.clone()));
        row
    }
}

/// To whom a row applies, in the template's words.
pub(super) const ALL: &str = "All";
pub(super) const HOSTING: &str = "Only for providers of hosting services, including online platforms";
pub(super) const PLATFORMS: &str = "Only for providers of online platforms";
pub(super) const VERY_LARGE: &str = "Only for VLOPs";
pub(super) const VERY_LARGE_OR_SEARCH: &str = "Only for VLOPs and VLOSEs";
