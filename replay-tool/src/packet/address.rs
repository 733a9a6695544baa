//! [`Address`]: up to where events count, and the signed head that covers them.

use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, Utc};
use event_log::merkle::{PublicHeadKey, SignedHead};
use event_log::{EventLog, Position};

use crate::arguments::At;
use crate::book::Data;
use crate::error::ToolError;
use crate::events::Events;
use crate::heads;
use crate::trusted::{FoundHead, GivenHead};

/// Where a packet stands.
pub(super) struct Address {
    /// The position of the last event that may count.
    pub(super) position: Position,
    /// None that occurred after this moment counts, where one is named.
    pub(super) moment: Option<DateTime<Utc>>,
    /// The smallest signed head that covers the position.
    pub(super) head: SignedHead,
    /// The key that signed it.
    pub(super) key: PublicHeadKey,
}

/// The signed heads to choose from.
pub(super) struct Signed {
    /// The smallest first; heads of no events are left out.
    heads: Vec<SignedHead>,
    keys: Vec<PublicHeadKey>,
    place: PathBuf,
}

impl Signed {
    /// The head that is given, or those that lie beside the book.
    pub(super) fn read(data: &Data, given: &GivenHead) -> Result<Self, ToolError> {
        let (mut heads, keys, place) = match given.read()? {
            Some(FoundHead { file, head, keys }) => (vec![head], keys, file.to_owned()),
            None => {
                let keys = heads::keys_beside(data)?;
                (heads::beside(data, &keys)?, keys, data.heads())
            }
        };
        heads.retain(|signed| signed.head.size > 0);
        Ok(Self { heads, keys, place })
    }

    /// The last position that any of them covers.
    fn last(&self) -> Result<Position, ToolError> {
        let last = self.heads.last().and_then(|signed| signed.head.size.checked_sub(1)).map(Position);
        last.ok_or_else(|| {
            ToolError::Usage(format!(
                "there is no signed head in {}; a server that has the book open signs one within a minute",
                self.place.display()
            ))
        })
    }

    fn covering(self, position: Position) -> Result<(SignedHead, PublicHeadKey), ToolError> {
        let Self { heads, keys, place } = self;
        let head = heads.into_iter().find(|signed| position.0 < signed.head.size);
        let head = head.ok_or_else(|| ToolError::Usage(heads::uncovered(&place.display().to_string(), position)))?;
        let key = head.verify(&keys).map_err(ToolError::head(&place))?.clone();
        Ok((head, key))
    }
}

impl Address {
    /// The position that is asked for; that of the last event that occurred by the moment that is asked for; or the last that
    /// was signed. So it is the same after the book has grown.
    pub(super) fn of(log: &dyn EventLog, at: &At, signed: Signed) -> Result<Self, ToolError> {
        let position = match (at.position, at.as_of) {
            (Some(position), _) => Position(position),
            (None, Some(moment)) => last_by(log, moment)?,
            (None, None) => signed.last()?,
        };
        let (head, key) = signed.covering(position)?;
        Ok(Self { position, moment: at.as_of, head, key })
    }
}

/// The position of the last event that occurred at or before a moment.
fn last_by(log: &dyn EventLog, moment: DateTime<Utc>) -> Result<Position, ToolError> {
    let mut last = None;
    for event in Events::all(log) {
        let event = event?;
        if event.occurred_at <= moment {
            last = Some(event.position);
        }
    }
    last.ok_or_else(|| {
        let moment = moment.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        ToolError::Usage(format!("nothing in the book had occurred by {moment}; name a later moment with --as-of"))
    })
}
