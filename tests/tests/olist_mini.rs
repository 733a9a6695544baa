//! The importer as people run it, on the small data set: what it says, to the letter, and that doing it again adds
//! nothing.

#![allow(clippy::unwrap_used, reason = "where a test fails it should stop, and say where")]

use std::path::Path;

use tests::programs::must;

/// The importer's words; the data directory's name is another one each time.
fn import(data: &Path) -> String {
    let olist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/histories/olist-mini");
    must(data, &["import", "olist", olist.to_str().unwrap()]).replace(data.to_str().unwrap(), "[data]")
}

/// Six of the eight orders are good; `fixtures/histories/README.md` says what is wrong with the rest, and with what.
const SAID: &str = "\
orders accepted            6
reviews submitted          4
reviews edited             1

refused, by rule:
  R-1.1-01       1  An order without items has no seller to buy from.
  R-1.2-02       1  A price is more than zero, and a delivery costs zero or more.
  R-1.2-03       1  An order is of listings that are for sale, in bounds.
  R-1.2-05       1  What was delivered can't be cancelled any more; the delivery stands.
  R-3.1-01       2  Only what was bought can be reviewed: the order was refused or never confirmed.
  R-3.1-02       1  A review has a text and a score of 1 to 5; most of these have no text.
  R-3.3-01       1  A review can be changed until the thirtieth day after delivery is over.
  each of them is listed in [data]/import-olist-refused.csv

events of the data set:
  SellerRegistered           3
  SellerTermsAccepted        3
  SellerVerified             3
  ProductCatalogued          3
  ListingPublished           4
  ListingPriceChanged        1
  OrderPlaced                6
  OrderConfirmed             5
  OrderShipped               5
  OrderDelivered             4
  OrderCancelled             2
  ReviewSubmitted            4
  ReviewPublished            4
  ReviewEdited               1
  PolicyAdopted              1

events written now        49
events there already       0
";

#[test]
fn r_0_04_an_import_says_what_it_took_and_again_adds_nothing() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(import(data.path()), SAID);
    let verified = must(data.path(), &["verify"]);
    let nothing_new = SAID.replace("now        49", "now         0").replace("already       0", "already      49");
    assert_eq!(import(data.path()), nothing_new);
    assert_eq!(must(data.path(), &["verify"]), verified);
}
