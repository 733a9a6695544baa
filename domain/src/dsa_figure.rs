//! The figure of DSA art. 24(2) as it was published: average monthly active recipients in the Union (R-5-01 to R-5-05).
//!
//! What is published stands in the book with its address (a position of the book) and its digest, so that whoever has the
//! book can regenerate it. It is never changed: a correction is a publication of its own, which names the one that it
//! corrects and says why. Whoever publishes names the digest of the figure that they saw; what is recorded is what was
//! regenerated from the book, and the two must agree.
//!
//! A stream is one period's, `dsafigure-2025-H2`. Its category ends at the first `-`, so that it has none itself.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::activity::{Excluded, RecipientRole};
use crate::aggregate::{Aggregate, Context};
use crate::calendar::{Month, ReportPeriod, SixMonths};
use crate::figure_digest::FigureDigest;
use crate::ids::DsaPublicationId;
use crate::place::MemberState;
use crate::refusal::{Refusal, Refused, Rule, require};
use crate::text::facts;
use crate::threshold::{Level, VERY_LARGE};

/// The version of the method by which recipients are counted (docs/active-recipients.md). No delegated act lays one down
/// yet (DSA art. 33(3)); another method is another version, and what was published by this one stays.
pub const METHOD: u32 = 1;

/// What the website says of a figure. Art. 24(2) asks for information on the average; many platforms say no more than on
/// which side of the threshold they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FigureWording {
    /// The figure.
    Exact,
    /// That it is below the threshold. The figure itself is for compliance staff and auditors.
    BelowThreshold,
}

/// A month of a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FigureMonth {
    /// The month.
    pub month: Month,
    /// Distinct recipients active in the Union.
    pub union: u64,
    /// … by part; one in two parts counts in both.
    pub by_role: BTreeMap<RecipientRole, u64>,
    /// … by Member State; one in two states counts in both.
    pub by_member_state: BTreeMap<MemberState, u64>,
    /// Visits left out.
    pub excluded: Excluded,
}

/// That a publication corrects another one of the same period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Correction {
    /// The one before it.
    pub corrects: DsaPublicationId,
    /// Why, in words; no personal data.
    pub reason: String,
}

/// A figure was published. By compliance staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DsaFigurePublished {
    /// The publication.
    pub publication: DsaPublicationId,
    /// Of which six months.
    pub period: SixMonths,
    /// The position of the last event of the book that counts.
    pub position: u64,
    /// When the newest event up to there occurred.
    pub as_of: DateTime<Utc>,
    /// The months, in order.
    pub months: Vec<FigureMonth>,
    /// The recipients of the six months, added up: the exact mean's numerator.
    pub numerator: u64,
    /// The months: the exact mean's denominator.
    pub denominator: u64,
    /// The figure's digest.
    pub digest: FigureDigest,
    /// Whether the mean is below [`VERY_LARGE`].
    pub below_threshold: bool,
    /// The version of the method, as [`METHOD`].
    pub method: u32,
    /// What the website says.
    pub wording: FigureWording,
    /// What it corrects, and why; nothing where it is the period's first.
    pub correction: Option<Correction>,
}

/// What can happen to a period's figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DsaFigureEvent {
    /// See [`DsaFigurePublished`].
    DsaFigurePublished(DsaFigurePublished),
}

/// What compliance staff ask to publish: the figure that they saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedPublication {
    /// The publication's id.
    pub publication: DsaPublicationId,
    /// Of which six months.
    pub period: SixMonths,
    /// The position of the book as of which they saw it.
    pub position: u64,
    /// The digest that they saw.
    pub digest: FigureDigest,
    /// What the website is to say.
    pub wording: FigureWording,
    /// The publication that it corrects; none for the period's first.
    pub corrects: Option<DsaPublicationId>,
    /// Why it is corrected; with `corrects` only.
    pub reason: Option<String>,
}

/// A figure as it was regenerated from the book, up to the position that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegeneratedFigure {
    /// The position of the last event that was read: the one that was asked for, or where the book ends before it; nothing of
    /// an empty book.
    pub position: Option<u64>,
    /// When the newest event up to there occurred.
    pub as_of: DateTime<Utc>,
    /// The months, in order.
    pub months: Vec<FigureMonth>,
    /// The figure's digest.
    pub digest: FigureDigest,
}

/// What can be asked of a period's figure.
#[derive(Debug, Clone)]
pub enum DsaFigureCommand {
    /// Publish it.
    Publish {
        /// What was asked.
        asked: AskedPublication,
        /// What the book says.
        regenerated: RegeneratedFigure,
    },
}

