//! What a check takes for true, as the command line names it: keys, and a head that they signed.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use event_log::merkle::{HeadError, PublicHeadKey, SignedHead};

use crate::error::ToolError;

/// The keys by which heads may be signed. Not to be had from whom is to be verified.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct TrustedKeys {
    /// A public key of the operator's, as `head-keys` prints it. May be given more than once.
    #[arg(long, value_name = "KEY")]
    key: Vec<PublicHeadKey>,
    /// A file of such keys, a line each.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

impl TrustedKeys {
    pub(crate) fn read(mut self) -> Result<Vec<PublicHeadKey>, ToolError> {
        if let Some(file) = &self.keys {
            self.key.extend(keys_in(file)?);
        }
        Ok(self.key)
    }
}

/// The public keys in a file, a line each.
fn keys_in(file: &Path) -> Result<Vec<PublicHeadKey>, ToolError> {
    let text = fs::read_to_string(file).map_err(ToolError::io(format!("reading {}", file.display())))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| line.parse().map_err(|error: HeadError| ToolError::Usage(format!("{}: {error}", file.display()))))
        .collect()
}

/// A signed head in place of those that lie beside the book.
#[derive(Debug, Clone, Args)]
pub(crate) struct GivenHead {
    /// A file with a signed head, in place of those that lie beside the book: for whoever has the book alone.
    #[arg(long, value_name = "FILE", requires = "keys")]
    head: Option<PathBuf>,
    /// A file with the public keys by which that head may be signed, a line each.
    #[arg(long, value_name = "FILE", requires = "head")]
    keys: Option<PathBuf>,
}

/// A head as it is read from a file: nobody has verified it yet.
pub(crate) struct FoundHead<'a> {
    pub(crate) file: &'a Path,
    pub(crate) head: SignedHead,
    /// The keys by which it may be signed.
    pub(crate) keys: Vec<PublicHeadKey>,
}

impl GivenHead {
    /// Reads it, where one was given.
    pub(crate) fn read(&self) -> Result<Option<FoundHead<'_>>, ToolError> {
        let Some((file, keys)) = self.head.as_ref().zip(self.keys.as_ref()) else { return Ok(None) };
        let text = fs::read_to_string(file).map_err(ToolError::io(format!("reading {}", file.display())))?;
        Ok(Some(FoundHead { file, head: text.parse().map_err(ToolError::head(file))?, keys: keys_in(keys)? }))
    }
}
