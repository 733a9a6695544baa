//! Texts in other languages, by a service that speaks as LibreTranslate does (R-3.2-06).
//!
//! A review is shown to readers in countries whose language its author does not write. The service is the operator's
//! choice, and may be on their own machines, so that no text leaves them; where none is chosen, nothing is translated.
//!
//! Invariants: an error says nothing of the text, which is personal data; a call ends within its deadline, and takes no
//! more memory than a translation may. Absences: no proxy and no redirect is followed, so that a text goes where the
//! operator said and nowhere else; nothing is tried again here, which is for whoever wants the translation to decide.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use domain::language::Language;
use reqwest::{Client, Response, StatusCode, header, redirect};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::ApiError;
use crate::error::causes;
use crate::tls::use_ring;

/// What translates, as reviews name it.
pub const ENGINE: &str = "LibreTranslate";

/// How long a translation may take. A long review takes a small machine some seconds.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// The largest answer that is read: the longest review, twice as long in the other language, each character escaped.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// The longest reason of a service that is repeated: room for a sentence or two.
const MAX_REASON_CHARACTERS: usize = 200;

/// How texts are translated.
#[derive(Debug, Clone)]
pub struct TranslationSettings {
    /// Where texts are sent.
    endpoint: Url,
    /// What the service wants to see, if it wants anything.
    key: Option<ApiKey>,
    /// How long a translation may take.
    pub deadline: Duration,
}

/// What a service wants to see before it translates.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// Without the key.
impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl ApiKey {
    /// Reads the setting `translation.key`: the key itself.
    ///
    /// # Errors
    /// Names the setting. The key is never repeated.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let key = text.trim();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(ApiError::Usage(
                "translation.key is the API key that the translation service gave out, one word; leave it out where the \
                 service wants none"
                    .to_owned(),
            ));
        }
        Ok(Self(key.to_owned()))
    }

    /// Reads the key from a file with nothing else in it.
    ///
    /// # Errors
    /// Names the file. The key is never repeated.
    pub fn from_file(path: &Path) -> Result<Self, ApiError> {
        let text =
            fs::read_to_string(path).map_err(ApiError::io("reading the translation service's key from", path))?;
        Self::parse(&text).map_err(|error| ApiError::Usage(format!("{}: {error}", path.display())))
    }
}

impl TranslationSettings {
    /// Reads the setting `translation.url`, the service's address without `/translate`, as in
    /// `https://translate.example` or, on the same machine or in the same trusted network, `http://127.0.0.1:5000`.
    ///
    /// # Errors
    /// Names the setting, and what would mend it. Nothing secret is repeated.
    pub fn parse(url: &str, key: Option<ApiKey>) -> Result<Self, ApiError> {
        let wrong = |why: &str| ApiError::Usage(format!("translation.url: {why}"));
        const WANTED: &str = "it is the address of a LibreTranslate service, as in https://translate.example or \
                              http://127.0.0.1:5000";
        let mut endpoint = Url::parse(url).map_err(|_| wrong(WANTED))?;
        if !matches!(endpoint.scheme(), "http" | "https") {
            return Err(wrong(WANTED));
        }
        if !endpoint.username().is_empty() || endpoint.password().is_some() {
            return Err(wrong("the service takes a key and no user; give it as translation.key"));
        }
        if endpoint.query().is_some() || endpoint.fragment().is_some() {
            return Err(wrong("nothing follows the address's path"));
        }
        if key.is_some() && endpoint.scheme() == "http" && !is_this_machine(&endpoint) {
            return Err(wrong("http:// would send the key in the clear; use https://"));
        }
        let path = format!("{}/translate", endpoint.path().trim_end_matches('/'));
        endpoint.set_path(&path);
        Ok(Self { endpoint, key, deadline: DEADLINE })
    }
}

/// Whether what is sent to an address leaves this machine not.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A text was not translated. Nothing of the text is said here, so that it may be kept in logs.
#[derive(Debug, thiserror::Error)]
pub enum TranslationError {
    /// No answer came.
    #[error(
        "the translation service can't be reached: {reason}; see whether it runs, and whether translation.url is its address"
    )]
    Unreachable {
        /// What went wrong.
        reason: String,
    },
    /// The deadline passed.
    #[error("the translation service did not answer within {} s", .deadline.as_secs_f64())]
    TimedOut {
        /// How long was waited.
        deadline: Duration,
    },
    /// The service does not translate now: it has too much to do, or has failed.
    #[error("the translation service does not translate for now: {status}{reason}")]
    Busy {
        /// The answer's status.
        status: StatusCode,
        /// What it said, after a colon; empty where it said nothing.
        reason: String,
    },
    /// The service does not translate for us, or is no such service: an operator can mend that.
    #[error("the translation service lets nobody in: {status}{reason}; see translation.url and translation.key")]
    Denied {
        /// The answer's status.
        status: StatusCode,
        /// What it said, after a colon; empty where it said nothing.
        reason: String,
    },
    /// The service will not translate this text between these languages.
    #[error("the translation service refused to translate from {from} to {to}: {status}{reason}")]
    Refused {
        /// The language of the text.
        from: Language,
        /// The language wanted.
        to: Language,
        /// The answer's status.
        status: StatusCode,
        /// What it said, after a colon; empty where it said nothing.
        reason: String,
    },
    /// What answered is no LibreTranslate.
    #[error("the translation service's answer has no translatedText; see whether translation.url is its address")]
    Unreadable,
    /// The answer is larger than any translation.
    #[error("the translation service's answer has more than {MAX_ANSWER_BYTES} bytes, which no translation has")]
    TooLarge,
}

