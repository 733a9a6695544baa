//! What the website says of a published figure, in every language, as it is read. After a change that is meant:
//! `INSTA_UPDATE=always cargo test -p projections --test website_text`, and read the difference.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use domain::dsa_figure::{Correction, DsaFigurePublished, FigureWording, METHOD};
use domain::figure_digest::FigureDigest;
use domain::ids::DsaPublicationId;
use domain::threshold::VERY_LARGE;
use projections::dsa_figures::PublicationRow;
use projections::website_text::website_text;
use projections::written::WrittenLanguage;
use uuid::Uuid;

/// A publication with this sum of six months' recipients.
fn published(numerator: u64, wording: FigureWording) -> PublicationRow {
    let published = DsaFigurePublished {
        publication: DsaPublicationId(Uuid::from_u128(0xabc0_0013_0000_4000_8000_0000_0000_0013)),
        period: "2025-H2".parse().unwrap(),
        position: 61_864,
        as_of: "2026-02-10T09:30:00Z".parse().unwrap(),
        // A text says nothing of single months.
        months: Vec::new(),
        numerator,
        denominator: 6,
        digest: FigureDigest([0x3f; 32]),
        below_threshold: numerator < VERY_LARGE * 6,
        method: METHOD,
        wording,
        correction: None,
    };
    let at: chrono::DateTime<chrono::Utc> = "2026-02-10T10:00:00Z".parse().unwrap();
    PublicationRow { published, at: at.timestamp_micros(), event_position: 61_865, corrected_by: None }
}

/// What corrects it.
fn corrected(first: &PublicationRow) -> PublicationRow {
    let at: chrono::DateTime<chrono::Utc> = "2026-03-01T10:00:00Z".parse().unwrap();
    let reason = "visits of September were reported late".to_owned();
    let published = DsaFigurePublished {
        publication: DsaPublicationId(Uuid::from_u128(0xabc0_0014_0000_4000_8000_0000_0000_0014)),
        position: 1_061_864,
        correction: Some(Correction { corrects: first.published.publication, reason }),
        ..first.published.clone()
    };
    PublicationRow { published, at: at.timestamp_micros(), ..first.clone() }
}

#[test]
fn r_5_02_the_text_for_the_website_in_four_languages() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        let exact = published(269_999_997, FigureWording::Exact);
        for language in WrittenLanguage::ALL {
            let code = language.code();
            let below = published(18_060, FigureWording::BelowThreshold);
            let very_large = published(VERY_LARGE * 6, FigureWording::Exact);
            insta::assert_snapshot!(format!("exact_{code}"), website_text(&exact, None, language));
            insta::assert_snapshot!(format!("below_threshold_{code}"), website_text(&below, None, language));
            insta::assert_snapshot!(format!("very_large_{code}"), website_text(&very_large, None, language));
            let correction = website_text(&corrected(&exact), Some(&exact), language);
            insta::assert_snapshot!(format!("correction_{code}"), correction);
        }
    });
}

#[test]
fn r_5_03_a_text_that_says_only_below_the_threshold_does_not_tell_the_figure() {
    for language in WrittenLanguage::ALL {
        let text = website_text(&published(18_060, FigureWording::BelowThreshold), None, language);
        assert!(!text.contains("3010") && !text.contains("010") && !text.contains("18060"), "{text}");
        assert!(text.contains("45\u{a0}m") || text.contains("45\u{a0}M"), "{text}");
    }
}

#[test]
fn r_5_05_a_text_names_the_publication_the_method_the_position_and_the_digest() {
    for language in WrittenLanguage::ALL {
        let first = published(18_060, FigureWording::Exact);
        let text = website_text(&corrected(&first), Some(&first), language);
        for named in [
            "abc00013-0000-4000-8000-000000000013",
            "abc00014-0000-4000-8000-000000000014",
            &"3f".repeat(32),
            "visits of September",
        ] {
            assert!(text.contains(named), "{named}: {text}");
        }
        assert!(!text.contains("{{") && !text.contains("\n\n\n") && text.ends_with('\n'), "{text}");
    }
}
