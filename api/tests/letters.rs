//! Every letter, in every language, as it is read. After a change that is meant:
//! `INSTA_UPDATE=always cargo test -p api --test letters`, and read the difference.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::collections::BTreeSet;

use api::mail::{
    AuthorityLanguageNotice, AuthorityMessageRefused, AuthorityOrderExecuted, AuthorityOrderReceived, Basis,
    BlockLength, BuyerWarned, ComplaintDecided, ComplaintOutcome, ComplaintReceived, DangerousProduct, Hazard,
    KeptForNow, KnownAs, Letter, Link, MailLanguage, ModeratedReview, NoticeDecided, NoticeReceived, Origin, Redress,
    Rendered, Restriction, ReviewInvitation, StatementOfReasons, Territory, Trader,
};
use chrono::{DateTime, Utc};
use domain::authority::AuthorityOrderEffect;
use domain::calendar::{end_of_day, months_later};
use domain::criterion::Criterion;
use domain::listing::ListingRemovalReason as Listing;
use domain::seller::SellerRemovalReason as Seller;

const CRITERIA: [Criterion; 20] = [
    Criterion::Advertising,
    Criterion::Duplicate,
    Criterion::OffTopic,
    Criterion::OtherProduct,
    Criterion::CompetitorPromotion,
    Criterion::PoliticalOrSocial,
    Criterion::Insulting,
    Criterion::Obscene,
    Criterion::Offensive,
    Criterion::SexuallyExplicit,
    Criterion::Defamatory,
    Criterion::PersonalAttack,
    Criterion::FalseOrMisleading,
    Criterion::WrittenBySeller,
    Criterion::IllegalContent,
    Criterion::ThirdPartyRights,
    Criterion::IdentityTheft,
    Criterion::PersonalData,
    Criterion::HateOrViolence,
    Criterion::RegulatoryBreach,
];

const LISTING_REASONS: [Listing; 9] = [
    Listing::WithdrawnBySeller,
    Listing::Convenience,
    Listing::BreachOfLaw,
    Listing::BreachOfTerms,
    Listing::BreachOfQualityCharter,
    Listing::Prohibited,
    Listing::Dangerous,
    Listing::NotReconditioned,
    Listing::SellerRemoved,
];

const SELLER_REASONS: [Seller; 5] = [
    Seller::Convenience,
    Seller::BreachOfLaw,
    Seller::BreachOfTerms,
    Seller::BreachOfQualityCharter,
    Seller::TraderNotTraceable,
];

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn link(page: &str) -> Link {
    format!("https://shop.example/{page}").parse().unwrap()
}

/// What someone might type, as it is or made hostile.
type Typed<'a> = &'a dyn Fn(&str) -> String;

fn redress() -> Redress {
    let open_until = end_of_day(months_later(at("2026-03-01T12:00:00Z"), 6), 0);
    Redress { complaint_form: link("complaints/new?about=7&sign=x"), open_until }
}

fn statement(restriction: Restriction, basis: Basis, typed: Typed<'_>) -> StatementOfReasons {
    StatementOfReasons {
        restriction,
        since: at("2026-03-01T12:00:00Z"),
        territory: Territory::WholeService,
        facts: typed("The text names a shop elsewhere and says that the phone is cheaper there."),
        origin: Origin::OwnInitiative,
        basis,
        because: typed("Whoever reads it is sent to a competitor."),
        redress: redress(),
    }
}

