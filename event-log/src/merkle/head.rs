//! [`Head`]: what a book of some size is, in one hash; and the same with a signature.
//!
//! The text is C2SP's checkpoint (<https://c2sp.org/tlog-checkpoint>) in a signed note (<https://c2sp.org/signed-note>), which
//! others' witnesses and monitors read. When it was signed stands in a line after the root, which the format leaves to us:
//!
//! ```text
//! shop.example/marktboek
//! 61865
//! 9Yw0…=
//! time 2026-11-26T10:00:00Z
//!
//! — shop.example/marktboek az3grl…=
//! ```

use std::fmt::{self, Write as _};
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, SecondsFormat, Utc};

use super::Hash;
use super::head_key::{HeadKey, PublicHeadKey, SIGNATURE_BYTES};

/// What is signed of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Whose book: a name that is its operator's alone, as in `shop.example/marktboek`.
    pub origin: String,
    /// How many events it has.
    pub size: u64,
    /// The root of their hashes.
    pub root: Hash,
    /// When it was signed, to the second.
    pub time: DateTime<Utc>,
}

/// A head with what was signed under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// The head.
    pub head: Head,
    signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Signature {
    name: String,
    key_hash: [u8; KEY_HASH_BYTES],
    bytes: Vec<u8>,
}

/// How a signature says by which key it is.
pub(super) const KEY_HASH_BYTES: usize = 4;

/// What is no signed head, or not one of a known key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// The text is not one.
    #[error(
        "this is no signed head: {0}; it is a name, a size, a root in base64 and a line `time …`, then an empty line, then \
         lines `— NAME SIGNATURE`"
    )]
    Text(&'static str),
    /// No signature under it is by a key that the reader trusts.
    #[error("no signature under the head of {size} events is by {wanted}; it has those of {found}")]
    Unsigned {
        /// The head's size.
        size: u64,
        /// Which keys would do.
        wanted: String,
        /// Whose it has.
        found: String,
    },
    /// A key's text can't be read.
    #[error("{0:?} is no key; a public one is NAME+HASH+BASE64, as `replay-tool head-keys` prints it")]
    Key(String),
}

impl Head {
    /// The text that is signed.
    fn text(&self) -> String {
        let Self { origin, size, root, time } = self;
        format!("{origin}\n{size}\n{root}\ntime {}\n", time.to_rfc3339_opts(SecondsFormat::Secs, true))
    }

    /// Signs it.
    #[must_use]
    pub fn sign(self, key: &HeadKey) -> SignedHead {
        let public = key.public();
        let bytes = key.sign(self.text().as_bytes()).to_vec();
        let signature = Signature { name: public.name().to_owned(), key_hash: public.hash(), bytes };
        SignedHead { head: self, signatures: vec![signature] }
    }
}

impl SignedHead {
    /// Checks that one of these keys signed it, and says which. A key signs heads of its own name only.
    ///
    /// # Errors
    /// [`HeadError::Unsigned`].
    pub fn verify<'a>(&self, keys: &'a [PublicHeadKey]) -> Result<&'a PublicHeadKey, HeadError> {
        let text = self.head.text();
        let by = |key: &&PublicHeadKey| {
            let of_key = |signature: &&Signature| signature.name == key.name() && signature.key_hash == key.hash();
            self.head.origin == key.name()
                && self
                    .signatures
                    .iter()
                    .filter(of_key)
                    .any(|signature| key.has_signed(text.as_bytes(), &signature.bytes))
        };
        keys.iter().find(by).ok_or_else(|| {
            let names = |names: Vec<String>| if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
            HeadError::Unsigned {
                size: self.head.size,
                wanted: names(keys.iter().map(PublicHeadKey::id).collect()),
                found: names(self.signatures.iter().map(Signature::id).collect()),
            }
        })
    }

    /// By which key it was signed first, as far as it says: its name and the hash of it.
    #[must_use]
    pub fn key_id(&self) -> String {
        self.signatures.first().map(Signature::id).unwrap_or_default()
    }
}

impl Signature {
    fn id(&self) -> String {
        key_id(&self.name, self.key_hash)
    }
}

/// A key by its name and the hash of it.
pub(super) fn key_id(name: &str, hash: [u8; KEY_HASH_BYTES]) -> String {
    format!("{name}+{:08x}", u32::from_be_bytes(hash))
}

impl fmt::Display for SignedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.head.text();
        text.push('\n');
        for Signature { name, key_hash, bytes } in &self.signatures {
            writeln!(text, "— {name} {}", BASE64.encode([&key_hash[..], bytes].concat()))?;
        }
        f.write_str(&text)
    }
}

impl FromStr for SignedHead {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        let (signed, below) = text.split_once("\n\n").ok_or(HeadError::Text("there is no empty line in it"))?;
        let mut lines = signed.lines();
        let mut line = |what| lines.next().filter(|line| !line.is_empty()).ok_or(HeadError::Text(what));
        let origin = line("the first line has no name")?.to_owned();
        let size = line("there is no size")?;
        let decimal = size.bytes().all(|digit| digit.is_ascii_digit()) && (size == "0" || !size.starts_with('0'));
        let size = size.parse().ok().filter(|_| decimal).ok_or(HeadError::Text("the second line is no size"))?;
        let root = line("there is no root")?.parse().map_err(|_| HeadError::Text("the third line is no root"))?;
        let time = line("there is no time")?.strip_prefix("time ").and_then(|time| time.parse().ok());
        let time = time.ok_or(HeadError::Text("the fourth line is not `time` and an instant"))?;
        let head = Head { origin, size, root, time };
        // What is between is signed too: a text that says the same in other words was not.
        if head.text().strip_suffix('\n') != Some(signed) {
            return Err(HeadError::Text("it has something else than these four lines"));
        }
        let signatures = below.lines().map(signature).collect::<Option<Vec<_>>>();
        let signatures = signatures.filter(|signatures| !signatures.is_empty());
        Ok(Self { head, signatures: signatures.ok_or(HeadError::Text("what is below is no signature"))? })
    }
}

/// Reads a signature's line. One of another kind than ours, as a witness adds it, may be longer.
fn signature(line: &str) -> Option<Signature> {
    let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = BASE64.decode(encoded).ok()?;
    let (key_hash, bytes) = bytes.split_first_chunk::<KEY_HASH_BYTES>()?;
    (bytes.len() >= SIGNATURE_BYTES).then(|| Signature {
        name: name.to_owned(),
        key_hash: *key_hash,
        bytes: bytes.to_vec(),
    })
}
