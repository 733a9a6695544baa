//! Statements of reasons: whoever is restricted is told what, why, and how to contest it (R-2.2-05, R-3.4-09, DSA
//! art. 17, P2B art. 4).
//!
//! There is one for each decision, with an id derived from the decision's event, so that issuing it again does nothing.
//! It has every element of art. 17(3) and no personal data: with what led to it, it makes a record of the Commission's
//! Transparency Database (R-7-02). From the day on which it is issued the decision can be contested, for six months at least (art. 20(1)).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregate::{Aggregate, Context};
use crate::calendar::end_of_months;
use crate::criterion::Criterion;
use crate::decision::Decision;
use crate::ids::{BuyerId, ListingId, NoticeId, ReviewId, SellerId, StaffId};
use crate::language::Language;
use crate::listing::ListingRemovalReason;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::seller::SellerRemovalReason;
use crate::submission::{StatementAccepted, StatementRefused, StatementSubmitted, Submission, SubmissionCommand};

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Addressee {
    /// A buyer.
    Buyer(BuyerId),
    /// A seller.
    Seller(SellerId),
}

/// What is restricted (art. 17(1), 17(3)(a)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Restriction {
    /// A review was removed.
    ReviewRemoved(ReviewId),
    /// Photos of a review are not published.
    PhotosNotPublished(ReviewId),
    /// Photos of a review were removed.
    PhotosRemoved(ReviewId),
    /// A listing was removed.
    ListingRemoved(ListingId),
    /// A seller's account and all its listings were removed.
    SellerRemoved(SellerId),
    /// A buyer's account is blocked until a moment.
    AccountSuspended(DateTime<Utc>),
    /// A buyer's account is blocked for good.
    AccountTerminated,
}

impl Restriction {
    /// The review that it is of, itself or by its photos.
    #[must_use]
    pub const fn review(self) -> Option<ReviewId> {
        match self {
            Self::ReviewRemoved(review) | Self::PhotosNotPublished(review) | Self::PhotosRemoved(review) => {
                Some(review)
            }
            Self::ListingRemoved(_) | Self::SellerRemoved(_) | Self::AccountSuspended(_) | Self::AccountTerminated => {
                None
            }
        }
    }
}

/// On which ground (art. 17(3)(d) and (e)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ground {
    /// Criteria of the review rules.
    Criteria(Vec<Criterion>),
    /// A reason for which listings are removed.
    Listing(ListingRemovalReason),
    /// A reason for which sellers are removed.
    Seller(SellerRemovalReason),
}

impl Ground {
    /// Whether it is the law (art. 17(3)(d)) rather than the platform's terms (art. 17(3)(e)).
    #[must_use]
    pub fn is_law(&self) -> bool {
        match self {
            Self::Criteria(criteria) => criteria.iter().any(|criterion| criterion.is_law()),
            Self::Listing(reason) => matches!(
                reason,
                ListingRemovalReason::BreachOfLaw | ListingRemovalReason::Prohibited | ListingRemovalReason::Dangerous
            ),
            Self::Seller(reason) => {
                matches!(reason, SellerRemovalReason::BreachOfLaw | SellerRemovalReason::TraderNotTraceable)
            }
        }
    }
}

/// Where a decision can be contested (art. 17(3)(f)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Redress {
    /// The platform's own complaint form (art. 20).
    InternalComplaint,
    /// A certified out-of-court dispute settlement body (art. 21).
    OutOfCourtSettlement,
    /// A court.
    Court,
}

/// Somebody was told what was restricted, and why. By the platform, at once after the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementOfReasonsIssued {
    /// The event that records the decision.
    pub decision: Uuid,
    /// Who is told.
    pub addressee: Addressee,
    /// What is restricted, and for how long.
    pub restriction: Restriction,
    /// When the restriction began.
    pub since: DateTime<Utc>,
    /// The facts and circumstances (art. 17(3)(b)).
    pub facts: String,
    /// The notice that led to it; nothing on the operator's own initiative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<NoticeId>,
    /// Whether automated means detected or decided it (art. 17(3)(c)).
    pub automated: bool,
    /// On which ground.
    pub ground: Ground,
    /// The language of the content, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_language: Option<Language>,
    /// When the content came to the platform, or the account was opened; the decision's moment where nobody knows.
    pub content_since: DateTime<Utc>,
    /// Who decided; the platform by itself where nobody did, as for the listings of a removed seller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<StaffId>,
    /// Where it can be contested. The restriction holds in the whole Union.
    pub redress: Vec<Redress>,
    /// Until when the platform takes a complaint; the first instant at which it does not.
    pub contestable_until: DateTime<Utc>,
}

/// What can happen to a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementEvent {
    /// See [`StatementOfReasonsIssued`].
    StatementOfReasonsIssued(StatementOfReasonsIssued),
    /// See [`StatementSubmitted`].
    StatementSubmitted(StatementSubmitted),
    /// See [`StatementAccepted`].
    StatementAccepted(StatementAccepted),
    /// See [`StatementRefused`].
    StatementRefused(StatementRefused),
}

