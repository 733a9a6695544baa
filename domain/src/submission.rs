//! What became of a statement's record at the Commission's Transparency Database (R-7-02, DSA art. 24(5)).
//!
//! The database takes a record once and gives it back to nobody: there is no correction and no withdrawal. So it is recorded
//! that a record is about to be sent before it is, and from there on it may be there, whatever becomes of the sender; whoever
//! goes on asks the database first. What the database answered is kept, within bounds and without personal data.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::personal_data::PersonalData;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::statement::StatementEvent;

const RULE: Rule = Rule("R-7-02");

/// The most problems that are kept of a refusal: a record has 38 fields, and nobody mends more than these at once.
const MAX_PROBLEMS: usize = 20;
/// The longest name of a field that is kept, in characters: the database's longest has 34.
const MAX_FIELD: usize = 60;
/// The longest words about a field that are kept, in characters: room for two sentences.
const MAX_WORDS: usize = 300;
/// The longest address that is kept, in characters: the database's have less than a hundred.
const MAX_ADDRESS: usize = 300;

/// The record was about to be sent to a database. By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementSubmitted {
    /// Which database: its address without a path, as in `https://transparency.dsa.ec.europa.eu`.
    pub database: String,
}

/// The record is in the database. By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementAccepted {
    /// How that is known.
    pub how: Acceptance,
}

/// The record is not in the database, and sending it again would not help. By the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementRefused {
    /// Who refused it.
    pub by: RefusedBy,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// How it is known that a record is in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Acceptance {
    /// The database answered that it took it.
    Answered {
        /// The database's own id of it.
        uuid: Uuid,
        /// Where anybody can read it.
        permalink: String,
    },
    /// No answer came, and the database knows its PUID: it took it.
    FoundByPuid,
}

impl Acceptance {
    /// What the database answered; nothing where that is no answer of its.
    #[must_use]
    pub fn answered(uuid: Uuid, permalink: &str) -> Option<Self> {
        let good = permalink.chars().count() <= MAX_ADDRESS
            && (permalink.starts_with("https://") || permalink.starts_with("http://"))
            && !permalink.contains(|letter: char| letter.is_control() || letter.is_whitespace());
        good.then(|| Self::Answered { uuid, permalink: permalink.to_owned() })
    }
}

/// Who refused a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefusedBy {
    /// The platform, before anything was sent.
    Platform,
    /// The database.
    Database,
}

/// What is wrong with a field of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The field, as the database names it.
    pub field: String,
    /// What is wrong with it, in the words of whoever refused it; no personal data.
    pub words: String,
}

impl Problem {
    /// What was said of a field, as far as it may be kept: in one line, not too long, and nothing at all that looks like
    /// personal data, for words of others may repeat what they are about.
    #[must_use]
    pub fn new(field: &str, words: &str) -> Self {
        Self { field: kept(field, MAX_FIELD), words: kept(words, MAX_WORDS) }
    }
}

fn kept(text: &str, longest: usize) -> String {
    if PersonalData::in_text(text, &[]).is_some() {
        return "[not kept: it looks like personal data]".to_owned();
    }
    let line: Vec<&str> = text.split(|letter: char| letter.is_control() || letter.is_whitespace()).collect();
    let line: Vec<&str> = line.into_iter().filter(|word| !word.is_empty()).collect();
    line.join(" ").chars().take(longest).collect()
}

/// How far a statement's record has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Submission {
    /// It was never sent.
    #[default]
    Waiting,
    /// It was sent, or about to be: the database with this address may have it.
    Submitted(String),
    /// The database has it.
    Accepted,
    /// It was refused, and the database does not have it.
    Refused(StatementRefused),
}

/// What can be asked of a statement's record.
#[derive(Debug, Clone)]
pub enum SubmissionCommand {
    /// Note that it is about to be sent to a database.
    Submit {
        /// Which one.
        database: String,
    },
    /// Note that the database has it.
    Accept(Acceptance),
    /// Note that it was refused.
    Refuse {
        /// By whom.
        by: RefusedBy,
        /// Why.
        problems: Vec<Problem>,
    },
}

