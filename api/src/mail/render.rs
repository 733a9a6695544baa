//! From a letter to its subject, its HTML and its plain text.

use askama::Template;
use chrono::{DateTime, Utc};
use domain::authority::AuthorityOrderEffect;
use domain::criterion::Criterion;
use domain::language::Language;
use domain::listing::ListingRemovalReason;
use domain::place::Country;
use domain::seller::SellerRemovalReason;
use projections::written::{day, last_day};

use super::country::country;
use super::plain::{one_line, plain};
use super::{
    Basis, BlockLength, ComplaintOutcome, Hazard, KeptForNow, KnownAs, Letter, MailLanguage, Origin, Restriction,
    Territory,
};

/// A letter in a language, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The language.
    pub language: MailLanguage,
    /// One line without control characters.
    pub subject: String,
    /// The plain text: lines of at most 72 characters, but for words that are longer.
    pub text: String,
    /// A whole HTML document. It loads nothing from anywhere.
    pub html: String,
}

impl Letter {
    /// The letter in a reader's language, or in English when it is none of the four.
    #[must_use]
    pub fn render(&self, language: Language) -> Rendered {
        let language = MailLanguage::from(language);
        let written = match language {
            MailLanguage::English => English { letter: self }.render(),
            MailLanguage::French => French { letter: self }.render(),
            MailLanguage::Dutch => Dutch { letter: self }.render(),
            MailLanguage::German => German { letter: self }.render(),
        };
        let written = written.expect(INFALLIBLE);
        // Each language's letter.html is a title and then the body, and no data can contain the tag between them.
        let (title, body) = written.split_once("</title>").unwrap_or_default();
        let subject = one_line(title.trim_start().trim_start_matches("<title>"));
        let html = Page { language: language.code(), subject: &subject, body: body.trim() }.render();
        Rendered { language, text: plain(body), html: html.expect(INFALLIBLE), subject }
    }
}

/// Why rendering can't fail: it writes to a `String`, and what the templates show has a `Display` that never fails.
const INFALLIBLE: &str = "text is written to memory";

#[derive(Template)]
#[template(path = "mail/page.html")]
struct Page<'a> {
    language: &'static str,
    subject: &'a str,
    body: &'a str,
}

macro_rules! languages {
    ($($language:ident $path:literal),* $(,)?) => {$(
        #[derive(Template)]
        #[template(path = $path)]
        struct $language<'a> {
            letter: &'a Letter,
        }

        /// What the templates call.
        impl $language<'_> {
            fn day(&self, instant: &DateTime<Utc>) -> String {
                day(*instant, MailLanguage::$language)
            }

            fn last_day(&self, end: &DateTime<Utc>) -> String {
                last_day(*end, MailLanguage::$language)
            }

            fn countries(&self, countries: &[Country]) -> String {
                let mut names: Vec<_> = countries.iter().map(|code| country(*code, MailLanguage::$language)).collect();
                names.sort();
                names.join(", ")
            }
        }
    )*};
}

languages! {
    English "mail/en/letter.html",
    French "mail/fr/letter.html",
    Dutch "mail/nl/letter.html",
    German "mail/de/letter.html",
}
