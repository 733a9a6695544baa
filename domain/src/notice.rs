//! Notices: a third party says that something on the platform is illegal or against the rules (R-3.4-05, DSA art. 16).
//!
//! Anybody may send one, without an account. It has what art. 16(2) asks for: the reasons, where exactly it is, who says
//! so (not for offences against children), and a statement of good faith. A person decides it, never a rule alone
//! (R-3.4-07): [`DecidedBy`] has no other value.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, Context};
use crate::criterion::{Criterion, named};
use crate::ids::{ListingId, NoticeId, ReviewId, StaffId};
use crate::language::Language;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::sealed::Sealed;
use crate::text::{facts, line, message};

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NoticeTarget {
    /// A review's text.
    Review(ReviewId),
    /// A review's photos.
    Photos(ReviewId),
    /// A listing.
    Listing(ListingId),
}

impl NoticeTarget {
    /// The field by which a notice names it.
    const fn field(self) -> &'static str {
        match self {
            Self::Review(_) => "reviewId",
            Self::Photos(_) => "photosOfReviewId",
            Self::Listing(_) => "listingId",
        }
    }

    /// Whether both are in one place, as a review's text and its photos are.
    fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Review(one) | Self::Photos(one), Self::Review(other) | Self::Photos(other)) => one == other,
            (Self::Listing(one), Self::Listing(other)) => one == other,
            (Self::Review(_) | Self::Photos(_), Self::Listing(_))
            | (Self::Listing(_), Self::Review(_) | Self::Photos(_)) => false,
        }
    }
}

/// What is alleged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Allegation {
    /// It is illegal content (DSA art. 16).
    Illegal,
    /// It is an offence under Directive 2011/93/EU, art. 3 to 7: whoever says so need not say who they are.
    OffenceAgainstChildren,
    /// It is against the platform's rules.
    AgainstTerms,
}

/// Who sent a notice (DSA art. 16(2)(c)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notifier {
    /// Name.
    pub name: String,
    /// E-mail address: the receipt and the decision go there.
    pub email: String,
}

/// A third party sent a notice. By anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeSubmitted {
    /// What it is about.
    pub target: NoticeTarget,
    /// What is alleged.
    pub allegation: Allegation,
    /// Where exactly it is, as the notifier said it (art. 16(2)(b)).
    pub url: String,
    /// Why (art. 16(2)(a)).
    pub reasons: Sealed<String>,
    /// Who says so (art. 16(2)(c)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notifier: Option<Sealed<Notifier>>,
    /// Whether the notifier is a trusted flagger, whose notices come first (art. 22).
    pub trusted_flagger: bool,
    /// In which language the notifier is written to.
    pub language: Language,
}

/// By what a notice was decided: by a person, and there is nothing else (R-3.4-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DecidedBy {
    /// A member of staff.
    Human,
}

/// What a notice came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NoticeOutcome {
    /// Something was restricted because it is illegal.
    ActionByLaw,
    /// Something was restricted because it is against the rules.
    ActionByTerms,
    /// Nothing was restricted.
    NoAction,
}

/// A person decided a notice. By a moderator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeDecided {
    /// What it is about.
    pub target: NoticeTarget,
    /// What it came to.
    pub outcome: NoticeOutcome,
    /// Against which criteria; at least one where something was restricted.
    pub criteria: Vec<Criterion>,
    /// The facts, in words; no personal data.
    pub explanation: String,
    /// By what it was decided.
    pub decided_by: DecidedBy,
    /// By whom.
    pub moderator: StaffId,
}

/// What can happen to a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeEvent {
    /// See [`NoticeSubmitted`].
    NoticeSubmitted(NoticeSubmitted),
    /// See [`NoticeDecided`].
    NoticeDecided(NoticeDecided),
}

/// What can be asked of a notice.
#[derive(Debug, Clone)]
pub enum NoticeCommand {
    /// Send it.
    Submit {
        /// The notice's id; the subject of the key is `notice-<id>`.
        notice: NoticeId,
        /// What it is about.
        target: NoticeTarget,
        /// Whether that is there, from its stream.
        target_exists: bool,
        /// What is alleged.
        allegation: Allegation,
        /// Where exactly it is.
        url: String,
        /// Why.
        reasons: String,
        /// Who says so.
        notifier: Option<Notifier>,
        /// Whether the notifier believes in good faith that it is accurate and complete (art. 16(2)(d)).
        good_faith: bool,
        /// Whether the notifier is a trusted flagger, by their token.
        trusted_flagger: bool,
        /// In which language the notifier is written to.
        language: Language,
    },
    /// Decide it.
    Decide {
        /// What it comes to.
        outcome: NoticeOutcome,
        /// Against which criteria.
        criteria: Vec<Criterion>,
        /// The facts.
        explanation: String,
        /// Who decides.
        moderator: StaffId,
    },
}

