//! Segment files kept open for reading: a bounded number, because a large book has more segments than a process may
//! have files.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use super::limits::OPEN_FILES;
use super::segment::Segment;
use crate::{LogError, Position};

/// Open files, the most recently opened last.
#[derive(Debug, Default)]
pub(super) struct Files {
    open: Mutex<VecDeque<(Position, Arc<File>)>>,
}

impl Files {
    /// The segment's file.
    pub(super) fn get(&self, segment: &Segment) -> Result<Arc<File>, LogError> {
        let first = segment.header.first;
        // A panic elsewhere cannot leave the list half changed, so that a poisoned lock is as good as any.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, file)) = open.iter().rev().find(|(position, _)| *position == first) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(segment.open()?);
        if open.len() == OPEN_FILES {
            open.pop_front();
        }
        open.push_back((first, Arc::clone(&file)));
        Ok(file)
    }
}
