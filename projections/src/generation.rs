//! Where a view's rows lie: `views/<name>-v<version>-<generation>/`.
//!
//! A rebuild fills a new generation beside the one that serves; once it has caught up it is marked `ready`, serves,
//! and the others are deleted. A generation that was being filled when the process died is filled on from its
//! checkpoint. Directories of other versions are deleted once this version is ready.

use std::fs;
use std::path::{Path, PathBuf};

use crate::ViewError;
use crate::registry::ViewKind;

const READY: &str = "ready";

/// One generation of one view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Its directory.
    pub directory: PathBuf,
    number: u64,
    /// Whether it has ever caught up.
    pub ready: bool,
}

fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ViewError {
    let path = path.to_owned();
    move |source| ViewError::Io { doing, path, source }
}

impl Generation {
    fn at(views: &Path, kind: &ViewKind, number: u64) -> Self {
        let directory = views.join(format!("{}-v{}-{number}", kind.name, kind.version));
        let ready = directory.join(READY).exists();
        Self { directory, number, ready }
    }

    /// The generations of this version of a view, oldest first.
    ///
    /// # Errors
    /// [`ViewError::Io`].
    pub fn all(views: &Path, kind: &ViewKind) -> Result<Vec<Self>, ViewError> {
        let prefix = format!("{}-v{}-", kind.name, kind.version);
        let mut numbers: Vec<u64> =
            directories(views)?.iter().filter_map(|name| name.strip_prefix(&prefix)?.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers.into_iter().map(|number| Self::at(views, kind, number)).collect())
    }

    /// The generation that serves: the newest that is ready; else the newest, which is being filled; else a first one.
    ///
    /// # Errors
    /// [`ViewError::Io`].
    pub fn serving(views: &Path, kind: &ViewKind) -> Result<Self, ViewError> {
        let all = Self::all(views, kind)?;
        let newest = all.iter().rev().find(|generation| generation.ready).or(all.last());
        Ok(newest.cloned().unwrap_or_else(|| Self::at(views, kind, 1)))
    }

    /// A generation for a rebuild: newer than all there are.
    ///
    /// # Errors
    /// [`ViewError::Io`].
    pub fn fresh(views: &Path, kind: &ViewKind) -> Result<Self, ViewError> {
        let newest = Self::all(views, kind)?.last().map_or(0, |generation| generation.number);
        Ok(Self::at(views, kind, newest + 1))
    }

    /// Marks it ready, and deletes every other generation and version of the view.
    ///
    /// # Errors
    /// [`ViewError::Io`].
    pub fn take_over(&self, views: &Path, kind: &ViewKind) -> Result<(), ViewError> {
        let marker = self.directory.join(READY);
        fs::write(&marker, "").map_err(io("marking as ready", &marker))?;
        let prefix = format!("{}-v", kind.name);
        for name in directories(views)? {
            let directory = views.join(&name);
            let of_this_view =
                name.strip_prefix(&prefix).is_some_and(|rest| rest.split('-').all(|part| part.parse::<u64>().is_ok()));
            if of_this_view && directory != self.directory {
                fs::remove_dir_all(&directory).map_err(io("deleting the old generation", &directory))?;
            }
        }
        Ok(())
    }
}

fn directories(views: &Path) -> Result<Vec<String>, ViewError> {
    fs::create_dir_all(views).map_err(io("making", views))?;
    let entries = fs::read_dir(views).map_err(io("listing", views))?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
}
