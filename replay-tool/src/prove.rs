//! `prove --position N`: an event, and the proof that it is in the book of which a head was signed.
//!
//! The event is read from the book. The proof is computed from the book too, and the head is the newest that lies beside it;
//! or both are a server's, whose book may lie in a cluster. Either way the proof is checked before it is printed.

use event_log::Position;
use event_log::merkle::{Hash, Proof};

use crate::Outcome;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::hashed_book::HashedBook;
use crate::heads::{self, HeadServer};
use crate::output::say;

pub(crate) fn run(data: &Data, position: u64, url: Option<&str>) -> Result<Outcome, ToolError> {
    let server = url.map(HeadServer::at);
    let newest = match &server {
        Some(server) => Some(server.newest()?),
        None => heads::beside(data, &heads::keys_beside(data)?)?.pop(),
    };
    // What the head covers, a book has that is opened after it was signed.
    let log = book::log(data)?;
    let Some(head) = newest.filter(|signed| position < signed.head.size) else {
        if server.is_none() {
            book::has(log.as_ref(), Position(position))?;
        }
        return Err(unsigned(data, position, url));
    };
    let Some(event) = log.scan(Position(position), 1)?.into_iter().next() else {
        let end = log.watch_next_position().borrow().0;
        eprintln!("replay-tool: a head of {} events was signed, and the book has {end} only", head.head.size);
        return Ok(Outcome::Found);
    };
    let inclusion = match &server {
        Some(server) => server.inclusion(position, head.head.size)?,
        None => {
            let book = HashedBook::under(log.as_ref(), &head)?;
            if book.size() < head.head.size {
                return Ok(another_book("the book ends before the head does"));
            }
            book.inclusion(Position(position))?
        }
    };
    match inclusion.verify(Hash::of_event(&event), head.head.root) {
        Ok(()) => say!("{}", Proof::new(&event, &inclusion, &head)?),
        Err(why) => return Ok(another_book(&why.to_string())),
    }
    Ok(Outcome::Good)
}

fn unsigned(data: &Data, position: u64, url: Option<&str>) -> ToolError {
    let place = url.map_or_else(|| data.heads().display().to_string(), str::to_owned);
    let message = heads::uncovered(&place, Position(position));
    ToolError::Usage(format!("{message}, and at once when it is asked (--url)"))
}

fn another_book(why: &str) -> Outcome {
    eprintln!(
        "replay-tool: the book is not the one of which this head was signed: {why}; `replay-tool verify` tells where it \
         differs"
    );
    Outcome::Found
}
