//! Data directories with generated histories.

use std::path::Path;
use std::sync::Arc;

use event_log::embedded::EmbeddedOptions;
use event_log::{EmbeddedLog, OwnKeys};
use fixtures::demo::{DEMO_BUYER, DEMO_SELLER};
use fixtures::{History, Step};
use projections::data_directory::DataDirectory;

/// Small segments: many boundaries, and little to fill with zeros.
pub const OPTIONS: EmbeddedOptions = EmbeddedOptions { segment_bytes: 4 << 20 };

/// A generated year of a marketplace.
#[must_use]
pub fn year(seed: u64) -> History {
    fixtures::demo::history(seed, "2026-06-30T12:00:00Z".parse().unwrap()).0
}

/// Several marketplaces' years in one book, one after the other: about 48,000 events each. Of all but the first, the
/// streams that every generated marketplace has are left out.
#[must_use]
pub fn years(count: u64) -> History {
    let shared = [format!("seller-{DEMO_SELLER}"), format!("buyer-{DEMO_BUYER}")];
    let own = |step: &Step| {
        !step.stream.starts_with("policy-") && !step.stream.starts_with("activity-") && !shared.contains(&step.stream)
    };
    (1..=count).flat_map(|seed| year(seed).into_iter().filter(move |step| seed == 1 || own(step))).collect()
}

/// Writes a history into a data directory's book and closes it.
pub fn write(data: &Path, history: &[Step]) {
    write_with(&OPTIONS, data, history);
}

/// As [`write`], with segments of another size.
pub fn write_with(options: &EmbeddedOptions, data: &Path, history: &[Step]) {
    let data = DataDirectory::new(data);
    std::fs::create_dir_all(data.path()).unwrap();
    let keys = OwnKeys(Arc::new(data.open_vault().unwrap().0));
    let log = EmbeddedLog::open(data.log(), options).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        fixtures::write(&log, &keys, history, &mut |_| ()).await.unwrap();
        log.close().await;
    });
}

/// A generated year in a temporary data directory.
#[must_use]
pub fn with(history: &[Step]) -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    write(data.path(), history);
    data
}

/// Copies a directory with what is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
