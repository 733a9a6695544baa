//! Why a mail could not be sent, for the person who must act.
//!
//! What is said here may be kept in an event and in logs, so it never has the recipient's address in it.

use std::path::PathBuf;
use std::time::Duration;

/// The longest reply of a mail server that is repeated: room for a sentence or two with a link to an explanation.
const MAX_REPLY_CHARACTERS: usize = 300;

/// A mail was not sent, or it is not known whether it was.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The recipient's address is none.
    #[error("the recipient's e-mail address is not one: {reason}; correct it")]
    Address {
        /// What is wrong with it, without the address.
        reason: &'static str,
    },
    /// The mail server will not take this mail.
    #[error("{server} refused the mail for good: {reply}")]
    Refused {
        /// Which server.
        server: String,
        /// What it said.
        reply: String,
    },
    /// The mail server does not take this mail now.
    #[error("{server} does not take the mail for now: {reply}")]
    Deferred {
        /// Which server.
        server: String,
        /// What it said.
        reply: String,
    },
    /// The mail server is not there, can't be trusted, or does not let the platform in: no mail can be sent.
    #[error(
        "no mail can be sent by {server}: {reason}; see whether it runs, and the name, port and password in mail.to"
    )]
    Unavailable {
        /// Which server.
        server: String,
        /// What went wrong.
        reason: String,
    },
    /// The connection ended before the server took the mail; it may have taken it all the same.
    #[error("the connection to {server} broke off in the middle of the mail: {reason}")]
    Dropped {
        /// Which server.
        server: String,
        /// What went wrong.
        reason: String,
    },
    /// The deadline passed; the mail may have been taken all the same.
    #[error("{destination} did not take the mail within {} s", .deadline.as_secs_f64())]
    TimedOut {
        /// Where it was sent.
        destination: String,
        /// How long was waited.
        deadline: Duration,
    },
    /// The mail could not be written to its directory.
    #[error("{doing} {}: {source}", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl SendError {
    /// Whether trying the same mail again can't help: only a person can.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        match self {
            Self::Address { .. } | Self::Refused { .. } => true,
            Self::Deferred { .. }
            | Self::Unavailable { .. }
            | Self::Dropped { .. }
            | Self::TimedOut { .. }
            | Self::Io { .. } => false,
        }
    }
}

/// What a server or a library said, in one line, short, and with no word left that could name the recipient: servers
/// like to repeat whom they refuse.
pub(super) fn without_address(said: &str, recipient: &lettre::Address) -> String {
    let (user, domain) = (recipient.user().to_lowercase(), recipient.domain().to_lowercase());
    let names_it = |word: &&str| {
        let word = word.to_lowercase();
        word.contains('@') || word.contains(&domain) || words_of(&word).any(|part| part == user)
    };
    let words: Vec<&str> =
        said.split_whitespace().map(|word| if names_it(&word) { "[address]" } else { word }).collect();
    words.join(" ").chars().filter(|char| !char.is_control()).take(MAX_REPLY_CHARACTERS).collect()
}

/// A word without the punctuation around it.
fn words_of(word: &str) -> impl Iterator<Item = &str> {
    [word, word.trim_matches(|char: char| !char.is_alphanumeric())].into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_names_the_recipient() {
        let recipient = "Jo.Doe@example.eu".parse().unwrap();
        let said = "550 5.1.1 <jo.doe@example.eu>: user jo.doe unknown\nsee https://help.example/550 (EXAMPLE.EU)";
        let kept = "550 5.1.1 [address] user [address] unknown see https://help.example/550 [address]";
        assert_eq!(without_address(said, &recipient), kept);
        assert_eq!(without_address(&"x".repeat(1000), &recipient).len(), MAX_REPLY_CHARACTERS);
    }
}
