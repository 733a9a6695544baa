//! The operator's key, which wraps the subjects' keys. Whoever has it and the key file can read everything that was not
//! destroyed; whoever loses it has destroyed everything.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::cipher::{self, KEY_BYTES, Key};
use crate::{LogError, directory};

/// The key that wraps the subjects' keys. Overwritten when dropped, never printed.
#[derive(Clone)]
pub struct MasterKey(pub(super) Key);

impl MasterKey {
    /// Takes a key from memory.
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads a key: 32 bytes as they are, or as text in hexadecimal or base64.
    ///
    /// # Errors
    /// [`LogError::Invalid`] when the file holds anything else; I/O errors.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, LogError> {
        let path = path.as_ref();
        let bytes = Zeroizing::new(fs::read(path).map_err(LogError::io("reading", path))?);
        let mode = fs::metadata(path).map_err(LogError::io("reading", path))?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(path = %path.display(), "others may read the master key; run chmod 600 on it");
        }
        parse(&bytes).map(Self).ok_or_else(|| LogError::Invalid {
            field: "master key",
            message: format!(
                "{} holds {} bytes that are not a key; give 32 bytes, raw, in hexadecimal (64 digits) or in base64 (44 \
                 characters), as `openssl rand -hex 32` prints them",
                path.display(),
                bytes.len()
            ),
        })
    }

    /// Reads a key, or makes one where there is no file. True when it was made: then tell the operator to keep a copy.
    ///
    /// # Errors
    /// As [`Self::from_file`].
    pub fn load_or_generate(path: impl AsRef<Path>) -> Result<(Self, bool), LogError> {
        let path = path.as_ref();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = match file {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok((Self::from_file(path)?, false)),
            Err(error) => return Err(LogError::io("creating", path)(error)),
        };
        let key = cipher::random_key();
        let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES + 1));
        for byte in key.iter() {
            text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        }
        text.push('\n');
        file.write_all(text.as_bytes()).map_err(LogError::io("writing", path))?;
        file.sync_all().map_err(LogError::io("syncing", path))?;
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            directory::sync(parent)?;
        }
        Ok((Self(key), true))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

fn parse(bytes: &[u8]) -> Option<Key> {
    if let Ok(raw) = <[u8; KEY_BYTES]>::try_from(bytes) {
        return Some(Zeroizing::new(raw));
    }
    let text = bytes.trim_ascii();
    let decoded = if text.len() == 2 * KEY_BYTES {
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let pairs = text.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?));
        Zeroizing::new(pairs.collect::<Option<Vec<u8>>>()?)
    } else {
        Zeroizing::new(STANDARD.decode(text).ok()?)
    };
    <[u8; KEY_BYTES]>::try_from(decoded.as_slice()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_raw_in_hexadecimal_and_in_base64() {
        let key: [u8; KEY_BYTES] = std::array::from_fn(|at| at as u8 + 200);
        let hex: String = key.iter().map(|byte| format!("{byte:02X}")).collect();
        for text in
            [key.to_vec(), format!("{hex}\n").into_bytes(), format!("  {}\n", STANDARD.encode(key)).into_bytes()]
        {
            assert_eq!(parse(&text).map(|parsed| *parsed), Some(key));
        }
        for wrong in [&b""[..], b"secret", &[7; 31], &[b'g'; 64]] {
            assert!(parse(wrong).is_none());
        }
    }

    #[test]
    fn a_key_is_made_once_and_only_its_owner_may_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let (made, generated) = MasterKey::load_or_generate(&path).unwrap();
        assert!(generated);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (read, generated) = MasterKey::load_or_generate(&path).unwrap();
        assert!(!generated);
        assert_eq!(*made.0, *read.0);
        assert_eq!(format!("{made:?}"), "MasterKey(…)");
    }
}
