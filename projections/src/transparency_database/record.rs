//! A record as the Transparency Database takes it: what it asks for is checked when a record is made, so that none can be
//! made that it would refuse.
//!
//! | the database's rule | kept by |
//! | --- | --- |
//! | a restriction has one of four kinds of decision, `…_OTHER` only with its words | [`Restricted`] |
//! | a ground has its own two texts and none of the other's | [`Basis`] |
//! | exactly one category, a keyword of its category, words only for `KEYWORD_OTHER` | [`Classification`] |
//! | `CONTENT_TYPE_OTHER` only with its words | [`ContentType`] |
//! | a language in capitals, an EAN of thirteen digits, a PUID of letters, digits, `-` and `_` | [`ContentLanguage`], [`Ean`], [`Puid`] |
//! | at least one content type, at least one category | [`Record::new`] |
//! | no text is blank or longer than its field | [`Record::new`] |
//! | days within the database's bounds, no end before the beginning | [`Record::new`] |
//! | no personal data in any text | [`Record::new`] |
//!
//! Fields that no decision here has are not sent: monetary restrictions, the identity of a notifier, a reference address.

use chrono::NaiveDate;
use domain::ean::Ean;
use domain::ids::StatementId;
use domain::personal_data::PersonalData;
use domain::place::MemberState;
use domain::refusal::require;
use domain::transparency_category::{Classification, TransparencyCategory, TransparencyKeyword};
use domain::{Refusal, Refused, Rule};
use serde::{Serialize, Serializer};

use super::{AccountType, Automation, Basis, ContentLanguage, ContentType, Restricted, Source};

const RULE: Rule = Rule("R-7-02");

/// The longest `decision_facts`, in characters.
const LONGEST_FACTS: usize = 5_000;
/// The longest explanation of a ground, in characters.
const LONGEST_EXPLANATION: usize = 2_000;
/// The longest text of any other field, in characters.
const LONGEST_TEXT: usize = 500;

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day of the calendar, checked as this compiles")
}

/// The first day that the database takes for content.
const FIRST_CONTENT: NaiveDate = day(2000, 1, 1);
/// The first day that the database takes for a restriction.
const FIRST_APPLICATION: NaiveDate = day(2020, 1, 1);
/// The last day that the database takes for anything.
const LAST: NaiveDate = day(2038, 1, 1);

/// The platform's own id of a record, by which an auditor finds the decision in the book; never used twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Puid(String);

impl Puid {
    /// The id of a statement's record: the same for ever, because a statement's id follows from the decision's event.
    #[must_use]
    pub fn of(statement: StatementId) -> Self {
        Self(format!("sor-{statement}"))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a record is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its id.
    pub puid: Puid,
    /// What is restricted.
    pub restricted: Restricted,
    /// Whose account it concerns.
    pub account_type: AccountType,
    /// On what the decision rests.
    pub basis: Basis,
    /// What the Commission calls the reasons, the main one first.
    pub classifications: Vec<Classification>,
    /// What kinds of content it concerns.
    pub content: Vec<ContentType>,
    /// The content's language, where it has one.
    pub language: Option<ContentLanguage>,
    /// Since when the platform has the content, or the account.
    pub content_date: NaiveDate,
    /// The product's number, where it is known.
    pub ean: Option<Ean>,
    /// When the restriction begins.
    pub application_date: NaiveDate,
    /// The facts.
    pub facts: String,
    /// What led to it.
    pub source: Source,
    /// What automated means did.
    pub automation: Automation,
}

/// A record that the database takes. It serialises to the JSON that the database takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record(Draft);

impl Record {
    /// Checks a record; `names` are those that would tell whom it is about. They are looked for in the facts: every other text
    /// is a standard one, which names nobody, and a shop may be called by a word of it.
    ///
    /// # Errors
    /// A refusal that names the database's field, what is wrong and what would mend it.
    pub fn new(draft: Draft, names: &[&str]) -> Result<Self, Refusal> {
        require(!draft.classifications.is_empty(), RULE, Refused::Invalid, "category", || {
            "category is missing: give the decision a ground that is the law or the terms".to_owned()
        })?;
        require(!draft.content.is_empty(), RULE, Refused::Invalid, "content_type", || {
            "content_type has at least one value: say what was restricted".to_owned()
        })?;
        let public = |text: &str, field, longest| public_text(text, field, longest, &[]);
        public_text(&draft.facts, "decision_facts", LONGEST_FACTS, names)?;
        match &draft.basis {
            Basis::Illegal { legal_ground, explanation } => {
                public(legal_ground, "illegal_content_legal_ground", LONGEST_TEXT)?;
                public(explanation, "illegal_content_explanation", LONGEST_EXPLANATION)?;
            }
            Basis::Incompatible { ground, explanation, known_illegal: _ } => {
                public(ground, "incompatible_content_ground", LONGEST_TEXT)?;
                public(explanation, "incompatible_content_explanation", LONGEST_EXPLANATION)?;
            }
        }
        if let Some(other) = other_keywords(&draft.classifications) {
            public(&other, "category_specification_other", LONGEST_TEXT)?;
        }
        within(draft.content_date, FIRST_CONTENT, "content_date")?;
        within(draft.application_date, FIRST_APPLICATION, "application_date")?;
        if let Some(end) = draft.restricted.account_until() {
            // The database does not check this; its documentation asks for it.
            within(end, draft.application_date, "end_date_account_restriction")?;
        }
        Ok(Self(draft))
    }

