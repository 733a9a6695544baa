//! Who is signed in: the token, in a cookie that only this server's own pages send.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::ApiError;
use crate::auth::{self, Viewer};
use crate::token::Signer;

/// The cookie's name.
const COOKIE: &str = "marktboek_console";

/// What a seal of a form begins with. No token has a zero byte, so that no seal is one's signature.
const FORM: &str = "console form\0";

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(super) struct Session {
    token: String,
    /// Who.
    pub(super) viewer: Viewer,
}

impl Session {
    /// Of a token as `marktboek token` prints it.
    ///
    /// # Errors
    /// A sentence for whoever has it: that it has expired, or what else is wrong with it.
    pub(super) fn of_token(token: &str, signer: &Signer) -> Result<Self, String> {
        let token = token.trim();
        if token.is_empty() {
            return Err("paste the token that `marktboek token` printed".to_owned());
        }
        let viewer = auth::Session::of_authorization(&format!("Bearer {token}"), signer)?.viewer;
        Ok(Self { token: token.to_owned(), viewer })
    }

    /// Of a request's cookie; nothing where there is none.
    ///
    /// # Errors
    /// As [`Self::of_token`].
    pub(super) fn of_request(headers: &HeaderMap, signer: &Signer) -> Result<Option<Self>, String> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut named = cookies.flat_map(|value| value.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
        let token = named.find(|(name, _)| *name == COOKIE).map(|(_, token)| token);
        token.map(|token| Self::of_token(token, signer)).transpose()
    }

    /// The cookie that keeps somebody signed in until their browser or their token ends.
    pub(super) fn cookie(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        cookie(&self.token, "", headers)
    }

    /// What each form carries, so that only a page of this session can have sent it.
    ///
    /// # Errors
    /// That the secret can't sign.
    pub(super) fn form_token(&self, signer: &Signer) -> Result<String, ApiError> {
        signer.seal(&format!("{FORM}{}", self.token))
    }

    /// Whether a form carries it.
    pub(super) fn sent(&self, form_token: &str, signer: &Signer) -> bool {
        signer.sealed(&format!("{FORM}{}", self.token), form_token)
    }
}

/// The cookie that ends a session.
pub(super) fn ended(headers: &HeaderMap) -> Option<HeaderValue> {
    cookie("", "; Max-Age=0", headers)
}

fn cookie(value: &str, more: &str, headers: &HeaderMap) -> Option<HeaderValue> {
    let secure = if is_loopback(headers) { "" } else { "; Secure" };
    HeaderValue::from_str(&format!("{COOKIE}={value}; Path=/console; HttpOnly; SameSite=Strict{secure}{more}")).ok()
}

/// Whether the browser is on this machine, where nothing between can listen and there need be no TLS.
fn is_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::metadata::Role;

    fn host(name: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(name))])
    }

    #[test]
    fn a_cookie_is_for_this_site_and_its_scripts_do_not_see_it() {
        let signer = Signer::new(&[7; 32]);
        let token = signer.sign(Role::Auditor, "eve", 1).unwrap();
        let session = Session::of_token(&token, &signer).unwrap();
        for (name, secure) in [("127.0.0.1:80", false), ("[::1]:80", false), ("localhost", false), ("shop.eu", true)] {
            let cookie = session.cookie(&host(name)).unwrap();
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("; Path=/console; HttpOnly; SameSite=Strict"), "{cookie}");
            assert_eq!(cookie.contains("; Secure"), secure, "{name}");
        }
        assert!(session.cookie(&HeaderMap::new()).unwrap().to_str().unwrap().contains("; Secure"));
    }

    #[test]
    fn a_form_is_of_one_session() {
        let signer = Signer::new(&[7; 32]);
        let session = |name| Session::of_token(&signer.sign(Role::Auditor, name, 1).unwrap(), &signer).unwrap();
        let (one, other) = (session("one"), session("other"));
        assert!(one.sent(&one.form_token(&signer).unwrap(), &signer));
        assert!(!one.sent(&other.form_token(&signer).unwrap(), &signer) && !one.sent("", &signer));
    }
}