/// A notice.
#[derive(Debug, Clone, Default)]
pub enum Notice {
    /// Not sent.
    #[default]
    Unknown,
    /// Waits for a person.
    Open(Box<NoticeSubmitted>),
    /// Decided.
    Decided(Box<NoticeSubmitted>, Box<NoticeDecided>),
}

impl Notice {
    /// Refuses to do something to a target because of a notice that was not sent, or is about something else: the
    /// statement of reasons would name a notice that does not lead there.
    ///
    /// # Errors
    /// The refusal.
    pub fn concerns(&self, target: NoticeTarget) -> Result<(), Refusal> {
        const RULE: Rule = Rule("R-3.4-05");
        match self {
            Self::Open(notice) | Self::Decided(notice, _) => {
                require(notice.target.meets(target), RULE, Refused::Invalid, "noticeId", || {
                    "this notice is about something else; leave it out to act on the operator's own initiative"
                        .to_owned()
                })
            }
            Self::Unknown => Err(Refusal::new(RULE, Refused::NotFound, "noticeId", "there is no such notice")),
        }
    }
}

const DECISION: Rule = Rule("R-3.4-07");

impl Aggregate for Notice {
    const CATEGORY: &'static str = "notice";
    type Command = NoticeCommand;
    type Event = NoticeEvent;

    fn decide(&self, command: NoticeCommand, _: &Context<'_>) -> Result<Vec<NoticeEvent>, Refusal> {
        const RULE: Rule = Rule("R-3.4-05");
        match command {
            NoticeCommand::Submit {
                notice,
                target,
                target_exists,
                allegation,
                url,
                reasons,
                notifier,
                good_faith,
                trusted_flagger,
                language,
            } => {
                require(matches!(self, Self::Unknown), RULE, Refused::AlreadyDone, "noticeId", || {
                    "this notice was sent already".to_owned()
                })?;
                require(target_exists, RULE, Refused::NotFound, target.field(), || {
                    "there is no such review or listing; give the id that its page has".to_owned()
                })?;
                require(good_faith, RULE, Refused::NotEligible, "goodFaith", || {
                    "a notice needs the statement that you believe in good faith that it is accurate and complete \
                     (DSA art. 16(2)(d))"
                        .to_owned()
                })?;
                let notifier = match notifier {
                    Some(Notifier { name, email }) => {
                        require(email.contains('@'), RULE, Refused::Invalid, "notifier.email", || {
                            "notifier.email is an e-mail address, as in jo@example.eu".to_owned()
                        })?;
                        let name = line(&name, RULE, "notifier.name")?;
                        let email = line(&email, RULE, "notifier.email")?;
                        Some(Sealed::new(Self::stream(notice.0), Notifier { name, email }))
                    }
                    None if allegation == Allegation::OffenceAgainstChildren => None,
                    None => {
                        return Err(Refusal::new(
                            RULE,
                            Refused::Invalid,
                            "notifier",
                            "say who you are: name and e-mail address (DSA art. 16(2)(c))",
                        ));
                    }
                };
                let reasons = Sealed::new(Self::stream(notice.0), message(&reasons, RULE, "reasons")?);
                let url = line(&url, RULE, "url")?;
                Ok(vec![
                    NoticeSubmitted { target, allegation, url, reasons, notifier, trusted_flagger, language }.into(),
                ])
            }
            NoticeCommand::Decide { outcome, criteria, explanation, moderator } => {
                let target = match self {
                    Self::Open(notice) => notice.target,
                    Self::Unknown => {
                        return Err(Refusal::new(DECISION, Refused::NotFound, "noticeId", "there is no such notice"));
                    }
                    Self::Decided(..) => {
                        return Err(Refusal::new(
                            DECISION,
                            Refused::AlreadyDone,
                            "noticeId",
                            "this notice is decided already",
                        ));
                    }
                };
                let criteria = match (target, outcome) {
                    (_, NoticeOutcome::NoAction) => Vec::new(),
                    (NoticeTarget::Listing(_), _) => none(&criteria)?,
                    (NoticeTarget::Review(_) | NoticeTarget::Photos(_), _) => named(criteria)?,
                };
                let explanation = match outcome {
                    // What is done because of it says the same to whom it restricts, and in public.
                    NoticeOutcome::ActionByLaw | NoticeOutcome::ActionByTerms => {
                        facts(&explanation, &[], DECISION, "explanation")?
                    }
                    NoticeOutcome::NoAction => line(&explanation, DECISION, "explanation")?,
                };
                fits(target, outcome, &criteria)?;
                let decided_by = DecidedBy::Human;
                Ok(vec![NoticeDecided { target, outcome, criteria, explanation, decided_by, moderator }.into()])
            }
        }
    }

