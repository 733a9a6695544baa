//! The keys that sign heads, and those that once did.
//!
//! Ed25519, in the text forms of signed notes (<https://c2sp.org/signed-note>): a public key is `NAME+HASH+BASE64`, a private
//! one `PRIVATE+KEY+NAME+HASH+BASE64`. A directory has them:
//!
//! ```text
//! <directory>/key-1      a private key; the one with the highest number signs
//!             keys       the public keys of all that ever signed, a line each, the oldest first
//! ```
//!
//! A key that signs no more may be deleted; its line in `keys` stays, so that its heads stay verifiable. Whoever verifies
//! has the public keys from elsewhere than from whom is to be verified.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::head::{HeadError, KEY_HASH_BYTES, key_id};
use crate::vault::random_key;
use crate::{LogError, directory};

/// The length of a signature.
pub(super) const SIGNATURE_BYTES: usize = ed25519_dalek::SIGNATURE_LENGTH;
/// How notes name Ed25519.
const ALGORITHM: u8 = 1;
const PRIVATE: &str = "PRIVATE+KEY+";
const KEYS: &str = "keys";

/// A key that verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicHeadKey {
    name: String,
    key: VerifyingKey,
}

impl PublicHeadKey {
    /// Its name, which is the origin of the heads that it signs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name and the hash of it, as signatures have it.
    #[must_use]
    pub fn id(&self) -> String {
        key_id(&self.name, self.hash())
    }

    pub(super) fn hash(&self) -> [u8; KEY_HASH_BYTES] {
        let mut hasher = Sha256::new();
        hasher.update(self.name.as_bytes());
        hasher.update([b'\n', ALGORITHM]);
        hasher.update(self.key.as_bytes());
        let hash: [u8; 32] = hasher.finalize().into();
        let [first, second, third, fourth, ..] = hash;
        [first, second, third, fourth]
    }

    pub(super) fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.key.verify_strict(text, &signature).is_ok())
    }
}

impl fmt::Display for PublicHeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.id(), BASE64.encode([&[ALGORITHM], &self.key.as_bytes()[..]].concat()))
    }
}

impl FromStr for PublicHeadKey {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        let wrong = || HeadError::Key(text.to_owned());
        let (name, bytes) = parts(text).ok_or_else(wrong)?;
        let key = Self { name, key: VerifyingKey::from_bytes(&bytes).map_err(|_| wrong())? };
        if key.to_string() == text { Ok(key) } else { Err(wrong()) }
    }
}

/// A key that signs. Never printed.
pub struct HeadKey {
    public: PublicHeadKey,
    key: SigningKey,
}

impl HeadKey {
    /// A new key of this name.
    ///
    /// # Errors
    /// [`LogError::Invalid`] for a name that notes can't have.
    pub fn generate(name: &str) -> Result<Self, LogError> {
        if name.is_empty() || name.contains(|letter: char| letter == '+' || letter.is_whitespace()) {
            let message = format!(
                "{name:?}; give a name that is yours alone, as in shop.example/marktboek, without + and spaces"
            );
            return Err(LogError::Invalid { field: "name", message });
        }
        Ok(Self::of(name.to_owned(), &random_key()))
    }

    fn of(name: String, seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        Self { public: PublicHeadKey { name, key: key.verifying_key() }, key }
    }

    /// What verifies its signatures.
    #[must_use]
    pub fn public(&self) -> &PublicHeadKey {
        &self.public
    }

    pub(super) fn sign(&self, text: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.key.sign(text).to_bytes()
    }

    fn text(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new([&[ALGORITHM], &self.key.as_bytes()[..]].concat());
        Zeroizing::new(format!("{PRIVATE}{}+{}\n", self.public.id(), BASE64.encode(bytes.as_slice())))
    }
}

impl fmt::Debug for HeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeadKey({})", self.public.id())
    }
}

impl FromStr for HeadKey {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        // The key itself is not told to whoever reads the error.
        let wrong = || HeadError::Key(format!("{PRIVATE}…"));
        let (name, seed) = text.trim_end().strip_prefix(PRIVATE).and_then(parts).ok_or_else(wrong)?;
        let key = Self::of(name, &seed);
        if key.text().trim_end() == text.trim_end() { Ok(key) } else { Err(wrong()) }
    }
}

