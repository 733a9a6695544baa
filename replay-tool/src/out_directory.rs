//! A directory for files that must not mix with others.

use std::fs;
use std::path::Path;

use crate::error::ToolError;

/// Makes a directory, or sees that it is empty: a file of another time must not be taken for one of this, and none is written
/// over.
pub(crate) fn make_empty(out: &Path) -> Result<(), ToolError> {
    let doing = || ToolError::io(format!("making the directory {}", out.display()));
    fs::create_dir_all(out).map_err(doing())?;
    if fs::read_dir(out).map_err(doing())?.next().is_some() {
        return Err(ToolError::Usage(format!("{} is not empty; name a new directory for the files", out.display())));
    }
    Ok(())
}