    /// Its id.
    #[must_use]
    pub const fn puid(&self) -> &Puid {
        &self.0.puid
    }
}

fn public_text(text: &str, field: &'static str, longest: usize, names: &[&str]) -> Result<(), Refusal> {
    let found = text.chars().count();
    require(!text.trim().is_empty() && found <= longest, RULE, Refused::Invalid, field, || {
        format!("{field} is 1 to {longest} characters and not blank, not {found}; say it in as many")
    })?;
    let personal = PersonalData::in_text(text, names);
    require(personal.is_none(), RULE, Refused::Invalid, field, || {
        let what = personal.map_or_else(String::new, |personal| personal.to_string());
        format!("{field} has {what}, and may have no personal data (DSA art. 24(5)); say it without")
    })
}

fn within(day: NaiveDate, first: NaiveDate, field: &'static str) -> Result<(), Refusal> {
    require((first..=LAST).contains(&day), RULE, Refused::Invalid, field, || {
        format!("{field} is from {first} to {LAST}, not {day}; the database takes no other day")
    })
}

/// What the `KEYWORD_OTHER` among some classifications says, in one text.
fn other_keywords(classifications: &[Classification]) -> Option<String> {
    let others: Vec<&str> = classifications.iter().filter_map(|one| one.other_keyword()).collect();
    (!others.is_empty()).then(|| others.join("; "))
}

/// The record's fields, as the database names them.
#[derive(Serialize)]
struct Fields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_visibility: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_visibility_other: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_provision: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_account: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date_account_restriction: Option<NaiveDate>,
    account_type: AccountType,
    decision_ground: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    illegal_content_legal_ground: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    illegal_content_explanation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incompatible_content_ground: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incompatible_content_explanation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incompatible_content_illegal: Option<&'static str>,
    category: Option<TransparencyCategory>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    category_addition: Vec<TransparencyCategory>,
    category_specification: Vec<TransparencyKeyword>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category_specification_other: Option<String>,
    content_type: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type_other: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_language: Option<String>,
    content_date: NaiveDate,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_id: Option<ContentId>,
    /// A restriction holds in the whole Union.
    territorial_scope: [MemberState; MemberState::ALL.len()],
    application_date: NaiveDate,
    decision_facts: &'a str,
    source_type: Source,
    automated_detection: &'static str,
    automated_decision: &'static str,
    puid: &'a str,
}

#[derive(Serialize)]
struct ContentId {
    #[serde(rename = "EAN-13")]
    ean: Ean,
}