/// The name and the 32 bytes of `NAME+HASH+BASE64`.
fn parts(text: &str) -> Option<(String, [u8; 32])> {
    let mut parts = text.splitn(3, '+');
    let (name, _hash, key) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = Zeroizing::new(BASE64.decode(key).ok()?);
    let (&algorithm, bytes) = bytes.split_first()?;
    let bytes = bytes.try_into().ok().filter(|_| algorithm == ALGORITHM)?;
    Some((name.to_owned(), bytes))
}

/// The keys in a directory.
#[derive(Debug)]
pub struct HeadKeys {
    directory: PathBuf,
    current: HeadKey,
    number: u64,
    public: Vec<PublicHeadKey>,
}

impl HeadKeys {
    /// Opens the keys in a directory; where there is none, one of this name is made.
    ///
    /// # Errors
    /// [`LogError::Invalid`] for a name or a file that can't be read; I/O errors.
    pub fn open(path: impl AsRef<Path>, name: &str) -> Result<Self, LogError> {
        let directory = path.as_ref().to_owned();
        directory::create(&directory)?;
        let public = Self::public_in(&directory)?;
        let mut newest = 0;
        for entry in fs::read_dir(&directory).map_err(LogError::io("listing", &directory))? {
            let entry = entry.map_err(LogError::io("listing", &directory))?;
            let number = entry.file_name().to_str().and_then(|name| name.strip_prefix("key-")?.parse().ok());
            newest = newest.max(number.unwrap_or(0));
        }
        if newest == 0 {
            let current = HeadKey::generate(name)?;
            let mut keys = Self { directory, current, number: 1, public };
            keys.keep()?;
            return Ok(keys);
        }
        let file = file_of(&directory, newest);
        let text = Zeroizing::new(fs::read_to_string(&file).map_err(LogError::io("reading", &file))?);
        let current: HeadKey = text.parse().map_err(|error| unreadable(&file, &error))?;
        let mut keys = Self { directory, current, number: newest, public };
        // A crash may have come between the key and its line.
        if !keys.public.contains(keys.current.public()) {
            keys.note()?;
        }
        Ok(keys)
    }

    /// The public keys of all that ever signed, the oldest first.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn public_in(directory: &Path) -> Result<Vec<PublicHeadKey>, LogError> {
        let file = directory.join(KEYS);
        let text = match fs::read_to_string(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.map_err(LogError::io("reading", &file))?,
        };
        text.lines().map(|line| line.parse().map_err(|error| unreadable(&file, &error))).collect()
    }

    /// The key that signs.
    #[must_use]
    pub fn current(&self) -> &HeadKey {
        &self.current
    }

    /// All that ever signed, the oldest first.
    #[must_use]
    pub fn public(&self) -> &[PublicHeadKey] {
        &self.public
    }

    /// Makes another key, which signs from now on.
    ///
    /// # Errors
    /// I/O errors.
    pub fn rotate(&mut self) -> Result<(), LogError> {
        self.current = HeadKey::generate(self.current.public().name())?;
        self.number += 1;
        self.keep()
    }

    fn keep(&mut self) -> Result<(), LogError> {
        let file = file_of(&self.directory, self.number);
        let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
        let mut written = created.map_err(LogError::io("creating", &file))?;
        written.write_all(self.current.text().as_bytes()).map_err(LogError::io("writing", &file))?;
        written.sync_all().map_err(LogError::io("syncing", &file))?;
        self.note()
    }

    fn note(&mut self) -> Result<(), LogError> {
        let file = self.directory.join(KEYS);
        let public = self.current.public().clone();
        let mut keys =
            OpenOptions::new().append(true).create(true).open(&file).map_err(LogError::io("opening", &file))?;
        writeln!(keys, "{public}").map_err(LogError::io("writing", &file))?;
        keys.sync_all().map_err(LogError::io("syncing", &file))?;
        directory::sync(&self.directory)?;
        self.public.push(public);
        Ok(())
    }
}

fn file_of(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("key-{number}"))
}

fn unreadable(file: &Path, error: &HeadError) -> LogError {
    LogError::Invalid { field: "head key", message: format!("{}: {error}", file.display()) }
}
