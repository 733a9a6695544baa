//! Translating reviews by a machine (R-3.2-06): a client of the HTTP interface that LibreTranslate has, and others keep.
//!
//! Nothing is configured by default: then reviews are shown as they were written. No error repeats a text, which is
//! personal data.

use std::time::Duration;

use domain::language::Language;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::ApiError;

/// How long a translation may take: a long text on a machine without an accelerator takes seconds.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// The largest answer that is taken: the longest review in a language of three bytes a letter, several times.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// What translates.
#[derive(Debug, Clone)]
pub struct Translator {
    client: reqwest::Client,
    endpoint: Url,
    api_key: Option<String>,
}

/// A text was not translated.
#[derive(Debug, thiserror::Error)]
pub enum TranslationError {
    /// The translator will not translate this.
    #[error("the translator refused for good: {0}; see which languages it knows")]
    Refused(String),
    /// The translator is not there, or not now.
    #[error("the translator did not answer: {0}; see whether it runs, and --translator")]
    Unavailable(String),
}

impl TranslationError {
    /// Whether trying again is of no use.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        match self {
            Self::Refused(_) => true,
            Self::Unavailable(_) => false,
        }
    }
}

#[derive(Serialize)]
struct Question<'a> {
    q: &'a str,
    source: &'a str,
    target: &'a str,
    format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    translated_text: String,
}

impl Translator {
    /// Translates by the service at an address, as in `http://127.0.0.1:5000`, with its key if it asks for one.
    ///
    /// # Errors
    /// Names the setting, and what would mend it.
    pub fn new(url: &str, api_key: Option<String>, deadline: Duration) -> Result<Self, ApiError> {
        let wrong = |why: &str| {
            ApiError::Usage(format!("--translator is the address of a service, as in http://127.0.0.1:5000: {why}"))
        };
        let base = Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(wrong("it begins with http:// or https://"));
        }
        let endpoint = Url::parse(&format!("{}/translate", base.as_str().trim_end_matches('/')));
        let endpoint = endpoint.map_err(|error| wrong(&error.to_string()))?;
        // The process has one provider of cryptography; whoever came first set it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(deadline).redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|error| wrong(&error.to_string()))?;
        Ok(Self { client, endpoint, api_key })
    }

    /// What it is called in events and beside translations.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        "LibreTranslate"
    }

    /// Translates a text.
    ///
    /// # Errors
    /// [`TranslationError`]; it says whether trying again can help.
    pub async fn translate(&self, text: &str, from: Language, to: Language) -> Result<String, TranslationError> {
        let question = Question {
            q: text,
            source: from.code(),
            target: to.code(),
            format: "text",
            api_key: self.api_key.as_deref(),
        };
        let unavailable = |error: reqwest::Error| TranslationError::Unavailable(error.without_url().to_string());
        let mut answer = self.client.post(self.endpoint.clone()).json(&question).send().await.map_err(unavailable)?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(unavailable)? {
            body.extend_from_slice(&piece);
            if body.len() > MAX_ANSWER_BYTES {
                return Err(TranslationError::Refused(format!("its answer is larger than {MAX_ANSWER_BYTES} bytes")));
            }
        }
        if status.is_success() {
            let answer = serde_json::from_slice::<Answer>(&body);
            let text = answer.map(|answer| answer.translated_text).unwrap_or_default();
            if text.trim().is_empty() {
                return Err(TranslationError::Unavailable("its answer has no translation".to_owned()));
            }
            return Ok(text);
        }
        // Too many questions, and what is wrong with the service itself, pass; what is wrong with the question does not.
        let passes = status.is_server_error() || matches!(status.as_u16(), 401 | 403 | 408 | 429);
        let said = format!("HTTP status {}", status.as_u16());
        Err(if passes { TranslationError::Unavailable(said) } else { TranslationError::Refused(said) })
    }
}
