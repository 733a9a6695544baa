//! Complaints: whoever was restricted, or sent a notice, contests the decision (R-3.4-10, R-2.2-05, DSA art. 20).
//!
//! The platform takes them for six months at least. A buyer's form gives the review's date and the order's number; what
//! does not fit is told field by field. Blocked accounts complain as all others do: nothing here asks for their standing.
//! A complaint is decided by a person who did not take the first decision.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::calendar::{end_of_months, local_day};
use crate::ids::{ComplaintId, NoticeId, OrderId, StaffId, StatementId};
use crate::notice::{Notice, NoticeOutcome};
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::sealed::Sealed;
use crate::statement::{Addressee, Restriction, StatementOfReasonsIssued};
use crate::text::{line, message};

/// What is contested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Contested {
    /// A restriction, by its statement of reasons.
    Restriction {
        /// The statement.
        statement: StatementId,
        /// What is restricted.
        restriction: Restriction,
    },
    /// That a notice led to nothing.
    Notice(NoticeId),
}

/// Who complains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Complainant {
    /// Whoever was restricted.
    Restricted(Addressee),
    /// Whoever sent the notice.
    Notifier(NoticeId),
}

/// A decision is contested. By whom it restricts, or by whoever sent the notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComplaintLodged {
    /// What is contested.
    pub contested: Contested,
    /// Who complains.
    pub complainant: Complainant,
    /// Why the decision is wrong.
    pub reasons: Sealed<String>,
    /// Who took the first decision, if a person did: decides no complaint about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_decided_by: Option<StaffId>,
}

/// What a complaint came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ComplaintOutcome {
    /// The first decision stands.
    Upheld,
    /// The first decision stands in part.
    PartiallyReversed,
    /// The first decision is taken back.
    Reversed,
}

/// A complaint was decided. By a moderator who did not take the first decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComplaintDecided {
    /// What was contested.
    pub contested: Contested,
    /// What it came to.
    pub outcome: ComplaintOutcome,
    /// Why, in words; no personal data.
    pub explanation: String,
    /// Who decided.
    pub decided_by: StaffId,
}

/// What can happen to a complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComplaintEvent {
    /// See [`ComplaintLodged`].
    ComplaintLodged(ComplaintLodged),
    /// See [`ComplaintDecided`].
    ComplaintDecided(ComplaintDecided),
}

/// The review that a form names, and what its streams say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewForm {
    /// The order's number, as given; nothing where it was left out.
    pub order_number: Option<String>,
    /// The review's date, as given; nothing where it was left out.
    pub review_date: Option<NaiveDate>,
    /// The order that the review is of.
    pub order: OrderId,
    /// When the review was submitted.
    pub submitted_at: DateTime<Utc>,
}

impl ReviewForm {
    /// Compares what was given with what is; tells each field that does not fit.
    fn check(&self) -> Result<(), Refusal> {
        let day = local_day(self.submitted_at);
        let order = match &self.order_number {
            Some(given) if is_number_of(given, self.order) => None,
            Some(_) => Some("this is not the number of the order that the review is of; My orders shows it"),
            None => Some("give the number of the order that the review is of; My orders shows it"),
        };
        let order = order.map(|message| Refusal::new(RULE, Refused::Invalid, "orderNumber", message));
        let date = match self.review_date {
            Some(given) if given == day => None,
            Some(given) => Some(format!("the review was not written on {given}; its page shows its date")),
            None => Some("give the day on which the review was written; its page shows it".to_owned()),
        };
        let date = date.map(|message| Refusal::new(RULE, Refused::Invalid, "reviewDate", message));
        Refusal::all(order.into_iter().chain(date)).map_or(Ok(()), Err)
    }
}

/// Whether a text is an order's number: its id, with or without hyphens, in letters of any case.
fn is_number_of(text: &str, order: OrderId) -> bool {
    text.trim().parse::<OrderId>().is_ok_and(|given| given == order)
}

