//! The auditor's and compliance staff's program.
//!
//! Results go to stdout, progress and messages to stderr. Exit codes: 0 good, 1 the check found a difference or
//! damage, 2 wrong use, 141 nobody reads on.
//!
//! | file | subcommand |
//! | --- | --- |
//! | `import.rs` | `import olist DIR` |
//! | `copy/` | `copy --from LOG --to LOG` |
//! | `verify.rs` | `verify` |
//! | `prove.rs` | `prove --position N` |
//! | `verify_proof.rs` | `verify-proof [FILE]` |
//! | `witness.rs` | `witness FILE` |
//! | `head_keys.rs` | `head-keys` |
//! | `view.rs` | `view NAME` |
//! | `diff/` | `diff [NAME…]` |
//! | `dsa.rs` | `dsa --period P` |
//! | `published.rs` | `dsa --period P --published`, `--text` |
//! | `packet/` | `packet --period P OUT` |
//! | `export_statements.rs` | `export-statements OUT` |
//! | `transparency_report/` | `transparency-report --period P OUT` |
//! | `history.rs` | `history STREAM` |
//! | `erased.rs` | `erased SUBJECT` |
//! | `timeline/` | `timeline KIND ID` |
//! | `explain_rank.rs` | `explain-rank PRODUCT` |
//! | `rebuild.rs` | `rebuild [NAME…]` |

#![forbid(unsafe_code)]
// `output::say` ends the program where nobody reads on; `println` would panic.
#![deny(clippy::print_stdout)]

mod arguments;
mod book;
mod copy;
mod diff;
mod dsa;
mod erased;
mod error;
mod events;
mod explain_rank;
mod export_statements;
mod hashed_book;
mod head_keys;
mod heads;
mod history;
mod html;
mod import;
mod out_directory;
mod output;
mod packet;
mod progress;
mod prove;
mod published;
mod rebuild;
mod sealed;
mod template;
mod timeline;
mod transparency_report;
mod trusted;
mod verify;
mod verify_proof;
mod view;
mod witness;

use std::process::ExitCode;

use arguments::{Arguments, Command, Source};
use clap::Parser;
use error::ToolError;
use tracing_subscriber::EnvFilter;

/// What is logged: what matters of the log's client is said by whoever keeps it.
const LOGGED: &str = "warn,eventstore=off";

/// What a subcommand came to.
enum Outcome {
    /// All is well.
    Good,
    /// The check found a difference or damage.
    Found,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(EnvFilter::new(LOGGED)).init();
    match run(arguments) {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Err(error) => {
            eprintln!("replay-tool: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(arguments: Arguments) -> Result<Outcome, ToolError> {
    let data = arguments.data();
    match arguments.command {
        Command::Import { source: Source::Olist { directory, report } } => {
            import::olist(&data, &directory, report.as_deref())
        }
        Command::Copy { from, to, json } => copy::run(&from, &to, json),
        Command::Verify { json } => verify::run(&data, json),
        Command::Prove { position, url } => prove::run(&data, position, url.as_deref()),
        Command::VerifyProof { file, keys, json } => verify_proof::run(file.as_deref(), &keys.read()?, json),
        Command::Witness { file, keys, url, json } => witness::run(&data, &file, &keys.read()?, url.as_deref(), json),
        Command::HeadKeys { rotate } => head_keys::run(&data, rotate),
        Command::View { name, at, format, filter } => view::run(&data, &name, &at, format, &filter.into()),
        Command::Diff { names, server, against } => diff::run(&data, &names, &server, &against),
        Command::Dsa { period, at, json, what } => match (what.published, what.publication, what.text) {
            (_, publication, Some(language)) => published::text(&data, period, publication, language.into()),
            (false, None, None) => dsa::run(&data, period, &at, json),
            (true, publication, None) | (false, publication @ Some(_), None) => {
                published::check(&data, period, publication, json)
            }
        },
        Command::Packet { period, at, signed, out } => packet::run(&data, period, &at, &signed, &out),
        Command::ExportStatements { out, period, at } => export_statements::run(&data, &out, period, &at),
        Command::TransparencyReport { period, at, out } => transparency_report::run(&data, period, &at, &out),
        Command::History { stream, json, reveal } => history::run(&data, &stream, json, reveal),
        Command::Erased { subject, json } => erased::run(&data, &subject, json),
        Command::Timeline { kind, id, orders, format, reveal } => {
            timeline::run(&data, &kind, id, orders, format, reveal)
        }
        Command::ExplainRank { product, at } => explain_rank::run(&data, product, &at),
        Command::Rebuild { names } => rebuild::run(&data, &names),
    }
}
