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
    }
    data
}

/// Version 1 had neither a delivery cost nor a delivery time: delivery was in the price, and every seller promised
/// five days.
fn listing_published_1_to_2(data: &mut Value) {
    let free = json!({ "minor": 0, "currency": data["price"]["currency"] });
    data["deliveryCost"] = free;
    data["deliveryDays"] = json!(5);
}
