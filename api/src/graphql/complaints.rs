//! Complaints: a decision is contested, and a person who did not take it decides (R-3.4-10, R-2.2-05, DSA art. 20).
//!
//! Whoever is restricted names the decision by its statement of reasons, or the review that it restricts; whoever sent a
//! notice names the notice. Nothing here asks whether an account is blocked.

use std::future::ready;

use async_graphql::{ComplexObject, Context, Guard, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::calendar::local_day;
use domain::complaint::{About, Complaint, ComplaintCommand, ReviewForm};
use domain::decision::{decisions, newest_restriction};
use domain::event::Event;
use domain::ids::{CommandId, ComplaintId, NoticeId, OrderId, ReviewId, StatementId};
use domain::notice::Notice;
use domain::review::{Review as ReviewStream, ReviewEvent};
use domain::statement::{Addressee, Statement, StatementOfReasonsIssued};
use domain::{Aggregate, EventKind, Refusal, Refused, Rule};
use uuid::Uuid;

use super::command::{Command, payload};
use super::guard::{Allowed, COMPLAINANTS, ITS_BUYER, MODERATORS, Only, RESTRICTED};
use super::moderation_terms::{ComplaintOutcome, ComplaintStatus};
use super::node::{global, parse};
use super::platform::{platform, viewer};
use super::review_commands::{Written, author};
use super::scalars::Date;
use super::user_error::query_error;
use crate::auth::Viewer;
use crate::commands::decode;
use crate::{ApiError, Book};

const RULE: Rule = Rule("R-3.4-10");

/// A complaint about exactly one decision: one of statementId, reviewId and noticeId.
#[derive(Debug, Clone, InputObject)]
pub struct LodgeComplaintInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// The statement of reasons of the decision.
    statement_id: Option<ID>,
    /// The review: the newest decision that restricts it or its photos is contested.
    review_id: Option<ID>,
    /// The notice that led to nothing.
    notice_id: Option<ID>,
    /// The number of the order that the review is of; a buyer gives it where a review or its photos are restricted.
    order_number: Option<String>,
    /// The day on which the review was written; a buyer gives it where a review or its photos are restricted.
    review_date: Option<Date>,
    /// Why the decision is wrong. Sealed.
    reasons: String,
}

/// A decision on a complaint.
#[derive(Debug, Clone, InputObject)]
pub struct DecideComplaintInput {
    /// The command's id, to send it again safely.
    command_id: Option<Uuid>,
    /// Which.
    complaint_id: ID,
    /// What it comes to.
    outcome: ComplaintOutcome,
    /// Why, in words; no personal data.
    explanation: String,
}

payload! {
    /// What a command on a complaint came to.
    ComplaintPayload(ComplaintId)
}

#[ComplexObject]
impl ComplaintPayload {
    /// The complaint's id.
    async fn complaint_id(&self) -> Option<ID> {
        self.effect.as_ref().map(|effect| global(effect.what))
    }

    /// How far the complaint has come.
    async fn status(&self, ctx: &Context<'_>) -> Result<Option<ComplaintStatus>> {
        let Some(effect) = &self.effect else { return Ok(None) };
        Ok(match platform(ctx).book.load(effect.what.0).await.map_err(query_error)? {
            Complaint::Unknown => None,
            Complaint::Open(_) => Some(ComplaintStatus::Open),
            Complaint::Decided(_) => Some(ComplaintStatus::Decided),
        })
    }
}

/// A complaint's form, filled in with what the platform knows.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct ComplaintForm {
    /// The statement of reasons of the decision.
    statement_id: ID,
    /// The review that is restricted; nothing where an account is.
    review_id: Option<ID>,
    /// The number of the order that the review is of.
    order_number: Option<String>,
    /// The day on which the review was written.
    review_date: Option<Date>,
    /// The first instant at which the platform takes no complaint about it any more.
    contestable_until: DateTime<Utc>,
}

/// Queries on complaints.
#[derive(Debug, Default)]
pub struct ComplaintFormQuery;

#[Object]
impl ComplaintFormQuery {
    /// The form to contest a decision, filled in: by the statement of its reasons, or by the review that it restricts
    /// (R-3.4-10). For the BUYER whom it restricts, blocked or not.
    #[graphql(guard = "Only(ITS_BUYER)", directive = Allowed::apply(ITS_BUYER))]
    async fn complaint_form(
        &self,
        ctx: &Context<'_>,
        review_id: Option<ID>,
        statement_id: Option<ID>,
    ) -> Result<ComplaintForm> {
        let prefilled = prefilled(&platform(ctx).book, viewer(ctx), statement_id.as_ref(), review_id.as_ref());
        prefilled.await.map_err(query_error)
    }
}

