//! `verify`: every byte of the book checked, without changing any; and the book compared with every head that was signed of
//! it. Of a book in a cluster, whose nodes check their own bytes, only the second.

use chrono::SecondsFormat;
use event_log::LogError;
use event_log::embedded::{self, VerifyReport};
use event_log::merkle::{Compared, Comparison, Difference, Hash};
use event_log_eventstore::Engine;
use serde_json::{Value, json};

use crate::Outcome;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::heads;
use crate::output::say;
use crate::progress::Progress;

/// What was checked.
struct Checked {
    /// The book's files, where it has some.
    files: Option<VerifyReport>,
    compared: Compared,
}

pub(crate) fn run(data: &Data, as_json: bool) -> Result<Outcome, ToolError> {
    let checked = match checked(data) {
        Ok(checked) => checked,
        Err(ToolError::Log(error @ LogError::Damaged { .. })) => {
            if as_json {
                say!("{}", json!({ "good": false, "damage": error.to_string() }));
            }
            eprintln!("replay-tool: {error}");
            return Ok(Outcome::Found);
        }
        Err(error) => return Err(error),
    };
    if as_json {
        say!("{}", json(&checked));
    }
    match &checked.compared.difference {
        Some(difference) => {
            eprintln!("replay-tool: {difference}");
            Ok(Outcome::Found)
        }
        None => {
            if !as_json {
                print(&checked);
            }
            Ok(Outcome::Good)
        }
    }
}

fn checked(data: &Data) -> Result<Checked, ToolError> {
    let heads = heads::beside(data, &heads::keys_beside(data)?)?;
    let kept = heads::hashes_beside(data)?;
    if data.engine != Engine::Embedded {
        if heads.is_empty() {
            return Err(ToolError::Usage(format!(
                "there are no signed heads in {} to compare the book with, and a cluster's nodes check their own files; \
                 `diff` compares the served views with the cluster's log",
                data.heads().display()
            )));
        }
        let compared = heads::compare(book::log(data)?.as_ref(), Comparison::new(heads, kept))?;
        return Ok(Checked { files: None, compared });
    }
    if !data.log().exists() {
        return Err(ToolError::Usage(format!(
            "there is no book in {}; name its directory with --data",
            data.path().display()
        )));
    }
    let mut comparison = Comparison::new(heads, kept);
    let progress = Progress::new("verifying", "bytes");
    let files = embedded::verify_each(
        &data.log(),
        &Hash::of_event,
        &mut |leaf, event| comparison.take(leaf, event),
        &mut |done, total| progress.at(done, total),
    )?;
    Ok(Checked { files: Some(files), compared: comparison.finish()? })
}

fn instant(moment: Option<chrono::DateTime<chrono::Utc>>) -> Option<String> {
    moment.map(|moment| moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

fn json(Checked { files, compared }: &Checked) -> Value {
    let mut report = json!({
        "good": compared.difference.is_none(),
        "events": compared.size,
        "root": compared.root.to_string(),
        "heads": compared.heads,
    });
    if let Some(difference) = &compared.difference {
        report["difference"] = difference.to_string().into();
        report["position"] = difference.position().map(|position| position.0).into();
        if let Difference::Head { before, .. } = difference {
            report["headsOfThisBook"] = (*before).into();
        }
    }
    if let Some(files) = files {
        report["streams"] = files.streams.into();
        report["segments"] = files.segments.into();
        report["bytes"] = files.bytes.into();
        report["firstPosition"] = files.first_position.map(|position| position.0).into();
        report["lastPosition"] = files.last_position.map(|position| position.0).into();
        report["firstOccurredAt"] = instant(files.first_occurred_at).into();
        report["lastOccurredAt"] = instant(files.last_occurred_at).into();
        report["sideFiles"] = json!(files.side_files);
        report["live"] = files.live.into();
    }
    report
}

fn print(Checked { files, compared }: &Checked) {
    match files {
        Some(report) => {
            let show = |moment| instant(moment).unwrap_or_else(|| "–".to_owned());
            say!("good: every record checks out");
            say!("events        {}", report.events);
            say!("streams       {}", report.streams);
            say!("segments      {} ({} bytes)", report.segments, report.bytes);
            say!(
                "positions     {}",
                report.last_position.map_or_else(|| "–".to_owned(), |last| format!("0 to {last}"))
            );
            say!("occurred      {} to {}", show(report.first_occurred_at), show(report.last_occurred_at));
        }
        None => {
            say!("good: the book is the one that was signed");
            say!("events        {}", compared.size);
        }
    }
    say!("root          {}", compared.root);
    let heads =
        if compared.heads == 0 { "none are kept here" } else { "the book goes on from every one that was signed" };
    say!("heads         {heads}");
    let Some(report) = files else { return };
    for file in &report.side_files {
        say!("side file     {}: bytes that a crash left unfinished, cut when the book was opened", file.display());
    }
    if report.live {
        say!("live          a server is writing; checked up to the last whole append when this began");
    }
}
