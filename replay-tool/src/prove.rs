//! `prove --position N`: an event, and the proof that it is in the book of which a head was signed.
//!
//! The event is read from the book. The proof is computed from the book too, and the head is the newest that lies beside it;
//! or both are a server's, whose book may lie in a cluster. Either way the proof is checked before it is printed.

use event_log::merkle::{Hash, HashTree, InclusionProof, SignedHead};
use event_log::{EventLog, LogError, Position};

use crate::Outcome;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::events::Events;
use crate::heads::{self, HeadServer};
use crate::progress::Progress;
use crate::proof::Proof;

/// How many hashes are written at a time.
const HASHED_AT_ONCE: usize = 8_192;

pub(crate) fn run(data: &Data, position: u64, url: Option<&str>) -> Result<Outcome, ToolError> {
    let server = url.map(HeadServer::at);
    let newest = match &server {
        Some(server) => Some(server.newest()?),
        None => heads::beside(data, &heads::keys_beside(data)?)?.pop(),
    };
    // What the head covers, a book has that is opened after it was signed.
    let log = book::log(data)?;
    let head = newest.filter(|signed| position < signed.head.size).ok_or_else(|| unsigned(data, position, url))?;
    let Some(event) = log.scan(Position(position), 1)?.into_iter().next() else {
        let end = log.watch_next_position().borrow().0;
        eprintln!("replay-tool: a head of {} events was signed, and the book has {end} only", head.head.size);
        return Ok(Outcome::Found);
    };
    let inclusion = match &server {
        Some(server) => server.inclusion(position, head.head.size)?,
        None => match computed(log.as_ref(), position, &head)? {
            Some(inclusion) => inclusion,
            None => return Ok(another_book("the book ends before the head does")),
        },
    };
    match inclusion.verify(Hash::of_event(&event), head.head.root) {
        Ok(()) => println!("{}", Proof::new(&event, &inclusion, &head)?),
        Err(why) => return Ok(another_book(&why.to_string())),
    }
    Ok(Outcome::Good)
}

fn unsigned(data: &Data, position: u64, url: Option<&str>) -> ToolError {
    let place = url.map_or_else(|| data.heads().display().to_string(), str::to_owned);
    ToolError::Usage(format!(
        "no signed head in {place} covers position {position}; a server that has the book open signs one within a minute, \
         and at once when it is asked (--url)"
    ))
}

/// The proof, computed from the book; nothing where the book has fewer events than the head.
fn computed(log: &dyn EventLog, position: u64, head: &SignedHead) -> Result<Option<InclusionProof>, ToolError> {
    let directory = tempfile::tempdir().map_err(ToolError::io("making a temporary directory for the hashes"))?;
    let mut tree = HashTree::open(directory.path().join("hashes"))?;
    let progress = Progress::new("hashing", "events");
    let mut events = Events::between(log, Position::START, Position(head.head.size));
    loop {
        let leaves = events.by_ref().take(HASHED_AT_ONCE).map(|event| Ok(Hash::of_event(&event?)));
        let leaves = leaves.collect::<Result<Vec<_>, LogError>>()?;
        if leaves.is_empty() {
            break;
        }
        tree.append(leaves)?;
        progress.at(tree.size(), head.head.size);
    }
    Ok(if tree.size() == head.head.size { Some(tree.inclusion(position, head.head.size)?) } else { None })
}

fn another_book(why: &str) -> Outcome {
    eprintln!(
        "replay-tool: the book is not the one of which this head was signed: {why}; `replay-tool verify` tells where it \
         differs"
    );
    Outcome::Found
}
