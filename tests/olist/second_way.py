#!/usr/bin/env python3
"""The Olist figures, computed a second way: from tables, without a single event.

`replay-tool` turns the Olist files into events, replays them and prints views. This program
knows no events: it loads the same CSV files into SQLite (in memory) and states each figure as
a query over whole tables. Two ways that share no code and agree row by row make it unlikely that
either is wrong (`compare.py` does the comparing).

    second_way.py DIR import-report                     what an import takes, and what it refuses
    second_way.py DIR ranking --category C [--as-of T]  R-2.3-03, R-2.3-10
    second_way.py DIR seller-quality [--as-of T]        R-2.3-08
    second_way.py DIR rating [--as-of T]                R-3.1, R-3.3-01
    second_way.py DIR active-recipients [--as-of T]     R-5-01
    second_way.py DIR dsa --period 2018-H1              R-5-01
    second_way.py DIR --self-check                      the totals known beforehand

`--as-of T` means everything that happened at or before T. T is an instant (`2018-08-01T00:00:00Z`);
a bare date is its midnight in UTC, the first instant of that day. Without it, T is the newest
instant of the history. All instants are kept as whole seconds since 1970, UTC, as in the files.
"""

import argparse
import csv
import json
import sqlite3
import sys
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

DAY = 24 * 60 * 60
RANKING_WINDOW = 30 * DAY   # R-2.3-10
QUALITY_WINDOW = 90 * DAY   # R-2.3-08
EDIT_WINDOW = 30 * DAY      # R-3.3-01
OPERATOR_ZONE = ZoneInfo("Europe/Paris")

FILES = {
    "raw_order": "olist_orders_dataset.csv",
    "raw_item": "olist_order_items_dataset.csv",
    "raw_review": "olist_order_reviews_dataset.csv",
    "raw_customer": "olist_customers_dataset.csv",
    "raw_product": "olist_products_dataset.csv",
    "raw_translation": "product_category_name_translation.csv",
}

# Brazil's 27 states, in alphabetical order, stand for these.
MEMBER_STATES = ("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK").split()