/// What a complaint is about, as its stream has it.
#[derive(Debug, Clone)]
pub enum About {
    /// A restriction.
    Restriction {
        /// The statement's id.
        id: StatementId,
        /// The statement; nothing where there is none.
        statement: Option<Box<StatementOfReasonsIssued>>,
        /// Who complains.
        complainant: Addressee,
        /// The form, where a review or its photos are restricted and the complainant is a buyer.
        form: Option<ReviewForm>,
    },
    /// A notice that led to nothing.
    Notice {
        /// The notice's id, which only its sender was given.
        id: NoticeId,
        /// The notice.
        notice: Box<Notice>,
        /// When it was decided.
        decided_at: Option<DateTime<Utc>>,
    },
}

/// What can be asked of a complaint.
#[derive(Debug, Clone)]
pub enum ComplaintCommand {
    /// Contest a decision.
    Lodge {
        /// The complaint's id; the subject of the key is `complaint-<id>`.
        complaint: ComplaintId,
        /// About what.
        about: About,
        /// Why the decision is wrong.
        reasons: String,
    },
    /// Decide it.
    Decide {
        /// What it comes to.
        outcome: ComplaintOutcome,
        /// Why.
        explanation: String,
        /// Who decides.
        decided_by: StaffId,
    },
}

/// A complaint.
#[derive(Debug, Clone, Default)]
pub enum Complaint {
    /// Not lodged.
    #[default]
    Unknown,
    /// Waits for a person.
    Open(Box<ComplaintLodged>),
    /// Decided.
    Decided(Box<ComplaintLodged>),
}

const RULE: Rule = Rule("R-3.4-10");

impl Aggregate for Complaint {
    const CATEGORY: &'static str = "complaint";
    type Command = ComplaintCommand;
    type Event = ComplaintEvent;

    fn decide(&self, command: ComplaintCommand, context: &Context<'_>) -> Result<Vec<ComplaintEvent>, Refusal> {
        match command {
            ComplaintCommand::Lodge { complaint, about, reasons } => {
                require(matches!(self, Self::Unknown), RULE, Refused::AlreadyDone, "complaintId", || {
                    "this decision was contested already; a certified dispute settlement body or a court still can be asked".to_owned()
                })?;
                let (contested, complainant, first_decided_by) = contestable(about, context)?;
                let reasons = Sealed::new(Self::stream(complaint.0), message(&reasons, RULE, "reasons")?);
                Ok(vec![ComplaintLodged { contested, complainant, reasons, first_decided_by }.into()])
            }
            ComplaintCommand::Decide { outcome, explanation, decided_by } => {
                let lodged = match self {
                    Self::Open(lodged) => lodged,
                    Self::Unknown => {
                        return Err(Refusal::new(RULE, Refused::NotFound, "complaintId", "there is no such complaint"));
                    }
                    Self::Decided(_) => {
                        let message = "this complaint is decided already";
                        return Err(Refusal::new(RULE, Refused::AlreadyDone, "complaintId", message));
                    }
                };
                let another = lodged.first_decided_by.as_ref() != Some(&decided_by);
                require(another, RULE, Refused::Forbidden, "complaintId", || {
                    "whoever took the first decision does not decide the complaint about it; leave it to a colleague"
                        .to_owned()
                })?;
                let explanation = line(&explanation, RULE, "explanation")?;
                Ok(vec![ComplaintDecided { contested: lodged.contested, outcome, explanation, decided_by }.into()])
            }
        }
    }

    fn evolve(&mut self, event: &ComplaintEvent, _: DateTime<Utc>) {
        match (event, &*self) {
            (ComplaintEvent::ComplaintLodged(lodged), _) => *self = Self::Open(Box::new(lodged.clone())),
            (ComplaintEvent::ComplaintDecided(_), Self::Open(lodged)) => *self = Self::Decided(lodged.clone()),
            (ComplaintEvent::ComplaintDecided(_), Self::Unknown | Self::Decided(_)) => {}
        }
    }
}

