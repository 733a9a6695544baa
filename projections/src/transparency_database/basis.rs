//! On what a decision rests, in standard words: the law that was broken, or the terms.
//!
//! The Commission asks for standard language in similar cases, and it can't have personal data. What is particular to a
//! case is in its facts.

use domain::criterion::Criterion;
use domain::listing::ListingRemovalReason;
use domain::seller::SellerRemovalReason;
use domain::statement::Ground;

/// On what a decision rests, as the database's fields ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// Illegal content (DSA art. 17(3)(d)).
    Illegal {
        /// `illegal_content_legal_ground`.
        legal_ground: String,
        /// `illegal_content_explanation`.
        explanation: String,
    },
    /// Content incompatible with the terms (DSA art. 17(3)(e)).
    Incompatible {
        /// `incompatible_content_ground`.
        ground: String,
        /// `incompatible_content_explanation`.
        explanation: String,
        /// Whether it is known to be illegal besides; not being known to be so does not mean that it is legal.
        known_illegal: bool,
    },
}

impl Basis {
    /// The basis of a ground that is the law or the terms; nothing where it is neither.
    #[must_use]
    pub fn of(ground: &Ground) -> Option<Self> {
        match ground {
            Ground::Criteria(criteria) => of_criteria(criteria, ground.is_law()),
            Ground::Listing(reason) => of_listing(*reason),
            Ground::Seller(reason) => of_seller(*reason),
        }
    }
}

fn illegal(legal_ground: impl Into<String>, explanation: impl Into<String>) -> Basis {
    Basis::Illegal { legal_ground: legal_ground.into(), explanation: explanation.into() }
}

fn incompatible(ground: impl Into<String>, explanation: impl Into<String>) -> Basis {
    Basis::Incompatible { ground: ground.into(), explanation: explanation.into(), known_illegal: false }
}

fn of_criteria(criteria: &[Criterion], is_law: bool) -> Option<Basis> {
    if criteria.is_empty() {
        return None;
    }
    let mut ordered = criteria.to_vec();
    ordered.sort_unstable_by_key(|criterion| (!criterion.is_law(), *criterion));
    let explanation = joined(ordered.iter().map(|criterion| breach(*criterion)), " ");
    if is_law {
        let laws = ordered.iter().filter_map(|criterion| law(*criterion));
        return Some(illegal(joined(laws, "; "), explanation));
    }
    let names = ordered.iter().map(|criterion| in_words(*criterion));
    Some(Basis::Incompatible {
        ground: format!("Moderation rules for reviews and photos: {}", joined(names, ", ")),
        explanation,
        // A trader who poses as a consumer breaks Directive 2005/29/EC, annex I, point 22.
        known_illegal: criteria.contains(&Criterion::WrittenBySeller),
    })
}

fn joined<'a>(texts: impl Iterator<Item = &'a str>, by: &str) -> String {
    texts.collect::<Vec<_>>().join(by)
}

/// The law that a criterion names, if it names one.
const fn law(criterion: Criterion) -> Option<&'static str> {
    match criterion {
        Criterion::IllegalContent => {
            Some("The law by which the content, or what it refers to, is illegal; see the facts")
        }
        Criterion::HateOrViolence => Some("The law against incitement to hatred or violence; see the facts"),
        Criterion::RegulatoryBreach => Some("The laws or regulations in force that the facts name"),
        Criterion::Advertising
        | Criterion::Duplicate
        | Criterion::OffTopic
        | Criterion::OtherProduct
        | Criterion::CompetitorPromotion
        | Criterion::PoliticalOrSocial
        | Criterion::Insulting
        | Criterion::Obscene
        | Criterion::Offensive
        | Criterion::SexuallyExplicit
        | Criterion::Defamatory
        | Criterion::PersonalAttack
        | Criterion::FalseOrMisleading
        | Criterion::WrittenBySeller
        | Criterion::ThirdPartyRights
        | Criterion::IdentityTheft
        | Criterion::PersonalData => None,
    }
}

