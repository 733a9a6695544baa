//! What the website says of a published figure, in four languages: what DSA art. 24(2) asks for, how it was counted, and
//! where it can be checked (R-5-02, R-5-05).
//!
//! The words are in `projections/templates/website-text/`, a file a language. They are in this crate because both programs
//! print them, from the view and from the book alone, and must print the same. A text is a function of the publication (and
//! of the day of the one that it corrects), so that it is never another one later. Nothing is escaped: it is plain text, and
//! whoever puts it on a page escapes it as that page needs. Whom to ask is the website's to add: the platform has no
//! setting of it.

use askama::Template;
use domain::calendar::ReportPeriod;
use domain::dsa_figure::FigureWording;
use domain::threshold::VERY_LARGE;

use crate::active_recipients::Fraction;
use crate::dsa_figures::PublicationRow;
use crate::view::instant;
use crate::written::{WrittenLanguage, day, last_day, number};

/// A publication, as the templates show it.
#[derive(Debug)]
struct Told {
    first_day: String,
    last_day: String,
    /// The mean; nothing where the website says only that it is below the threshold.
    mean: Option<String>,
    /// The threshold, in millions.
    threshold: u64,
    below_threshold: bool,
    published_on: String,
    correction: Option<ToldCorrection>,
    publication: String,
    method: u32,
    position: u64,
    digest: String,
}

/// That it corrects another one.
#[derive(Debug)]
struct ToldCorrection {
    publication: String,
    /// When that one was published; nothing where it is not at hand.
    published_on: Option<String>,
    reason: String,
}

macro_rules! languages {
    ($($language:ident = $file:literal),* $(,)?) => {$(
        #[derive(Template)]
        #[template(path = $file, escape = "none")]
        struct $language<'a> {
            told: &'a Told,
        }
    )*};
}

languages! {
    English = "website-text/en.txt",
    French = "website-text/fr.txt",
    Dutch = "website-text/nl.txt",
    German = "website-text/de.txt",
}

/// Why rendering can't fail: it writes to a `String`, and what the templates show are texts and numbers.
const INFALLIBLE: &str = "text is written to memory";

/// The text for the website, in a language; `corrected` is the publication that this one corrects.
#[must_use]
pub fn website_text(row: &PublicationRow, corrected: Option<&PublicationRow>, language: WrittenLanguage) -> String {
    let told = &told(row, corrected, language);
    let text = match language {
        WrittenLanguage::English => English { told }.render(),
        WrittenLanguage::French => French { told }.render(),
        WrittenLanguage::Dutch => Dutch { told }.render(),
        WrittenLanguage::German => German { told }.render(),
    };
    let mut text = text.expect(INFALLIBLE).trim_end().to_owned();
    text.push('\n');
    text
}

fn told(row: &PublicationRow, corrected: Option<&PublicationRow>, language: WrittenLanguage) -> Told {
    let published = &row.published;
    let period = ReportPeriod::from(published.period);
    let mean = Fraction::new(published.numerator.into(), published.denominator).decimal(2);
    let on = |at: i64| day(instant(at), language);
    Told {
        first_day: day(period.begins(), language),
        last_day: last_day(period.ends(), language),
        mean: match published.wording {
            FigureWording::Exact => Some(number(&mean, language)),
            FigureWording::BelowThreshold => None,
        },
        threshold: VERY_LARGE / 1_000_000,
        below_threshold: published.below_threshold,
        published_on: on(row.at),
        correction: published.correction.as_ref().map(|correction| ToldCorrection {
            publication: correction.corrects.to_string(),
            published_on: corrected.map(|corrected| on(corrected.at)),
            reason: correction.reason.clone(),
        }),
        publication: published.publication.to_string(),
        method: published.method,
        position: published.position,
        digest: published.digest.to_string(),
    }
}
