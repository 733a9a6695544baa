//! Two books read side by side: the first position at which they differ, or one digest of both.

use std::fmt;

use event_log::{EventLog, LogError, Position, Recorded};
use sha2::{Digest, Sha256};

use crate::events::Events;
use crate::progress::Progress;

/// Where a book and its copy differ.
pub(crate) struct Difference {
    /// The first position at which they do.
    pub(crate) position: Position,
    /// In what.
    pub(super) what: String,
}

impl Difference {
    /// What the two have at a position, if that is not the same.
    fn between(position: Position, source: Option<&Recorded>, target: Option<&Recorded>) -> Option<Self> {
        let what = match (source, target) {
            (Some(source), Some(target)) => {
                let (parts, others) = (parts(source), parts(target));
                let differing: Vec<_> =
                    parts.iter().zip(&others).filter(|(one, other)| one.1 != other.1).map(|(part, _)| part.0).collect();
                if differing.is_empty() {
                    return None;
                }
                format!(
                    "{} in the source, {} in the target: not the same {}",
                    of(source),
                    of(target),
                    differing.join(", ")
                )
            }
            (Some(source), None) => format!("{} in the source, nothing in the target", of(source)),
            (None, Some(target)) => format!("nothing in the source, {} in the target", of(target)),
            (None, None) => return None,
        };
        Some(Self { position, what })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "position {}: {}", self.position, self.what)
    }
}

fn of(event: &Recorded) -> String {
    format!("{} {} ({}, revision {})", event.event_type, event.id, event.stream, event.revision)
}

/// Everything of an event but when the log took it, by its name.
fn parts(event: &Recorded) -> [(&'static str, Vec<u8>); 9] {
    [
        ("position", event.position.0.to_le_bytes().to_vec()),
        ("stream", event.stream.as_str().into()),
        ("revision", event.revision.0.to_le_bytes().to_vec()),
        ("id", event.id.as_bytes().to_vec()),
        ("type", event.event_type.as_bytes().to_vec()),
        ("schema", event.schema.to_le_bytes().to_vec()),
        ("occurredAt", event.occurred_at.timestamp_micros().to_le_bytes().to_vec()),
        ("data", event.data.to_vec()),
        ("metadata", event.metadata.to_vec()),
    ]
}

/// What comparing came to.
pub(crate) enum Compared {
    /// All events are the same: SHA-256 over them, as hexadecimal.
    Same(String),
    /// They are not.
    Different(Difference),
}

/// Compares the events of two books before a position, each to the byte.
pub(crate) fn compare(
    source: &dyn EventLog,
    target: &dyn EventLog,
    end: Position,
    progress: &Progress,
) -> Result<Compared, LogError> {
    let (mut digest, mut at) = (Sha256::new(), Position::START);
    let mut sides = [source, target].map(|log| Events::between(log, Position::START, end));
    while at < end {
        let [source, target] = sides.each_mut().map(Iterator::next);
        let (source, target) = (source.transpose()?, target.transpose()?);
        if let Some(difference) = Difference::between(at, source.as_ref(), target.as_ref()) {
            return Ok(Compared::Different(difference));
        }
        for (_, part) in source.iter().flat_map(parts) {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        at = at.next();
        progress.at(at.0, end.0);
    }
    Ok(Compared::Same(projections::digest::Digest::from(<[u8; 32]>::from(digest.finalize())).to_string()))
}

/// What a target has at the end of the source, if it goes on.
pub(super) fn beyond(target: &dyn EventLog, end: Position) -> Result<Option<Difference>, LogError> {
    let event = target.scan(end, 1)?.into_iter().next();
    Ok(Difference::between(end, None, event.as_ref()))
}