/// Commands on complaints.
#[derive(Debug, Default)]
pub struct ComplaintMutation;

#[Object]
impl ComplaintMutation {
    /// Contests a decision, for six months from its statement of reasons (R-3.4-10, DSA art. 20). For the BUYER or SELLER
    /// whom it restricts, blocked or not; about a notice that led to nothing, for ANYBODY who has its id, which its
    /// sender alone was given.
    #[graphql(directive = Allowed::apply(COMPLAINANTS))]
    async fn lodge_complaint(&self, ctx: &Context<'_>, input: LodgeComplaintInput) -> Result<ComplaintPayload> {
        if input.notice_id.is_none() {
            Only(RESTRICTED).check(ctx).await?;
        }
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let (book, viewer, input) = (command.book, command.viewer, &input);
            let contested = Named::by(book, command.id, input).await?;
            let complaint = ComplaintId::about(contested.id());
            let done = command.execute::<Complaint, _, _>(complaint, |_| async move {
                let reasons = input.reasons.clone();
                Ok(ComplaintCommand::Lodge { complaint, about: about(book, viewer, contested, input).await?, reasons })
            });
            Ok((complaint, done.await?))
        };
        ComplaintPayload::of(&command, result.await)
    }

    /// Decides a complaint (R-3.4-10). For a MODERATOR who did not take the decision that is contested.
    #[graphql(guard = "Only(MODERATORS)", directive = Allowed::apply(MODERATORS))]
    async fn decide_complaint(&self, ctx: &Context<'_>, input: DecideComplaintInput) -> Result<ComplaintPayload> {
        let command = Command::of(ctx, input.command_id);
        let result = async {
            let complaint: ComplaintId = parse(&input.complaint_id, "complaintId")?;
            let done = command.execute::<Complaint, _, _>(complaint, |_| {
                ready(Ok(ComplaintCommand::Decide {
                    outcome: input.outcome.into(),
                    explanation: input.explanation.clone(),
                    decided_by: command.viewer.staff(),
                }))
            });
            Ok((complaint, done.await?))
        };
        ComplaintPayload::of(&command, result.await)
    }
}

/// What is contested, as it is named.
#[derive(Debug, Clone, Copy)]
enum Named {
    /// That a notice led to nothing.
    Notice(NoticeId),
    /// A restriction, by the statement of its reasons, which may still be written.
    Statement(StatementId),
}

impl Named {
    async fn by(book: &Book, command: CommandId, input: &LodgeComplaintInput) -> Result<Self, ApiError> {
        match (&input.notice_id, &input.statement_id, &input.review_id) {
            (Some(notice), None, None) => Ok(Self::Notice(parse(notice, "noticeId")?)),
            (None, Some(statement), None) => Ok(Self::Statement(parse(statement, "statementId")?)),
            (None, None, Some(review)) => {
                let events = review_events(book, parse(review, "reviewId")?).await?;
                // Sent again after it was well-founded, it is still the complaint about the decision of then (R-0-04).
                for decision in decisions(newest_first(&events)) {
                    let statement = StatementId::of_decision(decision);
                    let complaint = Complaint::stream(ComplaintId::about(statement.0).0);
                    if book.has_answered(&complaint, command).await? {
                        return Ok(Self::Statement(statement));
                    }
                }
                let decision = newest_restriction(newest_first(&events)).ok_or_else(unrestricted)?;
                Ok(Self::Statement(StatementId::of_decision(decision)))
            }
            (None, None, None) | (None, Some(_), Some(_)) => Err(ApiError::input("statementId", ONE)),
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => Err(ApiError::input("noticeId", ONE)),
        }
    }

    const fn id(self) -> Uuid {
        match self {
            Self::Notice(NoticeId(id)) | Self::Statement(StatementId(id)) => id,
        }
    }
}

const ONE: &str = "say which decision is contested, by exactly one of statementId, reviewId and noticeId";

/// What a complaint is about, from the streams of what it names.
async fn about(book: &Book, viewer: &Viewer, named: Named, input: &LodgeComplaintInput) -> Result<About, ApiError> {
    let id = match named {
        Named::Notice(notice) => return notice_contested(book, notice).await,
        Named::Statement(id) => id,
    };
    let statement = statement_contested(book, id, input.review_id.is_some()).await?;
    let complainant = complainant(viewer)?;
    let restricted = statement.as_ref().and_then(|statement| statement.restriction.review());
    let form = match (restricted, complainant) {
        (Some(review), Addressee::Buyer(_)) => {
            let Written { order, at, .. } = written(book, review).await?;
            Some(ReviewForm {
                order_number: input.order_number.as_deref().map(number),
                review_date: input.review_date.map(|day| day.0),
                order,
                submitted_at: at,
            })
        }
        (Some(_), Addressee::Seller(_)) | (None, _) => None,
    };
    Ok(About::Restriction { id, statement, complainant, form })
}