/// The newest publication of a period's figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestPublication {
    /// Which.
    pub publication: DsaPublicationId,
    /// As of which position.
    pub position: u64,
    /// With which digest.
    pub digest: FigureDigest,
}

/// A period's figure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DsaFigure {
    /// Its newest publication; nothing where there is none.
    pub latest: Option<LatestPublication>,
}

/// Half-years, or any six months on demand; they are over when their figure is published.
const PERIODS: Rule = Rule("R-5-02");
/// Whoever has the book gets the published figure again.
const REGENERATED: Rule = Rule("R-5-05");

impl DsaFigure {
    /// The stream of a period.
    #[must_use]
    pub fn stream_of(period: SixMonths) -> String {
        format!("{}-{period}", Self::CATEGORY)
    }

    /// What can be said of a publication before its figure is regenerated, which takes long in a long book. `last` is the
    /// position of the book's last event; nothing where it has none.
    ///
    /// # Errors
    /// The refusal.
    pub fn check(&self, asked: &AskedPublication, last: Option<u64>, now: DateTime<Utc>) -> Result<(), Refusal> {
        let AskedPublication { period, position, .. } = asked;
        require(now >= ReportPeriod::from(*period).ends(), PERIODS, Refused::TooEarly, "period", || {
            format!("{period} is not over; its figure is published after its last month")
        })?;
        require(last.is_some_and(|last| *position <= last), REGENERATED, Refused::NotFound, "position", || {
            let end = last.map_or_else(|| "is empty".to_owned(), |last| format!("ends at position {last}"));
            format!("the book {end}; give a position in it, as the figure's provenance says it")
        })?;
        self.correction(asked).map(|_| ())
    }

    /// What a publication corrects, when it may.
    fn correction(&self, asked: &AskedPublication) -> Result<Option<Correction>, Refusal> {
        let refuse = |kind, field, message| Err(Refusal::new(REGENERATED, kind, field, message));
        let period = asked.period;
        match (&self.latest, asked.corrects, &asked.reason) {
            (None, None, None) => Ok(None),
            (None, Some(_), _) => refuse(
                Refused::NotFound,
                "corrects",
                format!(
                    "nothing has been published of {period} that could be corrected; leave corrects and reason out"
                ),
            ),
            (_, None, Some(_)) => refuse(
                Refused::Invalid,
                "reason",
                "a reason is given with the publication that is corrected; name it by corrects".to_owned(),
            ),
            (Some(latest), None, None) => refuse(
                Refused::AlreadyDone,
                "corrects",
                format!(
                    "the figure of {period} was published as {} and stays; to correct it, name it by corrects and say why",
                    latest.publication
                ),
            ),
            (Some(latest), Some(corrects), _) if corrects != latest.publication => refuse(
                Refused::NotEligible,
                "corrects",
                format!("the latest publication of {period} is {}; a correction names that one", latest.publication),
            ),
            (Some(latest), Some(_), _) if asked.digest == latest.digest => refuse(
                Refused::AlreadyDone,
                "digest",
                format!("this is the figure that was published of {period}; there is nothing to correct"),
            ),
            (Some(latest), Some(_), _) if asked.position <= latest.position => refuse(
                Refused::Invalid,
                "position",
                format!("a correction is as of a position after {}, that of the publication", latest.position),
            ),
            (Some(_), Some(_), None) => {
                refuse(Refused::Invalid, "reason", "a correction says why; give the reason".to_owned())
            }
            (Some(_), Some(corrects), Some(reason)) => {
                Ok(Some(Correction { corrects, reason: facts(reason, &[], REGENERATED, "reason")? }))
            }
        }
    }
}

impl Aggregate for DsaFigure {
    const CATEGORY: &'static str = "dsafigure";
    type Command = DsaFigureCommand;
    type Event = DsaFigureEvent;

