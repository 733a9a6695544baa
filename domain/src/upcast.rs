//! Old versions of events, lifted to the newest.
//!
//! An upcaster works on JSON and lifts one version to the next; a version three steps old goes through three. It
//! never guesses: what an old version did not say gets the value that was true for everything at the time, or is said to
//! be unknown. What is not an event of that version it leaves as it is, and then it does not decode.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::event::EventKind;
use crate::pseudonym::{Pseudonym, Recipients};

/// Lifts a payload of an old version to the newest version of its type.
#[must_use]
pub fn upcast(kind: EventKind, schema: u16, mut data: Value) -> Value {
    for version in schema..kind.version() {
        if let Some(lift) = upcaster(kind, version) {
            lift(&mut data);
        }
    }
    data
}

/// What lifts this version of a type to the next.
fn upcaster(kind: EventKind, version: u16) -> Option<fn(&mut Value)> {
    #[allow(clippy::wildcard_enum_match_arm, reason = "most types have one version; each older one stands here")]
    match (kind, version) {
        (EventKind::ListingPublished, 1) => Some(listing_published_1_to_2),
        (EventKind::PolicyAdopted, 1) => Some(policy_adopted_1_to_2),
        (EventKind::AuthorityOrderReceived, 1) => Some(authority_order_received_1_to_2),
        (EventKind::BuyersWarned, 1) => Some(buyers_warned_1_to_2),
        (EventKind::RecipientsSeen, 1) => Some(recipients_seen_1_to_2),
        (EventKind::SellerReinstated, 1) => Some(seller_reinstated_1_to_2),
        // Version 1 did not say by which pseudonym its buyer is known in the month's activity: the buyer's own id was one.
        (EventKind::OrderPlaced, 1) => None,
        // Version 2 knows one more kind of mail; what version 1 says is said the same way in version 2.
        (EventKind::MailQueued, 1) => None,
        _ => None,
    }
}

/// Adds members to an object.
fn add(data: &mut Value, added: Value) {
    if let (Some(members), Value::Object(added)) = (data.as_object_mut(), added) {
        members.extend(added);
    }
}

/// Version 1 had neither a delivery cost nor a delivery time: delivery was in the price, and every seller promised
/// five days.
fn listing_published_1_to_2(data: &mut Value) {
    let free = json!({ "minor": 0, "currency": data["price"]["currency"] });
    add(data, json!({ "deliveryCost": free, "deliveryDays": 5 }));
}

/// Version 1 said nothing of fees a month, invitations, deadlines, blocks, complaints and translations: nothing was
/// charged then, and the rest was as the rules have it where they leave nothing open.
fn policy_adopted_1_to_2(data: &mut Value) {
    let added = json!({
        "sellerMonthlyFeeMinor": 0,
        "reviewInvitationDays": 7,
        "reviewPublicationWorkingDays": 1,
        "photoDecisionWorkingDays": 7,
        "holidays": "france",
        "seriousCriteria": ["ILLEGAL_CONTENT", "IDENTITY_THEFT", "HATE_OR_VIOLENCE"],
        "complaintMonths": 6,
        "reviewLanguages": ["de", "en", "es", "fr", "it", "nl"],
    });
    add(data, added);
}

/// Version 1 did not record the authority's own reference; nothing in the book says what it was.
fn authority_order_received_1_to_2(data: &mut Value) {
    add(data, json!({ "reference": null }));
}

/// Version 1 named the buyers only. In which order each bought the product can be searched in the book, but the event did
/// not say it: one who ordered twice was told of either.
fn buyers_warned_1_to_2(data: &mut Value) {
    if let Some(buyers) = data.get_mut("buyers").and_then(Value::as_array_mut) {
        for buyer in buyers {
            *buyer = json!({ "buyer": buyer, "order": null });
        }
    }
}

/// When version 1 was written, what had come down with a seller stayed away.
fn seller_reinstated_1_to_2(data: &mut Value) {
    add(data, json!({ "listings": "TO_BE_PUBLISHED_ANEW" }));
}

/// Version 1 was of one Member State and part, named recipients by whole ids, and was decided by the first rule.
fn recipients_seen_1_to_2(data: &mut Value) {
    let ids: Result<Vec<Uuid>, _> = serde_json::from_value(data["recipients"].clone());
    let Ok(ids) = ids else { return };
    let recipients = Recipients::new(ids.into_iter().map(Pseudonym::of_id).collect());
    // Nobody was seen where all were left out.
    let seen = if recipients.is_empty() {
        json!([])
    } else {
        json!([{ "memberState": data["memberState"], "role": data["role"], "recipients": recipients }])
    };
    add(data, json!({ "rule": 1, "seen": seen }));
}