fn contestable(about: About, context: &Context<'_>) -> Result<(Contested, Complainant, Option<StaffId>), Refusal> {
    let in_time = |until: DateTime<Utc>| {
        require(context.now < until, RULE, Refused::TooLate, "statementId", || {
            format!("this decision could be contested until {}; a court still can be asked", until.to_rfc3339())
        })
    };
    match about {
        About::Restriction { id, statement, complainant, form } => {
            let statement = statement
                .ok_or_else(|| Refusal::new(RULE, Refused::NotFound, "statementId", "there is no such decision"))?;
            require(statement.addressee == complainant, RULE, Refused::Forbidden, "statementId", || {
                "this decision does not concern you".to_owned()
            })?;
            form.as_ref().map_or(Ok(()), ReviewForm::check)?;
            in_time(statement.contestable_until)?;
            let contested = Contested::Restriction { statement: id, restriction: statement.restriction };
            Ok((contested, Complainant::Restricted(complainant), statement.decided_by))
        }
        About::Notice { id, notice, decided_at } => match (*notice, decided_at) {
            (Notice::Decided(_, decided), Some(decided_at)) => {
                require(decided.outcome == NoticeOutcome::NoAction, RULE, Refused::NotEligible, "noticeId", || {
                    "this notice led to what it asked for".to_owned()
                })?;
                in_time(end_of_months(decided_at, context.policies.complaint_months))?;
                Ok((Contested::Notice(id), Complainant::Notifier(id), Some(decided.moderator)))
            }
            (Notice::Open(_), _) => {
                Err(Refusal::new(RULE, Refused::TooEarly, "noticeId", "this notice is not decided yet"))
            }
            (Notice::Unknown | Notice::Decided(..), _) => {
                Err(Refusal::new(RULE, Refused::NotFound, "noticeId", "there is no such notice"))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{Given, at, given};
    use crate::ids::BuyerId;
    use crate::statement::{Statement, StatementEvent, tests::decision};
    use uuid::Uuid;

    const BUYER: Addressee = Addressee::Buyer(BuyerId(Uuid::from_u128(1)));
    const ORDER: OrderId = OrderId(Uuid::from_u128(2));

    fn statement() -> StatementOfReasonsIssued {
        let issued = given::<Statement>().when(decision()).unwrap().remove(0);
        let StatementEvent::StatementOfReasonsIssued(issued) = issued else { panic!("{issued:?}") };
        issued
    }

    fn lodge(complainant: Addressee, order_number: &str, review_date: &str) -> ComplaintCommand {
        lodge_with(complainant, Some(order_number.into()), Some(review_date.parse().unwrap()))
    }

    fn lodge_with(
        complainant: Addressee,
        order_number: Option<String>,
        review_date: Option<NaiveDate>,
    ) -> ComplaintCommand {
        ComplaintCommand::Lodge {
            complaint: ComplaintId(Uuid::from_u128(5)),
            about: About::Restriction {
                id: StatementId(Uuid::from_u128(6)),
                statement: Some(Box::new(statement())),
                complainant,
                form: Some(ReviewForm {
                    order_number,
                    review_date,
                    order: ORDER,
                    submitted_at: at("2025-11-30T23:30:00Z"),
                }),
            },
            reasons: "it insults nobody".into(),
        }
    }

    fn lodge_right() -> ComplaintCommand {
        lodge(BUYER, &ORDER.to_string().to_uppercase(), "2025-12-01")
    }

    fn decide(by: &str) -> ComplaintCommand {
        ComplaintCommand::Decide {
            outcome: ComplaintOutcome::Reversed,
            explanation: "it is an opinion".into(),
            decided_by: StaffId(by.into()),
        }
    }

    fn decided_notice(outcome: NoticeOutcome) -> Given<Notice> {
        use crate::criterion::Criterion;
        use crate::notice::{Allegation, NoticeCommand, NoticeTarget};
        given::<Notice>()
            .after(NoticeCommand::Submit {
                notice: NoticeId(Uuid::from_u128(9)),
                target: NoticeTarget::Review(Uuid::from_u128(3).into()),
                target_exists: true,
                allegation: Allegation::OffenceAgainstChildren,
                url: "x".into(),
                reasons: "x".into(),
                notifier: None,
                good_faith: true,
                trusted_flagger: false,
                language: "nl".parse().unwrap(),
            })
            .after(NoticeCommand::Decide {
                outcome,
                criteria: vec![Criterion::IllegalContent],
                explanation: "x".into(),
                moderator: StaffId("m-1".into()),
            })
    }

    #[test]
    fn r_3_4_10_the_form_is_compared_field_by_field() {
        assert!(given::<Complaint>().when(lodge_right()).is_ok());
        let fields = |command| {
            let refusal = given::<Complaint>().when(command).unwrap_err();
            std::iter::once(refusal.field).chain(refusal.also.iter().map(|also| also.field)).collect::<Vec<_>>()
        };
        let order = ORDER.to_string();
        assert_eq!(fields(lodge(BUYER, "4711", "2025-12-01")), ["orderNumber"]);
        // It was written after midnight in Paris.
        assert_eq!(fields(lodge(BUYER, &order, "2025-11-30")), ["reviewDate"]);
        assert_eq!(fields(lodge(BUYER, "", "2024-01-01")), ["orderNumber", "reviewDate"]);
        assert_eq!(fields(lodge_with(BUYER, None, None)), ["orderNumber", "reviewDate"]);
    }

    #[test]
    fn r_3_4_10_only_whom_it_restricts_contests_a_decision_and_only_in_time() {
        let other = Addressee::Buyer(BuyerId(Uuid::from_u128(99)));
        let order = ORDER.to_string();
        assert_eq!(given::<Complaint>().refusal(lodge(other, &order, "2025-12-01")), ("R-3.4-10", Refused::Forbidden));
        let last = "2026-07-01T21:59:59.999999Z";
        assert!(given::<Complaint>().at(last).when(lodge_right()).is_ok());
        assert_eq!(
            given::<Complaint>().at("2026-07-01T22:00:00Z").refusal(lodge_right()),
            ("R-3.4-10", Refused::TooLate)
        );
        assert_eq!(
            given::<Complaint>().after(lodge_right()).refusal(lodge_right()),
            ("R-3.4-10", Refused::AlreadyDone)
        );
    }

    #[test]
    fn r_3_4_10_another_person_decides_once() {
        let open = given::<Complaint>().after(lodge_right());
        assert_eq!(open.refusal(decide("m-1")), ("R-3.4-10", Refused::Forbidden));
        assert!(open.when(decide("m-2")).is_ok());
        assert_eq!(open.after(decide("m-2")).refusal(decide("m-3")), ("R-3.4-10", Refused::AlreadyDone));
        assert_eq!(given::<Complaint>().refusal(decide("m-2")), ("R-3.4-10", Refused::NotFound));
    }

    #[test]
    fn r_3_4_10_whoever_sent_a_notice_contests_that_nothing_was_done() {
        let about = |outcome| ComplaintCommand::Lodge {
            complaint: ComplaintId(Uuid::from_u128(5)),
            about: About::Notice {
                id: NoticeId(Uuid::from_u128(9)),
                notice: Box::new(decided_notice(outcome).state().clone()),
                decided_at: Some(at("2026-01-01T12:00:00Z")),
            },
            reasons: "look again".into(),
        };
        let open = given::<Complaint>().after(about(NoticeOutcome::NoAction));
        assert_eq!(open.refusal(decide("m-1")), ("R-3.4-10", Refused::Forbidden));
        assert_eq!(given::<Complaint>().refusal(about(NoticeOutcome::ActionByLaw)), ("R-3.4-10", Refused::NotEligible));
        assert!(given::<Complaint>().at("2026-07-01T21:59:59Z").when(about(NoticeOutcome::NoAction)).is_ok());
        assert_eq!(
            given::<Complaint>().at("2026-07-01T22:00:00Z").refusal(about(NoticeOutcome::NoAction)),
            ("R-3.4-10", Refused::TooLate)
        );
    }
}
