//! Books with signed heads, without a server.

use std::fs;
use std::path::{Path, PathBuf};

use event_log::EmbeddedLog;
use event_log::merkle::{HeadKeeper, HeadKeys, SignedHead};
use projections::data_directory::DataDirectory;

/// Under which name they are signed.
pub const ORIGIN: &str = "shop.example/marktboek";

/// Signs the head of a data directory's book as it is now.
pub fn sign(data: &Path) -> SignedHead {
    let data = DataDirectory::new(data);
    let log = EmbeddedLog::open_read_only(data.log()).unwrap();
    let mut keeper = HeadKeeper::open(&data.heads(), ORIGIN, &log).unwrap();
    keeper.sign("2026-06-30T12:00:00Z".parse().unwrap()).unwrap()
}

/// Writes the public keys of a data directory into a file elsewhere, as whoever verifies has them.
#[must_use]
pub fn trusted_keys(data: &Path, elsewhere: &Path) -> PathBuf {
    let keys = HeadKeys::public_in(&DataDirectory::new(data).heads()).unwrap();
    let file = elsewhere.join("operators-keys");
    fs::write(&file, keys.iter().map(|key| format!("{key}\n")).collect::<String>()).unwrap();
    file
}
