//! `rebuild [NAME…]`: the served views anew, beside the old ones, which go once the new ones have caught up.

use projections::generation::Generation;
use projections::registry::Running;
use projections::runner::{self, BATCH_EVENTS, Until};
use projections::served;

use crate::Outcome;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::output::say;
use crate::progress::Progress;

pub(crate) fn run(data: &Data, names: &[String]) -> Result<Outcome, ToolError> {
    let kinds = book::kinds(names)?;
    let log = book::log(data)?;
    // Whoever serves the views holds them; opening them first finds that out before any work is done.
    match served::open_all(&data.views()) {
        Ok(served) => drop(served),
        Err(error) if error.is_locked() => {
            let message = "a server has these views open; stop it first, or let it rebuild them itself";
            return Err(ToolError::Usage(message.to_owned()));
        }
        Err(error) => return Err(error.into()),
    }
    let open = |kind: &projections::registry::ViewKind| kind.open(&Generation::fresh(&data.views(), kind)?.directory);
    let mut views: Vec<Box<dyn Running>> = kinds.iter().map(open).collect::<Result<_, _>>()?;
    let progress = Progress::new("rebuilding", "events");
    runner::run(log.as_ref(), &mut views, Until::default(), BATCH_EVENTS, &|done, total| progress.at(done, total))?;
    drop(progress);
    for view in &views {
        say!("{}: {}, digest {}", view.kind().name, view.reached(), view.kind().digest(view.rows())?);
    }
    drop(views);
    served::take_over(&data.views(), &kinds, true)?;
    Ok(Outcome::Good)
}
