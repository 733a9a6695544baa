//! The console over a real socket: who comes in, what is refused, what every answer says to browsers, and that a form
//! takes effect once.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[allow(dead_code, reason = "each test file uses its part")]
#[path = "support/pages.rs"]
mod pages;
#[allow(dead_code, reason = "each test file uses its part")]
#[path = "support/pictures.rs"]
mod pictures;
mod support;

use std::path::Path;

use api::token::Claims;
use domain::metadata::Role;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use pages::{OWN, events, fields, page, sent, text};
use pictures::jpeg;
use support::{Market, review_input};

const STAFF: [Role; 4] = [Role::Moderator, Role::Compliance, Role::Auditor, Role::Operator];
/// A marketplace with photos that wait.
async fn opened(directory: &Path) -> Market {
    let market = Market::open(directory).await;
    let order = market.delivered(&market.stock().await).await;
    let input = review_input(&order, "Ziet er uit als nieuw <b>echt</b>.");
    let review = market.done(Role::Buyer, "submitReview", "SubmitReviewInput", input, "review { id }").await;
    let path = format!("/photos?reviewId={}", review["review"]["id"].as_str().unwrap().replace('=', "%3D"));
    assert_eq!(market.post(&path, vec![market.bearer(Role::Buyer)], jpeg()).await.status, 200);
    market
}

