//! `witness FILE`: keeps the heads that were seen, and says at each visit whether today's book still contains them.
//!
//! A head is added only when it is signed by a key that the witness trusts and its book goes on from that of the last head
//! that was seen. So each head in the file is of the same book, and a book that lost or changed anything since the first
//! visit can't be shown to this witness again, whoever holds the keys.

use std::path::Path;

use event_log::merkle::{Comparison, Difference, HeadFile, PublicHeadKey, SignedHead};
use serde_json::json;

use crate::Outcome;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::heads::{self, HeadServer};
use crate::output::say;

/// What a visit came to.
enum Visit {
    /// The book contains all that was seen; and its newest head, if there is one.
    Contains(Option<SignedHead>),
    /// It does not, or it is not signed; why.
    Broken(String),
}

pub(crate) fn run(
    data: &Data,
    file: &Path,
    keys: &[PublicHeadKey],
    url: Option<&str>,
    as_json: bool,
) -> Result<Outcome, ToolError> {
    let seen = HeadFile::read(file, keys)?;
    let visit = match url {
        Some(url) => at_server(&HeadServer::at(url), &seen, keys)?,
        None => in_book(data, &seen, keys)?,
    };
    let newest = match visit {
        Visit::Contains(newest) => newest,
        Visit::Broken(why) => {
            if as_json {
                say!("{}", json!({ "good": false, "why": why }));
            }
            eprintln!("replay-tool: {why}");
            return Ok(Outcome::Found);
        }
    };
    let Some(origin) = seen.first().or(newest.as_ref()).map(|signed| signed.head.origin.clone()) else {
        let message = format!(
            "there is no signed head in {}, and none was seen before; ask a server for one with --url",
            data.heads().display()
        );
        return Err(ToolError::Usage(message));
    };
    let last = seen.last().map(|last| last.head.size);
    let new = newest.filter(|newest| last.is_none_or(|last| last < newest.head.size));
    if let Some(new) = &new {
        HeadFile::open(file, keys)?.0.append(new)?;
    }
    if as_json {
        let report = json!({
            "good": true,
            "seenBefore": seen.len(),
            "firstSeen": seen.first().map(heads::json),
            "newHead": new.as_ref().map(heads::json),
        });
        say!("{report}");
        return Ok(Outcome::Good);
    }
    match seen.first() {
        Some(first) => {
            say!("good: today's book contains all that was seen");
            say!("seen before   {}, the first {}", seen.len(), heads::shown(first));
        }
        None => {
            say!("kept: the first head that is seen of {origin}");
            say!("trust         on first use: what the book was before this head, nobody witnessed here");
        }
    }
    say!("new head      {}", new.as_ref().map_or_else(|| "none".to_owned(), heads::shown));
    Ok(Outcome::Good)
}

/// Asks a server to prove that its book goes on from the last head that was seen.
fn at_server(server: &HeadServer, seen: &[SignedHead], keys: &[PublicHeadKey]) -> Result<Visit, ToolError> {
    let newest = server.newest()?;
    if let Err(error) = newest.verify(keys) {
        return Ok(Visit::Broken(error.to_string()));
    }
    let Some(last) = seen.last() else { return Ok(Visit::Contains(Some(newest))) };
    let (from, to) = (last.head.size, newest.head.size);
    if to < from {
        let why = format!("the newest head is {}, and so of fewer events", heads::shown(&newest));
        return Ok(Visit::Broken(contradiction(last, &why, &newest)));
    }
    match server.consistency(from, to)?.verify(last.head.root, newest.head.root) {
        Ok(()) => Ok(Visit::Contains(Some(newest))),
        Err(why) => Ok(Visit::Broken(contradiction(last, &why.to_string(), &newest))),
    }
}

/// Both heads are signed, so that whoever reads them together knows.
fn contradiction(last: &SignedHead, why: &str, newest: &SignedHead) -> String {
    format!(
        "today's book does not contain the head {}, which was seen: {why}; the head that is shown today is not kept. It is \
         evidence together with the one that was seen:\n{newest}",
        heads::shown(last)
    )
}

/// Computes from a book itself whether it contains every head that was seen.
fn in_book(data: &Data, seen: &[SignedHead], keys: &[PublicHeadKey]) -> Result<Visit, ToolError> {
    let newest = heads::beside(data, keys)?.pop();
    let kept = heads::hashes_beside(data)?;
    let log = book::log(data)?;
    let heads = seen.iter().cloned().chain(newest.clone());
    let compared = heads::compare(log.as_ref(), Comparison::new(heads, kept))?;
    Ok(match compared.difference {
        Some(ref difference @ Difference::Head { ref head, .. }) => {
            let what = if seen.contains(head) {
                "today's book does not contain all that was seen"
            } else {
                "the head that lies beside today's book is of another one, and is not kept"
            };
            Visit::Broken(format!("{what}: {difference}"))
        }
        // What is kept beside a book was never shown to a witness.
        Some(Difference::Kept { .. }) | None => Visit::Contains(newest),
    })
}
