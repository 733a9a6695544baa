//! Parts 1 and 2: of what and of when the report is, and what its categories are called.

use domain::transparency_category::{TransparencyCategory, TransparencyKeyword};

use super::columns;
use super::heading::{Heading, NOT_CAPTURED, of_terms, rows};
use super::part::{ALL, Cell, Part, Stamp};

/// Marks what people must fill in.
pub const TO_BE_FILLED_IN: &str = "TO BE FILLED IN";

/// Part 1. When the report is published, and by whom, is not in the book.
pub(super) fn identification(stamp: &Stamp) -> Part {
    let (first, last) = stamp.period.split_once('/').unwrap_or_default();
    let indicators = [
        ("Name of the service provider", TO_BE_FILLED_IN),
        ("Date of the publication of the report", TO_BE_FILLED_IN),
        ("Date of the publication of the latest previous report", TO_BE_FILLED_IN),
        ("Starting date of reporting period", first),
        ("Ending date of reporting period", last),
    ];
    let row = |(indicator, value)| [ALL, stamp.service, indicator, value].map(Cell::text).to_vec();
    let rows = indicators.map(row).to_vec();
    Part {
        number: 1,
        name: "report-identification",
        sheet: "1_report_identification",
        columns: columns::IDENTIFICATION,
        rows,
    }
}

/// Part 2.
pub(super) fn categories() -> Part {
    let mut labels = Labels::default();
    let headings = rows(of_terms(), &[]).into_iter().chain([Heading::NotSpecifiedOrder, Heading::NotSpecifiedNotice]);
    let row =
        |heading: Heading| [&labels.next(heading), description(heading), heading.name(), ""].map(Cell::text).to_vec();
    let rows = headings.map(row).collect();
    Part { number: 2, name: "category-names", sheet: "2_categories_names", columns: columns::CATEGORIES, rows }
}

/// Labels in the template's manner: `Category 2`, and `Category 2a` for its first sub-category.
#[derive(Default)]
struct Labels {
    category: u32,
    keyword: u8,
}

impl Labels {
    fn next(&mut self, heading: Heading) -> String {
        match heading {
            Heading::Total => heading.name().to_owned(),
            Heading::Category(_) | Heading::NotSpecifiedOrder | Heading::NotSpecifiedNotice => {
                (self.category, self.keyword) = (self.category + 1, 0);
                format!("Category {}", self.category)
            }
            Heading::Keyword(..) => {
                self.keyword += 1;
                format!("Category {}{}", self.category, char::from(b'a' + self.keyword - 1))
            }
        }
    }
}

/// What a row is called in words.
const fn description(heading: Heading) -> &'static str {
    match heading {
        Heading::Total => "All the entries",
        Heading::Category(category) => of_category(category),
        Heading::Keyword(_, keyword, _) => of_keyword(keyword),
        Heading::NotSpecifiedOrder => "Type of illegal content not specified by the public authority",
        Heading::NotSpecifiedNotice => of_category(TransparencyCategory::NotSpecifiedNotice),
    }
}

const fn of_category(category: TransparencyCategory) -> &'static str {
    use TransparencyCategory as C;
    match category {
        C::AnimalWelfare => "Animal welfare",
        C::ConsumerInformation => "Consumer information infringements",
        C::CyberViolence => "Cyber violence",
        C::CyberViolenceAgainstWomen => "Cyber violence against women",
        C::DataProtectionAndPrivacyViolations => "Data protection and privacy violations",
        C::IllegalOrHarmfulSpeech => "Illegal or harmful speech",
        C::IntellectualPropertyInfringements => "Intellectual property infringements",
        C::NegativeEffectsOnCivicDiscourseOrElections => "Negative effects on civic discourse or elections",
        C::ProtectionOfMinors => "Protection of minors",
        C::RiskForPublicSecurity => "Risk for public security",
        C::ScamsAndFraud => "Scams and/or fraud",
        C::SelfHarm => "Self-harm",
        C::UnsafeAndProhibitedProducts => "Unsafe, non-compliant or prohibited products",
        C::Violence => "Violence",
        C::OtherViolationOfTerms => "Other violation of provider’s terms and conditions",
        C::NotSpecifiedNotice => "Type of alleged illegal content not specified by the notifier",
    }
}

