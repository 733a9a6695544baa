//! The criteria by which reviews and photos are judged (R-3.4-06), in words, for forms.

use async_graphql::resolver_utils::EnumType;
use domain::criterion::Criterion;

use crate::graphql::review_commands::ReviewCriterion;

/// A criterion that can be chosen.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// Its name in the schema.
    pub(super) name: &'static str,
    /// What it says.
    pub(super) words: &'static str,
    /// Whether it was chosen.
    pub(super) chosen: bool,
}

/// All of them, in their order, with those chosen that are named.
pub(super) fn choices(chosen: &[&str]) -> Vec<Choice> {
    let choice = |item: &async_graphql::resolver_utils::EnumItem<ReviewCriterion>| Choice {
        name: item.name,
        words: words(item.value.into()),
        chosen: chosen.contains(&item.name),
    };
    ReviewCriterion::items().iter().map(choice).collect()
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
