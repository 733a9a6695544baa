//! Each rule of the Transparency Database for a record, and how a record here keeps it: by a type that can't say otherwise, or by
//! the check that refuses a draft before anything is sent.
//!
//! The rules' names are those of `tests/transparency_database/rules.txt`: of the table by which a database on the test's own
//! machine refuses what breaks them. A rule that a type keeps is looked for in a record of each kind that the type can say.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::criterion::Criterion;
use domain::ids::StatementId;
use domain::listing::ListingRemovalReason;
use domain::seller::SellerRemovalReason;
use domain::statement::Ground;
use projections::transparency_database::{
    AccountType, Automation, Basis, ContentLanguage, ContentType, Draft, Puid, Record, Restricted, Source,
};
use serde_json::{Map, Value};
use uuid::Uuid;

/// How a rule is kept.
enum Kept {
    /// This type can't say what breaks it: of each record this holds.
    By(&'static str, fn(&Fields) -> bool),
    /// A draft that breaks it, as each of these changes makes it do, is refused with the field.
    Refused(&'static [fn(&mut Draft)]),
}

use Kept::{By, Refused};

/// A record's fields, as they are sent.
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(|value| value.as_str().unwrap_or_else(|| panic!("{field} is a text: {value}")))
    }

    fn list(&self, field: &str) -> Vec<&str> {
        let values = self.0.get(field).map(|value| value.as_array().unwrap_or_else(|| panic!("{field}: {value}")));
        values.into_iter().flatten().map(|value| value.as_str().unwrap()).collect()
    }

    fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// Whether a text is nothing, or has at most so many characters.
    fn at_most(&self, field: &str, longest: usize) -> bool {
        self.text(field).is_none_or(|text| !text.trim().is_empty() && text.chars().count() <= longest)
    }

    fn one_of(&self, field: &str, values: &[&str]) -> bool {
        self.text(field).is_none_or(|value| values.contains(&value))
    }

    fn is_illegal(&self) -> bool {
        self.text("decision_ground") == Some("DECISION_GROUND_ILLEGAL_CONTENT")
    }

