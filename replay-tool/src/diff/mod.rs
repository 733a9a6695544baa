//! `diff [NAME…]`: views against the same views as they should be, or were, or are elsewhere.
//!
//! | file | against what |
//! | --- | --- |
//! | `served.rs` | what is being served, against a replay from nothing |
//! | `points.rs` | `--position A --against-position B`: the same book at another point |
//! | `logs.rs` | `--against LOG`: another book |
//! | `versions.rs` | `--with PATH`: another build of this program |
//! | `part.rs` | where two of them part, by bisecting, and a readable account of it |

mod logs;
mod part;
mod points;
mod served;
mod versions;

use event_log::Position;

use crate::Outcome;
use crate::arguments::{Against, Server};
use crate::book::{self, Data};
use crate::error::ToolError;

pub(crate) fn run(data: &Data, names: &[String], server: &Server, against: &Against) -> Result<Outcome, ToolError> {
    let kinds = book::kinds(names)?;
    let position = against.position.map(Position);
    match (&against.log, &against.with, position, against.against_position.map(Position)) {
        (Some(other), _, _, _) => logs::run(data, &kinds, other, position),
        (None, Some(program), _, _) => versions::run(data, &kinds, program, position),
        (None, None, Some(one), Some(other)) => points::run(data, &kinds, one, other),
        (None, None, None, None) => served::run(data, &kinds, server),
        (None, None, _, _) => {
            let message = "two points of a book are --position A and --against-position B; give both";
            Err(ToolError::Usage(message.to_owned()))
        }
    }
}
