//! What the book and the vault need of a directory: one writer, and names that last.
//!
//! The operating system holds the lock, so that a crash frees it; the file's text only names the holder for whoever
//! comes second.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::LogError;

/// An auditor's look at the lock ([`is_held`]) takes it for an instant; a writer that starts just then asks again.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// Held until dropped.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Takes the lock `name` of `directory`.
    pub(crate) fn take(directory: &Path, name: &str) -> Result<Self, LogError> {
        let path = directory.join(name);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(LogError::io("opening", &path))?;
        for attempt in 1.. {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempt < TRIES => thread::sleep(BETWEEN_TRIES),
                Err(TryLockError::WouldBlock) => {
                    return Err(LogError::Locked { directory: directory.to_owned(), holder: holder(&mut file) });
                }
                Err(TryLockError::Error(error)) => return Err(LogError::io("locking", &path)(error)),
            }
        }
        file.set_len(0).map_err(LogError::io("writing", &path))?;
        write!(file, "process {}", std::process::id()).map_err(LogError::io("writing", &path))?;
        Ok(Self { _file: file })
    }
}

/// Whether some process holds the lock `name` of `directory` now.
pub(crate) fn is_held(directory: &Path, name: &str) -> bool {
    let Ok(file) = File::open(directory.join(name)) else {
        return false;
    };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Makes the directory's entries durable.
pub(crate) fn sync(directory: &Path) -> Result<(), LogError> {
    let opened = File::open(directory).map_err(LogError::io("opening", directory))?;
    opened.sync_all().map_err(LogError::io("syncing", directory))
}

/// Makes the directory, its parents too, and makes its name durable.
pub(crate) fn create(directory: &Path) -> Result<(), LogError> {
    if directory.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(directory).map_err(LogError::io("creating", directory))?;
    match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync(parent),
        Some(_) | None => Ok(()),
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        Ok(_) | Err(_) => "another process".to_owned(),
    }
}
