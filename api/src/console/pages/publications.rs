//! A published figure and what the website says of it, in four languages; and the publication of one (R-5-02, R-5-05).

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use projections::written::WrittenLanguage;
use serde::Deserialize;
use serde_json::{Value, json};

use super::active_recipients::{self, PATH, Provenance, Sent, wording};
use crate::console::frame::Frame;
use crate::console::number::{decimal, whole};
use crate::console::schema_enum::schema_enum;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;
use crate::console::when::moment;
use crate::graphql::dsa_publications::DsaWording;

const QUESTION: &str = include_str!("publications.graphql");
const COMMAND: &str = include_str!("publications_publish.graphql");

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// In which language the text is shown; English where nothing is said.
    language: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Data {
    publication: Option<Publication>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Publication {
    id: String,
    period: Period,
    published_at: DateTime<Utc>,
    event_position: String,
    #[serde(deserialize_with = "schema_enum")]
    wording: DsaWording,
    method_version: u32,
    reason: Option<String>,
    corrects: Option<Named>,
    corrected_by: Option<Named>,
    figure: Option<Figure>,
    english: String,
    french: String,
    dutch: String,
    german: String,
    provenance: Provenance,
}

#[derive(Debug, Deserialize)]
struct Period {
    label: String,
}

#[derive(Debug, Deserialize)]
struct Named {
    id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Figure {
    average: String,
    average_numerator: String,
    average_denominator: u64,
    months: Vec<Month>,
}

#[derive(Debug, Deserialize)]
struct Month {
    month: String,
    recipients: u64,
}

impl Publication {
    fn text(&self, language: WrittenLanguage) -> &str {
        match language {
            WrittenLanguage::English => &self.english,
            WrittenLanguage::French => &self.french,
            WrittenLanguage::Dutch => &self.dutch,
            WrittenLanguage::German => &self.german,
        }
    }
}

/// A language of the text.
struct Language {
    code: &'static str,
    name: &'static str,
    current: bool,
}

#[derive(Template)]
#[template(path = "console/publication.html")]
struct Shown {
    frame: Frame,
    publication: Publication,
    published: String,
    said: &'static str,
    figure: String,
    months: Vec<(String, String)>,
    languages: [Language; 4],
    code: &'static str,
    text: String,
}

pub(super) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Trouble> {
    let publication = publication(&visit, &id).await?;
    let language = asked.language.as_deref().and_then(written).unwrap_or(WrittenLanguage::English);
    let languages = WrittenLanguage::ALL.map(|other| Language {
        code: other.code(),
        name: name(other),
        current: other == language,
    });
    let figure = publication.figure.as_ref().map_or_else(String::new, |figure| {
        format!("{} ({}/{})", decimal(&figure.average), figure.average_numerator, figure.average_denominator)
    });
    let months = publication.figure.iter().flat_map(|figure| &figure.months);
    let months = months.map(|month| (month.month.clone(), whole(month.recipients))).collect();
    Ok(visit.shows(Shown {
        frame: visit.frame().titled("A published figure"),
        published: moment(publication.published_at),
        said: wording(publication.wording),
        figure,
        months,
        languages,
        code: language.code(),
        text: publication.text(language).trim_end().to_owned(),
        publication,
    }))
}

/// The text alone, to be saved.
pub(super) async fn text(visit: Visit, Path((id, language)): Path<(String, String)>) -> Result<Response, Trouble> {
    let language = written(&language).ok_or_else(Trouble::not_found)?;
    let publication = publication(&visit, &id).await?;
    let text = publication.text(language).trim_end().to_owned() + "\n";
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// Publishes a figure, or a correction.
pub(super) async fn publish(visit: Visit) -> Result<Response, Trouble> {
    let form = visit.form();
    let some =
        |name: &str| Some(form.text(name).trim()).filter(|text| !text.is_empty()).map_or(Value::Null, Value::from);
    let period = form.text("period");
    let input = json!({
        "period": { "label": period },
        "position": form.text("position"),
        "digest": form.text("digest"),
        "wording": form.text("wording"),
        "corrects": some("corrects"),
        "reason": some("reason"),
    });
    match visit.command(COMMAND, input).await?.refused() {
        Some(errors) => {
            let page = active_recipients::refused(&visit, period, Sent { form, errors }).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        None => {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("period", period), ("done", "published")])
                .finish();
            Ok(Redirect::to(&format!("{PATH}?{query}")).into_response())
        }
    }
}

async fn publication(visit: &Visit, id: &str) -> Result<Publication, Trouble> {
    let answer = visit.ask::<Data>(QUESTION, json!({ "id": id })).await?;
    answer.data.publication.ok_or_else(Trouble::not_found)
}

fn written(code: &str) -> Option<WrittenLanguage> {
    WrittenLanguage::ALL.into_iter().find(|language| language.code() == code)
}

const fn name(language: WrittenLanguage) -> &'static str {
    match language {
        WrittenLanguage::English => "English",
        WrittenLanguage::French => "Français",
        WrittenLanguage::Dutch => "Nederlands",
        WrittenLanguage::German => "Deutsch",
    }
}
