//! An order's dispute, and the courts that may decide it (R-6-01).

use async_graphql::{Context, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::ids::SellerId;
use projections::orders::{DisputeRow, OrderRow};

use super::guard::{Allowed, DISPUTE_READERS, Only};
use super::moderation_terms::{DisputeForum, DisputeOutcome, DisputeState};
use super::orders::sells_all_of;
use super::platform::{instant, opened, read, viewer};

/// Before whom a dispute was brought.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct DisputeReferral {
    /// What kind of body.
    forum: DisputeForum,
    /// The body or the court, by name.
    body: String,
    /// When.
    referred_at: DateTime<Utc>,
}

/// The countries whose courts are competent, ISO 3166-1. Which court of a country it is, its law says.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial)]
pub struct CompetentCourts {
    /// Where the buyer lives, by the buyer's account; where the order was bought when there is no account.
    buyers_residence: String,
    /// Where the order's sellers are established, each country once; for a seller, where they are.
    sellers_seats: Vec<String>,
    /// Where it was delivered: the country of the shop front.
    place_of_delivery: String,
}

/// A dispute about an order.
#[derive(Debug, Clone)]
pub struct Dispute {
    order: OrderRow,
    row: DisputeRow,
}

impl Dispute {
    /// The dispute about an order, if there is one.
    #[must_use]
    pub fn of(order: &OrderRow) -> Option<Self> {
        order.dispute.clone().map(|row| Self { order: order.clone(), row })
    }
}

/// A dispute about an order: amicable first, then a mediator or another body, then a court (R-6-01).
#[Object(serial)]
impl Dispute {
    /// How far it has come.
    async fn state(&self) -> DisputeState {
        self.row.state.into()
    }

    /// What it is about, in the buyer's words; nothing once they were forgotten. For its BUYER, the SELLER of all its lines, an
    /// OPERATOR and COMPLIANCE.
    #[graphql(guard = "Only(DISPUTE_READERS)", directive = Allowed::apply(DISPUTE_READERS))]
    async fn subject(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        opened(ctx, self.row.subject.as_ref().filter(|_| sells_all_of(&self.order, viewer(ctx)))).await
    }

    /// When it was opened.
    async fn opened_at(&self) -> DateTime<Utc> {
        instant(self.row.opened_at)
    }

    /// Before whom it was brought, in order: at most one of each kind.
    async fn referrals(&self) -> Vec<DisputeReferral> {
        let referral = |(forum, body, at): &(domain::dispute::Forum, String, i64)| DisputeReferral {
            forum: (*forum).into(),
            body: body.clone(),
            referred_at: instant(*at),
        };
        self.row.referrals.iter().map(referral).collect()
    }

    /// How it ended.
    async fn outcome(&self) -> Option<DisputeOutcome> {
        self.row.closed.as_ref().map(|(outcome, ..)| (*outcome).into())
    }

    /// How it ended, in words.
    async fn explanation(&self) -> Option<&str> {
        self.row.closed.as_ref().map(|(_, explanation, _)| explanation.as_str())
    }

    /// When it ended.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.row.closed.as_ref().map(|(.., at)| instant(*at))
    }

    /// The courts that may decide it.
    async fn courts(&self, ctx: &Context<'_>) -> Result<CompetentCourts> {
        read(ctx, |views| {
            let asker = viewer(ctx).seller();
            let mut sellers: Vec<SellerId> = self.order.lines.iter().map(|line| line.seller).collect();
            sellers.retain(|seller| asker.is_none_or(|asker| asker == *seller));
            sellers.sort_unstable();
            sellers.dedup();
            let mut seats = Vec::new();
            for seller in sellers {
                seats.extend(views.catalogue().seller(seller)?.map(|row| row.country.to_string()));
            }
            seats.sort_unstable();
            seats.dedup();
            let bought_in = self.order.country_of_purchase;
            let residence = views.orders().residence(self.order.buyer)?.unwrap_or(bought_in);
            Ok(CompetentCourts {
                buyers_residence: residence.to_string(),
                sellers_seats: seats,
                place_of_delivery: bought_in.to_string(),
            })
        })
    }
}