async fn notice_contested(book: &Book, id: NoticeId) -> Result<About, ApiError> {
    let (notice, records) = book.load_recorded::<Notice>(id.0).await?;
    let decided = records.iter().find(|record| *record.event_type == *EventKind::NoticeDecided.name());
    Ok(About::Notice { id, notice: Box::new(notice), decided_at: decided.map(|record| record.occurred_at) })
}

/// A statement. Where it was found by the review that is restricted, its decision is known to be there, so that it is only
/// not written yet where it is missing.
async fn statement_contested(
    book: &Book,
    id: StatementId,
    found_by_review: bool,
) -> Result<Option<Box<StatementOfReasonsIssued>>, ApiError> {
    let Statement { issued, .. } = book.load(id.0).await?;
    if issued.is_none() && found_by_review {
        let message = "the reasons of this decision are being written; send it again in a moment";
        return Err(Refusal::new(RULE, Refused::NotFound, "reviewId", message).into());
    }
    Ok(issued.map(Box::new))
}

/// The events of a review, from the newest on.
async fn review_events(book: &Book, review: ReviewId) -> Result<Vec<(Uuid, ReviewEvent)>, ApiError> {
    let (_, records) = book.load_recorded::<ReviewStream>(review.0).await?;
    let mut events = Vec::with_capacity(records.len());
    for record in records.iter().rev() {
        if let Event::Review(event) = decode(record)? {
            events.push((record.id, event));
        }
    }
    Ok(events)
}

fn newest_first(events: &[(Uuid, ReviewEvent)]) -> impl Iterator<Item = (Uuid, &ReviewEvent)> {
    events.iter().map(|(id, event)| (*id, event))
}

fn unrestricted() -> ApiError {
    let message = "no decision restricts this review or its photos; an older one is contested by its statementId";
    Refusal::new(RULE, Refused::NotFound, "reviewId", message).into()
}

async fn written(book: &Book, review: ReviewId) -> Result<Written, ApiError> {
    let written = Written::of(book, review).await?;
    written.ok_or_else(|| Refusal::new(RULE, Refused::NotFound, "reviewId", "there is no such review").into())
}

/// Who complains about a restriction. The guard lets nobody else come here.
fn complainant(viewer: &Viewer) -> Result<Addressee, ApiError> {
    let buyer = viewer.buyer().map(Addressee::Buyer);
    buyer
        .or_else(|| viewer.seller().map(Addressee::Seller))
        .ok_or_else(|| ApiError::input("", "a buyer's or seller's token is needed"))
}

/// An order's number as it was given; that of a global id, which answers have, is the id in it.
fn number(given: &str) -> String {
    parse::<OrderId>(&ID(given.trim().to_owned()), "orderNumber").map_or_else(|_| given.to_owned(), |id| id.to_string())
}

async fn prefilled(
    book: &Book,
    viewer: &Viewer,
    statement: Option<&ID>,
    review: Option<&ID>,
) -> Result<ComplaintForm, ApiError> {
    let buyer = author(viewer)?;
    let id = match (statement, review) {
        (Some(statement), None) => parse(statement, "statementId")?,
        (None, Some(review)) => {
            let events = review_events(book, parse(review, "reviewId")?).await?;
            StatementId::of_decision(newest_restriction(newest_first(&events)).ok_or_else(unrestricted)?)
        }
        (None, None) | (Some(_), Some(_)) => {
            return Err(ApiError::input(
                "statementId",
                "say which decision, by exactly one of statementId and reviewId",
            ));
        }
    };
    let statement = statement_contested(book, id, review.is_some()).await?;
    let statement =
        statement.ok_or_else(|| Refusal::new(RULE, Refused::NotFound, "statementId", "there is no such decision"))?;
    if statement.addressee != Addressee::Buyer(buyer) {
        return Err(Refusal::new(RULE, Refused::Forbidden, "statementId", "this decision does not concern you").into());
    }
    let review = statement.restriction.review();
    let written = match review {
        Some(review) => Some(written(book, review).await?),
        None => None,
    };
    Ok(ComplaintForm {
        statement_id: global(id),
        review_id: review.map(global),
        order_number: written.as_ref().map(|written| written.order.to_string()),
        review_date: written.as_ref().map(|written| Date(local_day(written.at))),
        contestable_until: statement.contestable_until,
    })
}
