//! What the table can't say: parts of a thing that are not for everybody who may see it, and things that are hidden for
//! what became of them.

use api::graphql::guard::Asker;
use serde_json::{Value, json};

use crate::askers::{SECOND_SELLER, ask, somebody, somebody_else, viewer};
use crate::history::history;

#[tokio::test(flavor = "multi_thread")]
async fn r_1_1_01_a_seller_is_shown_what_was_bought_from_them_and_not_what_was_bought_from_others() {
    let directory = tempfile::tempdir().unwrap();
    let history = history(directory.path()).await;
    let query = "query O($id: ID!) { order(id: $id) { lines { line } issues { line } } }";
    let (first, second) = (somebody(Asker::Seller), viewer(Asker::Seller, SECOND_SELLER));
    let (buyer, operator) = (somebody(Asker::Buyer), somebody(Asker::Operator));
    for (viewer, shown) in [(first, &[0][..]), (second, &[1]), (buyer, &[0, 1]), (operator, &[0, 1])] {
        let answer = ask(&history.market, &viewer, query, json!({ "id": history.shared })).await;
        let lines: Value = shown.iter().map(|line| json!({ "line": line })).collect();
        assert_eq!(answer["data"]["order"], json!({ "lines": lines, "issues": lines }), "{viewer:?}");
    }
    history.market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_1_3_02_r_6_01_what_a_buyer_writes_of_an_order_is_for_a_seller_who_sold_all_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let history = history(directory.path()).await;
    let help = json!({ "orderId": history.shared, "topic": "OTHER", "message": "the second phone is broken" });
    let dispute = json!({ "orderId": history.shared, "subject": "the second phone" });
    let say = |mutation, input_type, input| {
        history.market.done(domain::metadata::Role::Buyer, mutation, input_type, input, "position")
    };
    say("requestHelp", "RequestHelpInput", help).await;
    say("openDispute", "OpenDisputeInput", dispute).await;
    history.market.server.settled().await.unwrap();
    let query = "query O($id: ID!) { order(id: $id) { helpRequests { message } \
                 dispute { subject courts { sellersSeats } } } }";
    let (first, second) = (somebody(Asker::Seller), viewer(Asker::Seller, SECOND_SELLER));
    for (viewer, told) in [(first, false), (second, false), (somebody(Asker::Buyer), true)] {
        let answer = ask(&history.market, &viewer, query, json!({ "id": history.shared })).await;
        let order = &answer["data"]["order"];
        assert_eq!(order["helpRequests"][0]["message"].is_string(), told, "{viewer:?} {answer}");
        assert_eq!(order["dispute"]["subject"].is_string(), told, "{viewer:?} {answer}");
        assert!(told || order["dispute"]["courts"]["sellersSeats"].as_array().unwrap().len() == 1, "{answer}");
    }
    history.market.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_3_4_04_a_removed_review_is_for_its_author_and_staff_by_whatever_way() {
    let directory = tempfile::tempdir().unwrap();
    let history = history(directory.path()).await;
    let query = "query R($id: ID!) { review(id: $id) { status text } node(id: $id) { ... on Review { status text } } }";
    for asker in Asker::ALL {
        let answer = ask(&history.market, &somebody(asker), query, json!({ "id": history.removed })).await;
        let told = !matches!(asker, Asker::Anonymous | Asker::Seller);
        for field in ["review", "node"] {
            assert_eq!(answer["data"][field]["status"] == "REMOVED", told, "{asker:?} {answer}");
            assert_eq!(answer["data"][field]["text"].is_string(), told, "{asker:?} {answer}");
        }
    }
    let another = somebody_else(Asker::Buyer).unwrap();
    let answer = ask(&history.market, &another, query, json!({ "id": history.removed })).await;
    assert_eq!(answer["data"], json!({ "review": null, "node": null }));
    history.market.server.stop().await;
}
