//! What the Commission calls a reason for a restriction: the category and the keyword of the DSA Transparency Database and
//! of the transparency report, which share one list (R-7-02, Implementing Regulation (EU) 2024/2835, annexes I and II).
//!
//! A criterion or a removal reason has one classification, and a ground with several criteria has a main one, since
//! nothing may be counted twice (annex II): the law comes before the terms where the ground is the law, a keyword before
//! `KEYWORD_OTHER`, which is no catch-all, and then the published order of the criteria. A reason that is neither a
//! breach of law nor of terms has none: the operator's convenience, and a seller's own will.
//!
//! Two names stand outside the list. `STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER` is the report's alone, for orders of
//! authorities (DSA art. 9). `KEYWORD_STALKING` is taken by the database but belongs to no category of the templates.

use serde::{Deserialize, Serialize};

use crate::criterion::Criterion;
use crate::listing::ListingRemovalReason;
use crate::seller::SellerRemovalReason;
use crate::statement::Ground;

/// Values that are written as the Commission spells them.
macro_rules! named_values {
    ($(#[$doc:meta])* $name:ident { $($value:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the names are the Commission's")]
        pub enum $name {
            $(#[serde(rename = $text)] $value,)*
        }

        impl $name {
            /// All of them, in the order of the template.
            pub const ALL: &'static [Self] = &[$(Self::$value,)*];

            /// As the Commission spells it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $text,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named_values! {
    /// A category of Implementing Regulation (EU) 2024/2835, in the order of its template.
    TransparencyCategory {
        AnimalWelfare = "STATEMENT_CATEGORY_ANIMAL_WELFARE",
        ConsumerInformation = "STATEMENT_CATEGORY_CONSUMER_INFORMATION",
        CyberViolence = "STATEMENT_CATEGORY_CYBER_VIOLENCE",
        CyberViolenceAgainstWomen = "STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN",
        DataProtectionAndPrivacyViolations = "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
        IllegalOrHarmfulSpeech = "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH",
        IntellectualPropertyInfringements = "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
        NegativeEffectsOnCivicDiscourseOrElections = "STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
        ProtectionOfMinors = "STATEMENT_CATEGORY_PROTECTION_OF_MINORS",
        RiskForPublicSecurity = "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY",
        ScamsAndFraud = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        SelfHarm = "STATEMENT_CATEGORY_SELF_HARM",
        UnsafeAndProhibitedProducts = "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS",
        Violence = "STATEMENT_CATEGORY_VIOLENCE",
        OtherViolationOfTerms = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
        NotSpecifiedNotice = "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE",
    }
}

named_values! {
    /// A sub-category of Implementing Regulation (EU) 2024/2835, in the order of its template; `Other` closes the list of
    /// each category that has sub-categories.
    TransparencyKeyword {
        AnimalHarm = "KEYWORD_ANIMAL_HARM",
        UnlawfulSaleAnimals = "KEYWORD_UNLAWFUL_SALE_ANIMALS",
        HiddenAdvertisement = "KEYWORD_HIDDEN_ADVERTISEMENT",
        InsufficientInformationOnTraders = "KEYWORD_INSUFFICIENT_INFORMATION_ON_TRADERS",
        MisleadingInfoGoodsServices = "KEYWORD_MISLEADING_INFO_GOODS_SERVICES",
        MisleadingInfoConsumerRights = "KEYWORD_MISLEADING_INFO_CONSUMER_RIGHTS",
        NoncompliancePricing = "KEYWORD_NONCOMPLIANCE_PRICING",
        CyberBullyingIntimidation = "KEYWORD_CYBER_BULLYING_INTIMIDATION",
        CyberHarassment = "KEYWORD_CYBER_HARASSMENT",
        CyberIncitement = "KEYWORD_CYBER_INCITEMENT",
        CyberStalking = "KEYWORD_CYBER_STALKING",
        NonConsensualImageSharing = "KEYWORD_NON_CONSENSUAL_IMAGE_SHARING",
        NonConsensualMaterialDeepfake = "KEYWORD_NON_CONSENSUAL_MATERIAL_DEEPFAKE",
        BullyingAgainstGirls = "KEYWORD_BULLYING_AGAINST_GIRLS",
        CyberHarassmentAgainstWomen = "KEYWORD_CYBER_HARASSMENT_AGAINST_WOMEN",
        CyberStalkingAgainstWomen = "KEYWORD_CYBER_STALKING_AGAINST_WOMEN",
        FemaleGenderedDisinformation = "KEYWORD_FEMALE_GENDERED_DISINFORMATION",
        IncitementAgainstWomen = "KEYWORD_INCITEMENT_AGAINST_WOMEN",
        NonConsensualImageSharingAgainstWomen = "KEYWORD_NON_CONSENSUAL_IMAGE_SHARING_AGAINST_WOMEN",
        NonConsensualMaterialDeepfakeAgainstWomen = "KEYWORD_NON_CONSENSUAL_MATERIAL_DEEPFAKE_AGAINST_WOMEN",
        BiometricDataBreach = "KEYWORD_BIOMETRIC_DATA_BREACH",
        DataFalsification = "KEYWORD_DATA_FALSIFICATION",
        MissingProcessingGround = "KEYWORD_MISSING_PROCESSING_GROUND",
        RightToBeForgotten = "KEYWORD_RIGHT_TO_BE_FORGOTTEN",
        Defamation = "KEYWORD_DEFAMATION",
        Discrimination = "KEYWORD_DISCRIMINATION",
        HateSpeech = "KEYWORD_HATE_SPEECH",
        CopyrightInfringement = "KEYWORD_COPYRIGHT_INFRINGEMENT",
        DesignInfringement = "KEYWORD_DESIGN_INFRINGEMENT",
        GeographicIndicationsInfringement = "KEYWORD_GEOGRAPHIC_INDICATIONS_INFRINGEMENT",
        PatentInfringement = "KEYWORD_PATENT_INFRINGEMENT",
        TradeSecretInfringement = "KEYWORD_TRADE_SECRET_INFRINGEMENT",
        TrademarkInfringement = "KEYWORD_TRADEMARK_INFRINGEMENT",
        MisinformationDisinformation = "KEYWORD_MISINFORMATION_DISINFORMATION",
        ViolationEuLaw = "KEYWORD_VIOLATION_EU_LAW",
        ViolationNationalLaw = "KEYWORD_VIOLATION_NATIONAL_LAW",
        AgeSpecificRestrictionsMinors = "KEYWORD_AGE_SPECIFIC_RESTRICTIONS_MINORS",
        ChildSexualAbuseMaterial = "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL",
        ChildSexualAbuseMaterialDeepfake = "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE",
        GroomingSexualEnticementMinors = "KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS",
        UnsafeChallenges = "KEYWORD_UNSAFE_CHALLENGES",
        IllegalOrganizations = "KEYWORD_ILLEGAL_ORGANIZATIONS",
        RiskEnvironmentalDamage = "KEYWORD_RISK_ENVIRONMENTAL_DAMAGE",
        RiskPublicHealth = "KEYWORD_RISK_PUBLIC_HEALTH",
        TerroristContent = "KEYWORD_TERRORIST_CONTENT",
        ImpersonationAccountHijacking = "KEYWORD_IMPERSONATION_ACCOUNT_HIJACKING",
        InauthenticAccounts = "KEYWORD_INAUTHENTIC_ACCOUNTS",
        InauthenticListings = "KEYWORD_INAUTHENTIC_LISTINGS",
        InauthenticUserReviews = "KEYWORD_INAUTHENTIC_USER_REVIEWS",
        Phishing = "KEYWORD_PHISHING",
        PyramidSchemes = "KEYWORD_PYRAMID_SCHEMES",
        ContentPromotingEatingDisorders = "KEYWORD_CONTENT_PROMOTING_EATING_DISORDERS",
        SelfMutilation = "KEYWORD_SELF_MUTILATION",
        Suicide = "KEYWORD_SUICIDE",
        ProhibitedProducts = "KEYWORD_PROHIBITED_PRODUCTS",
        UnsafeProducts = "KEYWORD_UNSAFE_PRODUCTS",
        CoordinatedHarm = "KEYWORD_COORDINATED_HARM",
        IncitementViolenceHatred = "KEYWORD_INCITEMENT_VIOLENCE_HATRED",
        HumanExploitation = "KEYWORD_HUMAN_EXPLOITATION",
        HumanTrafficking = "KEYWORD_HUMAN_TRAFFICKING",
        TraffickingWomenGirls = "KEYWORD_TRAFFICKING_WOMEN_GIRLS",
        AdultSexualMaterial = "KEYWORD_ADULT_SEXUAL_MATERIAL",
        AgeSpecificRestrictions = "KEYWORD_AGE_SPECIFIC_RESTRICTIONS",
        GeographicalRequirements = "KEYWORD_GEOGRAPHICAL_REQUIREMENTS",
        GoodsServicesNotPermitted = "KEYWORD_GOODS_SERVICES_NOT_PERMITTED",
        LanguageRequirements = "KEYWORD_LANGUAGE_REQUIREMENTS",
        Nudity = "KEYWORD_NUDITY",
        Other = "KEYWORD_OTHER",
    }
}

impl TransparencyCategory {
    /// The keywords that say it more precisely, in the order of the template, `Other` last; none for what a notifier did
    /// not specify.
    #[must_use]
    pub const fn keywords(self) -> &'static [TransparencyKeyword] {
        use TransparencyKeyword as K;
        match self {
            Self::AnimalWelfare => &[K::AnimalHarm, K::UnlawfulSaleAnimals, K::Other],
            Self::ConsumerInformation => &[
                K::HiddenAdvertisement,
                K::InsufficientInformationOnTraders,
                K::MisleadingInfoGoodsServices,
                K::MisleadingInfoConsumerRights,
                K::NoncompliancePricing,
                K::Other,
            ],
            Self::CyberViolence => &[
                K::CyberBullyingIntimidation,
                K::CyberHarassment,
                K::CyberIncitement,
                K::CyberStalking,
                K::NonConsensualImageSharing,
                K::NonConsensualMaterialDeepfake,
                K::Other,
            ],
            Self::CyberViolenceAgainstWomen => &[
                K::BullyingAgainstGirls,
                K::CyberHarassmentAgainstWomen,
                K::CyberStalkingAgainstWomen,
                K::FemaleGenderedDisinformation,
                K::IncitementAgainstWomen,
                K::NonConsensualImageSharingAgainstWomen,
                K::NonConsensualMaterialDeepfakeAgainstWomen,
                K::Other,
            ],
            Self::DataProtectionAndPrivacyViolations => &[
                K::BiometricDataBreach,
                K::DataFalsification,
                K::MissingProcessingGround,
                K::RightToBeForgotten,
                K::Other,
            ],
            Self::IllegalOrHarmfulSpeech => &[K::Defamation, K::Discrimination, K::HateSpeech, K::Other],
            Self::IntellectualPropertyInfringements => &[
                K::CopyrightInfringement,
                K::DesignInfringement,
                K::GeographicIndicationsInfringement,
                K::PatentInfringement,
                K::TradeSecretInfringement,
                K::TrademarkInfringement,
                K::Other,
            ],
            Self::NegativeEffectsOnCivicDiscourseOrElections => {
                &[K::MisinformationDisinformation, K::ViolationEuLaw, K::ViolationNationalLaw, K::Other]
            }
            Self::ProtectionOfMinors => &[
                K::AgeSpecificRestrictionsMinors,
                K::ChildSexualAbuseMaterial,
                K::ChildSexualAbuseMaterialDeepfake,
                K::GroomingSexualEnticementMinors,
                K::UnsafeChallenges,
                K::Other,
            ],
            Self::RiskForPublicSecurity => &[
                K::IllegalOrganizations,
                K::RiskEnvironmentalDamage,
                K::RiskPublicHealth,
                K::TerroristContent,
                K::Other,
            ],
            Self::ScamsAndFraud => &[
                K::ImpersonationAccountHijacking,
                K::InauthenticAccounts,
                K::InauthenticListings,
                K::InauthenticUserReviews,
                K::Phishing,
                K::PyramidSchemes,
                K::Other,
            ],
            Self::SelfHarm => &[K::ContentPromotingEatingDisorders, K::SelfMutilation, K::Suicide, K::Other],
            Self::UnsafeAndProhibitedProducts => &[K::ProhibitedProducts, K::UnsafeProducts, K::Other],
            Self::Violence => &[
                K::CoordinatedHarm,
                K::IncitementViolenceHatred,
                K::HumanExploitation,
                K::HumanTrafficking,
                K::TraffickingWomenGirls,
                K::Other,
            ],
            Self::OtherViolationOfTerms => &[
                K::AdultSexualMaterial,
                K::AgeSpecificRestrictions,
                K::GeographicalRequirements,
                K::GoodsServicesNotPermitted,
                K::LanguageRequirements,
                K::Nudity,
                K::Other,
            ],
            Self::NotSpecifiedNotice => &[],
        }
    }
}

/// A category, with the keyword that says it more precisely. A keyword is always one of its category's, and only
/// `KEYWORD_OTHER` has a text, which says what no keyword does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Classification {
    category: TransparencyCategory,
    keyword: TransparencyKeyword,
    other: Option<&'static str>,
}

impl Classification {
    const fn named(category: TransparencyCategory, keyword: TransparencyKeyword) -> Self {
        Self { category, keyword, other: None }
    }

    const fn other(category: TransparencyCategory, other: &'static str) -> Self {
        Self { category, keyword: TransparencyKeyword::Other, other: Some(other) }
    }

    /// The category.
    #[must_use]
    pub const fn category(self) -> TransparencyCategory {
        self.category
    }

    /// The keyword.
    #[must_use]
    pub const fn keyword(self) -> TransparencyKeyword {
        self.keyword
    }

    /// What it is, in words, where the keyword is `KEYWORD_OTHER`; no two of a category are the same (annex II).
    #[must_use]
    pub const fn other_keyword(self) -> Option<&'static str> {
        self.other
    }
}

impl Criterion {
    /// What the Commission calls it.
    ///
    /// Two criteria say only that a law was broken, not which: they are speech of the category for it, with a text. Rights
    /// of third parties are those of image and privacy, as in the example that the criterion itself gives.
    #[must_use]
    pub const fn classification(self) -> Classification {
        use TransparencyCategory as C;
        use TransparencyKeyword as K;
        match self {
            Self::Advertising => Classification::named(C::ConsumerInformation, K::HiddenAdvertisement),
            Self::Duplicate | Self::FalseOrMisleading | Self::WrittenBySeller => {
                Classification::named(C::ScamsAndFraud, K::InauthenticUserReviews)
            }
            Self::OffTopic => Classification::other(C::OtherViolationOfTerms, "Review off topic"),
            Self::OtherProduct => Classification::other(C::OtherViolationOfTerms, "Review of another product"),
            Self::CompetitorPromotion => {
                Classification::other(C::OtherViolationOfTerms, "Solicitation to buy from a competitor")
            }
            Self::PoliticalOrSocial => {
                Classification::other(C::OtherViolationOfTerms, "Political or social remark in a review")
            }
            Self::Offensive => Classification::other(C::OtherViolationOfTerms, "Offensive remark in a review"),
            Self::Insulting | Self::PersonalAttack => {
                Classification::named(C::CyberViolence, K::CyberBullyingIntimidation)
            }
            Self::Obscene => Classification::named(C::OtherViolationOfTerms, K::Nudity),
            Self::SexuallyExplicit => Classification::named(C::OtherViolationOfTerms, K::AdultSexualMaterial),
            Self::Defamatory => Classification::named(C::IllegalOrHarmfulSpeech, K::Defamation),
            Self::HateOrViolence => Classification::named(C::IllegalOrHarmfulSpeech, K::HateSpeech),
            Self::IllegalContent => {
                Classification::other(C::IllegalOrHarmfulSpeech, "Illegal content in a review, or a reference to it")
            }
            Self::RegulatoryBreach => {
                Classification::other(C::IllegalOrHarmfulSpeech, "Other breach of laws or regulations in a review")
            }
            Self::ThirdPartyRights | Self::PersonalData => {
                Classification::named(C::DataProtectionAndPrivacyViolations, K::MissingProcessingGround)
            }
            Self::IdentityTheft => Classification::named(C::ScamsAndFraud, K::ImpersonationAccountHijacking),
        }
    }
}

impl ListingRemovalReason {
    /// What the Commission calls it; nothing where it is neither a breach of law nor of terms. What became of a removed
    /// seller's listings has the seller's reason, which this one does not tell.
    ///
    /// What is prohibited or dangerous has a reason of its own, so that a breach of law is of what buyers must be told.
    #[must_use]
    pub const fn classification(self) -> Option<Classification> {
        use TransparencyCategory as C;
        use TransparencyKeyword as K;
        match self {
            Self::WithdrawnBySeller | Self::Convenience | Self::SellerRemoved => None,
            Self::BreachOfLaw => Some(Classification::other(C::ConsumerInformation, "Offer in breach of law")),
            Self::BreachOfTerms => {
                Some(Classification::other(C::OtherViolationOfTerms, "Offer in breach of the terms of sale"))
            }
            Self::BreachOfQualityCharter => {
                Some(Classification::other(C::OtherViolationOfTerms, "Offer in breach of the quality charter"))
            }
            Self::Prohibited => Some(Classification::named(C::UnsafeAndProhibitedProducts, K::ProhibitedProducts)),
            Self::Dangerous => Some(Classification::named(C::UnsafeAndProhibitedProducts, K::UnsafeProducts)),
            Self::NotReconditioned => {
                Some(Classification::named(C::OtherViolationOfTerms, K::GoodsServicesNotPermitted))
            }
        }
    }
}

impl SellerRemovalReason {
    /// What the Commission calls it; nothing where it is neither a breach of law nor of terms.
    #[must_use]
    pub const fn classification(self) -> Option<Classification> {
        use TransparencyCategory as C;
        use TransparencyKeyword as K;
        match self {
            Self::Convenience => None,
            Self::BreachOfLaw => Some(Classification::other(C::ConsumerInformation, "Trader in breach of law")),
            Self::BreachOfTerms => {
                Some(Classification::other(C::OtherViolationOfTerms, "Trader in breach of the terms of sale"))
            }
            Self::BreachOfQualityCharter => {
                Some(Classification::other(C::OtherViolationOfTerms, "Trader in breach of the quality charter"))
            }
            Self::TraderNotTraceable => {
                Some(Classification::named(C::ConsumerInformation, K::InsufficientInformationOnTraders))
            }
        }
    }
}

impl Ground {
    /// What the Commission calls it: the main classification first, each once; none where it is neither a breach of law
    /// nor of terms.
    #[must_use]
    pub fn classifications(&self) -> Vec<Classification> {
        match self {
            Self::Criteria(criteria) => {
                let mut ordered: Vec<(bool, bool, Criterion)> = criteria
                    .iter()
                    .map(|&criterion| {
                        let other = criterion.classification().other_keyword().is_some();
                        (!criterion.is_law(), other, criterion)
                    })
                    .collect();
                ordered.sort_unstable();
                let mut classifications = Vec::with_capacity(ordered.len());
                for (_, _, criterion) in ordered {
                    let classification = criterion.classification();
                    if !classifications.contains(&classification) {
                        classifications.push(classification);
                    }
                }
                classifications
            }
            Self::Listing(reason) => reason.classification().into_iter().collect(),
            Self::Seller(reason) => reason.classification().into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every criterion; the compiler asks for a new one in [`Criterion::classification`], the count asks for it here.
    const CRITERIA: [(Criterion, &str, &str); 20] = [
        (Criterion::Advertising, "CONSUMER_INFORMATION", "HIDDEN_ADVERTISEMENT"),
        (Criterion::Duplicate, "SCAMS_AND_FRAUD", "INAUTHENTIC_USER_REVIEWS"),
        (Criterion::OffTopic, "OTHER_VIOLATION_TC", "OTHER"),
        (Criterion::OtherProduct, "OTHER_VIOLATION_TC", "OTHER"),
        (Criterion::CompetitorPromotion, "OTHER_VIOLATION_TC", "OTHER"),
        (Criterion::PoliticalOrSocial, "OTHER_VIOLATION_TC", "OTHER"),
        (Criterion::Insulting, "CYBER_VIOLENCE", "CYBER_BULLYING_INTIMIDATION"),
        (Criterion::Obscene, "OTHER_VIOLATION_TC", "NUDITY"),
        (Criterion::Offensive, "OTHER_VIOLATION_TC", "OTHER"),
        (Criterion::SexuallyExplicit, "OTHER_VIOLATION_TC", "ADULT_SEXUAL_MATERIAL"),
        (Criterion::Defamatory, "ILLEGAL_OR_HARMFUL_SPEECH", "DEFAMATION"),
        (Criterion::PersonalAttack, "CYBER_VIOLENCE", "CYBER_BULLYING_INTIMIDATION"),
        (Criterion::FalseOrMisleading, "SCAMS_AND_FRAUD", "INAUTHENTIC_USER_REVIEWS"),
        (Criterion::WrittenBySeller, "SCAMS_AND_FRAUD", "INAUTHENTIC_USER_REVIEWS"),
        (Criterion::IllegalContent, "ILLEGAL_OR_HARMFUL_SPEECH", "OTHER"),
        (Criterion::ThirdPartyRights, "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS", "MISSING_PROCESSING_GROUND"),
        (Criterion::IdentityTheft, "SCAMS_AND_FRAUD", "IMPERSONATION_ACCOUNT_HIJACKING"),
        (Criterion::PersonalData, "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS", "MISSING_PROCESSING_GROUND"),
        (Criterion::HateOrViolence, "ILLEGAL_OR_HARMFUL_SPEECH", "HATE_SPEECH"),
        (Criterion::RegulatoryBreach, "ILLEGAL_OR_HARMFUL_SPEECH", "OTHER"),
    ];

    const LISTINGS: [(ListingRemovalReason, Option<(&str, &str)>); 9] = [
        (ListingRemovalReason::WithdrawnBySeller, None),
        (ListingRemovalReason::Convenience, None),
        (ListingRemovalReason::BreachOfLaw, Some(("CONSUMER_INFORMATION", "OTHER"))),
        (ListingRemovalReason::BreachOfTerms, Some(("OTHER_VIOLATION_TC", "OTHER"))),
        (ListingRemovalReason::BreachOfQualityCharter, Some(("OTHER_VIOLATION_TC", "OTHER"))),
        (ListingRemovalReason::Prohibited, Some(("UNSAFE_AND_PROHIBITED_PRODUCTS", "PROHIBITED_PRODUCTS"))),
        (ListingRemovalReason::Dangerous, Some(("UNSAFE_AND_PROHIBITED_PRODUCTS", "UNSAFE_PRODUCTS"))),
        (ListingRemovalReason::NotReconditioned, Some(("OTHER_VIOLATION_TC", "GOODS_SERVICES_NOT_PERMITTED"))),
        (ListingRemovalReason::SellerRemoved, None),
    ];

    const SELLERS: [(SellerRemovalReason, Option<(&str, &str)>); 5] = [
        (SellerRemovalReason::Convenience, None),
        (SellerRemovalReason::BreachOfLaw, Some(("CONSUMER_INFORMATION", "OTHER"))),
        (SellerRemovalReason::BreachOfTerms, Some(("OTHER_VIOLATION_TC", "OTHER"))),
        (SellerRemovalReason::BreachOfQualityCharter, Some(("OTHER_VIOLATION_TC", "OTHER"))),
        (
            SellerRemovalReason::TraderNotTraceable,
            Some(("CONSUMER_INFORMATION", "INSUFFICIENT_INFORMATION_ON_TRADERS")),
        ),
    ];

    fn names(classification: Classification) -> (&'static str, &'static str) {
        let category = classification.category().name().strip_prefix("STATEMENT_CATEGORY_").unwrap();
        (category, classification.keyword().name().strip_prefix("KEYWORD_").unwrap())
    }

    #[test]
    fn r_7_02_each_criterion_and_each_removal_reason_has_the_category_and_keyword_of_this_table() {
        for (criterion, category, keyword) in CRITERIA {
            assert_eq!(names(criterion.classification()), (category, keyword), "{criterion:?}");
        }
        for (reason, expected) in LISTINGS {
            assert_eq!(reason.classification().map(names), expected, "{reason:?}");
        }
        for (reason, expected) in SELLERS {
            assert_eq!(reason.classification().map(names), expected, "{reason:?}");
        }
    }

    #[test]
    fn r_7_02_a_keyword_is_one_of_its_category_and_other_says_in_words_what_it_is_differently_each_time() {
        let mut texts = std::collections::BTreeSet::new();
        let all = CRITERIA.iter().map(|(criterion, ..)| criterion.classification());
        let all = all.chain(LISTINGS.iter().filter_map(|(reason, _)| reason.classification()));
        let all = all.chain(SELLERS.iter().filter_map(|(reason, _)| reason.classification()));
        for classification in all {
            assert!(classification.category().keywords().contains(&classification.keyword()), "{classification:?}");
            let is_other = classification.keyword() == TransparencyKeyword::Other;
            assert_eq!(classification.other_keyword().is_some(), is_other, "{classification:?}");
            if let Some(text) = classification.other_keyword() {
                assert!(texts.insert(text), "{text:?} says two things");
            }
        }
    }

    #[test]
    fn r_7_02_each_keyword_but_other_is_of_one_category_and_each_name_is_its_json() {
        let mut seen: Vec<TransparencyKeyword> = Vec::new();
        for category in TransparencyCategory::ALL {
            assert_eq!(serde_json::to_value(category).unwrap(), category.name());
            assert!(category.name().starts_with("STATEMENT_CATEGORY_"));
            match category.keywords().split_last() {
                Some((last, named)) => {
                    assert_eq!(*last, TransparencyKeyword::Other, "{category}");
                    seen.extend(named);
                }
                None => assert_eq!(*category, TransparencyCategory::NotSpecifiedNotice),
            }
        }
        seen.push(TransparencyKeyword::Other);
        assert_eq!(seen, TransparencyKeyword::ALL);
        for keyword in TransparencyKeyword::ALL {
            assert_eq!(serde_json::to_value(keyword).unwrap(), keyword.name());
            assert!(keyword.name().starts_with("KEYWORD_"));
        }
        assert_eq!((TransparencyCategory::ALL.len(), TransparencyKeyword::ALL.len()), (16, 68));
    }

    #[test]
    fn r_7_02_the_main_classification_is_the_law_then_the_more_precise_one() {
        let main = |criteria: &[Criterion]| {
            Ground::Criteria(criteria.to_vec()).classifications().into_iter().map(names).collect::<Vec<_>>()
        };
        assert_eq!(
            main(&[Criterion::OffTopic, Criterion::Insulting, Criterion::PersonalAttack]),
            [("CYBER_VIOLENCE", "CYBER_BULLYING_INTIMIDATION"), ("OTHER_VIOLATION_TC", "OTHER")]
        );
        assert_eq!(
            main(&[Criterion::Insulting, Criterion::IllegalContent, Criterion::HateOrViolence]),
            [
                ("ILLEGAL_OR_HARMFUL_SPEECH", "HATE_SPEECH"),
                ("ILLEGAL_OR_HARMFUL_SPEECH", "OTHER"),
                ("CYBER_VIOLENCE", "CYBER_BULLYING_INTIMIDATION"),
            ]
        );
        assert!(Ground::Seller(SellerRemovalReason::Convenience).classifications().is_empty());
        assert!(Ground::Listing(ListingRemovalReason::Convenience).classifications().is_empty());
    }
}