    fn decide(&self, command: DsaFigureCommand, context: &Context<'_>) -> Result<Vec<DsaFigureEvent>, Refusal> {
        let DsaFigureCommand::Publish { asked, regenerated } = command;
        self.check(&asked, regenerated.position, context.now)?;
        let correction = self.correction(&asked)?;
        let AskedPublication { publication, period, position, digest, wording, .. } = asked;
        let RegeneratedFigure { as_of, months, digest: found, .. } = regenerated;
        let ends = ReportPeriod::from(period).ends();
        require(as_of >= ends, PERIODS, Refused::TooEarly, "position", || {
            format!(
                "at position {position} the book is at {as_of}, when {period} was not over; give a position from {ends} on"
            )
        })?;
        require(found == digest, REGENERATED, Refused::NotEligible, "digest", || {
            format!(
                "the book has another figure of {period} at position {position} than was seen: its digest is {found}, not \
                 {digest}; look at it again, and publish what you see"
            )
        })?;
        let (numerator, denominator) = (months.iter().map(|month| month.union).sum(), months.len() as u64);
        let below_threshold = Level::of(numerator, denominator) < Level::VeryLarge;
        require(
            below_threshold || wording == FigureWording::Exact,
            Rule("R-5-03"),
            Refused::NotEligible,
            "wording",
            || format!("the figure is not below {VERY_LARGE}; publish it as EXACT"),
        )?;
        Ok(vec![
            DsaFigurePublished {
                publication,
                period,
                position,
                as_of,
                months,
                numerator,
                denominator,
                digest,
                below_threshold,
                method: METHOD,
                wording,
                correction,
            }
            .into(),
        ])
    }

