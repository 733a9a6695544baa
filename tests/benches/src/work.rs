//! A directory to work in.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A directory that is deleted in the end, unless it was named.
#[derive(Debug)]
pub struct WorkDirectory {
    path: PathBuf,
    _temporary: Option<TempDir>,
}

impl WorkDirectory {
    /// The directory named, which stays; or a temporary one (set `TMPDIR` to choose the disk).
    ///
    /// # Errors
    /// I/O errors.
    pub fn named_or_temporary(named: Option<PathBuf>) -> std::io::Result<Self> {
        if let Some(path) = named {
            std::fs::create_dir_all(&path)?;
            return Ok(Self { path, _temporary: None });
        }
        let temporary = tempfile::Builder::new().prefix("marktboek-bench-").tempdir()?;
        Ok(Self { path: temporary.path().to_owned(), _temporary: Some(temporary) })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The bytes of the files in a directory and below, as the disk keeps them.
///
/// # Errors
/// I/O errors.
pub fn bytes_on_disk(directory: &Path) -> std::io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { bytes_on_disk(&entry.path())? } else { about.blocks() * 512 };
    }
    Ok(bytes)
}
