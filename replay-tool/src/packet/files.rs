//! [`Files`]: the files of a packet together, with their checksums.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use projections::digest::Digest;

use crate::error::ToolError;

/// The file with the checksums of all others.
const SUMS: &str = "SHA256SUMS";

/// Files, by name; a name may have one directory in it.
#[derive(Debug, Default)]
pub(super) struct Files(BTreeMap<String, String>);

impl Files {
    /// Adds one.
    pub(super) fn add(&mut self, name: impl Into<String>, content: String) {
        self.0.insert(name.into(), content);
    }

    /// How many there are, with that of the checksums.
    pub(super) fn count(&self) -> usize {
        self.0.len() + 1
    }

    /// One hash for all of them: that of the checksums' file.
    pub(super) fn digest(&self) -> Digest {
        Digest::of_text(&self.sums())
    }

    /// The checksums, as `sha256sum` writes them.
    fn sums(&self) -> String {
        self.0.iter().map(|(name, content)| format!("{}  {name}\n", Digest::of_text(content))).collect()
    }

    /// Writes them into a directory.
    pub(super) fn write(&self, out: &Path) -> Result<(), ToolError> {
        let sums = (SUMS.to_owned(), self.sums());
        for (name, content) in self.0.iter().chain([(&sums.0, &sums.1)]) {
            let path = out.join(name);
            let doing = || ToolError::io(format!("writing {}", path.display()));
            if let Some(directory) = path.parent() {
                fs::create_dir_all(directory).map_err(doing())?;
            }
            fs::write(&path, content).map_err(doing())?;
        }
        Ok(())
    }
}
