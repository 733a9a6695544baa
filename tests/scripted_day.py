#!/usr/bin/env python3
"""A day, and the months around it, lived through the built program over HTTP.

A seller registers, is verified, lists and sells. The buyer is quoted the fee, buys with insurance, gets the delivery
late, is invited seven days later and reviews with two photos; one shows a face, and both are refused. A third party sends
a notice; a moderator removes the review; the buyer's mail says why; the buyer contests it, first with a wrong date and
order number; another moderator reverses it. A listing turns out to be dangerous, and
the buyer is told. The seller is removed, and everything of theirs is off sale. The buyer has
the review deleted, and its text is nowhere in the data directory, read as raw bytes.

The clock is this script's: it starts the server anew with another `--clock`, so that everything that fell due meanwhile
has to be made up for.

    scripted_day.py --marktboek PATH --replay-tool PATH

Exit codes: 0 all of it happened, 1 something did not, 2 wrong use.
"""

import base64
import json
import pathlib
import struct
import subprocess
import sys
import time
import uuid
import zlib

from market import check, main, plain, until

SELLER, BUYER = (str(uuid.UUID(int=number)) for number in (0x5E11E4, 0xB0B))
TEXT = "Scherm gebarsten en de accu is na een uur leeg, kwibusgedrocht"


