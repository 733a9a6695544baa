//! `explain-rank PRODUCT`: why each offer of a product stands where it stands, and the product in its category.

use domain::ids::ProductId;
use domain::money::{Currency, Money};
use domain::quality::smoothed_basis_points;
use projections::buy_box::{BuyBox, BuyBoxReader, score};
use projections::catalogue::{Catalogue, CatalogueReader};
use projections::ranking::{Ranking, RankingReader, Sort};
use projections::registry::ViewKind;
use projections::view::View;
use uuid::Uuid;

use crate::Outcome;
use crate::arguments::At;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::output::say;

pub(crate) fn run(data: &Data, product: Uuid, at: &At) -> Result<Outcome, ToolError> {
    let id = ProductId(product);
    let [catalogue_kind, ranking_kind, buy_box_kind] =
        [Catalogue::NAME, Ranking::NAME, BuyBox::NAME].map(ViewKind::named);
    let (catalogue_kind, ranking_kind, buy_box_kind) = (catalogue_kind?, ranking_kind?, buy_box_kind?);
    let replayed = book::replay(data, &[catalogue_kind, ranking_kind, buy_box_kind], at.until())?;
    let catalogue = CatalogueReader(replayed.views.rows(catalogue_kind)?);
    let (ranking, buy_box) =
        (RankingReader(replayed.views.rows(ranking_kind)?), BuyBoxReader(replayed.views.rows(buy_box_kind)?));
    let Some(row) = catalogue.product(id)? else {
        return Err(ToolError::Usage(format!("there is no product {product} at {}", replayed.views.address())));
    };
    say!("{} ({}), product {product}", row.title, row.brand);
    say!("{}", replayed.views.address());
    say!();
    let offers = buy_box.product(id)?;
    let currency = offers
        .first()
        .and_then(|condition| condition.ranked.first())
        .map_or(Currency::EUR, |(offer, _)| offer.price.currency);
    say!("In its category, by orders in the last 30 days, then lower price, then product id:");
    if let Some(standing) = ranking.standing(id)? {
        let price = standing.lowest_price_minor().map_or_else(
            || "nobody offers it".to_owned(),
            |minor| format!("lowest price {}", Money::new(minor, currency)),
        );
        say!("  {} orders, {price}", standing.orders_30_days());
        for (scope, subcategory) in [
            (row.category.to_string(), None),
            (format!("{}/{}", row.category, row.subcategory), Some(&row.subcategory)),
        ] {
            let (mut rank, mut of) = (None, 0);
            for entry in ranking.ranked(&row.category, subcategory, Sort::BestSelling, None) {
                of += 1;
                if entry?.4 == id {
                    rank = Some(of);
                }
            }
            match rank {
                Some(rank) => say!("  {scope}: {rank} of {of}"),
                None => say!("  {scope}: not shown, for nobody offers it"),
            }
        }
        let label = if ranking.is_best_seller(id, &standing)? { "yes" } else { "no" };
        let policy = ranking.policy()?;
        say!(
            "  Best Seller: {label} (the first {} of a subcategory with {} orders or more; policy version {})",
            policy.count,
            policy.minimum_orders,
            policy.policy_version
        );
    }
    let policy = buy_box.policy()?;
    say!();
    say!("The buy box, for each condition the lowest score: price × (10,000 + weighted rates) ÷ 10,000;");
    say!(
        "rates in basis points over {} days of deliveries, (bad + 2) × 10,000 ÷ (delivered + 100); policy version {}:",
        policy.window_days,
        policy.policy_version
    );
    for condition in offers {
        say!("  {}", condition.condition);
        for (place, (offer, ranked)) in condition.ranked.iter().enumerate() {
            let shop =
                catalogue.seller(offer.seller)?.map_or_else(|| offer.seller.to_string(), |seller| seller.shop_name);
            let quality = ranked.offer.quality;
            say!(
                "    {}. {} by {shop} (listing {}): score {}",
                place + 1,
                offer.price,
                offer.listing,
                score(offer, ranked)
            );
            let [aesthetic, wrong, defective, accessories] = quality.issues;
            let rates = [
                ("aesthetic defect", aesthetic),
                ("wrong product", wrong),
                ("defective product", defective),
                ("wrong accessories", accessories),
                ("late delivery", quality.late),
            ];
            let rates: Vec<String> = rates
                .iter()
                .map(|(name, bad)| {
                    format!("{name} {bad}/{} → {}", quality.delivered, smoothed_basis_points(*bad, quality.delivered))
                })
                .collect();
            say!("       rates add {}: {}", ranked.surcharge_basis_points, rates.join(", "));
        }
    }
    Ok(Outcome::Good)
}