impl<'a> Fields<'a> {
    fn of(draft: &'a Draft) -> Self {
        let visibility = draft.restricted.visibility();
        let category = draft.classifications.first().map(|main| main.category());
        let (mut addition, mut specification) = (Vec::new(), Vec::new());
        for classification in &draft.classifications {
            if Some(classification.category()) != category {
                addition.push(classification.category());
            }
            specification.push(classification.keyword());
        }
        addition.sort_unstable();
        addition.dedup();
        specification.sort_unstable();
        specification.dedup();
        let fields = Self {
            decision_visibility: visibility.map(|(name, _)| [name]),
            decision_visibility_other: visibility.and_then(|(_, words)| words),
            decision_provision: draft.restricted.provision(),
            decision_account: draft.restricted.account(),
            end_date_account_restriction: draft.restricted.account_until(),
            account_type: draft.account_type,
            decision_ground: "DECISION_GROUND_ILLEGAL_CONTENT",
            illegal_content_legal_ground: None,
            illegal_content_explanation: None,
            incompatible_content_ground: None,
            incompatible_content_explanation: None,
            incompatible_content_illegal: None,
            category,
            category_addition: addition,
            category_specification: specification,
            category_specification_other: other_keywords(&draft.classifications),
            content_type: draft.content.iter().map(|content| content.name()).collect(),
            content_type_other: draft.content.iter().find_map(|content| content.other()),
            content_language: draft.language.map(ContentLanguage::code),
            content_date: draft.content_date,
            content_id: draft.ean.map(|ean| ContentId { ean }),
            territorial_scope: MemberState::ALL,
            application_date: draft.application_date,
            decision_facts: &draft.facts,
            source_type: draft.source,
            automated_detection: draft.automation.detection(),
            automated_decision: draft.automation.decision(),
            puid: draft.puid.as_str(),
        };
        match &draft.basis {
            Basis::Illegal { legal_ground, explanation } => Self {
                illegal_content_legal_ground: Some(legal_ground),
                illegal_content_explanation: Some(explanation),
                ..fields
            },
            Basis::Incompatible { ground, explanation, known_illegal } => Self {
                decision_ground: "DECISION_GROUND_INCOMPATIBLE_CONTENT",
                incompatible_content_ground: Some(ground),
                incompatible_content_explanation: Some(explanation),
                incompatible_content_illegal: known_illegal.then_some("Yes"),
                ..fields
            },
        }
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Fields::of(&self.0).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::criterion::Criterion;
    use domain::statement::Ground;
    use serde_json::json;
    use uuid::Uuid;

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

    fn refused(change: impl FnOnce(&mut Draft)) -> Option<&'static str> {
        let mut draft = draft();
        change(&mut draft);
        let refusal = Record::new(draft, &["Jansen Telecom"]).err()?;
        assert_eq!((refusal.rule, refusal.kind), (RULE, Refused::Invalid));
        assert!(refusal.message.contains(refusal.field), "{refusal}");
        Some(refusal.field)
    }

    #[test]
    fn r_7_02_a_record_is_the_json_that_the_database_takes() {
        let all: Vec<&str> = MemberState::ALL.iter().map(|state| state.code()).collect();
        assert_eq!(
            serde_json::to_value(Record::new(draft(), &[]).unwrap()).unwrap(),
            json!({
                "decision_visibility": ["DECISION_VISIBILITY_OTHER"],
                "decision_visibility_other": "Not published after a check before publication",
                "account_type": "ACCOUNT_TYPE_PRIVATE",
                "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
                "incompatible_content_ground":
                    "Moderation rules for reviews and photos: off topic, rights of third parties",
                "incompatible_content_explanation":
                    "The content is off topic: it is not about the product bought. The content infringes rights of third \
                     parties, as to their image, privacy or intellectual property.",
                "category": "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
                "category_addition": ["STATEMENT_CATEGORY_OTHER_VIOLATION_TC"],
                "category_specification": ["KEYWORD_MISSING_PROCESSING_GROUND", "KEYWORD_OTHER"],
                "category_specification_other": "Review off topic",
                "content_type": ["CONTENT_TYPE_IMAGE"],
                "content_language": "NL",
                "content_date": "2026-11-20",
                "territorial_scope": all,
                "application_date": "2026-11-24",
                "decision_facts": "a face is to be seen on one of the photos",
                "source_type": "SOURCE_VOLUNTARY",
                "automated_detection": "No",
                "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
                "puid": "sor-00000000-0000-0000-0000-000000000007",
            })
        );
    }

    #[test]
    fn r_7_02_an_account_has_its_kind_in_words_and_a_product_its_number() {
        let mut draft = draft();
        draft.restricted = Restricted::AccountSuspended(day(2026, 12, 24));
        (draft.content, draft.ean) = (vec![ContentType::Account], "4006381333931".parse().ok());
        let record = serde_json::to_value(Record::new(draft, &[]).unwrap()).unwrap();
        assert_eq!(record["content_type"], json!(["CONTENT_TYPE_OTHER"]));
        assert_eq!(record["content_type_other"], "Account");
        assert_eq!(record["content_id"], json!({ "EAN-13": "4006381333931" }));
        assert_eq!(record["decision_account"], "DECISION_ACCOUNT_SUSPENDED");
        assert_eq!(record["end_date_account_restriction"], "2026-12-24");
        assert_eq!(record.get("decision_visibility"), None);
    }

