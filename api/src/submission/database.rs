//! The Transparency Database's interface over HTTP, and what its answers mean.
//!
//! An answer is one of few: the records are stored; none is, because of some of them; none is, for now; or nobody knows. That
//! last one is what matters: after a timeout, a server's error or a connection that ended, the records may be there.
//!
//! Invariants: a call ends within its deadline and takes no more memory than an answer may; no redirect is followed, for a
//! redirect is how the database says that it knows a PUID. Absences: nothing is tried again here.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::Utc;
use domain::submission::{Acceptance, Problem};
use projections::transparency_database::{Batch, Puid};
use reqwest::{Client, RequestBuilder, Response, StatusCode, header, redirect};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::pace::asked_to_wait;
use super::settings::{DatabaseUrl, Token};
use crate::ApiError;
use crate::error::causes;
use crate::tls::use_ring;

/// The largest answer that is read: a hundred records come back whole, each of some 20 KB at most, each character escaped.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The longest answer that is repeated to an operator, in characters.
const MAX_SAID: usize = 200;

/// A database.
#[derive(Debug)]
pub struct Database {
    url: DatabaseUrl,
    token: Token,
    client: Client,
    deadline: Duration,
}

/// What became of a batch.
#[derive(Debug)]
pub enum Sent {
    /// All are stored: by PUID, the database's own id and address of each that it answered readably.
    Stored(HashMap<String, Acceptance>),
    /// None is stored, because of those with these places in the batch.
    Refused(BTreeMap<usize, Vec<Problem>>),
    /// None is stored, because the database has the PUID of some already.
    Known,
    /// None is stored; they may be sent again.
    Later(Pause),
    /// They may be stored or not.
    Unknown(Pause),
}

/// Why nothing came of a call, and how long the database asks to wait, if it does.
#[derive(Debug)]
pub struct Pause {
    /// What was said, or what kept it from being said.
    pub why: String,
    /// How long to wait.
    pub wait: Option<Duration>,
}

impl Pause {
    fn because(why: impl Into<String>) -> Self {
        Self { why: why.into(), wait: None }
    }
}

/// The database's answer means that an operator must do something.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// The token is not known.
    #[error(
        "the Transparency Database does not know the token (401){said}: a token is void once a newer one was made; make one \
         in the profile of the platform's user, put it into --token-file's file, and run this again; nothing is lost"
    )]
    Token {
        /// What it said, after a colon.
        said: String,
    },
    /// The user may not do this.
    #[error(
        "the Transparency Database knows the token, and its user may not submit statements (403){said}: ask the Digital \
         Services Coordinator who enrolled the platform, or take the token of the platform's own user, then run this again; \
         nothing is lost"
    )]
    Permission {
        /// What it said, after a colon.
        said: String,
    },
    /// It is no answer of a Transparency Database.
    #[error("{url} does not answer as a Transparency Database does ({status}{said}); see --url")]
    Elsewhere {
        /// What was asked.
        url: String,
        /// The answer's status.
        status: StatusCode,
        /// What it said, after a colon.
        said: String,
    },
}

/// A batch that was stored.
#[derive(Deserialize)]
struct Created {
    statements: Vec<Stored>,
}

#[derive(Deserialize)]
struct Stored {
    puid: String,
    uuid: Uuid,
    permalink: String,
}

/// A batch of which nothing was stored.
#[derive(Deserialize)]
struct Unprocessable {
    errors: BTreeMap<String, Value>,
}

/// That it is there.
#[derive(Deserialize)]
struct Pong {
    i_say: String,
}

/// Whether a PUID is known.
#[derive(Deserialize)]
struct Asked {
    puid: String,
}

impl Database {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// That no TLS can be spoken on this machine.
    pub fn new(url: DatabaseUrl, token: Token, deadline: Duration) -> Result<Self, ApiError> {
        use_ring();
        let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build();
        let client = client
            .map_err(|error| ApiError::Usage(format!("the Transparency Database can't be used: {}", causes(&error))))?;
        Ok(Self { url, token, client, deadline })
    }

    /// As the book names it.
    #[must_use]
    pub fn name(&self) -> String {
        self.url.name()
    }

