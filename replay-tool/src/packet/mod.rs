//! `packet --period P OUT`: what an authority may ask about the figure of DSA art. 24(2), with the explanations and the data
//! that art. 24(3) asks for, and what is needed to check it.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `address.rs` | up to where events count, and the signed head that covers them |
//! | `substance.rs` | what the book itself has on it: the policies in force, the events that count |
//! | `policies.rs` | which policies were in force in the period |
//! | `tables.rs` | the sizes of the monthly sets, as CSV |
//! | `method.rs`, `method.md` | how recipients are counted, in words |
//! | `read_me.rs`, `read_me.md` | the page to begin with |
//! | `script.rs`, `verify.sh` | what checks a packet |
//! | `files.rs` | the files together, with their checksums |
//!
//! Invariants: the same book and address give the same bytes, whenever and wherever they are made. So nothing comes from the
//! clock, from the machine or from the names of directories; the head is the smallest that covers the address, for later
//! heads only ever come after it, and of the keys only the one is there that signed it. The figures are replayed from
//! nothing. And there is no personal data: a recipients' event is proved by its hash.

mod address;
mod files;
mod method;
mod policies;
mod read_me;
mod script;
mod substance;
mod tables;

use std::path::Path;

use chrono::SecondsFormat;
use domain::calendar::{ReportPeriod, SixMonths};
use event_log::EventLog;
use event_log::merkle::{Comparison, Proof, PublicHeadKey, SignedHead};
use projections::Checkpoint;
use projections::active_recipients::Average;
use projections::runner::Until;

use crate::arguments::At;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::hashed_book::HashedBook;
use crate::output::{say, say_that_it_grows};
use crate::trusted::GivenHead;
use crate::{Outcome, dsa, heads, out_directory};
use address::{Address, Signed};
use files::Files;
use substance::{LastCounted, Substance};

/// What is told in a packet.
struct Packet {
    period: SixMonths,
    average: Average,
    reached: Checkpoint,
    head: SignedHead,
    key: PublicHeadKey,
    substance: Substance,
}

pub(crate) fn run(
    data: &Data,
    period: SixMonths,
    at: &At,
    given: &GivenHead,
    out: &Path,
) -> Result<Outcome, ToolError> {
    out_directory::make_empty(out)?;
    let signed = Signed::read(data, given)?;
    // What a head covers, a book has that is opened after it was signed.
    let log = book::log(data)?;
    let Address { position, moment, head, key } = Address::of(log.as_ref(), at, signed)?;
    let hashed = HashedBook::under(log.as_ref(), &head)?;
    if !hashed.is_of(&head) {
        return another_book(data, log.as_ref(), head);
    }
    let until = Until { position: Some(position), moment };
    let (average, reached) = book::regenerate(log.as_ref(), period, until)?;
    let substance = Substance::read(log.as_ref(), period, until)?;
    let packet = Packet { period, average, reached, head, key, substance };
    let files = packet.files(&hashed)?;
    files.write(out)?;
    packet.print(&files);
    Ok(Outcome::Good)
}

/// Says in what the book differs from the one of which the head was signed.
fn another_book(data: &Data, log: &dyn EventLog, head: SignedHead) -> Result<Outcome, ToolError> {
    let compared = heads::compare(log, Comparison::new([head], heads::hashes_beside(data)?))?;
    let difference = compared
        .difference
        .map_or_else(|| "the book was changed meanwhile".to_owned(), |difference| difference.to_string());
    eprintln!("replay-tool: {difference}");
    Ok(Outcome::Found)
}

impl Packet {
    /// Whether the period was over at its moment. Before, its figures still grow.
    fn is_final(&self) -> bool {
        ReportPeriod::from(self.period).is_over_at(self.reached.moment())
    }

    /// The position of the last event that may count.
    fn position(&self) -> u64 {
        // An address has an event, or there would be no head that covers it.
        self.reached.next.0.saturating_sub(1)
    }

    /// The moment as of which it stands.
    fn as_of(&self) -> String {
        self.reached.moment().to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }

    fn files(&self, hashed: &HashedBook) -> Result<Files, ToolError> {
        let mut files = Files::default();
        files.add("README.md", read_me::text(self));
        files.add("figures.json", format!("{:#}\n", dsa::json(self.period, &self.average, self.reached)));
        files.add("figures.csv", tables::figures(&self.average));
        files.add("member-states.csv", tables::member_states(&self.average));
        files.add("method.md", method::text(self));
        files.add("head", self.head.to_string());
        files.add("keys", format!("{}\n", self.key));
        for version in &self.substance.policies {
            if let (Some(file), Some(event)) = (version.proof_file(), &version.event) {
                let proof = Proof::new(event, &hashed.inclusion(event.position)?, &self.head)?;
                files.add(file, format!("{proof}\n"));
            }
        }
        if let Some(LastCounted { position, hash }) = self.substance.last_counted() {
            let proof = Proof::of_hash(hash, &hashed.inclusion(position)?, &self.head);
            files.add(substance::LAST_COUNTED_FILE, format!("{proof}\n"));
        }
        files.add("verify.sh", script::text(self));
        Ok(files)
    }

    fn print(&self, files: &Files) {
        let Self { period, average, .. } = self;
        say!(
            "A packet for an authority: average monthly active recipients in the Union, {period} (Regulation (EU) 2022/2065, \
             art. 24(2) and (3))"
        );
        say!();
        say!("files        {}", files.count());
        say!("average      {}", dsa::mean(average));
        say!("address      {}", self.reached);
        say!("head         {}", heads::shown(&self.head));
        say!("digest       {}", files.digest());
        if !self.is_final() {
            say_that_it_grows(period);
        }
    }
}
