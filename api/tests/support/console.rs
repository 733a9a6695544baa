//! The console as browsers use it.

// Each test file uses its part of this.
#![allow(dead_code, reason = "each test file uses its part")]

use domain::metadata::Role;

use crate::support::{Answer, Market};

/// What a browser says of a request that a page of the server's own caused.
pub(crate) const OWN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");

fn cookie(token: &str) -> (&'static str, String) {
    ("Cookie", format!("marktboek_console={token}"))
}

pub(crate) async fn page(market: &Market, role: Role, path: &str) -> Answer {
    market.raw(path, vec![cookie(&market.token(role))], None).await
}

pub(crate) fn text(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).unwrap()
}

/// The values of all fields of a page's forms that have this name.
pub(crate) fn fields<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let before = format!("name=\"{name}\" value=\"");
    page.split(&before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Sends a form as a browser does, from where these headers say.
pub(crate) async fn sent(
    market: &Market,
    role: Option<Role>,
    path: &str,
    from: &[(&'static str, &str)],
    form: &[(&str, &str)],
) -> Answer {
    posted(market, role.map(|role| market.token(role)).as_deref(), path, from, form).await
}

/// Sends a form as whoever has a token, from a page of the server's own.
pub(crate) async fn sent_as(market: &Market, token: &str, path: &str, form: &[(&str, &str)]) -> Answer {
    posted(market, Some(token), path, &[OWN], form).await
}

async fn posted(
    market: &Market,
    token: Option<&str>,
    path: &str,
    from: &[(&'static str, &str)],
    form: &[(&str, &str)],
) -> Answer {
    let mut headers = vec![("Content-Type", "application/x-www-form-urlencoded".to_owned())];
    headers.extend(from.iter().map(|(name, value)| (*name, (*value).to_owned())));
    headers.extend(token.map(cookie));
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes();
    market.post(path, headers, body).await
}

/// How many events the book has once nothing is left to follow.
pub(crate) async fn events(market: &Market) -> u64 {
    market.server.settled().await.unwrap();
    market.server.app().executor.platform().book.log().next_position().await.unwrap().0
}
