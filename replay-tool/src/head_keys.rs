//! `head-keys`: the public keys of all that ever signed heads of a book; and another one that signs from now on.

use event_log::merkle::HeadKeys;

use crate::Outcome;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::heads;
use crate::output::say;

pub(crate) fn run(data: &Data, rotate: bool) -> Result<Outcome, ToolError> {
    let public = heads::keys_beside(data)?;
    let Some(newest) = public.last() else {
        return Err(ToolError::Usage(format!(
            "there are no keys in {}; a server makes the first one when it begins to serve a book",
            data.heads().display()
        )));
    };
    if !rotate {
        public.iter().for_each(|key| say!("{key}"));
        return Ok(Outcome::Good);
    }
    // Whoever writes the book is the only one who signs it. A book in a cluster has no such lock here.
    let _writing = if data.log().exists() { Some(book::writable(data)?) } else { None };
    let mut keys = HeadKeys::open(data.heads(), newest.name())?;
    keys.rotate()?;
    keys.public().iter().for_each(|key| say!("{key}"));
    eprintln!(
        "replay-tool: the last of these keys signs from now on; give it to whoever verifies, and let them keep the others, \
         with which older heads stay verifiable"
    );
    Ok(Outcome::Good)
}
