//! A figure that is being regenerated from the book, and what it is compared with (R-5-05): how far it has come, then whether
//! they agree, in the words of `replay-tool dsa --published`. The page asks again each second where scripts run; elsewhere by
//! a link.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::calendar::{Month, SixMonths};
use domain::dsa_figure::{DsaFigurePublished, FigureMonth};
use domain::ids::DsaPublicationId;
use projections::active_recipients::{Average, Fraction, MonthRow};
use uuid::Uuid;

use super::active_recipients::PATH;
use crate::console::frame::Frame;
use crate::console::number::{decimal, whole};
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;
use crate::graphql::node::parse;
use crate::regenerations::{Against, Regenerated, Regeneration, Stage, Wanted};

/// What was said before and what the book says, side by side.
struct Side {
    name: String,
    before: String,
    now: String,
}

/// How far it has come, for the template.
enum Progress {
    Waiting,
    Reading { read: u64, all: u64, words: String },
    Agrees,
    Differs(String),
    Failed(String),
}

#[derive(Template)]
#[template(path = "console/regeneration.html")]
struct Shown {
    frame: Frame,
    id: Uuid,
    period: String,
    /// With what it is compared, and up to where the book is read.
    what: String,
    progress: Progress,
    /// What is beside what, once it has ended.
    against: &'static str,
    sides: Vec<Side>,
    months: Vec<Side>,
    /// The same comparison for whoever has the book.
    elsewhere: String,
}

pub(super) async fn begin(visit: Visit) -> Result<Response, Trouble> {
    let wanted = wanted(&visit)?;
    let app = visit.app();
    let id = app.regenerations.begin(&app.executor.platform().book, wanted);
    let id = id.map_err(|full| Trouble::unavailable(full.to_string()))?;
    Ok(Redirect::to(&format!("{PATH}/regenerations/{id}")).into_response())
}

pub(super) async fn show(visit: Visit, Path(id): Path<Uuid>) -> Result<Html<String>, Trouble> {
    let regeneration = visit.app().regenerations.get(id).ok_or_else(|| {
        let why = "It is not kept any more, an hour after it began; begin another one from the page of the figure.";
        Trouble::new(StatusCode::NOT_FOUND, "There is no such regeneration", why)
    })?;
    Ok(visit.shows(shown(visit.frame(), &regeneration)))
}

/// What a form asks for.
fn wanted(visit: &Visit) -> Result<Wanted, Trouble> {
    let (form, platform) = (visit.form(), visit.app().executor.platform());
    let bad = |why: String| Trouble::new(StatusCode::BAD_REQUEST, "This can't be asked for", why);
    if form.text("against") == "shown" {
        let period: SixMonths = form.text("period").parse().map_err(|wrong| bad(format!("{wrong}")))?;
        let position = form.text("position").parse();
        let position = position.map_err(|_| bad("A position is a whole number, as the page says it.".to_owned()))?;
        let digest = form.text("digest").parse().map_err(|wrong| bad(format!("{wrong}")))?;
        return Ok(Wanted { period, position, against: Against::Shown(digest) });
    }
    let id: DsaPublicationId =
        parse(&form.text("publication").into(), "publication").map_err(|wrong| bad(wrong.to_string()))?;
    let row = platform.views.snapshot().dsa_figures().publication(id);
    let row = row.map_err(|error| Trouble::unavailable(error.to_string()))?.ok_or_else(Trouble::not_found)?;
    let published = Box::new(row.published);
    let (period, own) = (published.period, published.position);
    if form.text("against") == "now" {
        let next = platform.book.log().watch_next_position().borrow().0;
        let against = Against::EarlierPublication(published);
        return Ok(Wanted { period, position: next.saturating_sub(1), against });
    }
    Ok(Wanted { period, position: own, against: Against::Publication(published) })
}

fn shown(frame: Frame, regeneration: &Regeneration) -> Shown {
    let Wanted { period, position, against } = &regeneration.wanted;
    let what = match against {
        Against::Publication(published) => {
            format!("The publication {}, against the book up to its own position, {position}.", published.publication)
        }
        Against::EarlierPublication(published) => format!(
            "The publication {} as of position {}, against the book up to position {position}: more may have been \
             reported of these months since.",
            published.publication, published.position
        ),
        Against::Shown(_) => format!("The figure that the page showed, against the book up to position {position}."),
    };
    let elsewhere = match against {
        Against::Publication(published) => {
            format!("replay-tool dsa --period {period} --publication {}", published.publication)
        }
        Against::EarlierPublication(_) | Against::Shown(_) => {
            format!("replay-tool dsa --period {period} --position {position}")
        }
    };
    let (progress, sides, months) = match regeneration.stage() {
        Stage::Waiting => (Progress::Waiting, Vec::new(), Vec::new()),
        Stage::Reading { read, all } => (
            Progress::Reading { read, all, words: format!("{} of {} events", whole(read), whole(all)) },
            Vec::new(),
            Vec::new(),
        ),
        Stage::Failed(why) => (Progress::Failed(why), Vec::new(), Vec::new()),
        Stage::Done(done) => {
            let (sides, months) = (sides(against, &done), months(against, &done.average));
            let Regenerated { difference, .. } = *done;
            (difference.map_or(Progress::Agrees, Progress::Differs), sides, months)
        }
    };
    let against = match against {
        Against::Publication(_) | Against::EarlierPublication(_) => "Published",
        Against::Shown(_) => "Shown by the page",
    };
    let (id, period) = (regeneration.id, period.to_string());
    let frame = frame.titled("Regenerate a figure");
    Shown { frame, id, period, what, progress, against, sides, months, elsewhere }
}

/// The numbers, addresses and digests beside each other.
fn sides(against: &Against, done: &Regenerated) -> Vec<Side> {
    let Regenerated { average, reached, .. } = done;
    let mean = |mean: Fraction| format!("{} ({}/{})", decimal(&mean.decimal(2)), mean.numerator(), mean.denominator());
    let digest = average.digest().to_string();
    match against {
        Against::Publication(published) | Against::EarlierPublication(published) => {
            let DsaFigurePublished { numerator, denominator, .. } = **published;
            let address = projections::publication_check::read_at(published).to_string();
            vec![
                Side {
                    name: "Average".to_owned(),
                    before: mean(Fraction::new(numerator.into(), denominator)),
                    now: mean(average.mean()),
                },
                Side { name: "Digest".to_owned(), before: published.digest.to_string(), now: digest },
                Side { name: "Address".to_owned(), before: address, now: reached.to_string() },
            ]
        }
        Against::Shown(shown) => vec![
            Side { name: "Average".to_owned(), before: "as on the page".to_owned(), now: mean(average.mean()) },
            Side { name: "Digest".to_owned(), before: shown.to_string(), now: digest },
            Side { name: "Address".to_owned(), before: "the same position".to_owned(), now: reached.to_string() },
        ],
    }
}

/// The months beside each other; none where the page did not say what they were.
fn months(against: &Against, average: &Average) -> Vec<Side> {
    let before: &[FigureMonth] = match against {
        Against::Publication(published) | Against::EarlierPublication(published) => &published.months,
        Against::Shown(_) => &[],
    };
    let side = |(before, (month, now)): (&FigureMonth, &(Month, MonthRow))| Side {
        name: month.to_string(),
        before: whole(before.union),
        now: whole(now.union),
    };
    before.iter().zip(&average.months).map(side).collect()
}