fn statements(typed: Typed<'_>) -> Vec<(&'static str, StatementOfReasons)> {
    let review = || ModeratedReview {
        product: typed("Apple iPhone 13 mini 128 GB"),
        order: typed("1042-7731"),
        submitted: at("2026-02-20T09:00:00Z"),
    };
    let law = || Basis::Law(typed("Code pénal, article 226-1"));
    let terms = || Basis::Terms(typed("General terms, clause 3.4"));
    let blocked = |length| Restriction::BuyerBlocked { length, criteria: vec![Criterion::HateOrViolence] };
    let review_removed =
        Restriction::ReviewRemoved { review: review(), criteria: vec![Criterion::CompetitorPromotion] };
    let photos_refused =
        Restriction::PhotosNotPublished { review: review(), criteria: vec![Criterion::ThirdPartyRights] };
    let photos_removed = Restriction::PhotosRemoved { review: review(), criteria: vec![Criterion::ThirdPartyRights] };
    let listing_removed =
        Restriction::ListingRemoved { product: typed("Dell XPS 13"), reason: Listing::NotReconditioned };
    let seller_removed = Restriction::SellerRemoved { reason: Seller::TraderNotTraceable };
    let countries = Territory::Countries(["FR", "AT"].map(|code| code.parse().unwrap()).to_vec());
    vec![
        ("statement_review_removed", statement(review_removed, terms(), typed)),
        (
            "statement_photos_not_published",
            StatementOfReasons { territory: countries, ..statement(photos_refused, law(), typed) },
        ),
        (
            "statement_photos_removed",
            StatementOfReasons { origin: Origin::Notice, ..statement(photos_removed, law(), typed) },
        ),
        ("statement_listing_removed", statement(listing_removed, terms(), typed)),
        ("statement_seller_removed", statement(seller_removed, law(), typed)),
        (
            "statement_buyer_blocked_until",
            statement(blocked(BlockLength::Until(at("2026-03-31T10:00:00Z"))), law(), typed),
        ),
        ("statement_buyer_blocked_for_good", statement(blocked(BlockLength::ForGood), law(), typed)),
    ]
}

/// Every letter, each in every form that its words take.
fn letters(typed: Typed<'_>) -> Vec<(&'static str, Letter)> {
    let decided = |outcome| {
        let reasons = typed("The photo shows no face: what looked like one is a reflection.");
        Letter::ComplaintDecided(ComplaintDecided { complaint: typed("C-2026-17"), outcome, reasons })
    };
    let noticed = |action_taken| {
        let (notice, reasons) = (typed("N-2026-5"), typed("The listing shows another maker’s trademark."));
        Letter::NoticeDecided(NoticeDecided { notice, action_taken, reasons, redress: redress() })
    };
    let dangerous = |hazard| {
        Letter::DangerousProduct(DangerousProduct {
            product: typed("Charger USB-C 65 W"),
            order: typed("1042-7731"),
            hazard,
            why: typed("The housing can melt. The maker recalls all chargers of the series K7."),
            trader: Trader {
                name: typed("Chargers & Co. B.V."),
                address: typed("Kade 1, 1011 AA Amsterdam, Netherlands"),
                email: typed("help@chargers.example"),
            },
            help: link("orders/1042-7731/help"),
        })
    };
    let warning =
        BuyerWarned { criteria: CRITERIA.to_vec(), explanation: typed("Three reviews were removed since January.") };
    let received = |known_as| {
        Letter::AuthorityOrderReceived(AuthorityOrderReceived {
            order: typed("A-2026-3"),
            known_as,
            received: at("2026-03-01T12:00:00Z"),
        })
    };
    let executed = |known_as, effect, explanation| {
        Letter::AuthorityOrderExecuted(AuthorityOrderExecuted {
            order: typed("A-2026-3"),
            known_as,
            effect,
            executed: at("2026-03-02T12:00:00Z"),
            explanation: typed(explanation),
        })
    };
    let reference = || KnownAs::Reference(typed("ACM/UIT/612"));
    let legal_basis = || KnownAs::LegalBasis(typed("art. 2.7 Whc"));
    let (removed, in_part) = (
        "The listing named in the order was removed in all Member States.",
        "One of the two listings named in the order was removed; the other is not on this platform.",
    );
    let mut letters: Vec<_> =
        statements(typed).into_iter().map(|(name, statement)| (name, Letter::StatementOfReasons(statement))).collect();
    letters.extend([
        (
            "review_invitation",
            Letter::ReviewInvitation(ReviewInvitation {
                product: typed("Apple iPhone 13 mini 128 GB"),
                order: typed("1042-7731"),
                review: link("orders/1042-7731/lines/1/review"),
            }),
        ),
        ("buyer_warned", Letter::BuyerWarned(warning)),
        ("buyer_unblocked", Letter::BuyerUnblocked),
        ("complaint_received", Letter::ComplaintReceived(ComplaintReceived { complaint: typed("C-2026-17") })),
        ("complaint_upheld", decided(ComplaintOutcome::Upheld)),
        ("complaint_partially_reversed", decided(ComplaintOutcome::PartiallyReversed)),
        ("complaint_reversed", decided(ComplaintOutcome::Reversed)),
        ("notice_received", Letter::NoticeReceived(NoticeReceived { notice: typed("N-2026-5") })),
        ("notice_acted_on", noticed(true)),
        ("notice_not_acted_on", noticed(false)),
        ("dangerous_product", dangerous(Hazard::Dangerous)),
        ("illegal_product", dangerous(Hazard::Illegal)),
        (
            "authority_message_refused",
            Letter::AuthorityMessageRefused(AuthorityMessageRefused { contact_form: link("contact") }),
        ),
        (
            "authority_language_notice",
            Letter::AuthorityLanguageNotice(AuthorityLanguageNotice { order: Some(typed("A-2026-3")) }),
        ),
        (
            "authority_language_notice_no_order",
            Letter::AuthorityLanguageNotice(AuthorityLanguageNotice { order: None }),
        ),
        ("authority_order_received", received(reference())),
        ("authority_order_received_no_reference", received(legal_basis())),
        ("authority_order_executed", executed(reference(), AuthorityOrderEffect::Given, removed)),
        ("authority_order_executed_no_reference", executed(legal_basis(), AuthorityOrderEffect::Given, removed)),
        ("authority_order_executed_in_part", executed(reference(), AuthorityOrderEffect::PartlyGiven, in_part)),
        (
            "authority_order_not_executed",
            executed(legal_basis(), AuthorityOrderEffect::NotGiven, "The order names no listing of this platform."),
        ),
        (
            "erasure_deferred_review",
            Letter::ErasureDeferred(KeptForNow::Review { product: typed("Apple iPhone 13 mini 128 GB") }),
        ),
        ("erasure_deferred_account", Letter::ErasureDeferred(KeptForNow::Account)),
    ]);
    letters
}

