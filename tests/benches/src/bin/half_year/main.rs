//! Writes half a year of recipients at the size of Europe: a book, what the generator counted, and the same sightings as
//! columns, for others to count. `tests/benches/active_recipients.py` measures what is done with them.

mod columns;

use std::error::Error;
use std::path::Path;

use domain::activity::{ActivityMonth, RecipientsSeen};
use domain::calendar::Month;
use domain::ids::CommandId;
use domain::metadata::Actor;
use domain::place::MemberState;
use domain::recording::Cause;
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, EventLog, Expected, StreamName};
use fixtures::half_year::{HalfYear, Made};
use projections::data_directory::DataDirectory;
use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use crate::columns::Columns;

/// How many batches go to the disk together: about three megabytes.
const BATCHES_AN_APPEND: usize = 32;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, recipients] = &arguments[..] else {
        return Err("half-year DIRECTORY RECIPIENTS: writes DIRECTORY/data, /columns and /expected.json".into());
    };
    let directory = Path::new(directory);
    let half = HalfYear { period: "2026-H1".parse()?, recipients: recipients.parse()?, seed: 45 };
    let book = Book::new(directory)?;
    let mut columns = Columns::new(&directory.join("columns"))?;
    let mut months = Vec::new();
    for month in half.period.months() {
        let mut ready = Vec::new();
        let made = half.month(month, |seen| -> Outcome<()> {
            columns.add(&seen)?;
            ready.push(seen);
            if ready.len() == BATCHES_AN_APPEND { book.append(month, std::mem::take(&mut ready)) } else { Ok(()) }
        })?;
        book.append(month, ready)?;
        println!("{month}: {} recipients", made.union);
        months.push(expected(month, &made));
    }
    columns.end()?;
    book.runtime.block_on(book.log.close());
    std::fs::write(directory.join("expected.json"), serde_json::to_vec_pretty(&months)?)?;
    Ok(())
}

fn expected(month: Month, made: &Made) -> Value {
    let states = MemberState::ALL.into_iter().zip(made.by_state);
    let states: Map<_, _> = states.map(|(state, count)| (state.code().to_owned(), count.into())).collect();
    let [buyers, traders, visitors] = made.by_role;
    json!({
        "month": month.to_string(), "recipients": made.union, "buyers": buyers, "traders": traders,
        "visitors": visitors, "byMemberState": states,
    })
}

struct Book {
    log: EmbeddedLog,
    runtime: Runtime,
}

impl Book {
    fn new(directory: &Path) -> Outcome<Self> {
        let log = EmbeddedLog::open(DataDirectory::new(directory.join("data")).log(), &EmbeddedOptions::default())?;
        Ok(Self { log, runtime: Builder::new_multi_thread().enable_all().build()? })
    }

    fn append(&self, month: Month, batches: Vec<RecipientsSeen>) -> Outcome<()> {
        let mut events = Vec::new();
        for seen in batches {
            let cause = Cause::new(CommandId(Uuid::new_v4()), Actor::system("edge"));
            events.append(&mut fixtures::unsealed(vec![seen.into()], &cause, month.next().begins())?);
        }
        if !events.is_empty() {
            let stream = StreamName::new(ActivityMonth::stream_of(month))?;
            self.runtime.block_on(self.log.append(&stream, Expected::Any, events))?;
        }
        Ok(())
    }
}