const fn of_keyword(keyword: TransparencyKeyword) -> &'static str {
    use TransparencyKeyword as K;
    match keyword {
        K::AnimalHarm => "Animal harm",
        K::UnlawfulSaleAnimals => "Unlawful sale of animals",
        K::HiddenAdvertisement => "Hidden advertisement or commercial communication, including by influencers",
        K::InsufficientInformationOnTraders => "Insufficient information on traders",
        K::MisleadingInfoGoodsServices => "Misleading information about the characteristics of the goods and services",
        K::MisleadingInfoConsumerRights => "Misleading information about the consumer’s rights",
        K::NoncompliancePricing => "Non-compliance with pricing regulations",
        K::CyberBullyingIntimidation => "Cyber bullying and intimidation",
        K::CyberHarassment => "Cyber harassment",
        K::CyberIncitement => "Cyber incitement to hatred or violence",
        K::CyberStalking => "Cyber stalking",
        K::NonConsensualImageSharing => {
            "Non-consensual (intimate) material sharing, including (image-based) sexual abuse (excluding content depicting minors)"
        }
        K::NonConsensualMaterialDeepfake => {
            "Non-consensual sharing of material containing deepfake or similar technology using a third party's features (excluding content depicting minors)"
        }
        K::BullyingAgainstGirls => "Cyber bullying and intimidation against girls",
        K::CyberHarassmentAgainstWomen => "Cyber harassment against women",
        K::CyberStalkingAgainstWomen => "Cyber stalking against women",
        K::FemaleGenderedDisinformation => "Gendered disinformation",
        K::IncitementAgainstWomen => "Illegal incitement to violence and hatred against women",
        K::NonConsensualImageSharingAgainstWomen => {
            "Non-consensual (intimate) material sharing against women, including (image-based) sexual abuse against women (excluding content depicting minors)"
        }
        K::NonConsensualMaterialDeepfakeAgainstWomen => {
            "Non-consensual sharing of material containing deepfake or similar technology using a third party's features against women (excluding content depicting minors)"
        }
        K::BiometricDataBreach => "Biometric data breach",
        K::DataFalsification => "Data falsification",
        K::MissingProcessingGround => "Missing processing ground for data",
        K::RightToBeForgotten => "Right to be forgotten",
        K::Defamation => "Defamation",
        K::Discrimination => "Discrimination",
        K::HateSpeech => "Illegal incitement to violence and hatred based on protected characteristics (hate speech)",
        K::CopyrightInfringement => "Copyright infringements",
        K::DesignInfringement => "Design infringements",
        K::GeographicIndicationsInfringement => "Geographical indications infringements",
        K::PatentInfringement => "Patent infringements",
        K::TradeSecretInfringement => "Trade secret infringements",
        K::TrademarkInfringement => "Trademark infringements",
        K::MisinformationDisinformation => {
            "Misinformation, disinformation, foreign information manipulation and interference"
        }
        K::ViolationEuLaw => "Violation of EU law relevant to civic discourse or elections",
        K::ViolationNationalLaw => "Violation of national law relevant to civic discourse or elections",
        K::AgeSpecificRestrictionsMinors => "Age-specific restrictions concerning minors",
        K::ChildSexualAbuseMaterial => "Child sexual abuse material",
        K::ChildSexualAbuseMaterialDeepfake => "Child sexual abuse material containing deepfake or similar technology",
        K::GroomingSexualEnticementMinors => "Grooming/sexual enticement of minors",
        K::UnsafeChallenges => "Unsafe challenges",
        K::IllegalOrganizations => "Illegal organizations",
        K::RiskEnvironmentalDamage => "Risk for environmental damage",
        K::RiskPublicHealth => "Risk for public health",
        K::TerroristContent => "Terrorist content",
        K::ImpersonationAccountHijacking => "Impersonation or account hijacking",
        K::InauthenticAccounts => "Inauthentic accounts",
        K::InauthenticListings => "Inauthentic listings",
        K::InauthenticUserReviews => "Inauthentic user reviews",
        K::Phishing => "Phishing",
        K::PyramidSchemes => "Pyramid schemes",
        K::ContentPromotingEatingDisorders => "Content promoting eating disorders",
        K::SelfMutilation => "Self-mutilation",
        K::Suicide => "Suicide",
        K::ProhibitedProducts => "Prohibited or restricted products",
        K::UnsafeProducts => "Unsafe or non-compliant products",
        K::CoordinatedHarm => "Coordinated harm",
        K::IncitementViolenceHatred => "General calls or incitement to violence and/or hatred",
        K::HumanExploitation => "Human exploitation",
        K::HumanTrafficking => "Human trafficking",
        K::TraffickingWomenGirls => "Trafficking in women and girls",
        K::AdultSexualMaterial => "Adult sexual material",
        K::AgeSpecificRestrictions => "Age-specific restrictions",
        K::GeographicalRequirements => "Geographical requirements",
        K::GoodsServicesNotPermitted => "Goods/services not permitted to be offered on the platform",
        K::LanguageRequirements => "Language requirements",
        K::Nudity => "Nudity",
        K::Other => NOT_CAPTURED,
    }
}
