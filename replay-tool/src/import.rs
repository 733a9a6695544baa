//! `import olist DIR`: a real data set into the log, through the domain's commands.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use event_log::OwnKeys;
use fixtures::olist::{self, ImportReport};

use crate::Outcome;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::output::say;
use crate::progress::Progress;

pub(crate) fn olist(data: &Data, directory: &Path, report_file: Option<&Path>) -> Result<Outcome, ToolError> {
    let (history, report) = olist::history(directory)?;
    std::fs::create_dir_all(data.path()).map_err(ToolError::io(format!("making {}", data.path().display())))?;
    let (vault, generated) = data.open_vault()?;
    let keys = OwnKeys(Arc::new(vault));
    if generated {
        eprintln!(
            "replay-tool: generated a master key in {}; for more than a trial, keep it elsewhere and name it with {}",
            data.master_key().display(),
            projections::data_directory::MASTER_KEY_FILE
        );
    }
    let log = book::writable(data)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ToolError::io("starting"))?;
    let progress = Progress::new("importing", "decisions");
    let written = runtime.block_on(async {
        let written =
            fixtures::write(log.as_ref(), &keys, &history, &mut |at| progress.at(at.steps as u64, at.of as u64)).await;
        log.close().await;
        written
    })?;
    drop(progress);
    let default = data.path().join("import-olist-refused.csv");
    let file = report_file.unwrap_or(&default);
    std::fs::write(file, refused(&report)).map_err(ToolError::io(format!("writing {}", file.display())))?;
    say!("orders accepted      {:>7}", report.orders());
    say!("reviews submitted    {:>7}", report.reviews_submitted());
    say!("reviews edited       {:>7}", report.reviews_edited());
    say!();
    say!("refused, by rule:");
    for refusal in report.refusals() {
        say!("  {}  {:>6}  {}", refusal.rule, refusal.count, refusal.meaning);
    }
    say!("  each of them is listed in {}", file.display());
    say!();
    say!("events of the data set:");
    for (kind, count) in &report.events {
        say!("  {:<20} {count:>7}", kind.name());
    }
    say!();
    say!("events written now   {:>7}", written.events_written);
    say!("events there already {:>7}", written.events_already);
    Ok(Outcome::Good)
}

fn refused(report: &ImportReport) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut out = "rule,what,source,message\n".to_owned();
    for refusal in &report.refused {
        // Writing to a String can't fail.
        let _ =
            writeln!(out, "{},{},{},{}", refusal.rule, refusal.what, quoted(&refusal.source), quoted(&refusal.message));
    }
    out
}