impl Submission {
    /// Decides a command; nothing follows where it was noted already.
    pub(crate) fn decide(&self, command: SubmissionCommand) -> Result<Vec<StatementEvent>, Refusal> {
        let accepted = *self == Self::Accepted;
        match command {
            SubmissionCommand::Submit { database } => {
                require(!accepted, RULE, Refused::AlreadyDone, "", || {
                    "the Transparency Database has this record, and takes it once".to_owned()
                })?;
                let noted = matches!(self, Self::Submitted(noted) if *noted == database);
                Ok(if noted { Vec::new() } else { vec![StatementSubmitted { database }.into()] })
            }
            SubmissionCommand::Accept(how) => {
                // What was refused may have been sent by hand, in other words, with the same PUID.
                require(*self != Self::Waiting, RULE, Refused::NotEligible, "", || {
                    "this record was not sent to the Transparency Database; note that it is about to be, first"
                        .to_owned()
                })?;
                Ok(if accepted { Vec::new() } else { vec![StatementAccepted { how }.into()] })
            }
            SubmissionCommand::Refuse { by, mut problems } => {
                require(!accepted, RULE, Refused::AlreadyDone, "", || {
                    "the Transparency Database has this record; it can't be refused any more".to_owned()
                })?;
                problems.truncate(MAX_PROBLEMS);
                let refused = StatementRefused { by, problems };
                let noted = matches!(self, Self::Refused(noted) if *noted == refused);
                Ok(if noted { Vec::new() } else { vec![refused.into()] })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{Given, given};
    use crate::statement::{Statement, StatementCommand, tests::decision};

    const DATABASE: &str = "https://transparency.dsa.ec.europa.eu";

    fn submit() -> StatementCommand {
        SubmissionCommand::Submit { database: DATABASE.into() }.into()
    }

    fn found() -> StatementCommand {
        SubmissionCommand::Accept(Acceptance::FoundByPuid).into()
    }

    fn refuse(words: &str) -> StatementCommand {
        let problems = vec![Problem::new("category", words)];
        SubmissionCommand::Refuse { by: RefusedBy::Database, problems }.into()
    }

    fn issued() -> Given<Statement> {
        given::<Statement>().after(decision())
    }

    #[test]
    fn r_7_02_a_record_is_submitted_before_it_is_sent_and_never_again_once_it_was_accepted() {
        assert_eq!(issued().refusal(found()), ("R-7-02", Refused::NotEligible));
        let submitted = issued().after(submit());
        assert_eq!(submitted.state().submission, Submission::Submitted(DATABASE.into()));
        // Whoever goes on after a crash is told that it may be there.
        assert!(submitted.when(submit()).unwrap().is_empty());
        let accepted = submitted.after(found());
        assert!(accepted.when(found()).unwrap().is_empty());
        assert_eq!(accepted.refusal(submit()), ("R-7-02", Refused::AlreadyDone));
        assert_eq!(accepted.refusal(refuse("too late")), ("R-7-02", Refused::AlreadyDone));
    }

    #[test]
    fn r_7_02_what_was_refused_can_be_sent_again_and_the_same_refusal_is_noted_once() {
        let refused = issued().after(submit()).after(refuse("The selected category is invalid."));
        assert!(refused.when(refuse("The selected category is invalid.")).unwrap().is_empty());
        assert_eq!(refused.when(refuse("The category field is required.")).unwrap().len(), 1);
        assert_eq!(refused.clone().after(submit()).after(found()).state().submission, Submission::Accepted);
        assert_eq!(refused.after(found()).state().submission, Submission::Accepted, "sent by hand");
    }

    #[test]
    fn r_7_02_what_was_never_issued_has_no_record() {
        for command in [submit(), found(), refuse("no")] {
            assert_eq!(given::<Statement>().refusal(command), ("R-7-02", Refused::NotFound));
        }
    }

    #[test]
    fn r_7_02_what_the_database_said_is_kept_within_bounds_and_without_personal_data() {
        let problem = Problem::new("decision_facts", &format!("The\n field {}", "é".repeat(1_000)));
        assert!(problem.words.starts_with("The field é"), "{problem:?}");
        assert_eq!(problem.words.chars().count(), MAX_WORDS);
        assert!(!Problem::new("puid", "the puid jan@example.eu is invalid").words.contains("jan"));
        let problems = vec![problem; 1_000];
        let refuse = SubmissionCommand::Refuse { by: RefusedBy::Platform, problems };
        let events = issued().when(refuse.into()).unwrap();
        let [StatementEvent::StatementRefused(refused)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(refused.problems.len(), MAX_PROBLEMS);
        let uuid = Uuid::from_u128(1);
        assert!(Acceptance::answered(uuid, "https://transparency.dsa.ec.europa.eu/statement/1").is_some());
        for bad in ["", "javascript:alert(1)", "https://a b", &format!("https://{}", "a".repeat(MAX_ADDRESS))] {
            assert_eq!(Acceptance::answered(uuid, bad), None, "{bad}");
        }
    }
}