# From the raw files to facts: what was accepted, and when each step of it happened. SQLite's
# two-argument MAX is NULL when either side is, so a step that needs a missing one is missing too.
FACTS = """
-- An order that was accepted: one with at least one line.
CREATE TABLE placed AS
WITH read AS (
    SELECT o.order_id, c.customer_unique_id AS buyer, c.customer_state AS region,
           o.order_status IN ('canceled', 'unavailable') AS gone,
           instant(order_purchase_timestamp)      AS purchased,
           instant(order_approved_at)             AS approved,
           instant(order_delivered_carrier_date)  AS handed_over,
           instant(order_delivered_customer_date) AS received,
           -- The promise holds until the end of the estimated day.
           instant(order_estimated_delivery_date) + 86400 AS late_from
    FROM raw_order o JOIN raw_customer c USING (customer_id)
    WHERE o.order_id IN (SELECT order_id FROM raw_item)
), confirmed AS (
    SELECT *, MAX(purchased, COALESCE(approved, IIF(gone, NULL, purchased))) AS confirmed FROM read
), shipped AS (
    SELECT *, MAX(confirmed, COALESCE(handed_over, received)) AS shipped FROM confirmed
), delivered AS (
    SELECT *, MAX(shipped, received) AS delivered FROM shipped
)
-- A cancellation has no instant of its own; the latest one recorded stands for it. What was
-- delivered stays delivered.
SELECT order_id, buyer, region, gone, purchased, confirmed, shipped, delivered, late_from,
       IIF(gone AND delivered IS NULL,
           MAX(purchased, COALESCE(approved, 0), COALESCE(handed_over, 0), COALESCE(received, 0)),
           NULL) AS cancelled
FROM delivered;
CREATE UNIQUE INDEX placed_order ON placed (order_id);

-- A listing's appearance in an order; however many units, once.
CREATE TABLE sale AS
SELECT DISTINCT order_id, seller_id, product_id, purchased,
       CAST(ROUND(price * 100) AS INTEGER) AS cents
FROM raw_item JOIN placed USING (order_id);
CREATE INDEX sale_order ON sale (order_id);

-- Every product that was ever sold, in the category that the marketplace shows.
CREATE TABLE product AS
SELECT p.product_id, MIN(purchased) AS catalogued,
       COALESCE(t.product_category_name_english,
                NULLIF(p.product_category_name, ''), 'uncategorized') AS category
FROM raw_product p JOIN sale USING (product_id)
LEFT JOIN raw_translation t USING (product_category_name)
GROUP BY p.product_id;

-- What became of each row of the reviews file. Checked in this order: is there an order, is there
-- a text, is there still time. (A review may come before the delivery; then there is time.)
CREATE TABLE review AS
WITH dated AS (
    SELECT r.review_id, r.order_id, CAST(r.review_score AS INTEGER) AS score, delivered,
           MAX(instant(review_creation_date), confirmed) AS reviewed,
           review_text(review_comment_title, review_comment_message) = '' AS blank
    FROM raw_review r LEFT JOIN placed USING (order_id)
), numbered AS (
    SELECT *, ROW_NUMBER() OVER (
        PARTITION BY order_id, reviewed IS NULL OR blank ORDER BY reviewed, review_id) AS version
    FROM dated
)
SELECT review_id, order_id, score, reviewed, delivered, version, CASE
    WHEN reviewed IS NULL                      THEN 'R-3.1-01'
    WHEN blank                                 THEN 'R-3.1-02'
    WHEN version = 1                           THEN 'submitted'
    WHEN reviewed > delivered + :edit_window   THEN 'R-3.3-01'
    ELSE 'edited' END AS outcome
FROM numbered;

-- Reviews are of the order's first line.
CREATE TABLE reviewed_product AS
SELECT order_id, product_id FROM raw_item WHERE CAST(order_item_id AS INTEGER) = 1;

CREATE TABLE member_state (region PRIMARY KEY, code);
"""

RANKING = """
WITH offer AS (  -- the newest price of each listing at T
    SELECT product_id, cents, ROW_NUMBER() OVER (
        PARTITION BY seller_id, product_id ORDER BY purchased DESC, order_id DESC) AS age
    FROM sale WHERE purchased <= :t
), lowest AS (
    SELECT product_id, MIN(cents) AS cents FROM offer WHERE age = 1 GROUP BY product_id
), counted AS (
    SELECT product_id, COUNT(DISTINCT order_id) AS orders30d
    FROM sale JOIN placed USING (order_id)
    WHERE confirmed > :t - :window AND confirmed <= :t AND (cancelled IS NULL OR cancelled > :t)
    GROUP BY product_id
)
SELECT product_id, COALESCE(orders30d, 0) AS orders30d,
       ROW_NUMBER() OVER (ORDER BY COALESCE(orders30d, 0) DESC, cents, product_id) AS rank
FROM product JOIN lowest USING (product_id) LEFT JOIN counted USING (product_id)
WHERE category = :category AND catalogued <= :t
ORDER BY rank
"""

SELLER_QUALITY = """
WITH delivery AS (
    SELECT DISTINCT seller_id, order_id, delivered >= late_from AS late
    FROM sale JOIN placed USING (order_id)
    WHERE delivered > :t - :window AND delivered <= :t
)
SELECT seller_id, COUNT(*), SUM(late), 0, 0, 0, 0  -- the data set reports no issues
FROM delivery GROUP BY seller_id ORDER BY seller_id
"""

RATING = """
WITH newest AS (
    SELECT order_id, score, ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY version DESC) AS age
    FROM review WHERE outcome IN ('submitted', 'edited') AND reviewed <= :t
)
SELECT product_id, COUNT(*), SUM(score),
       SUM(score = 1), SUM(score = 2), SUM(score = 3), SUM(score = 4), SUM(score = 5)
FROM newest JOIN reviewed_product USING (order_id)
WHERE age = 1 GROUP BY product_id ORDER BY product_id
"""

