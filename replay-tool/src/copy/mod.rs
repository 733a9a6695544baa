//! `copy --from LOG --to LOG`: a book into another engine, event by event, to the byte and the position.
//!
//! What the target has already must be the beginning of the source; then the rest is appended in order, and at the end
//! both are read anew and compared. Nothing remembers how far a copy has come but the target itself, so that a copy that
//! was killed goes on where the target ends.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `place.rs` | where a book is, and the book opened |
//! | `windows.rs` | events as appends, and what keeps their order |
//! | `lockstep.rs` | two books side by side: the first difference, or a digest |

mod lockstep;
mod place;
mod windows;

use event_log::{LogError, Position};
use serde_json::json;
use tokio::runtime::Runtime;

use self::lockstep::Difference;
pub(crate) use self::lockstep::{Compared, compare};
pub(crate) use self::place::Place;
use self::place::Side;
use self::windows::{Next, Refused, Windows};
use crate::Outcome;
use crate::error::ToolError;
use crate::events::Events;
use crate::output::say;
use crate::progress::Progress;

/// What to do when a target is none of the source's.
const NOTHING_WRITTEN: &str = "nothing was written, for the target is no beginning of the source: name an empty target, or \
                               the one in which this copy was begun";
/// What to do when somebody else appends to the target.
const NOT_ALONE: &str = "something else appends to the target, as a Marktboek server does that acts on what is copied: \
                         stop it, and copy into an empty one";
/// What to do when a copy is not what was copied.
const NO_COPY: &str = "this is no copy: see that nothing else appends to the target, and copy into an empty one";

/// A copy that was compared and found the same.
struct Copied {
    /// Events in both.
    events: u64,
    /// Of those, how many were there before.
    already: u64,
    /// How many the source has by now beyond those.
    since: u64,
    digest: String,
}

/// Why a target is no copy, and what to do.
struct Apart {
    difference: Difference,
    advice: &'static str,
}

pub(crate) fn run(from: &Place, to: &Place, as_json: bool) -> Result<Outcome, ToolError> {
    if from.is(to) {
        return Err(ToolError::Usage("--from and --to are the same directory; name another".to_owned()));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match copied(from, to, &runtime.map_err(ToolError::io("starting"))?)? {
        Ok(copied) => {
            print(&copied, as_json);
            Ok(Outcome::Good)
        }
        Err(Apart { difference, advice }) => {
            if as_json {
                let Difference { position, what } = &difference;
                say!("{}", json!({ "good": false, "position": position, "difference": what }));
            }
            eprintln!("replay-tool: {difference}; {advice}");
            Ok(Outcome::Found)
        }
    }
}

fn copied(from: &Place, to: &Place, runtime: &Runtime) -> Result<Result<Copied, Apart>, ToolError> {
    let source = from.source()?;
    let end = runtime.block_on(source.log.next_position())?;
    let target = to.target()?;
    let held = runtime.block_on(target.log.next_position())?;
    let foreign = |difference| Ok(Err(Apart { difference, advice: NOTHING_WRITTEN }));
    let progress = Progress::new("comparing what is there already", "events");
    if let Compared::Different(difference) =
        lockstep::compare(source.log.as_ref(), target.log.as_ref(), held.min(end), &progress)?
    {
        return foreign(difference);
    }
    drop(progress);
    if let Some(difference) = lockstep::beyond(target.log.as_ref(), end)? {
        return foreign(difference);
    }
    if let Some(difference) = append(&source, &target, held, end, runtime)? {
        return Ok(Err(Apart { difference, advice: NOT_ALONE }));
    }
    let target = runtime.block_on(target.written())?;
    let progress = Progress::new("comparing both books", "events");
    let compared = lockstep::compare(source.log.as_ref(), target.log.as_ref(), end, &progress)?;
    drop(progress);
    let beyond = lockstep::beyond(target.log.as_ref(), end)?;
    Ok(match (compared, beyond) {
        (Compared::Same(digest), None) => {
            let since = source.grown()?.0.saturating_sub(end.0);
            Ok(Copied { events: end.0, already: held.0, since, digest })
        }
        (Compared::Different(difference), _) | (Compared::Same(_), Some(difference)) => {
            Err(Apart { difference, advice: NO_COPY })
        }
    })
}

/// Appends what the target does not have. A difference is where an event came to stand elsewhere than in the source.
fn append(
    source: &Side,
    target: &Side,
    from: Position,
    end: Position,
    runtime: &Runtime,
) -> Result<Option<Difference>, ToolError> {
    let progress = Progress::new("copying", "events");
    let mut windows = Windows::new(Events::between(source.log.as_ref(), from, end), target);
    loop {
        let window = match windows.next()? {
            Next::Window(window) => window,
            Next::Refused(Refused { position, error }) => return Err(refused(position, error, false)),
            Next::End => return Ok(None),
        };
        let (stand, appends): (Vec<_>, _) = window.into_iter().map(|planned| (planned.stands, planned.append)).unzip();
        let mut outcomes = stand.iter().zip(runtime.block_on(target.log.append_each(appends))?);
        while let Some((wanted, outcome)) = outcomes.next() {
            let found = match outcome {
                Ok(found) => found,
                Err(error) => return Err(refused(wanted.first, error, outcomes.any(|(_, later)| later.is_ok()))),
            };
            if (found.position, found.revision) != (wanted.last, wanted.last_revision) {
                let what = format!(
                    "at position {} of the target, as its stream's revision {}",
                    found.position, found.revision
                );
                return Ok(Some(Difference { position: wanted.last, what }));
            }
            progress.at(wanted.last.next().0, end.0);
        }
    }
}

/// An append that the target did not take; whether it took any that came after it.
fn refused(position: Position, source: LogError, took_later: bool) -> ToolError {
    let then = if took_later {
        "events after it are in the target, which so can't be continued: see to the reason, and copy into an empty one"
    } else {
        "all before it is copied: see to the reason, and run the same command again"
    };
    ToolError::Uncopied { position, source, then }
}

fn print(copied: &Copied, as_json: bool) {
    let Copied { events, already, since, digest } = copied;
    let now = events - already;
    if as_json {
        let report = json!({
            "good": true, "events": events, "copied": now, "already": already, "since": since, "digest": digest,
        });
        say!("{report}");
        return;
    }
    say!("good: both books have the same events at the same positions");
    say!("events        {events}");
    say!("copied now    {now}");
    say!("there already {already}");
    say!("digest        {digest}");
    say!(
        "not in a book vault/, master.key and photos/ of the data directory: move them too, or what is sealed stays so"
    );
    if *since > 0 {
        say!("since then    {since} events more in the source: the same command copies them");
    }
}
