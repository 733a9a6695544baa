//! The rows of the parts that are by category, in the template's order: the total, then each category with its
//! sub-categories. The sub-categories of a category add up to it, and the categories to the total (annex II, I.7).

use std::fmt;

use domain::transparency_category::{Classification, TransparencyCategory, TransparencyKeyword};

/// As what something counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A category with a keyword, and a text where the keyword is `KEYWORD_OTHER`.
    Listed(TransparencyCategory, TransparencyKeyword, Option<&'static str>),
    /// An order whose category the book does not keep.
    NotSpecifiedOrder,
    /// A notice whose category the book does not keep.
    NotSpecifiedNotice,
}

impl From<Classification> for Class {
    fn from(of: Classification) -> Self {
        Self::Listed(of.category(), of.keyword(), of.other_keyword())
    }
}

/// A row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heading {
    /// All of them.
    Total,
    /// A category.
    Category(TransparencyCategory),
    /// A sub-category, with a text where it is `KEYWORD_OTHER`.
    Keyword(TransparencyCategory, TransparencyKeyword, Option<&'static str>),
    /// What authorities did not specify.
    NotSpecifiedOrder,
    /// What notifiers did not specify.
    NotSpecifiedNotice,
}

impl Heading {
    /// The rows in which something of a class counts.
    pub(super) fn of(class: Class) -> Vec<Self> {
        match class {
            Class::Listed(category, keyword, other) => {
                vec![Self::Total, Self::Category(category), Self::Keyword(category, keyword, other)]
            }
            Class::NotSpecifiedOrder => vec![Self::Total, Self::NotSpecifiedOrder],
            Class::NotSpecifiedNotice => vec![Self::Total, Self::NotSpecifiedNotice],
        }
    }

    /// Its name in the template.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Total => "TOTAL",
            Self::Category(category) => category.name(),
            Self::Keyword(_, keyword, _) => keyword.name(),
            Self::NotSpecifiedOrder => "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER",
            Self::NotSpecifiedNotice => TransparencyCategory::NotSpecifiedNotice.name(),
        }
    }

    /// The text of a `KEYWORD_OTHER`, which must be there (annex II, I.7); empty for all others.
    #[must_use]
    pub const fn other(self) -> &'static str {
        match self {
            Self::Keyword(_, _, Some(text)) => text,
            Self::Keyword(_, TransparencyKeyword::Other, None) => NOT_CAPTURED,
            Self::Total
            | Self::Category(_)
            | Self::Keyword(..)
            | Self::NotSpecifiedOrder
            | Self::NotSpecifiedNotice => "",
        }
    }
}

impl fmt::Display for Heading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the template says of `KEYWORD_OTHER`.
pub(super) const NOT_CAPTURED: &str = "Not captured by any other sub-category";

/// The categories of what is illegal: all but the one for breaches of terms that are no breach of law.
pub(super) fn of_law() -> impl Iterator<Item = TransparencyCategory> {
    of_terms().filter(|category| *category != TransparencyCategory::OtherViolationOfTerms)
}

/// The categories of what is illegal or against the terms.
pub(super) fn of_terms() -> impl Iterator<Item = TransparencyCategory> {
    let all = TransparencyCategory::ALL.iter().copied();
    all.filter(|category| *category != TransparencyCategory::NotSpecifiedNotice)
}

/// The rows for these categories. A `KEYWORD_OTHER` has one row for each text that is used, or one without any.
pub(super) fn rows(categories: impl Iterator<Item = TransparencyCategory>, used: &[Heading]) -> Vec<Heading> {
    let mut rows = vec![Heading::Total];
    for category in categories {
        rows.push(Heading::Category(category));
        for keyword in category.keywords() {
            let texts = used.iter().filter(
                |heading| matches!(heading, Heading::Keyword(of, other, Some(_)) if (of, other) == (&category, keyword)),
            );
            let before = rows.len();
            rows.extend(texts);
            if rows.len() == before {
                rows.push(Heading::Keyword(category, *keyword, None));
            }
        }
    }
    rows
}