impl TranslationError {
    /// Whether trying the same text again can't help, not even once an operator has mended the service or the settings.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::TooLarge => true,
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Busy { .. }
            | Self::Denied { .. }
            | Self::Unreadable => false,
        }
    }
}

/// What is asked.
#[derive(Serialize)]
struct Question<'a> {
    q: &'a str,
    source: &'a str,
    target: &'a str,
    format: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'a str>,
}

/// What is answered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    translated_text: String,
}

/// What is answered where nothing was translated.
#[derive(Deserialize)]
struct Failure {
    error: String,
}

/// Translates by a service.
#[derive(Debug, Clone)]
pub struct Translator {
    settings: TranslationSettings,
    client: Client,
}

impl Translator {
    /// Translates as these settings say. Nothing is sent yet.
    ///
    /// # Errors
    /// That no TLS can be spoken on this machine.
    pub fn new(settings: TranslationSettings) -> Result<Self, ApiError> {
        use_ring();
        let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build();
        let client = client
            .map_err(|error| ApiError::Usage(format!("the translation service can't be used: {}", causes(&error))))?;
        Ok(Self { settings, client })
    }

    /// The text in another language.
    ///
    /// # Errors
    /// [`TranslationError`].
    pub async fn translate(&self, text: &str, from: Language, to: Language) -> Result<String, TranslationError> {
        let deadline = self.settings.deadline;
        let translated = tokio::time::timeout(deadline, self.ask(text, from, to)).await;
        translated.map_err(|_| TranslationError::TimedOut { deadline })?
    }

    async fn ask(&self, text: &str, from: Language, to: Language) -> Result<String, TranslationError> {
        let key = self.settings.key.as_ref().map(|key| key.0.as_str());
        let question = Question { q: text, source: from.code(), target: to.code(), format: "text", api_key: key };
        // A question is made of texts, which always can be written.
        let body = serde_json::to_vec(&question).unwrap_or_default();
        let request = self.client.post(self.settings.endpoint.clone());
        let response = request.header(header::CONTENT_TYPE, "application/json").body(body).send().await;
        let response = response.map_err(unreachable)?;
        let status = response.status();
        let answer = read(response).await?;
        if status.is_success() {
            let answer: Answer = serde_json::from_slice(&answer).map_err(|_| TranslationError::Unreadable)?;
            return Ok(answer.translated_text);
        }
        let reason = serde_json::from_slice::<Failure>(&answer).map(|failure| without_text(&failure.error, text));
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        Err(match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => TranslationError::Busy { status, reason },
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
                TranslationError::Refused { from, to, status, reason }
            }
            status if status.is_server_error() => TranslationError::Busy { status, reason },
            status => TranslationError::Denied { status, reason },
        })
    }
}

/// The answer, as far as a translation may be long.
async fn read(mut response: Response) -> Result<Vec<u8>, TranslationError> {
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if answer.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(TranslationError::TooLarge);
        }
        answer.extend_from_slice(&chunk);
    }
    Ok(answer)
}

fn unreachable(error: reqwest::Error) -> TranslationError {
    TranslationError::Unreachable { reason: causes(&error.without_url()) }
}

/// What a service said, short, and without any word that is also in the text. Services write English about languages
/// by their codes, so that words in other letters can only be the text's.
fn without_text(said: &str, text: &str) -> String {
    let of_text: HashSet<String> = parts(text).collect();
    let is_ours = |word: &str| word.is_ascii() && !parts(word).any(|part| of_text.contains(&part));
    let words: Vec<&str> = said.split_whitespace().map(|word| if is_ours(word) { word } else { "[…]" }).collect();
    words.join(" ").chars().filter(|char| !char.is_control()).take(MAX_REASON_CHARACTERS).collect()
}

/// The words of a text, in small letters and without what stands between them.
fn parts(text: &str) -> impl Iterator<Item = String> {
    text.split(|char: char| !char.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, key: Option<&str>) -> Result<TranslationSettings, ApiError> {
        TranslationSettings::parse(url, key.map(|key| ApiKey::parse(key).unwrap()))
    }

    #[test]
    fn an_address_may_have_a_path_and_texts_go_below_it() {
        for (url, endpoint) in [
            ("https://translate.example", "https://translate.example/translate"),
            ("https://shop.example/lt/", "https://shop.example/lt/translate"),
            ("http://libretranslate:5000", "http://libretranslate:5000/translate"),
        ] {
            assert_eq!(settings(url, None).unwrap().endpoint.as_str(), endpoint);
        }
        assert!(settings("http://[::1]:5000", Some("k")).is_ok());
    }

    #[test]
    fn what_is_wrong_is_said_by_the_settings_name_and_no_key_is_repeated() {
        for bad in ["", "translate.example", "ftp://h", "https://u:secret@h", "https://h/?api_key=secret"] {
            let error = settings(bad, None).unwrap_err().to_string();
            assert!(error.starts_with("translation.url: ") && !error.contains("secret"), "{bad}: {error}");
        }
        let error = settings("http://translate.example", Some("secret")).unwrap_err().to_string();
        assert!(error.contains("in the clear") && !error.contains("secret"), "{error}");
        let error = ApiKey::parse("two secret words").unwrap_err().to_string();
        assert!(error.starts_with("translation.key ") && !error.contains("secret"), "{error}");
        assert!(!format!("{:?}", settings("https://h", Some("secret"))).contains("secret"));
    }

    #[test]
    fn no_reason_repeats_the_text() {
        let said = "Cannot translate 'Beste telefoon!' from nl, 電話: text:telefoon? too long";
        let kept = "Cannot translate […] […] from nl, […] […] too long";
        assert_eq!(without_text(said, "Beste telefoon ooit."), kept);
        assert_eq!(without_text(&"x".repeat(1000), "").len(), MAX_REASON_CHARACTERS);
    }
}