/// A token of this server's that holds no more.
fn expired(directory: &Path) -> String {
    let secret = std::fs::read(directory.join("token-secret")).unwrap();
    let claims = Claims { sub: "eve".to_owned(), role: Role::Auditor, exp: 2, iat: 1 };
    let key = EncodingKey::from_secret(secret.trim_ascii());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_becomes_a_cookie_that_scripts_and_other_sites_never_see() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    let asked = market.raw("/console", vec![], None).await;
    assert!(asked.status == 401 && text(&asked).contains("<label for=\"token\">"));
    let come_in = async |token: &str| sent(&market, None, "/console/sign-in", &[OWN], &[("token", token)]).await;
    for role in STAFF {
        let inside = come_in(&format!(" {}\n", market.token(role))).await;
        assert_eq!((inside.status, inside.header("location")), (303, Some("/console")));
        let set = inside.header("set-cookie").unwrap();
        // The tests' host has no loopback's name.
        assert!(set.ends_with("; Path=/console; HttpOnly; SameSite=Strict; Secure"), "{set}");
        let home = market.raw("/console", vec![("Cookie", set.split(';').next().unwrap().to_owned())], None).await;
        assert!(home.status == 200 && text(&home).contains(&format!("<strong>{}</strong>", role.name())));
    }
    let buyer = come_in(&market.token(Role::Buyer)).await;
    assert!(buyer.status == 403 && text(&buyer).contains("the token is for BUYER; the console is for MODERATOR or"));
    let expired = expired(directory.path());
    for (token, why) in [("", "paste the token"), ("nonsense", "can&#39;t be read"), (&expired, "has expired")] {
        let refused = come_in(token).await;
        assert!(refused.status == 422 && text(&refused).contains(why), "{token}: {}", text(&refused));
        assert!(refused.header("set-cookie").is_none());
    }
    let late = market.raw("/console", vec![("Cookie", format!("marktboek_console={expired}"))], None).await;
    assert!(late.status == 401 && text(&late).contains("the token has expired; ask for a new one"));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sees_its_own_pages_and_is_told_whose_another_one_is() {
    let directory = tempfile::tempdir().unwrap();
    let market = Market::open(directory.path()).await;
    for role in STAFF {
        let home = page(&market, role, "/console").await;
        let photos = page(&market, role, "/console/photos").await;
        let moderates = role == Role::Moderator;
        assert_eq!(text(&home).contains("href=\"/console/photos\""), moderates, "{role:?}");
        assert_eq!(photos.status, if moderates { 200 } else { 403 }, "{role:?}");
        assert!(moderates || text(&photos).contains("needs the part MODERATOR"), "{role:?}");
    }
    // A cookie that nobody was given at sign-in opens nothing either.
    let buyer = page(&market, Role::Buyer, "/console").await;
    assert!(
        buyer.status == 403 && text(&buyer).contains("needs the part MODERATOR or COMPLIANCE or AUDITOR or OPERATOR")
    );
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_lets_browsers_load_from_here_only_and_keep_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let market = opened(directory.path()).await;
    let queue = page(&market, Role::Moderator, "/console/photos").await;
    let photo = text(&queue).split("<img src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut answers = vec![("the queue".to_owned(), queue)];
    for path in [
        "/console",
        "/console/sign-in",
        "/console/nothing",
        "/console/assets/console.css",
        "/console/assets/htmx.min.js",
        &photo,
        "/console/photos/decision",
    ] {
        answers.push((path.to_owned(), page(&market, Role::Moderator, path).await));
    }
    answers
        .push(("signing out".to_owned(), sent(&market, Some(Role::Auditor), "/console/sign-out", &[OWN], &[]).await));
    answers.push(("nobody".to_owned(), market.raw("/console", vec![], None).await));
    for (what, answer) in &answers {
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"),
            "{what}"
        );
        assert!(policy.ends_with("form-action 'self'; base-uri 'none'; frame-ancestors 'none'"), "{what}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{what}");
        }
        let kept = if what.contains("/assets/") { "public, max-age=3600" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), Some(kept), "{what}");
        if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            let page = text(answer);
            assert!(!page.contains(" style=") && !page.contains("<style") && !page.contains("<script>"), "{what}");
            assert!(!page.contains(" onclick=") && !page.contains("://"), "{what}");
        }
    }
    let status = |what: &str| answers.iter().find(|(name, _)| name == what).unwrap().1.status;
    assert_eq!((status("/console/nothing"), status("/console/photos/decision")), (404, 405));
    assert_eq!(status(&photo), 200);
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_no_page_of_the_session_sent_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let market = opened(directory.path()).await;
    let queue = page(&market, Role::Moderator, "/console/photos").await;
    let token = fields(text(&queue), "formToken")[0];
    let (review, command) = (fields(text(&queue), "reviewId")[0], fields(text(&queue), "commandId")[0]);
    let other = page(&market, Role::Auditor, "/console").await;
    let others = fields(text(&other), "formToken")[0];
    let before = events(&market).await;
    let form = |token| [("formToken", token), ("commandId", command), ("reviewId", review), ("decision", "APPROVE")];
    let refusals: [(&[(&'static str, &str)], _); 8] = [
        (&[], token),
        (&[("Sec-Fetch-Site", "cross-site")], token),
        (&[("Sec-Fetch-Site", "same-site")], token),
        (&[("Origin", "https://elsewhere.eu")], token),
        (&[("Origin", "null")], token),
        (&[OWN], ""),
        (&[OWN], others),
        (&[OWN, ("Origin", "http://elsewhere.eu")], token),
    ];
    for (from, token) in refusals {
        let refused = sent(&market, Some(Role::Moderator), "/console/photos/decision", from, &form(token)).await;
        assert!(refused.status == 403 && text(&refused).contains("Nothing was changed."), "{from:?} {token}");
    }
    let without = sent(&market, Some(Role::Moderator), "/console/photos/decision", &[OWN], &form(token)[1..]).await;
    assert_eq!(without.status, 403);
    for role in [None, Some(Role::Auditor)] {
        let refused = sent(&market, role, "/console/photos/decision", &[OWN], &form(token)).await;
        assert_eq!(refused.status, if role.is_none() { 401 } else { 403 });
    }
    let forged = sent(&market, None, "/console/sign-in", &[("Sec-Fetch-Site", "cross-site")], &[("token", "x")]).await;
    assert_eq!(forged.status, 403);
    assert_eq!(events(&market).await, before);
    let ours =
        sent(&market, Some(Role::Moderator), "/console/photos/decision", &[("Origin", "http://test")], &form(token))
            .await;
    assert_eq!((ours.status, ours.header("location")), (303, Some("/console/photos?done=approved")));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_02_a_decision_is_made_once_though_its_form_is_sent_twice() {
    let directory = tempfile::tempdir().unwrap();
    let market = opened(directory.path()).await;
    let queue = page(&market, Role::Moderator, "/console/photos").await;
    let shown = text(&queue);
    assert!(shown.contains("iPhone 13 128 GB") && shown.contains("working days"));
    assert!(shown.contains("&#60;b&#62;echt") && !shown.contains("<b>"), "a review's text is no markup");
    let photo = shown.split("<a href=\"/console/photos/").nth(1).unwrap().split('"').next().unwrap();
    let seen = page(&market, Role::Moderator, &format!("/console/photos/{photo}")).await;
    assert_eq!((seen.status, seen.header("content-type")), (200, Some("image/jpeg")));
    let (token, review) = (fields(shown, "formToken")[0], fields(shown, "reviewId")[0]);
    let [approval, refusal] = fields(shown, "commandId")[..] else { panic!("two forms: {shown}") };
    let decide = async |form: &[(&str, &str)]| {
        let mut all = vec![("formToken", token), ("reviewId", review)];
        all.extend_from_slice(form);
        sent(&market, Some(Role::Moderator), "/console/photos/decision", &[OWN], &all).await
    };
    let before = events(&market).await;
    // A refusal that is not complete is answered beside its field, with what was written.
    let empty = decide(&[("commandId", refusal), ("decision", "REJECT"), ("explanation", "written")]).await;
    assert!(empty.status == 422 && text(&empty).contains("id=\"criteria-wrong-1\""), "{}", text(&empty));
    assert!(text(&empty).contains(">written</textarea>"));
    let odd = decide(&[("commandId", "no id"), ("decision", "APPROVE")]).await;
    assert_eq!(odd.status, 400);
    assert_eq!(events(&market).await, before);
    let form = [
        ("commandId", refusal),
        ("decision", "REJECT"),
        ("criteria", "OFF_TOPIC"),
        ("criteria", "ADVERTISING"),
        ("explanation", "a test picture"),
    ];
    assert_eq!(decide(&form).await.header("location"), Some("/console/photos?done=refused"));
    let after = events(&market).await;
    assert!(after > before);
    assert_eq!(decide(&form).await.header("location"), Some("/console/photos?done=refused"), "the same answer");
    assert_eq!(events(&market).await, after, "and nothing more");
    let gone = decide(&[("commandId", approval), ("decision", "APPROVE")]).await;
    assert!(gone.status == 422 && text(&gone).contains("role=\"alert\""), "{}", text(&gone));
    let told = page(&market, Role::Moderator, "/console/photos?done=refused").await;
    assert!(text(&told).contains("No photos wait") && text(&told).contains("their author is told why"));
    market.server.stop().await;
}
