//! Old versions of events, lifted to the newest.
//!
//! An upcaster works on JSON and lifts one version to the next; a version three steps old goes through three. It
//! never guesses: what an old version did not say gets the value that was true for everything at the time.

use serde_json::{Value, json};

use crate::event::EventKind;

/// Lifts a payload of an old version to the newest version of its type.
#[must_use]
pub fn upcast(kind: EventKind, schema: u16, mut data: Value) -> Value {
    for version in schema..kind.version() {
        if let (EventKind::ListingPublished, 1) = (kind, version) {
            listing_published_1_to_2(&mut data);
        }
        if let (EventKind::PolicyAdopted, 1) = (kind, version) {
            policy_adopted_1_to_2(&mut data);
        }
    }
    data
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
    if let (Some(values), Value::Object(added)) = (data.as_object_mut(), added) {
        values.extend(added);
    }
}

/// Version 1 had neither a delivery cost nor a delivery time: delivery was in the price, and every seller promised
/// five days.
fn listing_published_1_to_2(data: &mut Value) {
    let free = json!({ "minor": 0, "currency": data["price"]["currency"] });
    data["deliveryCost"] = free;
    data["deliveryDays"] = json!(5);
}
