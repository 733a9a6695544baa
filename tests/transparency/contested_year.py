"""A year in which something of everything that the transparency report counts happens, over days and hours.

Orders of authorities, answered and not; notices that lead to something and to nothing, one in the last hour of a year in UTC, when
it is the next year in Paris; reviews removed by law and by terms; a buyer blocked for a time; a seller removed with its listings,
and one for convenience; complaints upheld, reversed in part and reversed; and disputes that end, out of court and before one.
"""

import sys
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from market import Market, plain  # noqa: E402
from old_book import (  # noqa: E402
    BUYERS, COMPLIANCE, FIRST, OPERATOR, SECOND, SELLERS, at, people, quiet, review, sent, supply,
)


def notified(market, allegation, **target):
    notifier = dict(name="N. Otify", email="n@notifiers.example")
    return market.do("submitNotice", None, "noticeId", allegation=allegation, goodFaith=True, language="en", notifier=notifier,
                     reasons="See for yourself.", **target)["noticeId"]


def ordered(market, kind, state, sent_at, *urls):
    return market.do("recordAuthorityOrder", COMPLIANCE, "contact { id }", kind=kind, authority=f"An authority of {state}",
                     memberState=state, language="en", legalBasis="a law", urls=list(urls), transmittedAt=sent_at,
                     answerTo="desk@authority.example")["contact"]["id"]


def contested(market, who, **what):
    return market.do("lodgeComplaint", who, "complaintId", reasons="It is not so.", **what)["complaintId"]


def removed(market, of, criteria, **because_of):
    market.do("moderateReview", FIRST, reviewId=of, criteria=criteria, explanation="it says what may not be said", **because_of)


