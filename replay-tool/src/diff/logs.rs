//! Two books: the first position at which they differ, and where each view parts from there.
//!
//! The events are compared in order, each to the byte: a book in which one event was changed has the same events after it,
//! so that bisecting over single events would miss it. Before the first difference the views are the same, for they are
//! functions of the events; after it, where a view parts is found by bisecting.

use event_log::Position;
use projections::registry::ViewKind;

use super::part::{self, Replays, account, bisect};
use crate::Outcome;
use crate::book::{self, Data};
use crate::copy::{Compared, Place, compare};
use crate::error::ToolError;
use crate::output::say;
use crate::progress::Progress;

pub(super) fn run(
    data: &Data,
    kinds: &[ViewKind],
    other: &Place,
    position: Option<Position>,
) -> Result<Outcome, ToolError> {
    let (log, other) = (book::log(data)?, other.source()?);
    let (log, other) = (log.as_ref(), other.log.as_ref());
    let (last, other_last) = (part::last(log, position)?, part::last(other, None)?);
    let to = last.min(other_last);
    let progress = Progress::new("comparing the books", "events");
    let compared = compare(log, other, to.next(), &progress)?;
    drop(progress);
    let from = match compared {
        Compared::Same(digest) if last <= other_last && (position.is_some() || last == other_last) => {
            say!("the books are the same up to position {to}, digest of their events {digest}");
            return Ok(Outcome::Good);
        }
        Compared::Same(_) => {
            let (longer, end) = if last > other_last { ("this book", last) } else { ("the other", other_last) };
            say!("the books are the same up to position {to}; {longer} goes on to position {end}, from");
            say!("  {}", part::event(if last > other_last { log } else { other }, to.next())?);
            return Ok(Outcome::Found);
        }
        Compared::Different(difference) => {
            say!("the books part (source: this one; target: the other) at {difference}");
            difference.position
        }
    };
    say!("  in this book {}", part::event(log, from)?);
    say!("  in the other {}", part::event(other, from)?);
    let (here, there) = (Replays::new()?, Replays::new()?);
    for kind in kinds {
        let name = kind.name;
        let [one, two] = [here.at(log, *kind, to)?, there.at(other, *kind, to)?];
        if one.digest == two.digest {
            say!("{name}: same, position {to}, digest {}", one.digest);
            continue;
        }
        say!("{name}: DIFFERENT, position {to}: this book {}, the other {}", one.digest, two.digest);
        let parts = bisect(from.0.checked_sub(1).map(Position), to, |middle| {
            Ok(here.at(log, *kind, middle)?.digest != there.at(other, *kind, middle)?.digest)
        })?;
        say!("  from {}", part::event(log, parts)?);
        say!("  where the other has {}", part::event(other, parts)?);
        let [one, two] = [here.at(log, *kind, parts)?, there.at(other, *kind, parts)?];
        account(&one, &two).iter().for_each(|line| say!("{line}"));
    }
    Ok(Outcome::Found)
}