def picture(shade):
    """A small PNG of one shade of grey, in base64."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    size, rows = 8, b"".join(b"\0" + bytes([shade]) * 8 for _ in range(8))
    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


def live(market, replay_tool):
    seller, buyer = ("seller", SELLER), ("buyer", BUYER)
    operator, first, second = ("operator", "o-1"), ("moderator", "m-1"), ("moderator", "m-2")

    # Monday 2 March 2026.
    market.at("2026-03-02T09:00:00Z")
    contact = dict(name="A. Jansen", address="Kade 1, Gent", phone="+32 1", email="shop@renew.example",
                   identification="eID 7", paymentAccount="BE71")
    market.do("registerSeller", seller, shopName="Renew", country="BE", tradeRegisterNumber="0123.456.789",
              selfCertified=True, contact=contact, termsVersion="2026-01", qualityCharterVersion="4")
    product = market.do("catalogueProduct", operator, "product { id }", title="iPhone 13 128 GB", brand="Apple",
                        category="smartphones", subcategory="iphone")["product"]["id"]
    listing = dict(productId=product, condition="GOOD", itemState="REFURBISHED",
                   price=dict(amount="249.90", currencyCode="EUR"), deliveryCost=dict(amount="4.90", currencyCode="EUR"),
                   deliveryDays=3, warrantyMonths=12)
    refused = market.attempt("publishListing", seller, **listing)["userErrors"]
    check(refused[0]["rule"] == "R-2.1-01", "nothing is listed before the seller is verified (R-2.1-01)")
    market.do("verifySeller", operator, sellerId=SELLER, checkedAgainst="KBO")
    listings = [market.do("publishListing", seller, "listing { id }", **listing)["listing"]["id"]]
    listings.append(market.do("publishListing", seller, "listing { id }", **{**listing, "condition": "FAIR"})["listing"]["id"])

    market.do("registerBuyer", buyer, country="BE", language="nl",
              identity=dict(name="Jo Peeters", email="jo@example.eu", address="Kade 2, Gent"))
    lines = [dict(listingId=listings[0], quantity=1)]
    quote = market.query("query($i: OrderQuoteInput!) { orderQuote(input: $i) { serviceFee { amount currencyCode } insurance { amount } total { amount } } }",
                         buyer, i=dict(lines=lines, insurance=True))["orderQuote"]
    check(quote["serviceFee"]["amount"] == "3.99" and quote["insurance"], "the exact fee is quoted before (R-1.2-03)")
    wrong = market.attempt("placeOrder", buyer, lines=lines, insurance=True, countryOfPurchase="BE",
                           serviceFee=dict(amount="0.00", currencyCode="EUR"))["userErrors"]
    check(wrong[0]["rule"] == "R-1.2-03", "an order with another fee is refused (R-1.2-03)")
    order = market.do("placeOrder", buyer, "order { id }", lines=lines, insurance=True, countryOfPurchase="BE",
                      serviceFee=quote["serviceFee"])["order"]["id"]
    market.do("confirmOrder", operator, orderId=order, paymentReference="psp-1")
    market.do("shipOrder", seller, orderId=order)

    # Promised until Thursday is over; it comes on Saturday.
    market.at("2026-03-07T10:00:00Z")
    market.do("confirmDelivery", operator, orderId=order)
    rate = market.query("query($id: ID!) { seller(id: $id) { quality { lateDeliveryRate { numerator denominator } } } }",
                        id=SELLER)
    check(rate["seller"]["quality"]["lateDeliveryRate"] == dict(numerator=1, denominator=1), "the delivery was late (R-2.3-08)")

    # A second before a week has passed, and a week later; the clock changes on the 29th.
    market.at("2026-03-14T09:59:59Z")
    time.sleep(2.5)
    check(not market.mails("jo@example.eu"), "no invitation before seven days (R-3.1-05)")
    market.at("2026-03-14T10:00:00Z")
    invitation, _ = market.mail("jo@example.eu", "iPhone 13 128 GB")
    check(invitation["auto-submitted"] == "auto-generated", "the buyer is invited after seven days (R-3.1-05)")

    review = market.do("submitReview", buyer, "review { id status }", orderId=order, line=0, score=1, text=TEXT,
                       language="nl", licence=dict(termsVersion="2026-01", author=True))["review"]
    check(review["status"] == "ONLINE", "the review is online at once (R-3.4-01)")
    review = review["id"]
    market.do("submitPhotos", buyer, reviewId=review, photos=[picture(40), picture(200)])
    queue = market.query("{ photoModerationQueue(first: 5) { nodes { reviewId photos { id } } } }", first)
    check(len(queue["photoModerationQueue"]["nodes"]) == 1, "a person looks at the photos first (R-3.4-02)")
    refused = market.do("decidePhotos", first, "review { photos { id } }", reviewId=review, decision="REJECT",
                        criteria=["THIRD_PARTY_RIGHTS"], explanation="a face can be seen in one of them")
    check(refused["review"]["photos"] == [], "one face, and no photo is shown (R-3.4-03)")
    market.mail("jo@example.eu", "a face can be seen")

    notice = market.do("submitNotice", None, "noticeId", reviewId=review, allegation="AGAINST_TERMS",
                       reasons="It calls people names.", goodFaith=True, language="en",
                       notifier=dict(name="N. Otify", email="n@example.eu"))["noticeId"]
    market.mail("n@example.eu", "notice")
    case = market.query("query($id: ID!) { moderationCase(id: $id) { text } }", first, id=review)["moderationCase"]
    check(case["text"] == TEXT, "the moderator reads the text, blind (R-3.4-08)")
    market.do("moderateReview", first, reviewId=review, criteria=["INSULTING"], noticeId=notice,
              explanation="the last word insults whoever made it")
    public = "query($id: ID!) { review(id: $id) { text } }"
    check(market.query(public, id=review)["review"] is None, "the removed review is not shown (R-3.4-04)")
    _, text = market.mail("jo@example.eu", "the last word insults")
    check("art" in text and "market.example/complaints" in text, "the buyer's mail says why, and how to contest it (R-3.4-09)")
    until("the notice is decided", lambda: [mail for mail in market.mails("n@example.eu") if len(market.mails("n@example.eu")) >= 2])

    number = plain(order)
    contest = dict(reviewId=review, reasons="It insults nobody: there is nobody in it.")
    wrong = until("the statement", lambda: [errors for errors in [market.attempt("lodgeComplaint", buyer, orderNumber="4711", reviewDate="2026-03-01", **contest)["userErrors"]] if errors[0]["code"] != "NOT_FOUND"])[0]
    check({tuple(error["field"]) for error in wrong} == {("orderNumber",), ("reviewDate",)}, "each mismatch of the form is told (R-3.4-10)")
    market.at("2026-03-20T10:00:00Z")
    complaint = market.do("lodgeComplaint", buyer, "complaintId", orderNumber=number, reviewDate="2026-03-14", **contest)["complaintId"]
    decision = dict(complaintId=complaint, outcome="REVERSED", explanation="it is a word that nobody is called by")
    same = market.attempt("decideComplaint", first, **decision)["userErrors"]
    check(same[0]["code"] == "FORBIDDEN", "whoever decided first does not decide again (R-3.4-10)")
    market.do("decideComplaint", second, **decision)
    until("the review is back", lambda: market.query(public, id=review)["review"])
    check(market.query(public, id=review)["review"]["text"] == TEXT, "another moderator reversed it (R-3.4-10)")
    market.mail("jo@example.eu", "nobody is called by")

    market.do("removeListing", operator, listingId=listings[0], reason="DANGEROUS", explanation="its battery may burn")
    _, text = market.mail("jo@example.eu", "its battery may burn")
    check(number in text and "A. Jansen" in text, "the buyer of a dangerous product is told of which order and whose (R-2.2-06)")
    market.do("removeSeller", operator, sellerId=SELLER, reason="BREACH_OF_QUALITY_CHARTER", explanation="always late")
    offers = "query($id: ID!) { product(id: $id) { offers { listingId } } }"
    until("everything of the seller's is off sale", lambda: not market.query(offers, id=product)["product"]["offers"])
    def removed():
        streams = [f"listing-{plain(listing)}" for listing in listings]
        histories = [subprocess.check_output([replay_tool, "history", stream, "--data", market.data], text=True) for stream in streams]
        return all(history.count("ListingRemoved") == 1 for history in histories)
    until("each listing has its own removal, once (R-2.2-04)", removed)
    market.mail("shop@renew.example", "always late")

    market.do("withdrawReview", buyer, reviewId=review)
    until("the key is destroyed", lambda: "SubjectKeyDestroyed" in subprocess.run(
        [replay_tool, "history", f"subject-review-{plain(review)}", "--data", market.data],
        capture_output=True, text=True).stdout)
    market.at("2026-03-21T10:00:00Z")
    check(market.query(public, id=review)["review"] is None, "the deleted review is not shown (R-3.3-02)")
    market.stop()
    needle = TEXT.encode()
    files = [path for path in pathlib.Path(market.data).rglob("*") if path.is_file()]
    holding = [str(path) for path in files if needle in path.read_bytes() or b"kwibusgedrocht" in path.read_bytes()]
    check(not holding, f"the text is nowhere in the data directory, {len(files)} files read as raw bytes (R-3.3-02) {holding}")
    verified = subprocess.run([replay_tool, "verify", "--data", market.data], capture_output=True, text=True)
    check(verified.returncode == 0, "and the history still verifies")
    erased = [replay_tool, "erased", f"review-{plain(review)}", "--data", market.data, "--json"]
    left = json.loads(subprocess.check_output(erased, text=True))
    check(left["key"] == "destroyed" and left["asked"] and left["recorded"] and left["sealed"], "an auditor sees what is left: ciphertext")
    check(left["photosSent"] == 2 and left["photosLeft"] == [], "and no photo (R-3.3-02)")


if __name__ == "__main__":
    sys.exit(main(__doc__, live, "the day was lived"))
