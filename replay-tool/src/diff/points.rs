//! The views of one book at two points.

use event_log::Position;
use projections::registry::ViewKind;

use super::part::{self, Replays, account, bisect};
use crate::Outcome;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::output::say;

pub(super) fn run(data: &Data, kinds: &[ViewKind], one: Position, other: Position) -> Result<Outcome, ToolError> {
    let log = book::log(data)?;
    let log = log.as_ref();
    let (from, to) = (part::last(log, Some(one.min(other)))?, part::last(log, Some(one.max(other)))?);
    let replays = Replays::new()?;
    let mut outcome = Outcome::Good;
    for kind in kinds {
        let name = kind.name;
        let before = replays.at(log, *kind, from)?;
        let after = replays.at(log, *kind, to)?;
        if before.digest == after.digest {
            say!("{name}: same, positions {from} and {to}, digest {}", before.digest);
            continue;
        }
        outcome = Outcome::Found;
        say!("{name}: DIFFERENT: position {from} {}, position {to} {}", before.digest, after.digest);
        let parts = bisect(Some(from), to, |middle| Ok(replays.at(log, *kind, middle)?.digest != before.digest))?;
        say!("  from {}", part::event(log, parts)?);
        let first = replays.at(log, *kind, parts)?;
        account(&before, &first).iter().for_each(|line| say!("{line}"));
        if parts < to {
            say!("  and at position {to}, against position {from}:");
            account(&before, &after).iter().for_each(|line| say!("{line}"));
        }
    }
    Ok(outcome)
}