    fn is_day(&self, field: &str) -> bool {
        self.text(field).is_some_and(|day| day.parse::<NaiveDate>().is_ok_and(|parsed| parsed.to_string() == day))
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn draft() -> Draft {
    let ground = Ground::Criteria(vec![Criterion::ThirdPartyRights, Criterion::OffTopic]);
    Draft {
        puid: Puid::of(StatementId(Uuid::from_u128(7))),
        restricted: Restricted::ContentNotPublished,
        account_type: AccountType::Private,
        basis: Basis::of(&ground).unwrap(),
        classifications: ground.classifications(),
        content: vec![ContentType::Image],
        language: ContentLanguage::of("nl".parse().unwrap()),
        content_date: day(2026, 11, 20),
        ean: None,
        application_date: day(2026, 11, 24),
        facts: "a face is to be seen on one of the photos".into(),
        source: Source::OwnInitiative,
        automation: Automation::None,
    }
}

fn illegal(legal_ground: &str, explanation: &str) -> Basis {
    Basis::Illegal { legal_ground: legal_ground.into(), explanation: explanation.into() }
}

fn terms(ground: &str, explanation: &str) -> Basis {
    Basis::Incompatible { ground: ground.into(), explanation: explanation.into(), known_illegal: false }
}

const PERSONAL: &str = "ask jan@example.eu";

fn long(characters: usize) -> String {
    "é".repeat(characters)
}

const NEVER_SENT: &str = "Record, which has no such field";

/// Each rule, and how it is kept.
fn rules() -> Vec<(&'static str, Kept)> {
    const ISO: &str = "ContentLanguage";
    vec![
        (
            "decision_visibility: required without decision_monetary, decision_provision and decision_account",
            By("Restricted", |it| {
                ["decision_visibility", "decision_provision", "decision_account"].iter().any(|one| it.has(one))
            }),
        ),
        (
            "decision_visibility: an array of its values",
            By("Restricted", |it| {
                let known = ["DECISION_VISIBILITY_CONTENT_REMOVED", "DECISION_VISIBILITY_OTHER"];
                it.list("decision_visibility").iter().all(|one| known.contains(one))
            }),
        ),
        ("decision_visibility_other: required with DECISION_VISIBILITY_OTHER", By("Restricted", visibility_in_words)),
        ("decision_visibility_other: dropped unless DECISION_VISIBILITY_OTHER", By("Restricted", visibility_in_words)),
        (
            "decision_visibility_other: at most 500 characters",
            By("Restricted, of standard words", |it| it.at_most("decision_visibility_other", 500)),
        ),
        (
            "decision_visibility_other: no personal data",
            By("Restricted, of standard words", |it| {
                it.one_of("decision_visibility_other", &["Not published after a check before publication"])
            }),
        ),
        ("decision_monetary: one of its values", By(NEVER_SENT, |it| !it.has("decision_monetary"))),
        (
            "decision_monetary_other: required with DECISION_MONETARY_OTHER",
            By(NEVER_SENT, |it| !it.has("decision_monetary")),
        ),
        (
            "decision_monetary_other: dropped unless DECISION_MONETARY_OTHER",
            By(NEVER_SENT, |it| !it.has("decision_monetary_other")),
        ),
        ("decision_monetary_other: at most 500 characters", By(NEVER_SENT, |it| !it.has("decision_monetary_other"))),
        ("decision_monetary_other: no personal data", By(NEVER_SENT, |it| !it.has("decision_monetary_other"))),
        (
            "decision_provision: one of its values",
            By("Restricted", |it| it.one_of("decision_provision", &["DECISION_PROVISION_TOTAL_TERMINATION"])),
        ),
        (
            "decision_account: one of its values",
            By("Restricted", |it| {
                it.one_of("decision_account", &["DECISION_ACCOUNT_SUSPENDED", "DECISION_ACCOUNT_TERMINATED"])
            }),
        ),
        (
            "account_type: one of its values",
            By("AccountType", |it| it.one_of("account_type", &["ACCOUNT_TYPE_BUSINESS", "ACCOUNT_TYPE_PRIVATE"])),
        ),
        ("decision_ground: required", By("Basis", |it| it.has("decision_ground"))),
        (
            "decision_ground: one of its values",
            By("Basis", |it| {
                let known = ["DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"];
                it.one_of("decision_ground", &known)
            }),
        ),
        ("decision_ground_reference_url: a URL", By(NEVER_SENT, |it| !it.has("decision_ground_reference_url"))),
        (
            "decision_ground_reference_url: at most 500 characters",
            By(NEVER_SENT, |it| !it.has("decision_ground_reference_url")),
        ),
        (
            "illegal_content_legal_ground: required with DECISION_GROUND_ILLEGAL_CONTENT",
            Refused(&[|it| it.basis = illegal("", "why"), |it| it.basis = illegal(" \n", "why")]),
        ),
        (
            "illegal_content_legal_ground: dropped unless DECISION_GROUND_ILLEGAL_CONTENT",
            By("Basis", |it| it.has("illegal_content_legal_ground") == it.is_illegal()),
        ),
        (
            "illegal_content_legal_ground: at most 500 characters",
            Refused(&[|it| it.basis = illegal(&long(501), "why")]),
        ),
        ("illegal_content_legal_ground: no personal data", Refused(&[|it| it.basis = illegal(PERSONAL, "why")])),
        (
            "illegal_content_explanation: required with DECISION_GROUND_ILLEGAL_CONTENT",
            Refused(&[|it| it.basis = illegal("law", ""), |it| it.basis = illegal("law", "\t")]),
        ),
        (
            "illegal_content_explanation: dropped unless DECISION_GROUND_ILLEGAL_CONTENT",
            By("Basis", |it| it.has("illegal_content_explanation") == it.is_illegal()),
        ),
        (
            "illegal_content_explanation: at most 2000 characters",
            Refused(&[|it| it.basis = illegal("law", &long(2_001))]),
        ),
        ("illegal_content_explanation: no personal data", Refused(&[|it| it.basis = illegal("law", PERSONAL)])),
        (
            "incompatible_content_ground: required with DECISION_GROUND_INCOMPATIBLE_CONTENT",
            Refused(&[|it| it.basis = terms("", "why"), |it| it.basis = terms(" ", "why")]),
        ),
        (
            "incompatible_content_ground: dropped unless DECISION_GROUND_INCOMPATIBLE_CONTENT",
            By("Basis", |it| it.has("incompatible_content_ground") != it.is_illegal()),
        ),
        ("incompatible_content_ground: at most 500 characters", Refused(&[|it| it.basis = terms(&long(501), "why")])),
        ("incompatible_content_ground: no personal data", Refused(&[|it| it.basis = terms(PERSONAL, "why")])),
        (
            "incompatible_content_explanation: required with DECISION_GROUND_INCOMPATIBLE_CONTENT",
            Refused(&[|it| it.basis = terms("terms", ""), |it| it.basis = terms("terms", " ")]),
        ),
        (
            "incompatible_content_explanation: dropped unless DECISION_GROUND_INCOMPATIBLE_CONTENT",
            By("Basis", |it| it.has("incompatible_content_explanation") != it.is_illegal()),
        ),
        (
            "incompatible_content_explanation: at most 2000 characters",
            Refused(&[|it| it.basis = terms("terms", &long(2_001))]),
        ),
        ("incompatible_content_explanation: no personal data", Refused(&[|it| it.basis = terms("terms", PERSONAL)])),
        (
            "incompatible_content_illegal: one of its values",
            By("Basis", |it| it.one_of("incompatible_content_illegal", &["Yes"])),
        ),
        (
            "incompatible_content_illegal: dropped unless DECISION_GROUND_INCOMPATIBLE_CONTENT",
            By("Basis", |it| !it.has("incompatible_content_illegal") || !it.is_illegal()),
        ),
        ("category: required", Refused(&[|it| it.classifications.clear()])),
        ("category: one of its values", By("TransparencyCategory", |it| it.text("category").is_some_and(is_category))),
        (
            "category_addition: an array of its values",
            By("TransparencyCategory", |it| it.list("category_addition").into_iter().all(is_category)),
        ),
        (
            "category_addition: without category itself",
            By("Record", |it| !it.list("category_addition").contains(&it.text("category").unwrap())),
        ),
        (
            "category_specification: an array of its values",
            By("TransparencyKeyword", |it| {
                let keywords = it.list("category_specification");
                keywords.iter().all(|keyword| keyword.starts_with("KEYWORD_"))
            }),
        ),
        (
            "category_specification: of a category of the record",
            By("Classification", |it| {
                let mut categories = it.list("category_addition");
                categories.extend(it.text("category"));
                let categories: Vec<_> = categories.iter().filter_map(|one| one.strip_prefix(CATEGORY)).collect();
                it.list("category_specification")
                    .into_iter()
                    .all(|keyword| keyword == "KEYWORD_OTHER" || categories.contains(&category_of(keyword)))
            }),
        ),
        ("category_specification_other: dropped unless KEYWORD_OTHER", By("Classification", keyword_in_words)),
        ("category_specification_other: said with KEYWORD_OTHER", By("Classification", keyword_in_words)),
        (
            "category_specification_other: at most 500 characters",
            By("Classification, of standard words", |it| it.at_most("category_specification_other", 500)),
        ),
        (
            "category_specification_other: no personal data",
            By("Classification, of standard words", |it| {
                it.text("category_specification_other").is_none_or(|words| !words.contains(['@', '0', '1']))
            }),
        ),
        ("content_type: required", Refused(&[|it| it.content.clear()])),
        (
            "content_type: an array of its values",
            By("ContentType", |it| {
                let known = ["CONTENT_TYPE_IMAGE", "CONTENT_TYPE_PRODUCT", "CONTENT_TYPE_TEXT", "CONTENT_TYPE_OTHER"];
                it.list("content_type").iter().all(|one| known.contains(one))
            }),
        ),
        ("content_type_other: required with CONTENT_TYPE_OTHER", By("ContentType", content_in_words)),
        ("content_type_other: dropped unless CONTENT_TYPE_OTHER", By("ContentType", content_in_words)),
        (
            "content_type_other: at most 500 characters",
            By("ContentType, of standard words", |it| it.at_most("content_type_other", 500)),
        ),
        (
            "content_type_other: no personal data",
            By("ContentType, of standard words", |it| it.one_of("content_type_other", &["Account"])),
        ),
        (
            "content_language: one of its values",
            By(ISO, |it| {
                it.one_of("content_language", &["NL", "EL"]) && ContentLanguage::of("gr".parse().unwrap()).is_none()
            }),
        ),
        ("content_date: required", By("NaiveDate", |it| it.has("content_date"))),
        ("content_date: a day, YYYY-MM-DD", By("NaiveDate", |it| it.is_day("content_date"))),
        ("content_date: from 2000-01-01", Refused(&[|it| it.content_date = day(1999, 12, 31)])),
        ("content_date: to 2038-01-01", Refused(&[|it| it.content_date = day(2038, 1, 2)])),
        (
            "content_id: only EAN-13, of thirteen digits",
            By("Ean", |it| {
                it.0.get("content_id").is_none_or(|id| {
                    let ean = id["EAN-13"].as_str().unwrap();
                    id.as_object().unwrap().len() == 1
                        && ean.len() == 13
                        && ean.bytes().all(|byte| byte.is_ascii_digit())
                })
            }),
        ),
        (
            "territorial_scope: an array of its values",
            By("MemberState", |it| it.list("territorial_scope").iter().all(|state| state.len() == 2 && *state != "EL")),
        ),
        (
            "territorial_scope: said, as the documentation asks",
            By("Record, of all Member States", |it| it.list("territorial_scope").len() == 27),
        ),
        ("application_date: required", By("NaiveDate", |it| it.has("application_date"))),
        ("application_date: a day, YYYY-MM-DD", By("NaiveDate", |it| it.is_day("application_date"))),
        ("application_date: from 2020-01-01", Refused(&[|it| it.application_date = day(2019, 12, 31)])),
        ("application_date: to 2038-01-01", Refused(&[|it| it.application_date = day(2038, 1, 2)])),
        ("end_date_visibility_restriction: a day, YYYY-MM-DD", By(NEVER_SENT, no_other_end)),
        ("end_date_visibility_restriction: to 2038-01-01", By(NEVER_SENT, no_other_end)),
        ("end_date_visibility_restriction: not before application_date", By(NEVER_SENT, no_other_end)),
        ("end_date_visibility_restriction: dropped without decision_visibility", By(NEVER_SENT, no_other_end)),
        ("end_date_monetary_restriction: a day, YYYY-MM-DD", By(NEVER_SENT, no_other_end)),
        ("end_date_monetary_restriction: to 2038-01-01", By(NEVER_SENT, no_other_end)),
        ("end_date_monetary_restriction: not before application_date", By(NEVER_SENT, no_other_end)),
        ("end_date_monetary_restriction: dropped without decision_monetary", By(NEVER_SENT, no_other_end)),
        ("end_date_service_restriction: a day, YYYY-MM-DD", By(NEVER_SENT, no_other_end)),
        ("end_date_service_restriction: to 2038-01-01", By(NEVER_SENT, no_other_end)),
        ("end_date_service_restriction: not before application_date", By(NEVER_SENT, no_other_end)),
        ("end_date_service_restriction: dropped without decision_provision", By(NEVER_SENT, no_other_end)),
        (
            "end_date_account_restriction: a day, YYYY-MM-DD",
            By("NaiveDate", |it| !it.has("end_date_account_restriction") || it.is_day("end_date_account_restriction")),
        ),
        (
            "end_date_account_restriction: to 2038-01-01",
            Refused(&[|it| it.restricted = Restricted::AccountSuspended(day(2038, 1, 2))]),
        ),
        (
            "end_date_account_restriction: not before application_date",
            Refused(&[|it| it.restricted = Restricted::AccountSuspended(day(2026, 11, 23))]),
        ),
        (
            "end_date_account_restriction: dropped without decision_account",
            By("Restricted", |it| !it.has("end_date_account_restriction") || it.has("decision_account")),
        ),
        ("decision_facts: required", Refused(&[|it| it.facts.clear(), |it| it.facts = " \n".into()])),
        ("decision_facts: at most 5000 characters", Refused(&[|it| it.facts = long(5_001)])),
        (
            "decision_facts: no personal data",
            Refused(&[
                |it| it.facts = PERSONAL.into(),
                |it| it.facts = "call 06 1234 5678".into(),
                |it| it.facts = "paid to NL91 ABNA 0417 1643 00".into(),
                |it| it.facts = "order 018f3c5e-7b1a-7c3d-9e2f-0123456789ab".into(),
                |it| it.facts = "NACHTEGAAL says so".into(),
            ]),
        ),
        ("source_type: required", By("Source", |it| it.has("source_type"))),
        (
            "source_type: one of its values",
            By("Source", |it| {
                let known = [
                    "SOURCE_ARTICLE_16",
                    "SOURCE_TRUSTED_FLAGGER",
                    "SOURCE_TYPE_OTHER_NOTIFICATION",
                    "SOURCE_VOLUNTARY",
                ];
                it.one_of("source_type", &known)
            }),
        ),
        ("source_identity: dropped with SOURCE_VOLUNTARY", By(NEVER_SENT, |it| !it.has("source_identity"))),
        ("source_identity: at most 500 characters", By(NEVER_SENT, |it| !it.has("source_identity"))),
        ("source_identity: no personal data", By(NEVER_SENT, |it| !it.has("source_identity"))),
        ("automated_detection: required", By("Automation", |it| it.has("automated_detection"))),
        (
            "automated_detection: one of its values",
            By("Automation", |it| it.one_of("automated_detection", &["Yes", "No"])),
        ),
        ("automated_decision: required", By("Automation", |it| it.has("automated_decision"))),
        (
            "automated_decision: one of its values",
            By("Automation", |it| {
                it.one_of("automated_decision", &["AUTOMATED_DECISION_PARTIALLY", "AUTOMATED_DECISION_NOT_AUTOMATED"])
            }),
        ),
        ("puid: required", By("Puid", |it| it.has("puid"))),
        ("puid: at most 500 characters", By("Puid", |it| it.at_most("puid", 500))),
        (
            "puid: letters, digits, - and _",
            By("Puid", |it| {
                let puid = it.text("puid").unwrap();
                puid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            }),
        ),
        (
            "anything else: is no field",
            By("Record", |it| {
                let names: Vec<&str> = include_str!("../../tests/transparency_database/rules.txt").lines().collect();
                it.0.keys().all(|field| names.iter().any(|name| name.split_once(": ").unwrap().0 == field))
            }),
        ),
    ]
}

fn visibility_in_words(it: &Fields) -> bool {
    it.list("decision_visibility").contains(&"DECISION_VISIBILITY_OTHER") == it.has("decision_visibility_other")
}

fn content_in_words(it: &Fields) -> bool {
    it.list("content_type").contains(&"CONTENT_TYPE_OTHER") == it.has("content_type_other")
}

fn keyword_in_words(it: &Fields) -> bool {
    it.list("category_specification").contains(&"KEYWORD_OTHER") == it.has("category_specification_other")
}

fn no_other_end(it: &Fields) -> bool {
    ["visibility", "monetary", "service"].iter().all(|kind| !it.has(&format!("end_date_{kind}_restriction")))
}

/// The categories that decisions here can have, with their keywords, written down a second time.
const CATEGORIES: [(&str, &[&str]); 11] = [
    (
        "CONSUMER_INFORMATION",
        &["HIDDEN_ADVERTISEMENT", "INSUFFICIENT_INFORMATION_ON_TRADERS", "MISLEADING_INFO_GOODS_SERVICES"],
    ),
    ("CYBER_VIOLENCE", &["CYBER_BULLYING_INTIMIDATION", "CYBER_HARASSMENT"]),
    ("DATA_PROTECTION_AND_PRIVACY_VIOLATIONS", &["MISSING_PROCESSING_GROUND"]),
    ("ILLEGAL_OR_HARMFUL_SPEECH", &["DEFAMATION", "HATE_SPEECH"]),
    ("INTELLECTUAL_PROPERTY_INFRINGEMENTS", &[]),
    ("NOT_SPECIFIED_NOTICE", &[]),
    ("OTHER_VIOLATION_TC", &["ADULT_SEXUAL_MATERIAL", "GOODS_SERVICES_NOT_PERMITTED", "NUDITY"]),
    ("RISK_FOR_PUBLIC_SECURITY", &[]),
    ("SCAMS_AND_FRAUD", &["IMPERSONATION_ACCOUNT_HIJACKING", "INAUTHENTIC_USER_REVIEWS"]),
    ("UNSAFE_AND_PROHIBITED_PRODUCTS", &["PROHIBITED_PRODUCTS", "UNSAFE_PRODUCTS"]),
    ("VIOLENCE", &["INCITEMENT_VIOLENCE_HATRED"]),
];

const CATEGORY: &str = "STATEMENT_CATEGORY_";

fn is_category(name: &str) -> bool {
    let short = name.strip_prefix(CATEGORY);
    CATEGORIES.iter().any(|(category, _)| Some(*category) == short)
}

fn category_of(keyword: &str) -> &'static str {
    let short = keyword.strip_prefix("KEYWORD_").unwrap();
    let found = CATEGORIES.iter().find(|(_, keywords)| keywords.contains(&short));
    let (category, _) = found.unwrap_or_else(|| panic!("{keyword} is of no category"));
    category
}

/// The grounds on which a record can rest: each alone, and all criteria together.
fn grounds() -> Vec<Ground> {
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
    let listings =
        [L::BreachOfLaw, L::BreachOfTerms, L::BreachOfQualityCharter, L::Prohibited, L::Dangerous, L::NotReconditioned];
    let sellers = [S::BreachOfLaw, S::BreachOfTerms, S::BreachOfQualityCharter, S::TraderNotTraceable];
    let mut grounds: Vec<Ground> = criteria.iter().map(|criterion| Ground::Criteria(vec![*criterion])).collect();
    grounds.push(Ground::Criteria(criteria.to_vec()));
    grounds.extend(listings.map(Ground::Listing));
    grounds.extend(sellers.map(Ground::Seller));
    grounds
}

/// A record of each kind that there can be.
fn records() -> Vec<Fields> {
    let restricted = [
        Restricted::ContentRemoved,
        Restricted::ContentNotPublished,
        Restricted::ServiceTerminated,
        Restricted::AccountSuspended(day(2026, 12, 24)),
        Restricted::AccountTerminated,
    ];
    let contents = [
        vec![ContentType::Image],
        vec![ContentType::Product],
        vec![ContentType::Image, ContentType::Text],
        vec![ContentType::Account],
    ];
    let sources = [Source::Notice, Source::TrustedFlagger, Source::OtherNotification, Source::OwnInitiative];
    let mut records = Vec::new();
    for (number, ground) in grounds().iter().enumerate() {
        for (restricted, content) in restricted.iter().flat_map(|one| contents.iter().map(move |other| (*one, other))) {
            let draft = Draft {
                restricted,
                basis: Basis::of(ground).unwrap(),
                classifications: ground.classifications(),
                content: content.clone(),
                account_type: if number % 2 == 0 { AccountType::Private } else { AccountType::Business },
                language: ["nl", "el", "gr"]
                    .get(number % 4)
                    .and_then(|code| ContentLanguage::of(code.parse().unwrap())),
                ean: (number % 3 == 0).then(|| "4006381333931".parse().unwrap()),
                source: sources[number % sources.len()],
                automation: if number % 5 == 0 { Automation::Partial } else { Automation::None },
                ..draft()
            };
            let record = Record::new(draft, &[]).unwrap();
            let Value::Object(fields) = serde_json::to_value(record).unwrap() else { panic!("an object") };
            records.push(Fields(fields));
        }
    }
    records
}

#[test]
fn r_7_02_each_rule_of_the_database_is_kept_by_a_type_or_by_a_refusal_before_anything_is_sent() {
    let records = records();
    assert!(records.len() > 500, "{}", records.len());
    let mut kept = BTreeMap::new();
    for (rule, how) in rules() {
        let (field, _) = rule.split_once(": ").unwrap();
        let by = match how {
            By(by, holds) => {
                for record in &records {
                    assert!(holds(record), "{rule}, kept by {by}: {:?}", record.0);
                }
                by
            }
            Refused(changes) => {
                for change in changes {
                    let mut draft = draft();
                    change(&mut draft);
                    let refusal = Record::new(draft, &["Nachtegaal"]).expect_err(rule);
                    assert_eq!((refusal.rule.0, refusal.field), ("R-7-02", field), "{rule}");
                }
                "Record::new"
            }
        };
        assert_eq!(kept.insert(rule, by), None, "{rule} is here twice");
    }
    let names: Vec<&str> = include_str!("../../tests/transparency_database/rules.txt").lines().collect();
    let missing: Vec<_> = names.iter().filter(|name| !kept.contains_key(**name)).collect();
    assert!(missing.is_empty(), "nobody says how these are kept: {missing:?}");
    assert_eq!(kept.len(), names.len(), "what is kept here and is no rule there");
}
