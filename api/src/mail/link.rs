//! Links in mails.

use std::fmt;
use std::str::FromStr;

use domain::money::BadValue;
use url::Url;

/// An address that a mail may link to: a web page, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link(Url);

impl FromStr for Link {
    type Err = BadValue;
    fn from_str(text: &str) -> Result<Self, BadValue> {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "https" | "http") => Ok(Self(url)),
            Ok(_) | Err(_) => Err(BadValue {
                wanted: "a link is the address of a web page, as in https://shop.example/reviews",
                found: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_a_web_page_and_has_no_space_to_break_a_line_at() {
        assert!("javascript:alert(1)".parse::<Link>().is_err());
        assert!("/reviews".parse::<Link>().is_err());
        let link: Link = "https://shop.example/a b\r\nBcc: <x>".parse().unwrap();
        assert_eq!(link.to_string(), "https://shop.example/a%20bBcc:%20%3Cx%3E");
    }
}
