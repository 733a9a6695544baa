//! The Transparency Database's lists of values, as far as decisions of this marketplace have them.

use domain::language::Language;
use domain::notice::Allegation;
use serde::Serialize;

use crate::transparency::Notified;

/// Whose account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum AccountType {
    /// A business user, in the sense of Regulation (EU) 2019/1150: every seller.
    #[serde(rename = "ACCOUNT_TYPE_BUSINESS")]
    Business,
    /// Everybody else: every buyer.
    #[serde(rename = "ACCOUNT_TYPE_PRIVATE")]
    Private,
}

/// What kind of content it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContentType {
    /// A photo.
    Image,
    /// A listing.
    Product,
    /// A review's text.
    Text,
    /// No content of its own: an account. The database has no value for it, so that it is said in words.
    Account,
}

impl ContentType {
    /// As the database spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "CONTENT_TYPE_IMAGE",
            Self::Product => "CONTENT_TYPE_PRODUCT",
            Self::Text => "CONTENT_TYPE_TEXT",
            Self::Account => "CONTENT_TYPE_OTHER",
        }
    }

    /// In words, where the database has no value for it.
    #[must_use]
    pub const fn other(self) -> Option<&'static str> {
        match self {
            Self::Account => Some("Account"),
            Self::Image | Self::Product | Self::Text => None,
        }
    }
}

/// What led to the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Source {
    /// A notice of illegal content (DSA art. 16).
    #[serde(rename = "SOURCE_ARTICLE_16")]
    Notice,
    /// A notice of illegal content by a trusted flagger (DSA art. 22).
    #[serde(rename = "SOURCE_TRUSTED_FLAGGER")]
    TrustedFlagger,
    /// A notice of a breach of the terms, whoever sent it: no notice of art. 16.
    #[serde(rename = "SOURCE_TYPE_OTHER_NOTIFICATION")]
    OtherNotification,
    /// The operator's own initiative.
    #[serde(rename = "SOURCE_VOLUNTARY")]
    OwnInitiative,
}

impl From<Option<Notified>> for Source {
    fn from(notified: Option<Notified>) -> Self {
        match notified {
            None => Self::OwnInitiative,
            Some(Notified { allegation: Allegation::AgainstTerms, .. }) => Self::OtherNotification,
            Some(Notified {
                allegation: Allegation::Illegal | Allegation::OffenceAgainstChildren,
                trusted_flagger,
            }) => {
                if trusted_flagger {
                    Self::TrustedFlagger
                } else {
                    Self::Notice
                }
            }
        }
    }
}

/// What automated means did. Nothing here is decided by them alone (R-3.4-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Automation {
    /// Nothing.
    None,
    /// They detected it or took part in the decision: the statement does not tell which.
    Partial,
}

impl Automation {
    /// `automated_detection`.
    #[must_use]
    pub const fn detection(self) -> &'static str {
        match self {
            Self::None => "No",
            Self::Partial => "Yes",
        }
    }

    /// `automated_decision`.
    #[must_use]
    pub const fn decision(self) -> &'static str {
        match self {
            Self::None => "AUTOMATED_DECISION_NOT_AUTOMATED",
            Self::Partial => "AUTOMATED_DECISION_PARTIALLY",
        }
    }
}

/// The two-letter codes of ISO 639-1, which the database takes.
const ISO_639_1: &str = "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da \
                         de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy \
                         hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg \
                         li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or \
                         os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta \
                         te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// A language that the database knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentLanguage(Language);

impl ContentLanguage {
    /// The language, if the database knows it; the field may be left out otherwise.
    #[must_use]
    pub fn of(language: Language) -> Option<Self> {
        ISO_639_1.split(' ').any(|code| code == language.code()).then_some(Self(language))
    }

    /// In capitals, as the database wants it.
    #[must_use]
    pub fn code(self) -> String {
        self.0.code().to_ascii_uppercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_7_02_the_source_is_what_the_notice_alleged_and_who_sent_it() {
        let source = |allegation, trusted_flagger| {
            serde_json::to_value(Source::from(Some(Notified { allegation, trusted_flagger }))).unwrap()
        };
        for (allegation, trusted_flagger, name) in [
            (Allegation::Illegal, false, "SOURCE_ARTICLE_16"),
            (Allegation::Illegal, true, "SOURCE_TRUSTED_FLAGGER"),
            (Allegation::OffenceAgainstChildren, false, "SOURCE_ARTICLE_16"),
            (Allegation::OffenceAgainstChildren, true, "SOURCE_TRUSTED_FLAGGER"),
            (Allegation::AgainstTerms, false, "SOURCE_TYPE_OTHER_NOTIFICATION"),
            (Allegation::AgainstTerms, true, "SOURCE_TYPE_OTHER_NOTIFICATION"),
        ] {
            assert_eq!(source(allegation, trusted_flagger), name, "{allegation:?} {trusted_flagger}");
        }
        assert_eq!(serde_json::to_value(Source::from(None)).unwrap(), "SOURCE_VOLUNTARY");
    }

    #[test]
    fn r_7_02_a_language_is_sent_in_capitals_and_only_if_the_database_knows_it() {
        let sent = |code: &str| ContentLanguage::of(code.parse().unwrap()).map(ContentLanguage::code);
        assert_eq!(sent("nl").as_deref(), Some("NL"));
        assert_eq!(sent("el").as_deref(), Some("EL"));
        assert_eq!(sent("gr"), None);
        assert_eq!(ISO_639_1.split(' ').count(), 183);
    }
}
