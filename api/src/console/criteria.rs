//! The criteria by which reviews and photos are judged (R-3.4-06), in words, for forms.

use domain::criterion::Criterion;

use super::choice::{self, Choice};
use crate::graphql::review_commands::ReviewCriterion;

/// All of them, in their order, with those chosen that are named.
pub(super) fn choices(chosen: &[&str]) -> Vec<Choice> {
    choice::choices(|criterion: ReviewCriterion| words(criterion.into()), chosen)
}

/// What a criterion says.
pub(super) const fn words(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Advertising => "Advertising",
        Criterion::Duplicate => "Duplicate",
        Criterion::OffTopic => "Off topic",
        Criterion::OtherProduct => "About another product",
        Criterion::CompetitorPromotion => "Promotes a competitor",
        Criterion::PoliticalOrSocial => "Political or social statement",
        Criterion::Insulting => "Insulting",
        Criterion::Obscene => "Obscene",
        Criterion::Offensive => "Offensive",
        Criterion::SexuallyExplicit => "Sexually explicit",
        Criterion::Defamatory => "Defamatory",
        Criterion::PersonalAttack => "Personal attack",
        Criterion::FalseOrMisleading => "False or misleading",
        Criterion::WrittenBySeller => "Written by the seller",
        Criterion::IllegalContent => "Illegal content (law)",
        Criterion::ThirdPartyRights => "Rights of others",
        Criterion::IdentityTheft => "Identity theft",
        Criterion::PersonalData => "Personal data",
        Criterion::HateOrViolence => "Hate or violence (law)",
        Criterion::RegulatoryBreach => "Breach of regulations (law)",
    }
}