ACTIVE_RECIPIENTS = """
WITH seen AS (
    SELECT paris_month(purchased) AS month, code, buyer
    FROM placed JOIN member_state USING (region) WHERE purchased <= :t
)
SELECT month, code AS state, COUNT(DISTINCT buyer) FROM seen GROUP BY month, state
UNION ALL
SELECT month, 'EU', COUNT(DISTINCT buyer) FROM seen GROUP BY month
ORDER BY month, state
"""

# How often each event type stands in the log. ReviewPublished comes with ReviewSubmitted.
EVENTS = """
SELECT 'SellerRegistered' AS type, COUNT(DISTINCT seller_id) AS n FROM sale
UNION ALL SELECT 'SellerVerified', COUNT(DISTINCT seller_id) FROM sale
UNION ALL SELECT 'ProductCatalogued', COUNT(*) FROM product
UNION ALL SELECT 'ListingPublished', COUNT(*) FROM (SELECT DISTINCT seller_id, product_id FROM sale)
UNION ALL SELECT 'ListingPriceChanged', SUM(cents <> before) FROM (
    SELECT cents, LAG(cents) OVER (
        PARTITION BY seller_id, product_id ORDER BY purchased, order_id) AS before FROM sale)
UNION ALL SELECT 'OrderPlaced', COUNT(purchased) FROM placed
UNION ALL SELECT 'OrderConfirmed', COUNT(confirmed) FROM placed
UNION ALL SELECT 'OrderShipped', COUNT(shipped) FROM placed
UNION ALL SELECT 'OrderDelivered', COUNT(delivered) FROM placed
UNION ALL SELECT 'OrderCancelled', COUNT(cancelled) FROM placed
UNION ALL SELECT 'ReviewSubmitted', SUM(outcome = 'submitted') FROM review
UNION ALL SELECT 'ReviewPublished', SUM(outcome = 'submitted') FROM review
UNION ALL SELECT 'ReviewEdited', SUM(outcome = 'edited') FROM review
"""

HEAD = """
SELECT MAX(MAX(purchased), MAX(COALESCE(confirmed, 0)), MAX(COALESCE(shipped, 0)),
           MAX(COALESCE(delivered, 0)), MAX(COALESCE(cancelled, 0)),
           (SELECT MAX(reviewed) FROM review WHERE outcome IN ('submitted', 'edited')))
FROM placed
"""


