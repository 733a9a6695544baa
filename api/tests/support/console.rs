//! Pages of the console as a browser asks for them, and their forms.

// Each test file uses its part of this.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

use domain::metadata::Role;

use crate::support::{Answer, Market};

pub(crate) const OWN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");

/// Who is signed in where: a form is of the session whose page it is on, and a token that is signed in another second is
/// another session.
static SESSIONS: Mutex<BTreeMap<(SocketAddr, &str), String>> = Mutex::new(BTreeMap::new());

fn cookie(market: &Market, role: Role) -> (&'static str, String) {
    let mut sessions = SESSIONS.lock().unwrap();
    let token = sessions.entry((market.server.address(), role.name())).or_insert_with(|| market.token(role));
    ("Cookie", format!("marktboek_console={token}"))
}

pub(crate) async fn page(market: &Market, role: Role, path: &str) -> Answer {
    market.raw(path, vec![cookie(market, role)], None).await
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
    posted(market, role.map(|role| cookie(market, role)), path, from, form).await
}

/// Sends a form as whoever has a token, from a page of the server's own.
pub(crate) async fn sent_as(market: &Market, token: &str, path: &str, form: &[(&str, &str)]) -> Answer {
    posted(market, Some(("Cookie", format!("marktboek_console={token}"))), path, &[OWN], form).await
}

async fn posted(
    market: &Market,
    cookie: Option<(&'static str, String)>,
    path: &str,
    from: &[(&'static str, &str)],
    form: &[(&str, &str)],
) -> Answer {
    let mut headers = vec![("Content-Type", "application/x-www-form-urlencoded".to_owned())];
    headers.extend(from.iter().map(|(name, value)| (*name, (*value).to_owned())));
    headers.extend(cookie);
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes();
    market.post(path, headers, body).await
}

/// How many events the book has, once nothing more follows by itself.
pub(crate) async fn events(market: &Market) -> u64 {
    market.server.settled().await.unwrap();
    market.server.app().executor.platform().book.log().next_position().await.unwrap().0
}