/// What can be asked of a statement.
#[derive(Debug, Clone)]
pub enum StatementCommand {
    /// Issue it.
    Issue(Box<Decision>),
    /// Note what becomes of its record for the Transparency Database.
    Submission(SubmissionCommand),
}

impl From<SubmissionCommand> for StatementCommand {
    fn from(command: SubmissionCommand) -> Self {
        Self::Submission(command)
    }
}

/// A statement.
#[derive(Debug, Clone, Default)]
pub struct Statement {
    /// What it says; nothing until it is issued.
    pub issued: Option<StatementOfReasonsIssued>,
    /// How far its record has come.
    pub submission: Submission,
}

impl Aggregate for Statement {
    const CATEGORY: &'static str = "statement";
    type Command = StatementCommand;
    type Event = StatementEvent;

    fn decide(&self, command: StatementCommand, context: &Context<'_>) -> Result<Vec<StatementEvent>, Refusal> {
        let decision = match command {
            StatementCommand::Issue(decision) => *decision,
            StatementCommand::Submission(command) => {
                require(self.issued.is_some(), Rule("R-7-02"), Refused::NotFound, "", || {
                    "there is no such statement of reasons".to_owned()
                })?;
                return self.submission.decide(command);
            }
        };
        if self.issued.is_some() {
            return Ok(Vec::new());
        }
        Ok(vec![
            StatementOfReasonsIssued {
                decision: decision.event,
                addressee: decision.addressee,
                restriction: decision.restriction,
                since: decision.at,
                facts: decision.facts,
                notice: decision.notice,
                automated: false,
                ground: decision.ground,
                content_language: decision.content_language,
                content_since: decision.content_since,
                decided_by: decision.decided_by,
                redress: vec![Redress::InternalComplaint, Redress::OutOfCourtSettlement, Redress::Court],
                contestable_until: end_of_months(context.now, context.policies.complaint_months),
            }
            .into(),
        ])
    }

    fn evolve(&mut self, event: &StatementEvent, _: DateTime<Utc>) {
        match event {
            StatementEvent::StatementOfReasonsIssued(issued) => self.issued = Some(issued.clone()),
            StatementEvent::StatementSubmitted(event) => {
                self.submission = Submission::Submitted(event.database.clone());
            }
            StatementEvent::StatementAccepted(_) => self.submission = Submission::Accepted,
            StatementEvent::StatementRefused(event) => self.submission = Submission::Refused(event.clone()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::given::{at, given};

    pub(crate) fn decision() -> StatementCommand {
        StatementCommand::Issue(Box::new(Decision {
            event: Uuid::from_u128(7),
            at: at("2026-01-01T12:00:00Z"),
            addressee: Addressee::Buyer(BuyerId(Uuid::from_u128(1))),
            restriction: Restriction::ReviewRemoved(ReviewId(Uuid::from_u128(3))),
            facts: "the text insults a person".into(),
            notice: None,
            ground: Ground::Criteria(vec![Criterion::Insulting]),
            content_language: "nl".parse().ok(),
            content_since: at("2025-12-01T12:00:00Z"),
            decided_by: Some(StaffId("m-1".into())),
        }))
    }

    #[test]
    fn r_3_4_09_r_2_2_05_a_statement_says_all_that_article_17_asks_for_once() {
        let events = given::<Statement>().when(decision()).unwrap();
        let [StatementEvent::StatementOfReasonsIssued(issued)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(issued.facts, "the text insults a person");
        assert_eq!(issued.ground, Ground::Criteria(vec![Criterion::Insulting]));
        assert!(!issued.automated);
        assert_eq!(issued.redress, [Redress::InternalComplaint, Redress::OutOfCourtSettlement, Redress::Court]);
        assert!(given::<Statement>().after(decision()).when(decision()).unwrap().is_empty());
    }

    #[test]
    fn r_3_4_10_six_months_run_from_the_day_on_which_it_was_issued() {
        for (issued, until) in [
            ("2026-01-01T12:00:00Z", "2026-07-01T22:00:00Z"),
            // Half an hour before midnight in UTC it is the next day in Paris.
            ("2026-01-14T23:30:00Z", "2026-07-15T22:00:00Z"),
            ("2026-08-31T10:00:00Z", "2027-02-28T23:00:00Z"),
        ] {
            let events = given::<Statement>().at(issued).when(decision()).unwrap();
            let [StatementEvent::StatementOfReasonsIssued(statement)] = &events[..] else { panic!("{events:?}") };
            assert_eq!(statement.contestable_until, at(until), "{issued}");
        }
    }

    #[test]
    fn r_3_4_09_the_ground_is_the_law_or_the_terms() {
        assert!(Ground::Criteria(vec![Criterion::OffTopic, Criterion::IllegalContent]).is_law());
        assert!(!Ground::Criteria(vec![Criterion::OffTopic]).is_law());
        assert!(Ground::Listing(ListingRemovalReason::Dangerous).is_law());
        assert!(!Ground::Listing(ListingRemovalReason::Convenience).is_law());
        assert!(Ground::Seller(SellerRemovalReason::TraderNotTraceable).is_law());
        assert!(!Ground::Seller(SellerRemovalReason::BreachOfTerms).is_law());
    }
}