    fn evolve(&mut self, event: &DsaFigureEvent, _: DateTime<Utc>) {
        let DsaFigureEvent::DsaFigurePublished(published) = event;
        self.latest = Some(LatestPublication {
            publication: published.publication,
            position: published.position,
            digest: published.digest,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{at, given};
    use uuid::Uuid;

    const fn id(number: u128) -> DsaPublicationId {
        DsaPublicationId(Uuid::from_u128(number))
    }

    fn half() -> SixMonths {
        "2025-H2".parse().unwrap()
    }

    fn asked(number: u128, position: u64, digest: u8) -> AskedPublication {
        AskedPublication {
            publication: id(number),
            period: half(),
            position,
            digest: FigureDigest([digest; 32]),
            wording: FigureWording::BelowThreshold,
            corrects: None,
            reason: None,
        }
    }

    fn corrected(number: u128, position: u64, digest: u8, corrects: u128, reason: Option<&str>) -> AskedPublication {
        AskedPublication {
            corrects: Some(id(corrects)),
            reason: reason.map(str::to_owned),
            ..asked(number, position, digest)
        }
    }

    /// What the book says: each month has so many recipients.
    fn found(position: u64, digest: u8, recipients: u64) -> RegeneratedFigure {
        let month = |month| FigureMonth {
            month,
            union: recipients,
            by_role: [(RecipientRole::Buyer, recipients)].into(),
            by_member_state: [(MemberState::NL, recipients)].into(),
            excluded: Excluded::default(),
        };
        RegeneratedFigure {
            position: Some(position),
            as_of: at("2026-01-01T11:00:00Z"),
            months: half().months().map(month).into(),
            digest: FigureDigest([digest; 32]),
        }
    }

    fn publish(asked: AskedPublication, regenerated: RegeneratedFigure) -> DsaFigureCommand {
        DsaFigureCommand::Publish { asked, regenerated }
    }

    #[test]
    fn r_5_05_what_is_published_is_what_the_book_says_with_its_address() {
        let events = given::<DsaFigure>().when(publish(asked(1, 9, 7), found(9, 7, 100))).unwrap();
        let [DsaFigureEvent::DsaFigurePublished(published)] = &events[..] else { panic!("{events:?}") };
        assert_eq!((published.position, published.numerator, published.denominator), (9, 600, 6));
        assert_eq!((published.method, published.below_threshold), (1, true));
        assert_eq!(published.correction, None);
        assert_eq!(published.months, found(9, 7, 100).months);
    }

    #[test]
    fn r_5_05_nobody_publishes_a_figure_that_they_did_not_see() {
        let new = given::<DsaFigure>();
        let refusal = new.when(publish(asked(1, 9, 7), found(9, 8, 100))).unwrap_err();
        assert_eq!((refusal.kind, refusal.field), (Refused::NotEligible, "digest"));
        assert!(refusal.message.contains(&"07".repeat(32)) && refusal.message.contains(&"08".repeat(32)), "{refusal}");
        let ahead = new.when(publish(asked(1, 10, 7), found(9, 7, 100))).unwrap_err();
        assert_eq!((ahead.kind, ahead.field), (Refused::NotFound, "position"));
        let empty = RegeneratedFigure { position: None, ..found(9, 7, 0) };
        assert_eq!(new.when(publish(asked(1, 0, 7), empty)).unwrap_err().field, "position");
    }

    #[test]
    fn r_5_02_a_figure_is_published_when_its_six_months_are_over_in_the_world_and_in_the_book() {
        let before = given::<DsaFigure>().at("2025-12-31T22:59:59Z");
        let refusal = before.when(publish(asked(1, 9, 7), found(9, 7, 1))).unwrap_err();
        assert_eq!((refusal.rule.0, refusal.kind, refusal.field), ("R-5-02", Refused::TooEarly, "period"));
        let of_before = RegeneratedFigure { as_of: at("2025-12-31T22:59:59Z"), ..found(9, 7, 1) };
        let refusal = given::<DsaFigure>().when(publish(asked(1, 9, 7), of_before)).unwrap_err();
        assert_eq!((refusal.rule.0, refusal.kind, refusal.field), ("R-5-02", Refused::TooEarly, "position"));
        let mut midnight = given::<DsaFigure>().at("2025-12-31T23:00:00Z");
        let at_once = RegeneratedFigure { as_of: at("2025-12-31T23:00:00Z"), ..found(9, 7, 1) };
        midnight = midnight.after(publish(asked(1, 9, 7), at_once));
        assert_eq!(midnight.state().latest.as_ref().unwrap().publication, id(1));
    }

    #[test]
    fn r_5_03_below_the_threshold_is_said_only_of_what_is_below_it() {
        let new = given::<DsaFigure>();
        let under = new.when(publish(asked(1, 9, 7), found(9, 7, VERY_LARGE - 1))).unwrap();
        let [DsaFigureEvent::DsaFigurePublished(under)] = &under[..] else { panic!("{under:?}") };
        assert!(under.below_threshold);
        assert_eq!(new.refusal(publish(asked(1, 9, 7), found(9, 7, VERY_LARGE))), ("R-5-03", Refused::NotEligible));
        let exact = AskedPublication { wording: FigureWording::Exact, ..asked(1, 9, 7) };
        let events = new.when(publish(exact, found(9, 7, VERY_LARGE))).unwrap();
        let [DsaFigureEvent::DsaFigurePublished(published)] = &events[..] else { panic!("{events:?}") };
        assert!(!published.below_threshold);
    }

    #[test]
    fn r_5_05_a_published_figure_stays_and_a_correction_names_the_latest_and_says_why() {
        let new = given::<DsaFigure>();
        let late = "visits of August came late";
        let why = Some(late);
        let of = |asked: AskedPublication| publish(asked.clone(), found(asked.position, asked.digest.0[0], 5));
        let refused = |given: &crate::given::Given<DsaFigure>, asked: AskedPublication| {
            let refusal = given.when(of(asked)).unwrap_err();
            (refusal.kind, refusal.field)
        };
        assert_eq!(refused(&new, corrected(2, 9, 7, 1, why)), (Refused::NotFound, "corrects"));
        let reason_alone = AskedPublication { reason: why.map(str::to_owned), ..asked(2, 9, 7) };
        assert_eq!(refused(&new, reason_alone), (Refused::Invalid, "reason"));
        let first = new.after(of(asked(1, 9, 7)));
        assert_eq!(refused(&first, asked(2, 12, 8)), (Refused::AlreadyDone, "corrects"));
        assert_eq!(refused(&first, corrected(2, 12, 7, 1, why)), (Refused::AlreadyDone, "digest"));
        assert_eq!(refused(&first, corrected(2, 12, 8, 3, why)), (Refused::NotEligible, "corrects"));
        assert_eq!(refused(&first, corrected(2, 9, 8, 1, why)), (Refused::Invalid, "position"));
        assert_eq!(refused(&first, corrected(2, 12, 8, 1, None)), (Refused::Invalid, "reason"));
        assert_eq!(refused(&first, corrected(2, 12, 8, 1, Some("ask jo@example.eu"))), (Refused::Invalid, "reason"));
        let events = first.when(of(corrected(2, 12, 8, 1, why))).unwrap();
        let [DsaFigureEvent::DsaFigurePublished(second)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(second.correction, Some(Correction { corrects: id(1), reason: late.to_owned() }));
        let second = first.after(of(corrected(2, 12, 8, 1, why)));
        assert_eq!(refused(&second, corrected(3, 15, 9, 1, why)), (Refused::NotEligible, "corrects"));
        assert!(second.when(of(corrected(3, 15, 9, 2, why))).is_ok());
    }
}
