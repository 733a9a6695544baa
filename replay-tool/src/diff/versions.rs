//! Two builds of this program over one book. The other is asked as people ask it, with `view NAME --position N`, whose digest
//! every build tells; it replays from nothing each time.

use std::path::Path;
use std::process::{Command, Stdio};

use event_log::{EventLog, Position};
use event_log_eventstore::Engine;
use projections::registry::ViewKind;

use super::part::{self, Replays, Seen, account, bisect};
use crate::Outcome;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::output::say;

pub(super) fn run(
    data: &Data,
    kinds: &[ViewKind],
    program: &Path,
    position: Option<Position>,
) -> Result<Outcome, ToolError> {
    let log = book::log(data)?;
    let log: &dyn EventLog = log.as_ref();
    let to = part::last(log, position)?;
    let replays = Replays::new()?;
    let other = Other { program, data };
    let mut outcome = Outcome::Good;
    for kind in kinds {
        let name = kind.name;
        let [ours, theirs] = [replays.at(log, *kind, to)?, other.at(*kind, to)?];
        if ours.digest == theirs.digest {
            say!("{name}: same, position {to}, digest {}", ours.digest);
            continue;
        }
        outcome = Outcome::Found;
        say!("{name}: DIFFERENT, position {to}: this program {}, the other {}", ours.digest, theirs.digest);
        let parts =
            bisect(None, to, |middle| Ok(replays.at(log, *kind, middle)?.digest != other.at(*kind, middle)?.digest))?;
        say!("  from {}", part::event(log, parts)?);
        let [ours, theirs] = [replays.at(log, *kind, parts)?, other.at(*kind, parts)?];
        account(&ours, &theirs).iter().for_each(|line| say!("{line}"));
    }
    Ok(outcome)
}

/// The report that `view` prints of a view: of its own name, or else its first.
fn printed(kind: ViewKind) -> &'static str {
    kind.reports.iter().copied().find(|report| *report == kind.name).unwrap_or(kind.reports[0])
}

/// Another build of this program.
struct Other<'a> {
    program: &'a Path,
    data: &'a Data,
}

impl Other<'_> {
    /// What it computes of a view, with the report of the view's name.
    fn at(&self, kind: ViewKind, position: Position) -> Result<Seen, ToolError> {
        let program = self.program.display();
        let mut command = Command::new(self.program);
        command.arg("--data").arg(self.data.path());
        command.args(["view", kind.name, "--position", &position.to_string(), "--format", "json"]);
        // In the environment, for there may be a password in it, and command lines are in every list of processes.
        match &self.data.engine {
            Engine::Embedded => command.env_remove("MARKTBOEK_LOG"),
            Engine::EventStore(connection) => command.env("MARKTBOEK_LOG", connection),
        };
        command.env_remove("MARKTBOEK_SNAPSHOTS").stdin(Stdio::null());
        let output = command.output().map_err(ToolError::io(format!("starting {program}")))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let begins = format!("digest of {} ", kind.name);
        let digest =
            said.lines().filter_map(|line| line.split_once(&begins)).map(|(_, digest)| digest.trim()).next_back();
        match digest {
            Some(digest) if output.status.success() => Ok(Seen {
                digest: digest.to_owned(),
                reports: vec![(printed(kind), String::from_utf8_lossy(&output.stdout).into_owned())],
            }),
            Some(_) | None => {
                let said = said.trim();
                let name = kind.name;
                Err(ToolError::Usage(format!("{program} told no digest of {name} at position {position}: {said}")))
            }
        }
    }
}
