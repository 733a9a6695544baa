//! Where records go, as whom and how quickly, as an operator says it.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use domain::ids::StatementId;
use projections::transparency_database::MOST_RECORDS;
use reqwest::header::HeaderValue;
use url::Url;
use uuid::Uuid;

use crate::ApiError;
use crate::translation::is_this_machine;

/// How many requests a second the database takes of one user: 200, and 12,000 a minute, which is the same.
const MOST_REQUESTS: u64 = 200;

/// Who the platform is to the database.
#[derive(Clone)]
pub struct Token(HeaderValue);

/// Without the token.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// Reads a token as the database's pages show it.
    ///
    /// # Errors
    /// Says where it comes from. The token is never repeated.
    pub fn parse(text: &str, from: &str) -> Result<Self, ApiError> {
        let text = text.trim();
        let value = HeaderValue::from_str(&format!("Bearer {text}"));
        match value {
            Ok(mut value) if !text.is_empty() && !text.contains(char::is_whitespace) => {
                value.set_sensitive(true);
                Ok(Self(value))
            }
            _ => Err(ApiError::Usage(format!(
                "{from} has no token: it is one word, which the Transparency Database shows once, in the profile of the \
                 platform's user"
            ))),
        }
    }

    /// As the `Authorization` header has it.
    #[must_use]
    pub const fn header(&self) -> &HeaderValue {
        &self.0
    }
}

/// The address of a database.
#[derive(Debug, Clone)]
pub struct DatabaseUrl(Url);

impl DatabaseUrl {
    /// Reads an address, as in `https://transparency.dsa.ec.europa.eu`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        const WANTED: &str = "it is the database's address, as in https://transparency.dsa.ec.europa.eu, without user, \
                              question mark or path of its interface";
        let url = Url::parse(text).map_err(|_| WANTED.to_owned())?;
        let plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && !url.path().contains("/api");
        if !matches!(url.scheme(), "http" | "https") || !plain {
            return Err(WANTED.to_owned());
        }
        if url.scheme() == "http" && !is_this_machine(&url) {
            return Err("http:// would send the token in the clear; use https://".to_owned());
        }
        Ok(Self(url))
    }

    /// As the book names it.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.as_str().trim_end_matches('/').to_owned()
    }

    /// The address of something in it.
    ///
    /// # Errors
    /// That there is no such address.
    pub fn at(&self, path: &str) -> Result<Url, url::ParseError> {
        Url::parse(&format!("{}/{path}", self.name()))
    }
}

/// What an operator says.
#[derive(Debug, Clone, Args)]
pub struct SubmissionArguments {
    /// The database: https://transparency.dsa.ec.europa.eu, or the sandbox's address with a copy of the book.
    #[arg(long, value_name = "URL", value_parser = DatabaseUrl::parse)]
    pub url: DatabaseUrl,
    /// A file with the token that the database gave to the platform's user; MARKTBOEK_TRANSPARENCY_DATABASE_TOKEN has the
    /// token itself where no file is named.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How many requests a second are made at most.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=MOST_REQUESTS))]
    pub requests_per_second: u64,
    /// How many records go in a request; the database takes them all or none.
    #[arg(long, value_name = "N", default_value_t = MOST_RECORDS as u64, value_parser = clap::value_parser!(u64).range(1..=MOST_RECORDS as u64))]
    pub records_per_request: u64,
    /// How many seconds an answer may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub deadline: u64,
    /// Say what would be sent and what would be refused, and neither send nor record anything.
    #[arg(long)]
    pub dry_run: bool,
    /// Take what was refused before as well: after what was wrong has been mended.
    #[arg(long)]
    pub again: bool,
    /// A statement, by its id, in whose facts a person has found that the name is an ordinary word: it is sent with it. As
    /// often as there are such statements.
    #[arg(long, value_name = "STATEMENT", value_parser = statement)]
    pub checked: Vec<StatementId>,
    /// The address that this very database had before, if the book has it by another one.
    #[arg(long, value_name = "URL", value_parser = DatabaseUrl::parse)]
    pub moved_from: Option<DatabaseUrl>,
}

/// The environment variable that has the token where no file is named.
pub const TOKEN: &str = "MARKTBOEK_TRANSPARENCY_DATABASE_TOKEN";

impl SubmissionArguments {
    /// The token, from its file or from the environment: never from the command line, which everybody on the machine sees.
    ///
    /// # Errors
    /// Names the file or the variable.
    pub fn token(&self) -> Result<Token, ApiError> {
        if let Some(file) = &self.token_file {
            let text = fs::read_to_string(file).map_err(ApiError::io("reading the database's token from", file))?;
            return Token::parse(&text, &file.display().to_string());
        }
        match std::env::var(TOKEN) {
            Ok(text) => Token::parse(&text, TOKEN),
            Err(_) => Err(ApiError::Usage(format!(
                "no token: name its file with --token-file, or give it in {TOKEN}; the database gives one to the platform's \
                 user"
            ))),
        }
    }

    /// How many records go in a request.
    #[must_use]
    pub fn records_per_request(&self) -> usize {
        usize::try_from(self.records_per_request).unwrap_or(MOST_RECORDS).clamp(1, MOST_RECORDS)
    }

    /// How long an answer may take.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline)
    }
}

fn statement(text: &str) -> Result<StatementId, String> {
    let id = text.strip_prefix("sor-").unwrap_or(text);
    Uuid::parse_str(id).map(StatementId).map_err(|_| "it is a statement's id or its record's PUID".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_databases_and_the_token_goes_over_tls() {
        for (text, name) in [
            ("https://transparency.dsa.ec.europa.eu", "https://transparency.dsa.ec.europa.eu"),
            ("https://proxy.example/tdb/", "https://proxy.example/tdb"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            let url = DatabaseUrl::parse(text).unwrap();
            assert_eq!(url.name(), name);
            assert_eq!(url.at("api/ping").unwrap().as_str(), format!("{name}/api/ping"));
        }
        for bad in
            ["", "transparency.dsa.ec.europa.eu", "https://u:p@h", "https://h/?a=b", "https://h/api/v1/statement"]
        {
            assert!(DatabaseUrl::parse(bad).is_err(), "{bad}");
        }
        assert!(DatabaseUrl::parse("http://transparency.dsa.ec.europa.eu").unwrap_err().contains("in the clear"));
    }

    #[test]
    fn a_token_is_one_word_and_is_never_shown() {
        let token = Token::parse(" 7|secret\n", "the file").unwrap();
        assert_eq!(token.header(), "Bearer 7|secret");
        assert!(!format!("{token:?} {:?}", token.header()).contains("secret"));
        for bad in ["", " ", "two secrets", "secret\u{7}"] {
            let error = Token::parse(bad, "the file").unwrap_err().to_string();
            assert!(error.starts_with("the file has no token") && !error.contains("secret"), "{error}");
        }
    }
}