def instant(text):
    """A file's instant, or one from the command line, in seconds; None where it is blank."""
    if not text:
        return None
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int((moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp() // 1)


def paris_month(seconds):
    """The calendar month of an instant where the operator is: `2018-01`."""
    return datetime.fromtimestamp(seconds, OPERATOR_ZONE).strftime("%Y-%m")


def review_text(title, message):
    """A review's text: title and message, trimmed, a line each where both are there."""
    return "\n".join(part for part in (title.strip(), message.strip()) if part)


def dashed(hex_digits):
    """The data set's 32 hex digits as a UUID is written."""
    return str(uuid.UUID(hex_digits))


class Olist:
    """The data set as tables of facts, and the figures as queries over them.

    Each view is a list of rows, the header first, as its CSV has them."""

    def __init__(self, directory):
        self.db = sqlite3.connect(":memory:")
        for function, arguments in ((instant, 1), (paris_month, 1), (review_text, 2)):
            self.db.create_function(function.__name__, arguments, function, deterministic=True)
        for table, name in FILES.items():
            self._load(table, Path(directory) / name)
        self.db.executescript(FACTS.replace(":edit_window", str(EDIT_WINDOW)))
        regions = [row[0] for row in self.db.execute(
            "SELECT DISTINCT customer_state FROM raw_customer ORDER BY 1")]
        self.db.executemany("INSERT INTO member_state VALUES (?, ?)",
                            zip(regions, MEMBER_STATES, strict=True))
        self.head = self.db.execute(HEAD).fetchone()[0]

    def _load(self, table, path):
        """A CSV file as a table of texts. Line breaks within fields are kept."""
        with open(path, encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        self.db.execute(f"CREATE TABLE {table} ({', '.join(header)})")
        self.db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(header))})", rows)

    def _counts(self, query):
        return dict(self.db.execute(query).fetchall())

    def _view(self, header, query, as_of, **parameters):
        t = self.head if as_of is None else instant(as_of)
        return [header.split(","), *map(list, self.db.execute(query, {"t": t, **parameters}))]

    def _view_by_id(self, *arguments, **parameters):
        header, *rows = self._view(*arguments, **parameters)
        return [header, *([dashed(first), *rest] for first, *rest in rows)]

    def categories(self):
        """Every category and its number of products, the largest first."""
        return self.db.execute(
            "SELECT category, COUNT(*) FROM product GROUP BY 1 ORDER BY 2 DESC, 1").fetchall()

    def ranking(self, category, as_of=None):
        """A category's products, the most often ordered in the 30 days to T first (R-2.3-10)."""
        return self._view_by_id("product,orders30d,rank", RANKING, as_of,
                                category=category, window=RANKING_WINDOW)

    def seller_quality(self, as_of=None):
        """Each seller's deliveries of the 90 days to T, and how many were late (R-2.3-08)."""
        return self._view_by_id(
            "seller,delivered,late,aesthetic_defect,wrong_product,defective_product,wrong_accessories",
            SELLER_QUALITY, as_of, window=QUALITY_WINDOW)

    def rating(self, as_of=None):
        """Each product's scores; an edited review counts with its newest one."""
        return self._view_by_id("product,count,sum,s1,s2,s3,s4,s5", RATING, as_of)

    def active_recipients(self, as_of=None):
        """Distinct buyers who ordered in a month, for each Member State and the Union (R-5-01)."""
        return self._view("month,member_state,recipients", ACTIVE_RECIPIENTS, as_of)

    def dsa(self, period):
        """The art. 24(2) figure of a half-year: its six months, and their mean as a fraction."""
        year, half = period.split("-H")
        first = {"1": 1, "2": 7}[half]
        union = {month: n for month, state, n in self.active_recipients()[1:] if state == "EU"}
        months = [f"{int(year):04}-{month:02}" for month in range(first, first + 6)]
        seen = [{"month": month, "recipients": union.get(month, 0)} for month in months]
        return {"months": seen,
                "averageNumerator": sum(month["recipients"] for month in seen),
                "averageDenominator": 6}

    def import_report(self):
        """What an import of the files takes and refuses. A refusal that no rule of the
        requirements has a number for is named by what was wrong."""
        outcomes = self._counts("SELECT outcome, COUNT(*) FROM review GROUP BY 1")
        count = lambda query: self.db.execute(query).fetchone()[0]
        placed = count("SELECT COUNT(*) FROM placed")
        return {
            "counts": {"orders": placed, "reviewsSubmitted": outcomes.pop("submitted"),
                       "reviewsEdited": outcomes.pop("edited")},
            "refusals": {
                **outcomes,
                "order without lines": count("SELECT COUNT(*) FROM raw_order") - placed,
                "cancellation after delivery":
                    count("SELECT SUM(gone AND delivered IS NOT NULL) FROM placed"),
            },
            "events": self._counts(EVENTS),
        }