    fn evolve(&mut self, event: &NoticeEvent, _: DateTime<Utc>) {
        match (event, &*self) {
            (NoticeEvent::NoticeSubmitted(submitted), _) => *self = Self::Open(Box::new(submitted.clone())),
            (NoticeEvent::NoticeDecided(decided), Self::Open(notice)) => {
                *self = Self::Decided(notice.clone(), Box::new(decided.clone()));
            }
            (NoticeEvent::NoticeDecided(_), Self::Unknown | Self::Decided(..)) => {}
        }
    }
}

/// The criteria are those of reviews. A listing is removed for reasons of its own (R-2.2-01 to R-2.2-03), and what is said of
/// it in public is one of them.
fn none(criteria: &[Criterion]) -> Result<Vec<Criterion>, Refusal> {
    require(criteria.is_empty(), DECISION, Refused::Invalid, "criteria", || {
        "the criteria are those of reviews; of a listing say only whether the law or the terms are broken, by the outcome"
            .to_owned()
    })?;
    Ok(Vec::new())
}

/// Whether the law or the terms are the ground is said once, by the criteria of a review or its photos: what is done and
/// what is reported of it must not differ.
fn fits(target: NoticeTarget, outcome: NoticeOutcome, criteria: &[Criterion]) -> Result<(), Refusal> {
    let law = criteria.iter().any(|criterion| criterion.is_law());
    let fits = match (target, outcome) {
        (NoticeTarget::Listing(_), _) | (_, NoticeOutcome::NoAction) => true,
        (NoticeTarget::Review(_) | NoticeTarget::Photos(_), NoticeOutcome::ActionByLaw) => law,
        (NoticeTarget::Review(_) | NoticeTarget::Photos(_), NoticeOutcome::ActionByTerms) => !law,
    };
    require(fits, DECISION, Refused::Invalid, "outcome", || {
        let outcome = if law { "ACTION_BY_LAW" } else { "ACTION_BY_TERMS" };
        format!("by these criteria the outcome is {outcome}; say so, or name others")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::given;
    use uuid::Uuid;

    fn submit(notifier: Option<&str>, allegation: Allegation, good_faith: bool) -> NoticeCommand {
        NoticeCommand::Submit {
            notice: NoticeId(Uuid::from_u128(1)),
            target: NoticeTarget::Review(ReviewId(Uuid::from_u128(2))),
            target_exists: true,
            allegation,
            url: "https://market.example/reviews/2".into(),
            reasons: "it says what is not true of me".into(),
            notifier: notifier.map(|email| Notifier { name: "Jo".into(), email: email.into() }),
            good_faith,
            trusted_flagger: false,
            language: "nl".parse().unwrap(),
        }
    }

    fn decide(outcome: NoticeOutcome, criteria: &[Criterion]) -> NoticeCommand {
        NoticeCommand::Decide {
            outcome,
            criteria: criteria.to_vec(),
            explanation: "checked".into(),
            moderator: StaffId("m-1".into()),
        }
    }

    #[test]
    fn r_3_4_05_a_notice_has_what_article_16_asks_for() {
        let sent = given::<Notice>().when(submit(Some("jo@example.eu"), Allegation::Illegal, true)).unwrap();
        let NoticeEvent::NoticeSubmitted(sent) = &sent[0] else { panic!("{sent:?}") };
        assert!(matches!(&sent.notifier, Some(Sealed::Open { subject, .. }) if subject.0.starts_with("notice-")));
        let refusal = |command| {
            let refusal = given::<Notice>().when(command).unwrap_err();
            (refusal.rule.0, refusal.kind, refusal.field)
        };
        let illegal = Allegation::Illegal;
        assert_eq!(refusal(submit(None, illegal, true)), ("R-3.4-05", Refused::Invalid, "notifier"));
        assert_eq!(refusal(submit(Some("jo"), illegal, true)), ("R-3.4-05", Refused::Invalid, "notifier.email"));
        assert_eq!(
            refusal(submit(Some("jo@example.eu"), illegal, false)),
            ("R-3.4-05", Refused::NotEligible, "goodFaith")
        );
        assert!(given::<Notice>().when(submit(None, Allegation::OffenceAgainstChildren, true)).is_ok());
        let NoticeCommand::Submit { notice, target, allegation, url, reasons, notifier, language, .. } =
            submit(Some("jo@example.eu"), illegal, true)
        else {
            panic!("a submission")
        };
        let nowhere = NoticeCommand::Submit {
            notice,
            target,
            target_exists: false,
            allegation,
            url,
            reasons,
            notifier,
            good_faith: true,
            trusted_flagger: false,
            language,
        };
        assert_eq!(refusal(nowhere), ("R-3.4-05", Refused::NotFound, "reviewId"));
    }

    #[test]
    fn r_3_4_05_what_is_done_because_of_a_notice_is_done_to_what_it_is_about() {
        let sent = given::<Notice>().after(submit(Some("jo@example.eu"), Allegation::Illegal, true));
        let refusal = |notice: &Notice, target| notice.concerns(target).map_err(|refusal| refusal.kind);
        let id = Uuid::from_u128(2);
        assert_eq!(refusal(sent.state(), NoticeTarget::Review(ReviewId(id))), Ok(()));
        assert_eq!(refusal(sent.state(), NoticeTarget::Photos(ReviewId(id))), Ok(()));
        assert_eq!(refusal(sent.state(), NoticeTarget::Review(ReviewId(Uuid::nil()))), Err(Refused::Invalid));
        assert_eq!(refusal(sent.state(), NoticeTarget::Listing(ListingId(id))), Err(Refused::Invalid));
        assert_eq!(refusal(&Notice::Unknown, NoticeTarget::Review(ReviewId(id))), Err(Refused::NotFound));
    }

    #[test]
    fn r_3_4_07_a_notice_is_decided_once_by_a_person_who_names_criteria() {
        let open = given::<Notice>().after(submit(Some("jo@example.eu"), Allegation::AgainstTerms, true));
        let decided = open.when(decide(NoticeOutcome::ActionByTerms, &[Criterion::Insulting])).unwrap();
        let json = serde_json::to_value(match &decided[0] {
            NoticeEvent::NoticeDecided(decided) => decided,
            NoticeEvent::NoticeSubmitted(_) => panic!("a decision"),
        });
        assert_eq!(json.unwrap()["decidedBy"], "HUMAN");
        assert_eq!(open.refusal(decide(NoticeOutcome::ActionByLaw, &[])), ("R-3.4-06", Refused::Invalid));
        // What is done and what is reported of it have one ground.
        for (outcome, criterion) in [
            (NoticeOutcome::ActionByLaw, Criterion::Insulting),
            (NoticeOutcome::ActionByTerms, Criterion::IllegalContent),
        ] {
            let refusal = open.when(decide(outcome, &[criterion])).unwrap_err();
            assert_eq!((refusal.kind, refusal.field), (Refused::Invalid, "outcome"));
        }
        // A listing is removed for reasons of its own.
        let mut of_listing = submit(Some("jo@example.eu"), Allegation::Illegal, true);
        if let NoticeCommand::Submit { target, .. } = &mut of_listing {
            *target = NoticeTarget::Listing(ListingId(Uuid::from_u128(3)));
        }
        let of_listing = given::<Notice>().after(of_listing);
        let refusal = of_listing.when(decide(NoticeOutcome::ActionByLaw, &[Criterion::Advertising])).unwrap_err();
        assert_eq!((refusal.kind, refusal.field), (Refused::Invalid, "criteria"));
        assert!(of_listing.when(decide(NoticeOutcome::ActionByLaw, &[])).is_ok());
        // What is done says so in public, word for word.
        for (outcome, ok) in [(NoticeOutcome::ActionByTerms, false), (NoticeOutcome::NoAction, true)] {
            let mut told = decide(outcome, &[Criterion::Insulting]);
            if let NoticeCommand::Decide { explanation, .. } = &mut told {
                *explanation = "gives her number, 06 1234 5678".into();
            }
            assert_eq!(open.when(told).map_err(|refusal| refusal.rule.0).err(), (!ok).then_some("R-7-02"));
        }
        assert!(open.when(decide(NoticeOutcome::NoAction, &[])).is_ok());
        assert_eq!(given::<Notice>().refusal(decide(NoticeOutcome::NoAction, &[])), ("R-3.4-07", Refused::NotFound));
        let again = open.after(decide(NoticeOutcome::NoAction, &[]));
        assert_eq!(again.refusal(decide(NoticeOutcome::NoAction, &[])), ("R-3.4-07", Refused::AlreadyDone));
    }
}
