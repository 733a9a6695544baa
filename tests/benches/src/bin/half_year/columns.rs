//! The same sightings as a table of columns: a file each, one value after the other.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use domain::activity::RecipientsSeen;

/// How much is written at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// The columns.
pub(crate) struct Columns {
    /// The month's number in the year.
    month: BufWriter<File>,
    /// The Member State's number in alphabetical order.
    state: BufWriter<File>,
    /// The part's number.
    role: BufWriter<File>,
    /// The pseudonym, eight bytes, the lowest first.
    recipient: BufWriter<File>,
}

impl Columns {
    /// Begins them in a directory.
    pub(crate) fn new(directory: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        let column =
            |name: &str| File::create(directory.join(name)).map(|file| BufWriter::with_capacity(BUFFER_BYTES, file));
        let [month, state, role, recipient] = ["month", "state", "role", "recipient"].map(column);
        Ok(Self { month: month?, state: state?, role: role?, recipient: recipient? })
    }

    /// Adds a batch.
    pub(crate) fn add(&mut self, seen: &RecipientsSeen) -> std::io::Result<()> {
        let month: u8 = seen.month.to_string()[5..].parse().unwrap_or_default();
        for part in &seen.seen {
            for recipient in part.recipients.iter() {
                self.month.write_all(&[month])?;
                self.state.write_all(&[part.member_state as u8])?;
                self.role.write_all(&[part.role as u8])?;
                self.recipient.write_all(&recipient.0.to_le_bytes())?;
            }
        }
        Ok(())
    }

    /// Ends them.
    pub(crate) fn end(mut self) -> std::io::Result<()> {
        [&mut self.month, &mut self.state, &mut self.role, &mut self.recipient].into_iter().try_for_each(Write::flush)
    }
}