def self_check(olist):
    """Asserts what is known of the data set from elsewhere, and that the places where the mapping
    can be read two ways do not matter on this data."""
    def equal(what, found, wanted):
        assert found == wanted, f"{what}: found {found}, wanted {wanted}"
        print(f"ok  {what}: {found}")

    def one(query):
        return olist.db.execute(query).fetchone()[0]

    report = olist.import_report()
    equal("counts", report["counts"],
          {"orders": 7360, "reviewsSubmitted": 3653, "reviewsEdited": 20})
    equal("refusals", report["refusals"],
          {"R-3.1-01": 778, "R-3.1-02": 3773, "R-3.3-01": 1,
           "order without lines": 775, "cancellation after delivery": 6})
    equal("every review has one outcome", one("SELECT COUNT(*) FROM review"),
          3653 + 20 + 778 + 3773 + 1)

    # R-3.3-01: 30 times 24 h, or to the end of the 30th day in Paris (R-0-05)?
    def in_time_by_calendar(reviewed, delivered):
        day = lambda seconds: datetime.fromtimestamp(seconds, OPERATOR_ZONE).date()
        return day(reviewed) <= day(delivered) + timedelta(days=30)
    later = olist.db.execute("SELECT reviewed, delivered, outcome FROM review WHERE delivered "
                             "IS NOT NULL AND outcome IN ('edited', 'R-3.3-01')").fetchall()
    equal("edits that the two readings of 30 days judge differently",
          sum(in_time_by_calendar(r, d) != (outcome == "edited") for r, d, outcome in later), 0)
    equal("edits of orders never delivered, or delivered later", one(
        "SELECT COUNT(*) FROM review WHERE outcome = 'edited' "
        "AND (delivered IS NULL OR delivered > reviewed)"), 5)
    equal("listings with two prices at one instant", one(
        "SELECT COUNT(*) FROM (SELECT 1 FROM sale GROUP BY seller_id, product_id, purchased "
        "HAVING COUNT(DISTINCT cents) > 1)"), 0)
    equal("deliveries exactly at the end of the promise",
          one("SELECT COUNT(*) FROM placed WHERE delivered = late_from"), 0)

    # Views agree with plain sums over the tables.
    ratings = olist.rating()[1:]
    equal("reviews in the ratings", sum(row[1] for row in ratings), 3653)
    equal("each rating's sum is that of its scores", [row[0] for row in ratings if row[2] != sum(
        score * n for score, n in enumerate(row[3:], start=1))], [])
    ranked = [row for category, _ in olist.categories() for row in olist.ranking(category)[1:]]
    equal("products ranked at the head", len(ranked), one("SELECT COUNT(*) FROM product"))
    equal("months of the period", len(olist.dsa("2018-H1")["months"]), 6)
    equal("instants: midnight UTC", instant("2018-08-01"), instant("2018-08-01T02:00:00+02:00"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("directory", metavar="DIR", help="where the Olist CSV files are")
    parser.add_argument("figure", nargs="?", choices=[
        "import-report", "ranking", "seller-quality", "rating", "active-recipients", "dsa"])
    parser.add_argument("--category", help="for ranking, in English, as bed_bath_table")
    parser.add_argument("--as-of", metavar="T")
    parser.add_argument("--period", help="for dsa: 2018-H1")
    parser.add_argument("--self-check", action="store_true")
    args = parser.parse_args()
    if args.figure is None and not args.self_check:
        parser.error("name a figure, or --self-check")
    if args.figure == "ranking" and not args.category:
        parser.error("ranking needs --category")
    if args.figure == "dsa" and not args.period:
        parser.error("dsa needs --period")
    missing = [name for name in FILES.values() if not (Path(args.directory) / name).is_file()]
    if missing:
        parser.error(f"{args.directory} has no {', '.join(missing)}")

    olist = Olist(args.directory)
    if args.self_check:
        self_check(olist)
    match args.figure:
        case "import-report":
            print(json.dumps(olist.import_report(), indent=2))
        case "dsa":
            print(json.dumps(olist.dsa(args.period), indent=2))
        case "ranking":
            write_csv(olist.ranking(args.category, args.as_of))
        case "seller-quality":
            write_csv(olist.seller_quality(args.as_of))
        case "rating":
            write_csv(olist.rating(args.as_of))
        case "active-recipients":
            write_csv(olist.active_recipients(args.as_of))


def write_csv(rows):
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