    /// Whether it is a Transparency Database that knows the token.
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn ping(&self) -> Result<Result<(), Pause>, Denied> {
        const PATH: &str = "api/ping";
        let Ok(url) = self.url.at(PATH) else { return Err(self.elsewhere(PATH, StatusCode::NOT_FOUND, &[])) };
        let (status, wait, body) = match self.ask(self.client.get(url)).await {
            Ok(answer) => answer,
            Err(Unanswered::NotSent(why) | Unanswered::Cut(why)) => return Ok(Err(Pause::because(why))),
        };
        match status {
            StatusCode::OK if serde_json::from_slice::<Pong>(&body).is_ok_and(|pong| pong.i_say == "pong") => {
                Ok(Ok(()))
            }
            status if is_passing(status) => Ok(Err(Pause { why: format!("{status}{}", said(&body)), wait })),
            status => Err(self.denied(PATH, status, &body)),
        }
    }

    /// Sends a batch.
    ///
    /// # Errors
    /// [`Denied`]: nothing is stored.
    pub async fn send(&self, batch: &Batch<'_>) -> Result<Sent, Denied> {
        const PATH: &str = "api/v1/statements";
        let Ok(url) = self.url.at(PATH) else { return Err(self.elsewhere(PATH, StatusCode::NOT_FOUND, &[])) };
        let request = self.client.post(url).header(header::CONTENT_TYPE, "application/json").body(batch.json());
        let (status, wait, body) = match self.ask(request).await {
            Ok(answer) => answer,
            Err(Unanswered::NotSent(why)) => return Ok(Sent::Later(Pause::because(why))),
            Err(Unanswered::Cut(why)) => return Ok(Sent::Unknown(Pause::because(why))),
        };
        let pause = || Pause { why: format!("{status}{}", said(&body)), wait };
        match status {
            StatusCode::CREATED => Ok(match serde_json::from_slice::<Created>(&body) {
                Ok(created) => Sent::Stored(created.statements.into_iter().filter_map(Stored::acceptance).collect()),
                Err(_) => Sent::Unknown(Pause::because("the answer says that it was stored, and can't be read")),
            }),
            StatusCode::UNPROCESSABLE_ENTITY => refused(&body).ok_or_else(|| self.elsewhere(PATH, status, &body)),
            StatusCode::TOO_MANY_REQUESTS => Ok(Sent::Later(pause())),
            StatusCode::REQUEST_TIMEOUT => Ok(Sent::Unknown(pause())),
            status if status.is_server_error() || status.is_success() => Ok(Sent::Unknown(pause())),
            status => Err(self.denied(PATH, status, &body)),
        }
    }

    /// Whether the database knows a PUID of the platform's.
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn knows(&self, puid: &Puid) -> Result<Result<bool, Pause>, Denied> {
        let path = format!("api/v1/statement/existing-puid/{}", puid.as_str());
        let Ok(url) = self.url.at(&path) else { return Err(self.elsewhere(&path, StatusCode::NOT_FOUND, &[])) };
        let (status, wait, body) = match self.ask(self.client.get(url)).await {
            Ok(answer) => answer,
            Err(Unanswered::NotSent(why) | Unanswered::Cut(why)) => return Ok(Err(Pause::because(why))),
        };
        // A redirect to a page for people, or a path that is not there, has the same status and no PUID.
        let is_of_it = serde_json::from_slice::<Asked>(&body).is_ok_and(|asked| asked.puid == puid.as_str());
        match status {
            StatusCode::FOUND if is_of_it => Ok(Ok(true)),
            StatusCode::NOT_FOUND if is_of_it => Ok(Ok(false)),
            status if is_passing(status) => Ok(Err(Pause { why: format!("{status}{}", said(&body)), wait })),
            status => Err(self.denied(&path, status, &body)),
        }
    }

    async fn ask(&self, request: RequestBuilder) -> Result<(StatusCode, Option<Duration>, Vec<u8>), Unanswered> {
        let request = request
            .header(header::AUTHORIZATION, self.token.header().clone())
            .header(header::ACCEPT, "application/json");
        let asking = async {
            let response = request.send().await.map_err(|error| {
                let is_sent = !error.is_connect();
                let why = causes(&error.without_url());
                if is_sent { Unanswered::Cut(why) } else { Unanswered::NotSent(why) }
            })?;
            let wait = response.headers().get(header::RETRY_AFTER).and_then(|wait| wait.to_str().ok());
            let wait = wait.and_then(|wait| asked_to_wait(wait, Utc::now()));
            Ok((response.status(), wait, read(response).await?))
        };
        let answer = tokio::time::timeout(self.deadline, asking).await;
        answer.unwrap_or_else(|_| Err(Unanswered::Cut(format!("no answer within {} s", self.deadline.as_secs()))))
    }