/// A criterion by name, as the rules list it.
const fn in_words(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Advertising => "advertising",
        Criterion::Duplicate => "published several times",
        Criterion::OffTopic => "off topic",
        Criterion::OtherProduct => "another product",
        Criterion::CompetitorPromotion => "a competitor's promotion",
        Criterion::PoliticalOrSocial => "political or social",
        Criterion::Insulting => "insulting",
        Criterion::Obscene => "obscene",
        Criterion::Offensive => "offensive",
        Criterion::SexuallyExplicit => "sexually explicit",
        Criterion::Defamatory => "defamatory",
        Criterion::PersonalAttack => "a personal attack",
        Criterion::FalseOrMisleading => "false or misleading",
        Criterion::WrittenBySeller => "written by a seller",
        Criterion::IllegalContent => "illegal content",
        Criterion::ThirdPartyRights => "rights of third parties",
        Criterion::IdentityTheft => "identity theft",
        Criterion::PersonalData => "personal data",
        Criterion::HateOrViolence => "hatred or violence",
        Criterion::RegulatoryBreach => "a breach of law",
    }
}

/// How a criterion was broken. All together are within what the database takes.
const fn breach(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Advertising => "The content is used to advertise or contains advertising.",
        Criterion::Duplicate => "The content was published several times or by several accounts.",
        Criterion::OffTopic => "The content is off topic: it is not about the product bought.",
        Criterion::OtherProduct => "The content is about another product.",
        Criterion::CompetitorPromotion => "The content encourages a purchase from a competitor.",
        Criterion::PoliticalOrSocial => "The content is of a political or social nature.",
        Criterion::Insulting => "The content is insulting.",
        Criterion::Obscene => "The content is obscene.",
        Criterion::Offensive => "The content is offensive.",
        Criterion::SexuallyExplicit => "The content is sexually explicit.",
        Criterion::Defamatory => "The content is defamatory.",
        Criterion::PersonalAttack => "The content amounts to a personal attack.",
        Criterion::FalseOrMisleading => "The review is false or misleading.",
        Criterion::WrittenBySeller => "The review was written by a seller.",
        Criterion::IllegalContent => "The content is illegal or refers to illegal content.",
        Criterion::ThirdPartyRights => {
            "The content infringes rights of third parties, as to their image, privacy or intellectual property."
        }
        Criterion::IdentityTheft => "The content results from identity theft.",
        Criterion::PersonalData => "The content contains personal data or confidential information.",
        Criterion::HateOrViolence => {
            "The content incites to hatred, discrimination, homophobia, xenophobia, racism or violence."
        }
        Criterion::RegulatoryBreach => "The content can be regarded as a breach of laws or regulations in force.",
    }
}

fn of_listing(reason: ListingRemovalReason) -> Option<Basis> {
    const TERMS: &str = "Terms of sale for sellers";
    match reason {
        ListingRemovalReason::WithdrawnBySeller
        | ListingRemovalReason::Convenience
        | ListingRemovalReason::SellerRemoved => None,
        ListingRemovalReason::BreachOfLaw => {
            Some(illegal("The law that the facts name", "The offer does not respect the law in force."))
        }
        ListingRemovalReason::Prohibited => Some(illegal(
            "The law that prohibits or restricts trade in the product; see the facts",
            "Trade in the product is prohibited or illegal.",
        )),
        ListingRemovalReason::Dangerous => Some(illegal(
            "Regulation (EU) 2023/988 on general product safety",
            "The product endangers health, safety or the environment.",
        )),
        ListingRemovalReason::BreachOfTerms => {
            Some(incompatible(TERMS, "The offer does not respect the terms of sale."))
        }
        ListingRemovalReason::BreachOfQualityCharter => {
            Some(incompatible("Quality charter for sellers", "The offer does not respect the quality charter."))
        }
        ListingRemovalReason::NotReconditioned => {
            Some(incompatible(TERMS, "The product was not reconditioned and repackaged; no other may be offered."))
        }
    }
}

