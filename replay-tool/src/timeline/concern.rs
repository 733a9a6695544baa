//! Which events concern a thing. One rule, exact:
//!
//! 1. every event of its own stream, and every event whose data names it;
//! 2. every event that followed from one of these (its metadata say so);
//! 3. the streams in which those stand concern it from there on, with all that names what they are of: reviews, listings,
//!    notices, statements, complaints, disputes, invitations, alarms, mails. Not so orders, buyers, sellers and products, of
//!    which the thing is only a part.
//!
//! An order's own events stand in its timeline; in those of products and sellers only when they are asked for, for there
//! may be thousands. A warning of a product names the orders of all who bought it: of what followed from it, an order's
//! timeline has what went to its own buyer.

use std::collections::{HashMap, HashSet};
use std::fmt;

use domain::aggregate::Aggregate;
use domain::buyer::Buyer;
use domain::complaint::Complaint;
use domain::event::{Event, EventKind};
use domain::ids::{BuyerId, OrderId};
use domain::listing::Listing;
use domain::notice::Notice;
use domain::order::Order;
use domain::product::Product;
use domain::review::Review;
use domain::safety_warning::SafetyWarningEvent;
use domain::seller::Seller;
use domain::statement::Statement;
use event_log::{Recorded, StreamName};
use uuid::Uuid;

use crate::error::ToolError;

/// The kinds of things that have a timeline.
const KINDS: [&str; 4] = [Product::CATEGORY, Review::CATEGORY, Seller::CATEGORY, Order::CATEGORY];

/// Things that others name by their id, besides the one whose timeline it is.
const NAMED: [&str; 5] =
    [Review::CATEGORY, Listing::CATEGORY, Notice::CATEGORY, Statement::CATEGORY, Complaint::CATEGORY];

/// Whose streams are never taken for another thing's.
const WIDER: [&str; 3] = [Buyer::CATEGORY, Seller::CATEGORY, Product::CATEGORY];

/// The length of an id as text: 8-4-4-4-12 hexadecimal digits.
const ID_BYTES: usize = 36;

/// What a timeline is of.
pub(crate) struct Thing {
    kind: &'static str,
    id: Uuid,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}

impl Thing {
    /// The thing of a kind and an id, or whose stream has this name.
    pub(super) fn named(kind: &str, id: Option<Uuid>) -> Result<Self, ToolError> {
        let known = |name: &str| KINDS.into_iter().find(|kind| *kind == name.to_ascii_lowercase());
        let parts = match id {
            Some(id) => known(kind).map(|kind| (kind, id)),
            None => kind.split_once('-').and_then(|(kind, id)| Some((known(kind)?, id.parse().ok()?))),
        };
        parts.map(|(kind, id)| Self { kind, id }).ok_or_else(|| {
            let kinds = KINDS.join(", ");
            ToolError::Usage(format!(
                "{kind:?} has no timeline; name one of {kinds} and its id, or a stream, as in order-7f0c…"
            ))
        })
    }
}

/// What has been found to concern a thing so far.
pub(super) struct Concern {
    /// The ids whose mention makes an event concern it.
    ids: HashSet<Uuid>,
    streams: HashSet<StreamName>,
    events: HashSet<Uuid>,
    own: String,
    orders: Orders,
    /// The warnings that name the order whose timeline it is, each with the buyer who placed it.
    warnings: HashMap<Uuid, BuyerId>,
}

enum Orders {
    LeftOut,
    /// The timeline of this order: others are not its own.
    Own(OrderId),
    All,
}

impl Concern {
    pub(super) fn of(thing: &Thing, with_orders: bool) -> Self {
        let orders = match (thing.kind == Order::CATEGORY, with_orders) {
            (true, _) => Orders::Own(OrderId(thing.id)),
            (false, true) => Orders::All,
            (false, false) => Orders::LeftOut,
        };
        Self {
            ids: HashSet::from([thing.id]),
            streams: HashSet::new(),
            events: HashSet::new(),
            own: format!("{}-{}", thing.kind, thing.id),
            orders,
            warnings: HashMap::new(),
        }
    }

    /// Whether the next event of the book concerns it.
    pub(super) fn takes(&mut self, event: &Recorded, cause: Option<Uuid>) -> bool {
        let (own, category) = (event.stream.as_str() == self.own, event.stream.category());
        let order = category == Order::CATEGORY;
        if order && !own && !matches!(self.orders, Orders::All) {
            return false;
        }
        if let Some(buyer) = self.warned(event) {
            self.warnings.insert(event.id, buyer);
            return true;
        }
        let to_its_buyer = |warning| {
            let buyer = self.warnings.get(&warning);
            buyer.is_some_and(|buyer| ids_in(&event.data).any(|id| id == buyer.0))
        };
        let concerns = own
            || cause.is_some_and(to_its_buyer)
            || self.streams.contains(&event.stream)
            || cause.is_some_and(|cause| self.events.contains(&cause))
            || ids_in(event.stream.as_str().as_bytes()).any(|id| self.ids.contains(&id))
            || ids_in(&event.data).any(|id| self.ids.contains(&id));
        if concerns {
            self.events.insert(event.id);
            if !own
                && !WIDER.contains(&category)
                && self.streams.insert(event.stream.clone())
                && NAMED.contains(&category)
            {
                self.ids.extend(Uuid::try_parse(event.stream.id()).ok());
            }
        }
        concerns
    }

    /// The buyer who placed the order whose timeline it is, where the event is a warning that names it.
    fn warned(&self, event: &Recorded) -> Option<BuyerId> {
        let Orders::Own(own) = self.orders else { return None };
        let kind = EventKind::BuyersWarned;
        if &*event.event_type != kind.name() {
            return None;
        }
        // What can't be read is told as the error that it is when its line is written, if it concerns the order.
        let Event::SafetyWarning(SafetyWarningEvent::BuyersWarned(warned)) =
            Event::decode(kind, event.schema, &event.data).ok()?
        else {
            return None;
        };
        warned.buyers.iter().find(|warned| warned.order == Some(own)).map(|warned| warned.buyer)
    }
}

/// The ids in a text, as events write them. Sealed values have none, for they are in Base64, but whose they are is read.
fn ids_in(text: &[u8]) -> impl Iterator<Item = Uuid> + '_ {
    text.windows(ID_BYTES)
        .filter(|id| id[8] == b'-' && id[13] == b'-' && id[18] == b'-' && id[23] == b'-')
        .filter_map(|id| Uuid::try_parse_ascii(id).ok())
}