fn render(letter: &Letter, language: MailLanguage) -> Rendered {
    letter.render(language.code().parse().unwrap())
}

/// Every letter in every language.
fn all(typed: Typed<'_>) -> impl Iterator<Item = (String, Rendered)> {
    letters(typed).into_iter().flat_map(|(name, letter)| {
        MailLanguage::ALL.map(|language| (format!("{name}_{}", language.code()), render(&letter, language)))
    })
}

fn as_typed(text: &str) -> String {
    text.to_owned()
}

/// What stands between `<body>` and `</body>`.
fn body(html: &str) -> &str {
    html.split_once("<body>\n").unwrap().1.split_once("\n</body>").unwrap().0
}

/// The elements of a document, in order, without what is in them.
fn elements(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|element| element.split(['>', ' ']).next().unwrap()).collect()
}

#[test]
fn every_letter_reads_in_every_language_as_it_was_reviewed() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, Rendered { subject, text, html, .. }) in all(&as_typed) {
            let html: Vec<&str> = body(&html).lines().filter(|line| !line.trim().is_empty()).collect();
            insta::assert_snapshot!(name, format!("{subject}\n\n{text}\n{}\n", html.join("\n")));
        }
        insta::assert_snapshot!("page", render(&Letter::BuyerUnblocked, MailLanguage::German).html);
    });
}