    #[test]
    fn r_7_02_a_record_that_breaks_a_rule_of_the_database_is_refused_with_the_field() {
        let illegal = |legal_ground: &str, explanation: &str| Basis::Illegal {
            legal_ground: legal_ground.into(),
            explanation: explanation.into(),
        };
        let terms = |ground: &str, explanation: &str| Basis::Incompatible {
            ground: ground.into(),
            explanation: explanation.into(),
            known_illegal: false,
        };
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|draft| draft.classifications.clear()), Some("category"));
        assert_eq!(refused(|draft| draft.content.clear()), Some("content_type"));
        for (text, fits) in [("", false), (" \n", false), (&"é".repeat(5_001), false), (&"é".repeat(5_000), true)] {
            assert_eq!(refused(|draft| draft.facts = text.into()), (!fits).then_some("decision_facts"));
        }
        for (basis, field) in [
            (illegal("", "why"), Some("illegal_content_legal_ground")),
            (illegal(&"é".repeat(501), "why"), Some("illegal_content_legal_ground")),
            (illegal("law", ""), Some("illegal_content_explanation")),
            (illegal("law", &"é".repeat(2_001)), Some("illegal_content_explanation")),
            (illegal(&"é".repeat(500), &"é".repeat(2_000)), None),
            (terms("", "why"), Some("incompatible_content_ground")),
            (terms(&"é".repeat(501), "why"), Some("incompatible_content_ground")),
            (terms("terms", ""), Some("incompatible_content_explanation")),
            (terms("terms", &"é".repeat(2_001)), Some("incompatible_content_explanation")),
            (terms(&"é".repeat(500), &"é".repeat(2_000)), None),
        ] {
            assert_eq!(refused(|draft| draft.basis = basis.clone()), field, "{basis:?}");
        }
        for (content, fits) in
            [((1999, 12, 31), false), ((2000, 1, 1), true), ((2038, 1, 1), true), ((2038, 1, 2), false)]
        {
            let content = day(content.0, content.1, content.2);
            assert_eq!(refused(|draft| draft.content_date = content), (!fits).then_some("content_date"), "{content}");
        }
        for (begins, fits) in
            [((2019, 12, 31), false), ((2020, 1, 1), true), ((2038, 1, 1), true), ((2038, 1, 2), false)]
        {
            let begins = day(begins.0, begins.1, begins.2);
            assert_eq!(
                refused(|draft| draft.application_date = begins),
                (!fits).then_some("application_date"),
                "{begins}"
            );
        }
        for (ends, fits) in
            [((2026, 11, 23), false), ((2026, 11, 24), true), ((2038, 1, 1), true), ((2038, 1, 2), false)]
        {
            let ends = day(ends.0, ends.1, ends.2);
            let field = (!fits).then_some("end_date_account_restriction");
            assert_eq!(refused(|draft| draft.restricted = Restricted::AccountSuspended(ends)), field, "{ends}");
        }
    }

    #[test]
    fn r_7_02_a_text_with_personal_data_is_refused_and_the_refusal_does_not_repeat_it() {
        for personal in ["jan@example.eu", "06 1234 5678", "jansen telecom", "018f3c5e-7b1a-7c3d-9e2f-0123456789ab"] {
            let facts = format!("the text names {personal} twice");
            assert_eq!(refused(|draft| draft.facts.clone_from(&facts)), Some("decision_facts"), "{personal}");
            let refusal = Record::new(Draft { facts, ..draft() }, &["Jansen Telecom"]).unwrap_err();
            assert!(!refusal.to_string().to_lowercase().contains(personal), "{refusal}");
            let basis = Basis::Illegal { legal_ground: "law".into(), explanation: format!("it names {personal}") };
            let is_name = personal == "jansen telecom";
            let field = (!is_name).then_some("illegal_content_explanation");
            assert_eq!(refused(|draft| draft.basis = basis), field, "{personal}");
        }
        // The standard texts say "product" and "offer", and a shop may be called so.
        assert!(Record::new(draft(), &["Product", "Rights"]).is_ok());
    }

    #[test]
    fn r_7_02_a_puid_is_of_the_letters_that_the_database_takes_and_follows_from_the_decision() {
        let decision = Uuid::from_u128(0x0123_4567_89ab_cdef);
        let puid = Puid::of(StatementId::of_decision(decision));
        assert_eq!(puid, Puid::of(StatementId::of_decision(decision)));
        assert_eq!(puid.as_str().len(), 40);
        assert!(puid.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    }
}