fn of_seller(reason: SellerRemovalReason) -> Option<Basis> {
    match reason {
        SellerRemovalReason::Convenience => None,
        SellerRemovalReason::BreachOfLaw => {
            Some(illegal("The law that the facts name", "The trader did not respect the law in force."))
        }
        SellerRemovalReason::TraderNotTraceable => Some(illegal(
            "Regulation (EU) 2022/2065, art. 30(3)",
            "The trader's information is inaccurate or incomplete and was not mended.",
        )),
        SellerRemovalReason::BreachOfTerms => {
            Some(incompatible("Terms of sale for sellers", "The trader did not respect the terms of sale."))
        }
        SellerRemovalReason::BreachOfQualityCharter => {
            Some(incompatible("Quality charter for sellers", "The trader did not respect the quality charter."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_7_02_the_basis_is_the_law_where_the_ground_is_and_there_is_one_where_there_is_a_category() {
        use {Criterion as C, ListingRemovalReason as L, SellerRemovalReason as S};
        let criteria = [
            C::Advertising,
            C::Duplicate,
            C::OffTopic,
            C::OtherProduct,
            C::CompetitorPromotion,
            C::PoliticalOrSocial,
            C::Insulting,
            C::Obscene,
            C::Offensive,
            C::SexuallyExplicit,
            C::Defamatory,
            C::PersonalAttack,
            C::FalseOrMisleading,
            C::WrittenBySeller,
            C::IllegalContent,
            C::ThirdPartyRights,
            C::IdentityTheft,
            C::PersonalData,
            C::HateOrViolence,
            C::RegulatoryBreach,
        ];
        let listings = [
            L::WithdrawnBySeller,
            L::Convenience,
            L::BreachOfLaw,
            L::BreachOfTerms,
            L::BreachOfQualityCharter,
            L::Prohibited,
            L::Dangerous,
            L::NotReconditioned,
            L::SellerRemoved,
        ];
        let sellers =
            [S::Convenience, S::BreachOfLaw, S::BreachOfTerms, S::BreachOfQualityCharter, S::TraderNotTraceable];
        let grounds = criteria.iter().map(|criterion| Ground::Criteria(vec![*criterion]));
        let grounds = grounds.chain(listings.map(Ground::Listing)).chain(sellers.map(Ground::Seller));
        for ground in grounds {
            let basis = Basis::of(&ground);
            assert_eq!(basis.is_some(), !ground.classifications().is_empty(), "{ground:?}");
            assert_eq!(matches!(basis, Some(Basis::Illegal { .. })), ground.is_law(), "{ground:?}");
            let known = matches!(basis, Some(Basis::Incompatible { known_illegal: true, .. }));
            assert_eq!(known, ground == Ground::Criteria(vec![C::WrittenBySeller]), "{ground:?}");
        }
        // The longest that there can be.
        let terms = criteria.into_iter().filter(|criterion| !criterion.is_law());
        for ground in [Ground::Criteria(criteria.to_vec()), Ground::Criteria(terms.collect())] {
            let Some(
                Basis::Illegal { legal_ground: short, explanation }
                | Basis::Incompatible { ground: short, explanation, .. },
            ) = Basis::of(&ground)
            else {
                panic!("{ground:?}")
            };
            assert!(short.chars().count() <= 500, "{}", short.chars().count());
            assert!(explanation.chars().count() <= 2_000, "{}", explanation.chars().count());
        }
    }

    #[test]
    fn r_7_02_a_ground_of_the_law_names_it_first() {
        let ground = Ground::Criteria(vec![Criterion::Insulting, Criterion::HateOrViolence]);
        assert_eq!(
            Basis::of(&ground),
            Some(illegal(
                "The law against incitement to hatred or violence; see the facts",
                "The content incites to hatred, discrimination, homophobia, xenophobia, racism or violence. The content \
                 is insulting.",
            ))
        );
    }
}
