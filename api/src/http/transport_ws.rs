//! The messages of [graphql-transport-ws], and why a connection is closed by it.
//!
//! [graphql-transport-ws]: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md

use async_graphql::{Response, ServerError};
use axum::extract::ws::CloseFrame;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::graphql::execution::Asked;

/// The protocol's name among those of WebSockets.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// RFC 6455, 5.5: a control frame has at most 125 bytes, two of which are the code.
const MAX_REASON_BYTES: usize = 123;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromClient {
    /// Who it is.
    ConnectionInit {
        /// The token, as in `{"authorization": "Bearer …"}`.
        payload: Option<Value>,
    },
    /// Is anybody there?
    Ping {},
    /// There is.
    Pong {},
    /// An operation.
    Subscribe {
        /// The client's name for it.
        id: String,
        /// What is asked.
        payload: Asked,
    },
    /// The client wants no more of an operation.
    Complete {
        /// Its name.
        id: String,
    },
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ToClient<'a> {
    /// It knows who it is.
    ConnectionAck,
    /// There is.
    Pong,
    /// An answer to an operation.
    Next { id: &'a str, payload: &'a Response },
    /// An operation was not begun; there is no more of it.
    Error { id: &'a str, payload: &'a [ServerError] },
    /// There is no more of an operation.
    Complete { id: &'a str },
}

/// Why a connection ends.
#[derive(Debug)]
pub(super) enum End {
    /// The client is gone, or hears nothing.
    Gone,
    /// The server stops.
    GoingAway,
    /// There are as many connections as may be, of them all or of who asks.
    Busy,
    /// A message that is none of the protocol's.
    BadMessage(String),
    /// An operation before anybody said who asks.
    NotAcknowledged,
    /// A token that does not hold, or no longer.
    Forbidden(String),
    /// Nobody said who asks.
    InitTimeout,
    /// Two operations of one name.
    SameId(String),
    /// Somebody said who asks twice.
    SecondInit,
}

impl End {
    /// What the client is told; nothing where nobody hears it.
    pub(super) fn frame(&self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone => return None,
            Self::GoingAway => (1001, "the server stops; connect again".to_owned()),
            // RFC 6455's registry of codes: try again later.
            Self::Busy => (1013, "there are as many connections as may be; close some, or try again later".to_owned()),
            Self::BadMessage(why) => (4400, why.clone()),
            Self::NotAcknowledged => (4401, "Unauthorized".to_owned()),
            Self::Forbidden(why) => (4403, why.clone()),
            Self::InitTimeout => (4408, "Connection initialisation timeout".to_owned()),
            Self::SameId(id) => (4409, format!("Subscriber for {id} already exists")),
            Self::SecondInit => (4429, "Too many initialisation requests".to_owned()),
        };
        let mut end = reason.len().min(MAX_REASON_BYTES);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        Some(CloseFrame { code, reason: reason[..end].into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_fits_its_frame_however_long_it_is() {
        let frame = End::SameId("é".repeat(500)).frame().unwrap();
        assert_eq!(frame.code, 4409);
        assert!(frame.reason.as_str().len() <= MAX_REASON_BYTES && frame.reason.as_str().len() > 100);
    }
}
