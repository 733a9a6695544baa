//! Every head that was ever signed, as text, an empty line after each. It only grows.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{PublicHeadKey, SignedHead};
use crate::LogError;

const MEND: &str = "restore the file from a backup: without it nobody can be shown which heads were signed";

/// The file of heads.
#[derive(Debug)]
pub struct HeadFile {
    file: File,
    path: PathBuf,
    end: u64,
}

impl HeadFile {
    /// Opens the file for writing, and reads it. What a crash left unfinished at its end is cut: it was told to nobody.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn open(path: &Path, keys: &[PublicHeadKey]) -> Result<(Self, Vec<SignedHead>), LogError> {
        let (heads, end) = parse(path, keys)?;
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = file.map_err(LogError::io("opening", path))?;
        file.set_len(end).map_err(LogError::io("cutting", path))?;
        Ok((Self { file, path: path.to_owned(), end }, heads))
    }

    /// Reads the heads in a file, the oldest first; none where there is no file. Each must have been signed by one of these
    /// keys, and be of a book that is no smaller than the one before.
    ///
    /// # Errors
    /// [`LogError::Damaged`], I/O errors.
    pub fn read(path: &Path, keys: &[PublicHeadKey]) -> Result<Vec<SignedHead>, LogError> {
        Ok(parse(path, keys)?.0)
    }

    /// Adds a head; it is durable when this returns.
    ///
    /// # Errors
    /// I/O errors.
    pub fn append(&mut self, head: &SignedHead) -> Result<(), LogError> {
        let text = format!("{head}\n");
        self.file.write_all_at(text.as_bytes(), self.end).map_err(LogError::io("writing", &self.path))?;
        self.file.sync_data().map_err(LogError::io("syncing", &self.path))?;
        self.end += text.len() as u64;
        Ok(())
    }
}

fn parse(path: &Path, keys: &[PublicHeadKey]) -> Result<(Vec<SignedHead>, u64), LogError> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        read => read.map_err(LogError::io("reading", path))?,
    };
    let (mut heads, mut at): (Vec<SignedHead>, usize) = (Vec::new(), 0);
    while let Some(length) = length(&text[at..]) {
        let damaged = |what: String| LogError::damaged(path, at as u64, what, MEND);
        let head: SignedHead = text[at..at + length - 1].parse().map_err(|error| damaged(format!("{error}")))?;
        head.verify(keys).map_err(|error| damaged(error.to_string()))?;
        if heads.last().is_some_and(|last| last.head.size > head.head.size) {
            return Err(damaged(format!("a head of {} events comes after one of more", head.head.size)));
        }
        heads.push(head);
        at += length;
    }
    Ok((heads, at as u64))
}

/// How long the head at the beginning of a text is, the empty line after it included; nothing when it is not whole.
fn length(text: &str) -> Option<usize> {
    let signatures = text.find("\n\n")? + 2;
    Some(signatures + text[signatures..].find("\n\n")? + 2)
}
