//! A review's case, blind (R-3.4-08): what was said and found against it. It is found by the id of the review, or of a
//! notice or a complaint about it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::response::Html;
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::console::criteria;
use crate::console::frame::Frame;
use crate::console::page::Page;
use crate::console::reported::Case;
use crate::console::schema_enum::{schema_enum, schema_enum_or_none, schema_enums};
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;
use crate::console::when::moment;
use crate::console::words;
use crate::graphql::complaint_queue::ComplainantKind;
use crate::graphql::guard::MODERATORS;
use crate::graphql::moderation_cases::ReviewPart;
use crate::graphql::moderation_terms::{ComplaintOutcome, NoticeAllegation, NoticeOutcome};
use crate::graphql::review_commands::ReviewCriterion;
use crate::graphql::statements::RestrictionKind;
use crate::http::App;

/// The page.
pub(in crate::console) const PAGE: Page = Page {
    path: "/console/cases",
    title: "Cases",
    who: MODERATORS,
    routes: || Router::<Arc<App>>::new().route("/", get(show)),
};

const QUESTION: &str = include_str!("cases.graphql");

#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    moderation_case: Option<Whole>,
}

/// A case with its history.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    #[serde(flatten)]
    case: Case,
    review_id: String,
    submitted_at: DateTime<Utc>,
    notices: Vec<Notice>,
    complaints: Vec<Complaint>,
    findings: Vec<Finding>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notice {
    #[serde(deserialize_with = "schema_enum")]
    allegation: NoticeAllegation,
    reasons: Option<String>,
    trusted_flagger: bool,
    language: String,
    submitted_at: DateTime<Utc>,
    #[serde(deserialize_with = "schema_enum_or_none")]
    outcome: Option<NoticeOutcome>,
    explanation: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    #[serde(deserialize_with = "schema_enum")]
    complainant: ComplainantKind,
    #[serde(deserialize_with = "schema_enum_or_none")]
    restriction: Option<RestrictionKind>,
    reasons: Option<String>,
    lodged_at: DateTime<Utc>,
    #[serde(deserialize_with = "schema_enum_or_none")]
    outcome: Option<ComplaintOutcome>,
    explanation: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    #[serde(deserialize_with = "schema_enum")]
    part: ReviewPart,
    #[serde(deserialize_with = "schema_enums")]
    criteria: Vec<ReviewCriterion>,
    explanation: String,
    found_at: DateTime<Utc>,
    reversed_at: Option<DateTime<Utc>>,
}

/// Something that happened to the review.
struct Step {
    at: DateTime<Utc>,
    what: String,
    /// What somebody wrote about it, and in which language, where that is known.
    said: Option<(String, String)>,
    /// What it came to.
    came_to: Option<String>,
}

impl Step {
    fn when(&self) -> String {
        moment(self.at)
    }
}

impl From<Notice> for Step {
    fn from(notice: Notice) -> Self {
        let by = if notice.trusted_flagger { "A trusted flagger's notice" } else { "A notice" };
        let outcome = notice.outcome.map(words::notice_outcome);
        Self {
            at: notice.submitted_at,
            what: format!("{by}: {}", words::allegation(notice.allegation).to_lowercase()),
            said: notice.reasons.map(|reasons| (reasons, notice.language)),
            came_to: came_to(outcome, notice.explanation),
        }
    }
}

impl From<Complaint> for Step {
    fn from(complaint: Complaint) -> Self {
        let contested = complaint.restriction.map_or("a notice that led to nothing", words::restriction);
        let outcome = complaint.outcome.map(words::complaint_outcome);
        Self {
            at: complaint.lodged_at,
            what: format!("A complaint of {}: {}", words::complainant(complaint.complainant), contested.to_lowercase()),
            said: complaint.reasons.map(|reasons| (reasons, String::new())),
            came_to: came_to(outcome, complaint.explanation),
        }
    }
}

impl From<Finding> for Step {
    fn from(finding: Finding) -> Self {
        let broken: Vec<&str> = finding.criteria.iter().map(|criterion| criteria::words((*criterion).into())).collect();
        Self {
            at: finding.found_at,
            what: format!("{} removed or kept back: {}", words::part(finding.part), broken.join("; ")),
            said: Some((finding.explanation, String::new())),
            came_to: finding.reversed_at.map(|at| format!("Taken back {}", moment(at))),
        }
    }
}

fn came_to(outcome: Option<&'static str>, explanation: Option<String>) -> Option<String> {
    outcome.map(|outcome| format!("{outcome}: {}", explanation.unwrap_or_default()))
}

/// What is shown of a case.
struct Shown {
    case: Case,
    review: String,
    submitted: String,
    /// What happened, oldest first.
    steps: Vec<Step>,
}

impl From<Whole> for Shown {
    fn from(whole: Whole) -> Self {
        let notices = whole.notices.into_iter().map(Step::from);
        let complaints = whole.complaints.into_iter().map(Step::from);
        let mut steps: Vec<Step> =
            notices.chain(complaints).chain(whole.findings.into_iter().map(Step::from)).collect();
        steps.sort_by_key(|step| step.at);
        Self { case: whole.case, review: whole.review_id, submitted: moment(whole.submitted_at), steps }
    }
}

#[derive(Template)]
#[template(path = "console/cases.html")]
struct Cases {
    frame: Frame,
    id: String,
    shown: Option<Shown>,
}

async fn show(visit: Visit, Query(Asked { id }): Query<Asked>) -> Result<Html<String>, Trouble> {
    let id = id.trim().to_owned();
    let shown = match id.as_str() {
        "" => None,
        id => visit.ask::<Data>(QUESTION, json!({ "id": id })).await?.data.moderation_case.map(Shown::from),
    };
    Ok(visit.shows(Cases { frame: visit.frame(), id, shown }))
}
