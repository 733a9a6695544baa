//! Where a request comes from: only this server's own pages may change anything.

use axum::http::{HeaderMap, header};

/// Whether a browser says that a page of this server caused the request. What says nothing about it is refused: every
/// browser does.
pub(super) fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN.as_str()).map(|origin| {
        let host = origin.split_once("://").map(|(_, host)| host);
        host.is_some() && host == text(header::HOST.as_str())
    });
    match (text("sec-fetch-site").map(|site| site == "same-origin"), origin) {
        (None, None) => false,
        (site, origin) => site.unwrap_or(true) && origin.unwrap_or(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    #[test]
    fn only_this_servers_pages_are_its_own() {
        let own = |said: &[(&'static str, &'static str)]| {
            let host = [("host", "shop.eu")];
            let pair = |(name, value): &(&'static str, &'static str)| {
                (HeaderName::from_static(name), HeaderValue::from_static(value))
            };
            is_own(&host.iter().chain(said).map(pair).collect())
        };
        assert!(own(&[("sec-fetch-site", "same-origin")]) && own(&[("origin", "https://shop.eu")]));
        assert!(own(&[("sec-fetch-site", "same-origin"), ("origin", "https://shop.eu")]));
        assert!(!own(&[]) && !own(&[("origin", "null")]) && !own(&[("origin", "https://shop.eu.evil")]));
        for site in ["same-site", "cross-site", "none"] {
            assert!(
                !own(&[("sec-fetch-site", site)]) && !own(&[("sec-fetch-site", site), ("origin", "https://shop.eu")])
            );
        }
        assert!(!own(&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.eu")]));
    }
}