def events(market):
    at(market, "2025-11-03T09:00:00Z")
    market.do("adoptPolicy", OPERATOR, sellerMonthlyFee="29.00", reviewRetentionReading="LATER_OF")
    listings = supply(market)
    people(market)
    orders = [sent(market, buyer, listings[buyer % 3, 0]) for buyer in range(6)]

    at(market, "2025-11-10T16:00:00Z")
    for order in orders:
        market.do("confirmDelivery", OPERATOR, orderId=order)
    for buyer in (2, 3, 4):
        market.do("openDispute", ("buyer", BUYERS[buyer]), orderId=orders[buyer], subject="It came late.")
    market.do("referDispute", ("buyer", BUYERS[2]), orderId=orders[2], forum="MEDIATOR", body="A mediator")
    market.do("referDispute", ("buyer", BUYERS[3]), orderId=orders[3], forum="ALTERNATIVE_DISPUTE_RESOLUTION", body="A body")

    at(market, "2025-11-24T10:00:00Z")
    reviews = [review(market, buyer, orders[buyer], 2, f"Text number {buyer}.") for buyer in range(6)]
    by_law = notified(market, "ILLEGAL", reviewId=reviews[0])
    to_nothing = notified(market, "ILLEGAL", reviewId=reviews[1])
    of_children = notified(market, "OFFENCE_AGAINST_CHILDREN", reviewId=reviews[2])
    of_terms = notified(market, "AGAINST_TERMS", reviewId=reviews[3])
    of_listing = notified(market, "ILLEGAL", listingId=listings[0, 1])

    at(market, "2025-11-26T14:20:00Z")
    removed(market, reviews[0], ["ILLEGAL_CONTENT"], noticeId=by_law)
    for notice in (to_nothing, of_children):
        market.do("decideNotice", FIRST, noticeId=notice, outcome="NO_ACTION", explanation="it is an opinion")
    market.do("decideNotice", FIRST, noticeId=of_terms, outcome="NO_ACTION", explanation="it insults nobody")
    content = ordered(market, "ACT_AGAINST_CONTENT", "NL", "2025-11-26T08:00:00Z", "https://market.example/reviews/5")
    addresses = [f"https://market.example/listings/{number}" for number in range(3)]
    product = ordered(market, "ACT_AGAINST_PRODUCT", "FR", "2025-11-25T09:30:00Z", *addresses)
    asked = ordered(market, "PROVIDE_INFORMATION", "NL", "2025-11-24T17:00:00Z")

    at(market, "2025-12-02T11:45:00Z")
    removed(market, reviews[5], ["OFF_TOPIC", "REGULATORY_BREACH"])
    removed(market, reviews[4], ["OFF_TOPIC"])
    market.do("warnBuyer", FIRST, buyerId=BUYERS[4], criteria=["OFF_TOPIC"], explanation="once more", reviewId=reviews[4])
    market.do("blockBuyer", FIRST, reviewId=reviews[5], criteria=["HATE_OR_VIOLENCE"], explanation="it calls for violence",
              until="2026-06-01T00:00:00Z")
    market.do("removeListing", OPERATOR, listingId=listings[0, 1], reason="PROHIBITED", explanation="it may not be sold",
              noticeId=of_listing)
    market.do("removeListing", OPERATOR, listingId=listings[1, 2], reason="CONVENIENCE", explanation="the range is cut")
    market.do("executeAuthorityOrder", COMPLIANCE, orderId=content, effect="PARTLY_GIVEN", explanation="one of them is gone")
    market.do("executeAuthorityOrder", COMPLIANCE, orderId=product, effect="GIVEN", effectiveAt="2025-12-01T10:00:00Z",
              explanation="all are off sale")
    market.do("executeAuthorityOrder", COMPLIANCE, orderId=asked, effect="NOT_GIVEN", explanation="nothing is known of it")
    quiet(market)
    about = [
        contested(market, ("buyer", BUYERS[0]), reviewId=reviews[0], orderNumber=plain(orders[0]), reviewDate="2025-11-24"),
        contested(market, ("buyer", BUYERS[4]), reviewId=reviews[4], orderNumber=plain(orders[4]), reviewDate="2025-11-24"),
        contested(market, None, noticeId=to_nothing),
        contested(market, None, noticeId=of_terms),
    ]

    at(market, "2025-12-31T23:30:00Z")
    notified(market, "ILLEGAL", reviewId=reviews[3])
    for complaint, outcome in zip(about, ["UPHELD", "PARTIALLY_REVERSED", "REVERSED"]):
        market.do("decideComplaint", SECOND, complaintId=complaint, outcome=outcome, explanation="it was looked at again")
    quiet(market)
    removed(market, reviews[1], ["ILLEGAL_CONTENT"], noticeId=to_nothing)

    at(market, "2026-03-29T02:10:00Z")
    market.do("decideComplaint", SECOND, complaintId=about[3], outcome="UPHELD", explanation="it insults nobody still")
    market.do("removeSeller", OPERATOR, sellerId=SELLERS[2], reason="BREACH_OF_LAW", explanation="it sells without warranty")
    market.do("removeSeller", OPERATOR, sellerId=SELLERS[1], reason="CONVENIENCE", explanation="the range is cut")
    market.do("closeDispute", OPERATOR, orderId=orders[2], outcome="IN_PART", explanation="half of the price goes back")
    market.do("referDispute", ("buyer", BUYERS[3]), orderId=orders[3], forum="COURT_OF_BUYERS_RESIDENCE", body="A court")
    market.do("closeDispute", OPERATOR, orderId=orders[3], outcome="FOR_BUYER", explanation="the court said so")
    late = ordered(market, "ACT_AGAINST_CONTENT", "BE", "2026-03-28T22:00:00Z", "https://market.example/reviews/1")

    at(market, "2026-07-01T08:00:00Z")
    market.do("executeAuthorityOrder", COMPLIANCE, orderId=late, effect="GIVEN", explanation="it is gone")
    quiet(market)
    market.stop()


def live(marktboek, data):
    """Lives it in a data directory."""
    market = Market(marktboek, data)
    try:
        events(market)
    finally:
        if market.process:
            market.process.kill()
