//! A large marketplace's year, made of the domain's own decisions.
//!
//! The demonstration's generator makes small marketplaces. Many of them, merged by moment, are a large one: more
//! sellers, products and buyers, each with a life as in a small one, and events of all streams in between each other, as
//! a busy book has them. What they share goes on from the first: its policies are in force, and a seller or a buyer that
//! several have opens one account. Visits of all go into the same months.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::Aggregate;
use domain::activity::ActivityMonth;
use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, OwnKeys};
use fixtures::History;
use projections::data_directory::DataDirectory;
use rayon::prelude::*;

/// When the year ends: always the same, so that every run measures the same history.
///
/// # Panics
/// Never: it is a moment.
#[must_use]
pub fn end() -> DateTime<Utc> {
    DateTime::from_timestamp(1_782_820_800, 0).expect("2026-06-30T12:00:00Z is a moment")
}

/// So many marketplaces' years as one: about 48,000 events each.
#[must_use]
pub fn history(marketplaces: u64) -> History {
    // Generated side by side; merging them goes by the seed, so that it is always the same.
    let years: Vec<History> =
        (1..=marketplaces).into_par_iter().map(|seed| fixtures::demo::history(seed, end()).0).collect();
    merge(years)
}

fn merge(years: Vec<History>) -> History {
    let activity = format!("{}-", ActivityMonth::CATEGORY);
    let mut taken = HashSet::new();
    let mut merged = History::new();
    for mut year in years {
        year.retain(|step| step.stream.starts_with(&activity) || !taken.contains(&step.stream));
        taken.extend(year.iter().map(|step| step.stream.clone()));
        merged.append(&mut year);
    }
    merged.sort_by_key(|step| step.occurred_at);
    let mut next: HashMap<String, u64> = HashMap::new();
    for step in &mut merged {
        let next = next.entry(step.stream.clone()).or_default();
        step.first_revision = *next;
        *next += step.events.len() as u64;
    }
    merged
}

/// Writes a history into the book of a new data directory and closes it.
///
/// # Errors
/// I/O errors, and what the log and the vault say.
pub fn write(directory: &Path, history: &History) -> Result<DataDirectory, Box<dyn Error + Send + Sync>> {
    let data = DataDirectory::new(directory);
    std::fs::create_dir_all(data.path())?;
    let keys = OwnKeys(Arc::new(data.open_vault()?.0));
    let log = EmbeddedLog::open(data.log(), &EmbeddedOptions::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        fixtures::write(&log, &keys, history, &mut |_| {}).await?;
        log.close().await;
        Ok(data)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merged_year_is_in_order_with_no_gap_in_any_stream_and_loses_only_what_is_shared() {
        let (one, two) = (history(1), history(2));
        assert!(two.len() > one.len() * 19 / 10, "{} of {}", two.len(), one.len());
        assert!(two.is_sorted_by_key(|step| step.occurred_at));
        let (mut next, mut commands) = (HashMap::<_, u64>::new(), HashSet::new());
        for step in &two {
            let next = next.entry(&step.stream).or_default();
            assert_eq!(step.first_revision, *next, "{}", step.stream);
            *next += step.events.len() as u64;
            assert!(commands.insert(step.cause.command), "{:?}", step.cause);
        }
        assert_eq!(two.iter().filter(|step| step.stream.starts_with("policy")).count(), 1);
    }
}
