//! `verify`: every byte of the book checked, without changing any.

use chrono::SecondsFormat;
use event_log::LogError;
use event_log::embedded::{self, VerifyReport};
use event_log_eventstore::Engine;
use serde_json::json;

use crate::Outcome;
use crate::book::Data;
use crate::error::ToolError;
use crate::progress::Progress;

pub(crate) fn run(data: &Data, as_json: bool) -> Result<Outcome, ToolError> {
    if data.engine != Engine::Embedded {
        let message = "verify checks the files of an embedded log; a cluster's nodes check their own. `diff` compares the \
                       served views with the cluster's log";
        return Err(ToolError::Usage(message.to_owned()));
    }
    if !data.log().exists() {
        return Err(ToolError::Usage(format!(
            "there is no book in {}; name its directory with --data",
            data.path().display()
        )));
    }
    let progress = Progress::new("verifying", "bytes");
    let checked = embedded::verify(&data.log(), &mut |done, total| progress.at(done, total));
    drop(progress);
    match checked {
        Ok(report) if as_json => println!("{}", json(&report)),
        Ok(report) => print(&report),
        Err(error @ LogError::Damaged { .. }) => {
            if as_json {
                println!("{}", json!({ "good": false, "damage": error.to_string() }));
            }
            eprintln!("replay-tool: {error}");
            return Ok(Outcome::Found);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Outcome::Good)
}

fn instant(moment: Option<chrono::DateTime<chrono::Utc>>) -> Option<String> {
    moment.map(|moment| moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

fn json(report: &VerifyReport) -> serde_json::Value {
    json!({
        "good": true,
        "events": report.events,
        "streams": report.streams,
        "segments": report.segments,
        "bytes": report.bytes,
        "firstPosition": report.first_position.map(|position| position.0),
        "lastPosition": report.last_position.map(|position| position.0),
        "firstOccurredAt": instant(report.first_occurred_at),
        "lastOccurredAt": instant(report.last_occurred_at),
        "sideFiles": report.side_files,
        "live": report.live,
    })
}

fn print(report: &VerifyReport) {
    let show = |moment| instant(moment).unwrap_or_else(|| "–".to_owned());
    println!("good: every record checks out");
    println!("events        {}", report.events);
    println!("streams       {}", report.streams);
    println!("segments      {} ({} bytes)", report.segments, report.bytes);
    println!("positions     {}", report.last_position.map_or_else(|| "–".to_owned(), |last| format!("0 to {last}")));
    println!("occurred      {} to {}", show(report.first_occurred_at), show(report.last_occurred_at));
    for file in &report.side_files {
        println!("side file     {}: bytes that a crash left unfinished, cut when the book was opened", file.display());
    }
    if report.live {
        println!("live          a server is writing; checked up to the last whole append when this began");
    }
}