    fn denied(&self, path: &str, status: StatusCode, body: &[u8]) -> Denied {
        match status {
            StatusCode::UNAUTHORIZED => Denied::Token { said: said(body) },
            StatusCode::FORBIDDEN => Denied::Permission { said: said(body) },
            status => self.elsewhere(path, status, body),
        }
    }

    fn elsewhere(&self, path: &str, status: StatusCode, body: &[u8]) -> Denied {
        Denied::Elsewhere { url: format!("{}/{path}", self.name()), status, said: said(body) }
    }
}

/// Whether the same question may have another answer later.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

/// Why there is no answer.
enum Unanswered {
    /// Nothing was sent.
    NotSent(String),
    /// Something may have been sent.
    Cut(String),
}

impl Stored {
    fn acceptance(self) -> Option<(String, Acceptance)> {
        Acceptance::answered(self.uuid, &self.permalink).map(|acceptance| (self.puid, acceptance))
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, Unanswered> {
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Unanswered::Cut(causes(&error.without_url())))? {
        if answer.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(Unanswered::Cut(format!("the answer has more than {MAX_ANSWER_BYTES} bytes")));
        }
        answer.extend_from_slice(&chunk);
    }
    Ok(answer)
}

/// What a 422 says of a batch: which of it are wrong, or that some are known; nothing where it is about neither.
fn refused(body: &[u8]) -> Option<Sent> {
    let Unprocessable { errors } = serde_json::from_slice(body).ok()?;
    if errors.contains_key("puid") {
        return Some(Sent::Known);
    }
    let mut places = BTreeMap::new();
    for (key, fields) in &errors {
        let place = key.strip_prefix("statement_")?.parse().ok()?;
        let fields = fields.as_object()?;
        let problems = fields.iter().map(|(field, words)| Problem::new(field, &in_words(words)));
        places.insert(place, problems.collect());
    }
    (!places.is_empty()).then_some(Sent::Refused(places))
}

/// Laravel's list of texts about a field, as one.
fn in_words(words: &Value) -> String {
    match words {
        Value::String(text) => text.clone(),
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => "is refused".to_owned(),
    }
}

/// The message of an answer, or its beginning where it is no JSON, after a colon; empty where it says nothing. What it may
/// repeat of a record is left out: it is cut short, and nothing that looks like personal data is shown.
fn said(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Message {
        message: String,
    }
    let text = match serde_json::from_slice::<Message>(body) {
        Ok(Message { message }) => message,
        Err(_) => String::from_utf8_lossy(body.get(..1_000).unwrap_or(body)).into_owned(),
    };
    let text: String = Problem::new("", &text).words.chars().take(MAX_SAID).collect();
    if text.is_empty() { text } else { format!(": {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_7_02_a_batch_that_is_refused_says_which_of_it_is_wrong_or_known() {
        let body =
            br#"{"errors":{"statement_0":{"decision_monetary":["The x.","The y."]},"statement_12":{"puid":["z"]}}}"#;
        let Some(Sent::Refused(places)) = refused(body) else { panic!("places") };
        assert_eq!(places.keys().collect::<Vec<_>>(), [&0, &12]);
        assert_eq!(places[&0], [Problem::new("decision_monetary", "The x. The y.")]);
        let known = br#"{"message":"m","errors":{"puid":["m"]},"existing_puids":["sor-1"]}"#;
        assert!(matches!(refused(known), Some(Sent::Known)));
        for other in [
            &b"<html>"[..],
            b"{}",
            br#"{"errors":{}}"#,
            br#"{"errors":{"statements":["The statements field is required."]}}"#,
            br#"{"errors":{"statement_x":{"a":["b"]}}}"#,
            br#"{"errors":{"statement_0":"all of it"}}"#,
        ] {
            assert!(refused(other).is_none(), "{}", String::from_utf8_lossy(other));
        }
    }

    #[test]
    fn what_the_database_says_is_repeated_in_short_and_without_personal_data() {
        assert_eq!(
            said(b"Limit Reached. Please do not overload the API"),
            ": Limit Reached. Please do not overload the API"
        );
        assert_eq!(said(br#"{"message":"Unauthenticated."}"#), ": Unauthenticated.");
        assert_eq!(said(b""), "");
        assert!(said(&[b'x'; 5_000]).len() <= MAX_SAID + 2);
        assert!(!said(b"bad puid of jan@example.eu").contains("jan"));
    }
}