#[test]
fn every_criterion_and_every_reason_has_words_of_its_own_in_every_language() {
    let reasons = |language| {
        let of_listings = LISTING_REASONS.map(|reason| Restriction::ListingRemoved { product: "x".to_owned(), reason });
        let of_sellers = SELLER_REASONS.map(|reason| Restriction::SellerRemoved { reason });
        let of_reviews = CRITERIA
            .map(|criterion| Restriction::BuyerBlocked { length: BlockLength::ForGood, criteria: vec![criterion] });
        let texts = [of_listings.to_vec(), of_sellers.to_vec(), of_reviews.to_vec()].map(|restrictions| {
            let texts: BTreeSet<String> = restrictions
                .into_iter()
                .map(|restriction| {
                    let statement = statement(restriction, Basis::Terms("x".to_owned()), &as_typed);
                    render(&Letter::StatementOfReasons(statement), language).text
                })
                .collect();
            texts.len()
        });
        (texts, language)
    };
    for (count, language) in MailLanguage::ALL.map(reasons) {
        assert_eq!(count, [LISTING_REASONS.len(), SELLER_REASONS.len(), CRITERIA.len()], "{language:?}");
    }
}

#[test]
fn a_letter_has_the_same_parts_in_every_language_and_each_is_closed() {
    for (name, letter) in letters(&as_typed) {
        let [english, others @ ..] = MailLanguage::ALL.map(|language| render(&letter, language));
        let expected = elements(&english.html);
        for other in &others {
            assert_eq!(elements(&other.html), expected, "{name} in {:?}", other.language);
            assert_ne!(other.subject, english.subject, "{name} in {:?}", other.language);
        }
        let mut open = Vec::new();
        for element in expected {
            match element.strip_prefix('/') {
                Some(closed) => assert_eq!(open.pop(), Some(closed), "{name}"),
                None if ["!doctype", "meta", "br"].contains(&element) => {}
                None => open.push(element),
            }
        }
        assert!(open.is_empty(), "{name}: {open:?} are open at the end");
    }
}

#[test]
fn dsa_17_3_a_statement_of_reasons_says_all_that_it_must_in_every_language() {
    for (name, statement) in statements(&as_typed) {
        let (Basis::Law(ground) | Basis::Terms(ground)) = statement.basis.clone();
        let (facts, because) = (statement.facts.clone(), statement.because.clone());
        let letter = Letter::StatementOfReasons(statement);
        let days = [["1 March 2026", "1 September 2026"], ["1er mars 2026", "1er septembre 2026"]]
            .into_iter()
            .chain([["1 maart 2026", "1 september 2026"], ["1. März 2026", "1. September 2026"]]);
        for (language, [since, last_day]) in MailLanguage::ALL.into_iter().zip(days) {
            let text = render(&letter, language).text.split_whitespace().collect::<Vec<_>>().join(" ");
            let form = redress().complaint_form.to_string();
            let settlement = "https://digital-strategy.ec.europa.eu/en/policies/dsa-out-of-court-dispute-settlement";
            for said in [facts.as_str(), &because, &ground, since, last_day, &form, settlement, "2022/2065"] {
                assert!(text.contains(said), "{name} in {language:?} says {said:?}:\n{text}");
            }
        }
    }
}

#[test]
fn whatever_data_contains_it_stays_text_in_one_place() {
    let hostile = |text: &str| {
        format!(
            "{text}</title><script>alert(1)</script>\r\nBcc: x@y.example\r\n\r\n\"><img src=x onerror=y>&lt;\u{85}\0{{{{"
        )
    };
    for ((name, harmless), (_, attacked)) in all(&as_typed).zip(all(&hostile)) {
        assert_eq!(elements(&attacked.html), elements(&harmless.html), "{name}");
        assert!(!attacked.subject.contains(char::is_control), "{name}: {:?}", attacked.subject);
        assert!(attacked.text.chars().all(|char| char == '\n' || !char.is_control()), "{name}:\n{}", attacked.text);
        assert_eq!(
            attacked.subject.contains("<script>"),
            attacked.subject.contains("Bcc"),
            "{name}: it is shown whole"
        );
    }
}

#[test]
fn a_line_of_text_fits_into_a_window_but_for_a_word_that_does_not() {
    for (name, rendered) in all(&as_typed) {
        for line in rendered.text.lines() {
            let fits = line.chars().count() <= 72 || !line.trim_start_matches(['-', ' ']).contains(' ');
            assert!(fits && line.trim_end() == line, "{name}: {line:?}");
        }
        assert!(rendered.text.ends_with("Marktboek\n") && !rendered.text.starts_with('\n'), "{name}");
    }
}
