//! The console's pages on which staff decide, over a real socket: a form sent twice is done once, another part is refused,
//! and what is wrong stands beside its field.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "support/console.rs"]
mod console;
mod support;

use std::path::Path;

use console::{OWN, events, fields, page, sent, sent_as, text};
use domain::metadata::Role;
use serde_json::json;
use support::{Market, SELLER};

/// A marketplace with a listing, and its id.
async fn stocked(directory: &Path) -> (Market, String) {
    let market = Market::open(directory).await;
    let listing = market.stock().await;
    (market, listing)
}

/// Somebody says that a listing is illegal.
async fn notified(market: &Market, listing: &str) -> String {
    let notice = json!({
        "listingId": listing, "allegation": "ILLEGAL", "reasons": "the <b>battery</b> is a counterfeit",
        "notifier": { "name": "Jo", "email": "jo@example.eu" }, "goodFaith": true,
    });
    let sent = market.done(Role::Moderator, "submitNotice", "SubmitNoticeInput", notice, "noticeId").await;
    market.server.settled().await.unwrap();
    sent["noticeId"].as_str().unwrap().to_owned()
}

/// A form of a page, with what it must carry and what is written into it.
async fn decided(
    market: &Market,
    role: Role,
    path: &str,
    shown: &str,
    command: &str,
    more: &[(&str, &str)],
) -> (u16, String, String) {
    let mut form = vec![("formToken", fields(shown, "formToken")[0]), ("commandId", command)];
    form.extend_from_slice(more);
    let answer = sent(market, Some(role), path, &[OWN], &form).await;
    let location = answer.header("location").unwrap_or_default().to_owned();
    (answer.status, location, text(&answer).to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_07_a_notice_is_decided_once_though_its_form_is_sent_twice() {
    let directory = tempfile::tempdir().unwrap();
    let (market, listing) = stocked(directory.path()).await;
    let notice = notified(&market, &listing).await;
    let path = "/console/notices/decision";
    let queue = page(&market, Role::Moderator, "/console/notices").await;
    let shown = text(&queue);
    assert!(shown.contains("Listing: iPhone 13 128 GB") && shown.contains("Illegal content"), "{shown}");
    assert!(shown.contains("&#60;b&#62;battery") && !shown.contains("<b>"), "a notice's reasons are no markup");
    let [restriction, rejection] = fields(shown, "commandId")[..] else { panic!("two forms: {shown}") };
    let before = events(&market).await;
    let act = |more: &[(&'static str, &'static str)]| [&[("noticeId", notice.as_str())], more].concat();
    // Nothing is chosen, and then no facts are given: both are said beside the field, with what was written.
    let none = act(&[("explanation", "written")]);
    let (status, _, none) = decided(&market, Role::Moderator, path, shown, restriction, &none).await;
    assert!(status == 422 && none.contains("id=\"outcome-1-wrong\"") && none.contains(">written</textarea>"), "{none}");
    let empty = act(&[("outcome", "ACTION_BY_LAW"), ("explanation", "")]);
    let (status, _, empty) = decided(&market, Role::Moderator, path, shown, restriction, &empty).await;
    assert!(status == 422 && empty.contains("id=\"facts-1-wrong\""), "{empty}");
    assert!(!empty.contains("ILLEGAL_CONTENT"), "the criteria are those of reviews: {empty}");
    let unexplained = act(&[("outcome", "NO_ACTION")]);
    let (status, _, unexplained) = decided(&market, Role::Moderator, path, shown, rejection, &unexplained).await;
    assert!(status == 422 && unexplained.contains("id=\"why-1-wrong\""), "{unexplained}");
    let full = act(&[("outcome", "ACTION_BY_LAW"), ("explanation", "a counterfeit")]);
    for role in [Role::Compliance, Role::Auditor, Role::Operator] {
        let other = page(&market, role, "/console").await;
        let (status, ..) = decided(&market, role, path, text(&other), restriction, &full).await;
        assert_eq!(status, 403, "{role:?}");
    }
    assert_eq!(events(&market).await, before);
    let told = "/console/notices?done=restricted";
    assert_eq!(decided(&market, Role::Moderator, path, shown, restriction, &full).await.1, told);
    let after = events(&market).await;
    assert!(after > before);
    assert_eq!(decided(&market, Role::Moderator, path, shown, restriction, &full).await.1, told, "the same answer");
    assert_eq!(events(&market).await, after, "and nothing more");
    let late = act(&[("outcome", "NO_ACTION"), ("explanation", "an opinion")]);
    let (status, _, late) = decided(&market, Role::Moderator, path, shown, rejection, &late).await;
    assert!(status == 422 && late.contains("this notice is decided already"), "{late}");
    let empty = page(&market, Role::Moderator, told).await;
    assert!(text(&empty).contains("No notices wait") && text(&empty).contains("It is restricted"));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_10_a_complaint_is_decided_by_a_colleague_once() {
    let directory = tempfile::tempdir().unwrap();
    let (market, listing) = stocked(directory.path()).await;
    let notice = notified(&market, &listing).await;
    let input = json!({ "noticeId": notice, "outcome": "NO_ACTION", "explanation": "an opinion" });
    market.done(Role::Moderator, "decideNotice", "DecideNoticeInput", input, "status").await;
    let input = json!({ "noticeId": notice, "reasons": "look again" });
    let lodged = market.done(Role::Moderator, "lodgeComplaint", "LodgeComplaintInput", input, "complaintId").await;
    let complaint = lodged["complaintId"].as_str().unwrap();
    market.server.settled().await.unwrap();
    let path = "/console/complaints/decision";
    // Whoever decided first is told so before, and is refused all the same where they send a form.
    let own = page(&market, Role::Moderator, "/console/complaints").await;
    let shown = text(&own);
    assert!(shown.contains("You took the decision that is contested") && fields(shown, "commandId").is_empty());
    let full = [("complaintId", complaint), ("outcome", "UPHELD"), ("explanation", "still an opinion")];
    let before = events(&market).await;
    let id = "6f1c3c1e-0000-4000-8000-000000000001";
    let (status, _, refused) = decided(&market, Role::Moderator, path, shown, id, &full).await;
    assert!(status == 422 && refused.contains("leave it to a colleague (R-3.4-10)"), "{refused}");
    let colleague = market.server.app().signer.sign(Role::Moderator, "colleague", 1).unwrap();
    let queue =
        market.raw("/console/complaints", vec![("Cookie", format!("marktboek_console={colleague}"))], None).await;
    let shown = text(&queue).to_owned();
    let [command] = fields(&shown, "commandId")[..] else { panic!("one form: {shown}") };
    let decide = async |form: &[(&str, &str)]| {
        let mut all = vec![("formToken", fields(&shown, "formToken")[0]), ("commandId", command)];
        all.extend_from_slice(form);
        sent_as(&market, &colleague, path, &all).await
    };
    let empty = decide(&[("complaintId", complaint), ("explanation", "written")]).await;
    assert!(empty.status == 422 && text(&empty).contains("id=\"outcome-1-wrong\""), "{}", text(&empty));
    let empty = decide(&[("complaintId", complaint), ("outcome", "UPHELD")]).await;
    assert!(empty.status == 422 && text(&empty).contains("id=\"why-1-wrong\""), "{}", text(&empty));
    let other = page(&market, Role::Auditor, "/console").await;
    assert_eq!(decided(&market, Role::Auditor, path, text(&other), command, &full).await.0, 403);
    assert_eq!(events(&market).await, before);
    assert_eq!(decide(&full).await.header("location"), Some("/console/complaints?done=decided"));
    let after = events(&market).await;
    assert_eq!(decide(&full).await.header("location"), Some("/console/complaints?done=decided"), "the same answer");
    assert_eq!(events(&market).await, after, "and nothing more");
    let decided = page(&market, Role::Moderator, "/console/complaints?status=decided").await;
    assert!(text(&decided).contains("The first decision stands") && text(&decided).contains("still an opinion"));
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_2_2_04_a_seller_is_removed_once_after_what_will_happen_was_said() {
    let directory = tempfile::tempdir().unwrap();
    let (market, _) = stocked(directory.path()).await;
    let found = page(&market, Role::Operator, "/console/sellers?name=tweede").await;
    assert!(text(&found).contains("Tweede Leven") && text(&found).contains("Verified"), "{}", text(&found));
    let nobody = page(&market, Role::Compliance, "/console/sellers?name=nobody").await;
    assert!(text(&nobody).contains("No shop&#39;s name has") || text(&nobody).contains("No shop's name has"));
    let seller = format!("/console/sellers/{SELLER}");
    let (removal, confirmation) = (format!("{seller}/removal"), format!("{seller}/removal/confirmation"));
    let asked = page(&market, Role::Operator, &removal).await;
    let shown = text(&asked);
    let before = events(&market).await;
    let step = async |path: &str, page: &str, command: &str, form: &[(&str, &str)]| {
        decided(&market, Role::Operator, path, page, command, form).await
    };
    for (form, wrong) in [
        (&[("explanation", "written")][..], "id=\"reason-wrong\""),
        (&[("reason", "BREACH_OF_LAW"), ("explanation", " ")], "id=\"explanation-wrong\""),
    ] {
        let (status, _, refused) = step(&confirmation, shown, "", form).await;
        assert!(status == 422 && refused.contains(wrong), "{refused}");
    }
    let full = [("reason", "BREACH_OF_LAW"), ("explanation", "sold stolen telephones")];
    let (status, _, confirmed) = step(&confirmation, shown, "", &full).await;
    assert!(status == 200 && confirmed.contains("Remove the seller and 1 listing<"), "{confirmed}");
    assert_eq!(events(&market).await, before, "nothing is done before it is agreed to");
    let command = fields(&confirmed, "commandId")[0];
    // What the law of the book refuses comes back beside its field: the public must not read who it is.
    let naming = [("reason", "BREACH_OF_LAW"), ("explanation", "write to jo@example.eu")];
    let (status, _, refused) = step(&removal, &confirmed, command, &naming).await;
    assert!(status == 422 && refused.contains("id=\"explanation-wrong\""), "{refused}");
    for role in [Role::Moderator, Role::Auditor] {
        let other = page(&market, role, "/console").await;
        assert_eq!(decided(&market, role, &removal, text(&other), command, &full).await.0, 403, "{role:?}");
    }
    let told = format!("{seller}?done=removed");
    assert_eq!(step(&removal, &confirmed, command, &full).await.1, told);
    let after = events(&market).await;
    assert!(after > before);
    assert_eq!(step(&removal, &confirmed, command, &full).await.1, told, "the same answer");
    assert_eq!(events(&market).await, after, "and nothing more");
    let removed = page(&market, Role::Operator, &told).await;
    let shown = text(&removed);
    for wanted in ["The seller was removed and is told why", "Removed ", "<dd>0</dd>", "Compliance staff read them"] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    assert!(!shown.contains("Remove this seller"));
    let told = page(&market, Role::Compliance, &seller).await;
    assert!(
        text(&told).contains("Seller removed") && text(&told).contains("Its seller was removed"),
        "{}",
        text(&told)
    );
    market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_7_02_statements_are_paged_newest_first_and_shown_in_full() {
    let directory = tempfile::tempdir().unwrap();
    let (market, _) = stocked(directory.path()).await;
    let input = json!({ "sellerId": SELLER, "reason": "BREACH_OF_LAW", "explanation": "sold stolen telephones" });
    market.done(Role::Operator, "removeSeller", "RemoveSellerInput", input, "seller { removedAt }").await;
    market.server.settled().await.unwrap();
    for role in [Role::Compliance, Role::Auditor] {
        let all = page(&market, role, "/console/statements").await;
        assert!(text(&all).contains("Seller removed") && text(&all).contains("Listing removed"), "{}", text(&all));
        let links: Vec<&str> = text(&all).split("<a href=\"/console/statements/").skip(1).collect();
        assert_eq!(links.len(), 2);
        let oldest = links[1].split('"').next().unwrap();
        let one = page(&market, role, &format!("/console/statements/{oldest}")).await;
        for wanted in ["sold stolen telephones", "Breach of law", "a court", "In the Transparency Database"] {
            assert!(text(&one).contains(wanted), "{wanted}: {}", text(&one));
        }
        let none = page(&market, role, "/console/statements?since=2001-01-01&until=2001-12-31").await;
        assert!(text(&none).contains("No statement was issued then"));
        let wrong = page(&market, role, "/console/statements?since=yesterday").await;
        assert!(wrong.status == 200 && text(&wrong).contains("a day is written as in"), "{}", text(&wrong));
    }
    for role in [Role::Moderator, Role::Operator] {
        assert_eq!(page(&market, role, "/console/statements").await.status, 403, "{role:?}");
    }
    let nothing = format!("/console/statements/{SELLER}");
    assert_eq!(page(&market, Role::Auditor, &nothing).await.status, 404);
    market.server.stop().await;
}
