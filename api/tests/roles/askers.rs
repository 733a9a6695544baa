//! Who asks, and how: in this process, as a server's routes do.

use api::auth::Viewer;
use api::graphql::execution::Asked;
use api::graphql::guard::Asker;
use async_graphql::Variables;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{BUYER, Market, SELLER};

/// A buyer and a seller who have an account and nothing else: nothing of the others' may be told to them.
pub(crate) const OTHER_BUYER: &str = "b0b00000-0000-4000-8000-0000000000ff";
pub(crate) const OTHER_SELLER: &str = "5e110000-0000-4000-8000-0000000000ff";

/// A seller who sells what the first one does.
pub(crate) const SECOND_SELLER: &str = "5e110000-0000-4000-8000-000000000002";
/// An id of the history's.
pub(crate) fn id(number: u128) -> String {
    Uuid::from_u128(0xe000_0000_0000_4000_8000_0000_0000_0000 + number).to_string()
}

/// The id in a global one.
pub(crate) fn plain(global: &str) -> Uuid {
    let text = String::from_utf8(BASE64.decode(global).unwrap()).unwrap();
    Uuid::parse_str(text.split_once(':').unwrap().1).unwrap()
}

/// Somebody who asks.
pub(crate) fn viewer(asker: Asker, subject: &str) -> Viewer {
    asker.role().map_or_else(Viewer::default, |role| Viewer::known(role, subject))
}

/// Whose the history is, besides: a seller who was removed.
pub(crate) fn somebody_besides(asker: Asker) -> Option<Viewer> {
    (asker == Asker::Seller).then(|| viewer(asker, &id(11)))
}

/// Who asks as this, and whose the history is.
pub(crate) fn somebody(asker: Asker) -> Viewer {
    match asker {
        Asker::Buyer => viewer(asker, BUYER),
        Asker::Seller => viewer(asker, SELLER),
        Asker::Anonymous | Asker::Moderator | Asker::Compliance | Asker::Auditor | Asker::Operator => {
            viewer(asker, "staff")
        }
    }
}

/// Another one of the same role, who has nothing of their own. Of staff there is none: nothing is theirs alone.
pub(crate) fn somebody_else(asker: Asker) -> Option<Viewer> {
    match asker {
        Asker::Buyer => Some(viewer(asker, OTHER_BUYER)),
        Asker::Seller => Some(viewer(asker, OTHER_SELLER)),
        Asker::Anonymous | Asker::Moderator | Asker::Compliance | Asker::Auditor | Asker::Operator => None,
    }
}

/// Asks in this process.
pub(crate) async fn ask(market: &Market, viewer: &Viewer, query: &str, variables: Value) -> Value {
    let asked =
        Asked { query: query.to_owned(), variables: Some(Variables::from_json(variables)), operation_name: None };
    let answered = market.server.app().executor.answer(asked, viewer.clone()).await;
    serde_json::to_value(answered.response).unwrap()
}

/// A command's document.
pub(crate) fn command(mutation: &str, fields: &str) -> String {
    let first = mutation.chars().next().unwrap().to_uppercase();
    // Two inputs are not named after their mutation.
    let input = match mutation {
        "recordAuthorityMessage" => "AuthorityMessageInput".to_owned(),
        "recordAuthorityOrder" => "AuthorityOrderInput".to_owned(),
        _ => format!("{first}{}Input", &mutation[1..]),
    };
    format!(
        "mutation Do($input: {input}!) {{ {mutation}(input: $input) {{ commandId position \
         userErrors {{ code message field rule }} {fields} }} }}"
    )
}
