//! Replacing the key file so that no copy of a destroyed key stays.
//!
//! The new file is written and synced beside the old one; the old one gets a second name, `keys.old`; the new one takes
//! the name `keys`; then the old one's bytes are overwritten and its name removed. A crash at any point leaves `keys`
//! whole, the old or the new one, and opening finishes what was begun: a `keys.old` that is still the same file as
//! `keys` only loses that name.
//!
//! Overwriting reaches what the file system exposes. A copying file system, an SSD's spare blocks or a backup may hold
//! the old bytes: the key in them is wrapped, and changing the master key after a backup's term ends that too.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::{LogError, directory};

/// The key file's name.
pub(super) const KEYS: &str = "keys";
const NEW: &str = "keys.new";
const OLD: &str = "keys.old";

/// Makes `bytes` the key file, durably, and overwrites the one before. Returns it open for writing.
pub(super) fn replace(directory: &Path, bytes: &[u8]) -> Result<File, LogError> {
    let (keys, new, old) = (directory.join(KEYS), directory.join(NEW), directory.join(OLD));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .map_err(LogError::io("creating", &new))?;
    file.write_all(bytes).map_err(LogError::io("writing", &new))?;
    file.sync_all().map_err(LogError::io("syncing", &new))?;
    if keys.exists() {
        fs::hard_link(&keys, &old).map_err(LogError::io("naming", &old))?;
        directory::sync(directory)?;
    }
    fs::rename(&new, &keys).map_err(LogError::io("naming", &keys))?;
    directory::sync(directory)?;
    shred(&old)?;
    directory::sync(directory)?;
    Ok(file)
}

/// Finishes what a crash interrupted.
pub(super) fn finish(directory: &Path) -> Result<(), LogError> {
    let (keys, new, old) = (directory.join(KEYS), directory.join(NEW), directory.join(OLD));
    shred(&new)?;
    let identity = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino())).ok();
    match (identity(&keys), identity(&old)) {
        (_, None) => return Ok(()),
        // Overwriting it would overwrite the keys themselves.
        (Some(keys), Some(same)) if keys == same => fs::remove_file(&old).map_err(LogError::io("removing", &old))?,
        (Some(_), Some(_)) => shred(&old)?,
        (None, Some(_)) => {
            let mend = "restore `keys` from a backup, or, if there is none, rename `keys.old` to `keys`";
            return Err(LogError::damaged(
                &old,
                0,
                "the key file `keys` is gone, only the one before it is there",
                mend,
            ));
        }
    }
    directory::sync(directory)
}

/// Overwrites and removes the side files of earlier cuts: they may hold the key that is being destroyed.
pub(super) fn shred_side_files(directory: &Path) -> Result<(), LogError> {
    for entry in fs::read_dir(directory).map_err(LogError::io("listing", directory))? {
        let entry = entry.map_err(LogError::io("listing", directory))?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with("torn-keys-")) {
            shred(&entry.path())?;
        }
    }
    Ok(())
}

fn shred(path: &Path) -> Result<(), LogError> {
    let file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(LogError::io("opening", path)(error)),
    };
    let length = file.metadata().map_err(LogError::io("reading", path))?.len();
    let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
    file.write_all_at(&zeros, 0).map_err(LogError::io("overwriting", path))?;
    file.sync_all().map_err(LogError::io("syncing", path))?;
    fs::remove_file(path).map_err(LogError::io("removing", path))
}
