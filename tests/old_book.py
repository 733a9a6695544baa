#!/usr/bin/env python3
"""Lives through a small marketplace's half-year with the built program and keeps its book, for the programs of later.

Three sellers and six buyers: a catalogue, listings, orders delivered late and in time, reviews moderated and contested, photos,
a notice, three orders of authorities of which one stays open, a dangerous product whose buyers are warned, a seller removed
and then reinstated, a buyer forgotten, visits of six months. Then `replay-tool` prints the figures of it. Book, keys and heads
go to DIRECTORY/data, each file in gzip; the figures to DIRECTORY/figures; what they are to DIRECTORY/README.md.

    old_book.py --marktboek PATH --replay-tool PATH DIRECTORY

To be run before an event's schema changes, with released programs of that moment, into a directory of `fixtures/books/`
named after it; `tests/tests/old_books_give_the_same_figures.rs` finds it there. Ids that the program makes differ from run to
run, so that a book is made once and kept.

Exit codes: 0 the book is kept, 1 something did not happen, 2 wrong use.
"""

import argparse
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import uuid

from market import Failure, Market, check, plain
from scripted_day import picture

SELLERS = [str(uuid.UUID(int=0x5E11E4_00 + number)) for number in range(3)]
BUYERS = [str(uuid.UUID(int=0xB0B_00 + number)) for number in range(6)]
VISITORS = [str(uuid.UUID(int=0xF00_000 + number)) for number in range(40)]
SHOPS = [("Renew", "BE", "KBO"), ("Tweede Leven", "NL", "KVK"), ("Retour", "FR", "RNE")]
HOMES = [("BE", "nl"), ("NL", "nl"), ("FR", "fr"), ("DE", "de"), ("BE", "fr"), ("NL", "en")]
PRODUCTS = [
    ("iPhone 13 128 GB", "Apple", "smartphones", "iphone"),
    ("Galaxy S21 128 GB", "Samsung", "smartphones", "galaxy"),
    ("XPS 13", "Dell", "laptops", "windows"),
]
OPERATOR, FIRST, SECOND, COMPLIANCE = ("operator", "o-1"), ("moderator", "m-1"), ("moderator", "m-2"), ("compliance", "c-1")
PERIOD = "2026-H1"
VIEWS = """active-recipients buy-box catalogue complaints deadlines ledger mails missed-deadlines moderation my-orders
photo-queue ranking rating retention reviews seller-ledger seller-quality sellers statements transparency""".split()
# How long the book has to stand still until nothing more follows by itself.
QUIET_SECONDS = 2
# Of the reports' files, those whose every byte is a figure's; the workbook and the page are the same cells in other forms.
REPORT_FILES = {".csv", ".json", ".md"}
# Figures that are longer are kept in gzip.
LONGEST_PLAIN_FIGURE = 8 << 10


def euros(amount):
    return dict(amount=amount, currencyCode="EUR")


def quiet(market):
    """Waits until all that follows by itself is in the book, and the head that is signed is of all of it."""
    end, since, last = time.monotonic() + 60, time.monotonic(), None
    while time.monotonic() < end:
        head = market.query("{ logHead { position size } }", ("auditor", "a-1"))["logHead"]
        if head != last:
            last, since = head, time.monotonic()
        if time.monotonic() - since > QUIET_SECONDS and int(head["size"]) == int(head["position"]) + 1:
            return
        time.sleep(0.1)
    raise Failure("the book does not come to rest")


def at(market, moment):
    """The next moment. Nothing is done before what fell due meanwhile has been made up for."""
    if market.process:
        quiet(market)
    market.at(moment)
    quiet(market)


def supply(market):
    """Sellers, products and what is offered of them; by seller and product."""
    for number, (shop, country, register) in enumerate(SHOPS):
        contact = dict(name=f"{shop} B.V.", address=f"Kade {number}", phone=f"+32 {number}",
                       email=f"shop{number}@sellers.example", identification=f"eID {number}", paymentAccount=f"BE7{number}")
        market.do("registerSeller", ("seller", SELLERS[number]), shopName=shop, country=country,
                  tradeRegisterNumber=f"0{number}23", selfCertified=True, contact=contact, termsVersion="2026-01",
                  qualityCharterVersion="4")
        market.do("verifySeller", OPERATOR, sellerId=SELLERS[number], checkedAgainst=register)
    listings = {}
    for product, (title, brand, category, subcategory) in enumerate(PRODUCTS):
        made = market.do("catalogueProduct", OPERATOR, "product { id }", title=title, brand=brand, category=category,
                         subcategory=subcategory)["product"]["id"]
        for seller in range(3 if product == 0 else 2):
            offered = dict(productId=made, condition=["GOOD", "FAIR", "VERY_GOOD"][seller], itemState="REFURBISHED",
                           price=euros(f"{249 - 20 * seller + 100 * product}.90"), deliveryCost=euros("4.90"),
                           deliveryDays=3 + seller, warrantyMonths=12)
            published = market.do("publishListing", ("seller", SELLERS[seller]), "listing { id }", **offered)
            listings[seller, product] = published["listing"]["id"]
    return listings


def people(market):
    for number, (country, language) in enumerate(HOMES):
        market.do("registerBuyer", ("buyer", BUYERS[number]), country=country, language=language,
                  identity=dict(name=f"Buyer {number}", email=f"buyer{number}@buyers.example", address=f"Plein {number}"))


def order(market, buyer, listing, insurance=False):
    lines, who = [dict(listingId=listing, quantity=1)], ("buyer", BUYERS[buyer])
    quote = market.query("query($i: OrderQuoteInput!) { orderQuote(input: $i) { serviceFee { amount currencyCode } } }", who,
                         i=dict(lines=lines, insurance=insurance))["orderQuote"]
    return market.do("placeOrder", who, "order { id }", lines=lines, insurance=insurance, countryOfPurchase=HOMES[buyer][0],
                     serviceFee=quote["serviceFee"])["order"]["id"]


def sent(market, buyer, listing, **more):
    made = order(market, buyer, listing, **more)
    market.do("confirmOrder", OPERATOR, orderId=made, paymentReference=f"psp-{plain(made)[:8]}")
    market.do("shipOrder", OPERATOR, orderId=made)
    return made


def review(market, buyer, of, score, text):
    return market.do("submitReview", ("buyer", BUYERS[buyer]), "review { id }", orderId=of, line=0, score=score, text=text,
                     language=HOMES[buyer][1], licence=dict(termsVersion="2026-01", author=True))["review"]["id"]


def visits(market, month, number):
    """The visits of a month: more people each month, with programs and those who left at once."""
    for at, (state, role) in enumerate([("BE", "BUYER"), ("NL", "BUYER"), ("FR", "BUYER"), ("BE", "TRADER")]):
        seen = [dict(recipientId=visitor) for visitor in VISITORS[at:at + 8 + 3 * number:2]]
        seen += [dict(recipientId=VISITORS[-1], userAgent="DECLARED_BOT"), dict(recipientId=VISITORS[-2], exposure="ELSEWHERE")]
        market.do("recordActivity", OPERATOR, month=f"2026-{month:02}", memberState=state, role=role, visits=seen)


def live(market):
    """The half-year."""
    at(market, "2026-01-12T09:00:00Z")
    market.do("adoptPolicy", OPERATOR, sellerMonthlyFee="29.00", reviewRetentionReading="LATER_OF")
    listings = supply(market)
    people(market)
    in_time = [sent(market, 0, listings[0, 0], insurance=True), sent(market, 1, listings[1, 0]), sent(market, 2, listings[0, 1])]
    late = [sent(market, 3, listings[2, 0]), sent(market, 4, listings[1, 1])]
    dangerous = [sent(market, 1, listings[0, 2]), sent(market, 2, listings[0, 2])]
    for buyer, listing in [(0, (1, 0)), (1, (0, 1)), (2, (1, 2)), (3, (0, 0)), (4, (2, 0)), (5, (0, 1)), (5, (1, 0)), (3, (1, 1))]:
        sent(market, buyer, listings[listing])
    market.do("cancelOrder", ("buyer", BUYERS[5]), orderId=order(market, 5, listings[1, 2]))

    at(market, "2026-01-14T16:00:00Z")
    for made in in_time:
        market.do("confirmDelivery", OPERATOR, orderId=made)

    at(market, "2026-01-20T10:00:00Z")
    for made in late + dangerous:
        market.do("confirmDelivery", OPERATOR, orderId=made)
    market.do("reportIssue", ("buyer", BUYERS[4]), orderId=late[1], kind="AESTHETIC_DEFECT")
    help_id = market.do("requestHelp", ("buyer", BUYERS[4]), "order { helpRequests { id } }", orderId=late[1],
                        topic="LEGAL_GUARANTEE", message="The screen is cracked.")["order"]["helpRequests"][0]["id"]
    market.do("resolveHelp", ("seller", SELLERS[1]), orderId=late[1], requestId=help_id, outcome="a new screen")
    market.do("openDispute", ("buyer", BUYERS[3]), orderId=late[0], subject="It came a week late.")
    market.do("referDispute", ("buyer", BUYERS[3]), orderId=late[0], forum="MEDIATOR", body="Schlichtungsstelle")

    at(market, "2026-02-02T09:00:00Z")
    reviews = [review(market, 0, in_time[0], 5, "Zo goed als nieuw, en snel in huis."),
               review(market, 1, in_time[1], 1, "De verkoper is een prutser."),
               review(market, 2, in_time[2], 4, "Très bon état, petite rayure au dos."),
               review(market, 3, late[0], 2, "Kam viel zu spät, Akku in Ordnung.")]
    market.do("editReview", ("buyer", BUYERS[2]), reviewId=reviews[2], score=3, text="Bon état, mais la batterie est faible.",
              language="fr")
    market.do("submitPhotos", ("buyer", BUYERS[0]), reviewId=reviews[0], photos=[picture(40), picture(200)])
    market.do("decidePhotos", FIRST, reviewId=reviews[0], decision="APPROVE")
    market.do("submitPhotos", ("buyer", BUYERS[3]), reviewId=reviews[3], photos=[picture(90)])
    market.do("decidePhotos", FIRST, reviewId=reviews[3], decision="REJECT", criteria=["THIRD_PARTY_RIGHTS"],
              explanation="a face can be seen in it")
    market.do("changeListingPrice", ("seller", SELLERS[1]), listingId=listings[1, 0], price=euros("219.00"))
    visits(market, 1, 1)

    at(market, "2026-02-10T09:00:00Z")
    notice = market.do("submitNotice", None, "noticeId", reviewId=reviews[1], allegation="AGAINST_TERMS", goodFaith=True,
                       reasons="It calls people names.", language="en",
                       notifier=dict(name="N. Otify", email="n@notifiers.example"))["noticeId"]
    market.do("moderateReview", FIRST, reviewId=reviews[1], criteria=["INSULTING"], noticeId=notice,
              explanation="the last word insults whoever sold it")
    quiet(market)
    complaint = market.do("lodgeComplaint", ("buyer", BUYERS[1]), "complaintId", reviewId=reviews[1],
                          orderNumber=plain(in_time[1]), reviewDate="2026-02-02", reasons="It insults nobody.")["complaintId"]
    market.do("decideComplaint", SECOND, complaintId=complaint, outcome="REVERSED", explanation="it is a word of every day")
    market.do("warnBuyer", FIRST, buyerId=BUYERS[3], criteria=["THIRD_PARTY_RIGHTS"], explanation="a second photo of a face",
              reviewId=reviews[3])

    at(market, "2026-03-05T09:00:00Z")
    ordered = dict(authority="Autoriteit Consument & Markt", memberState="NL", language="en", answerTo="desk@acm.example")
    of_content = market.do("recordAuthorityOrder", COMPLIANCE, "contact { id }", kind="ACT_AGAINST_CONTENT",
                           legalBasis="art. 2.7 Whc", urls=["https://market.example/reviews/1"], **ordered)["contact"]["id"]
    market.do("executeAuthorityOrder", COMPLIANCE, orderId=of_content, effect="NOT_GIVEN", explanation="there is no such review")
    of_product = market.do("recordAuthorityOrder", COMPLIANCE, "contact { id }", kind="ACT_AGAINST_PRODUCT",
                           legalBasis="Reg. (EU) 2023/988 art. 22", urls=["https://market.example/listings/1"],
                           **{**ordered, "language": "nl"})["contact"]["id"]
    market.do("removeListing", OPERATOR, listingId=listings[0, 2], reason="DANGEROUS", explanation="its battery may burn")
    market.do("executeAuthorityOrder", COMPLIANCE, orderId=of_product, effect="GIVEN", explanation="the listing is off sale")
    market.do("recordAuthorityOrder", COMPLIANCE, "contact { id }", kind="PROVIDE_INFORMATION", legalBasis="art. 10 DSA",
              **{**ordered, "authority": "DGCCRF", "memberState": "FR", "language": "fr"})
    market.do("recordAuthorityMessage", COMPLIANCE, sender="NOT_AN_AUTHORITY", language="de", email="kunde@buyers.example",
              text="Wo bleibt mein Telefon?")
    visits(market, 2, 2)

    at(market, "2026-04-02T09:00:00Z")
    market.do("removeSeller", OPERATOR, sellerId=SELLERS[2], reason="TRADER_NOT_TRACEABLE",
              explanation="the trade register does not know it")
    quiet(market)
    removed = ("seller", SELLERS[2])
    told = market.query("{ viewer { statementsOfReasons(first: 20) { nodes { id restriction } } } }", removed)
    [statement] = [node["id"] for node in told["viewer"]["statementsOfReasons"]["nodes"] if node["restriction"] == "SELLER_REMOVED"]
    complaint = market.do("lodgeComplaint", removed, "complaintId", statementId=statement, reasons="It does.")["complaintId"]
    market.do("decideComplaint", SECOND, complaintId=complaint, outcome="REVERSED", explanation="it is there by another name")
    market.do("withdrawReview", ("buyer", BUYERS[2]), reviewId=reviews[2])
    market.do("eraseBuyer", ("buyer", BUYERS[4]))
    visits(market, 3, 3)

    at(market, "2026-07-01T09:00:00Z")
    for month in (4, 5, 6):
        visits(market, month, month)
    quiet(market)
    market.stop()


def figures(replay_tool, data, to):
    """What the program prints of the book."""
    def told(*arguments):
        done = subprocess.run([replay_tool, *arguments, "--data", data], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"replay-tool {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done

    def keep(name, text):
        path = to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if len(text.encode()) > LONGEST_PLAIN_FIGURE:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        else:
            path.write_bytes(text.encode())

    verified = told("verify", "--json").stdout
    keep("verify.json", verified)
    last = json.loads(verified)["lastPosition"]
    here = ["--position", str(last)]
    keep("dsa.json", told("dsa", "--period", PERIOD, "--json", *here).stdout)
    with tempfile.TemporaryDirectory() as out:
        told("transparency-report", "--period", PERIOD, *here, f"{out}/transparency-report")
        keep("export-statements.txt", told("export-statements", f"{out}/statements", *here).stdout)
        kept = [path for path in pathlib.Path(out).rglob("*") if path.is_file() and path.suffix in REPORT_FILES]
        for path in sorted(kept):
            keep(str(path.relative_to(out)), path.read_bytes().decode())
    digests = {}
    for view in VIEWS:
        shown = told("view", view, *here)
        keep(f"views/{view}.jsonl", shown.stdout)
        _, _, said = shown.stderr.strip().rpartition("digest of ")
        name, digest = said.split(" ")
        digests[name] = digest
    keep("digests.json", json.dumps(digests, indent=2, sort_keys=True) + "\n")
    keep("head-keys.txt", told("head-keys").stdout)
    keep("erased.json", told("erased", f"buyer-{BUYERS[4]}", "--json").stdout)
    events = [json.loads(line) for line in told("history", "$all", "--json").stdout.splitlines()]
    versions = {}
    for event in events:
        named = f"{event['type']}.v{event['schema']}"
        versions[named] = versions.get(named, 0) + 1
        if event["type"] in ("BuyersWarned", "AuthorityOrderReceived"):
            keep(f"proofs/{event['position']}.json", told("prove", "--position", str(event["position"])).stdout)
    keep("versions.json", json.dumps(versions, indent=2, sort_keys=True) + "\n")
    return json.loads(verified), versions, digests


def packed(data, to):
    """Keeps what can't be made again: the book, the keys, the photos, the heads. Not the segment that is made ready for later."""
    for part in ("log", "vault", "photos", "heads", "master.key"):
        part = pathlib.Path(data) / part
        for path in [part] if part.is_file() else sorted(path for path in part.rglob("*") if path.is_file()):
            if path.suffix == ".preparing":
                continue
            kept = to / f"{path.relative_to(data)}.gz"
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def readme(name, marktboek, verified, versions, digests):
    version = subprocess.check_output([marktboek, "--version"], text=True).strip()
    rows = "\n".join(f"| {view} | `{digest}` |" for view, digest in sorted(digests.items()))
    counts = "\n".join(f"| {event} | {count} |" for event, count in sorted(versions.items()))
    return f"""# The book of {name}

Written by `tests/old_book.py`, which says what happened in it, with the programs of that month ({version}). `data/` has the
book, the keys, the photos and the heads, each file in gzip; everybody in it is made up, so that the keys protect nobody.
`figures/` has what that month's `replay-tool` printed of it. Nothing here is ever changed:
`tests/tests/old_books_give_the_same_figures.rs` compares what today's programs make of it, to the byte.

It was made by `just old-book {name}`, which makes the next one. The program makes ids by chance, so another run writes another
book; each is kept as it was written.

{verified["events"]} events in {verified["streams"]} streams; root `{verified["root"]}`; {verified["heads"]} signed heads.

| view | digest at the end |
| --- | --- |
{rows}

| event and version | how many |
| --- | --- |
{counts}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marktboek", required=True)
    parser.add_argument("--replay-tool", required=True)
    parser.add_argument("directory", type=pathlib.Path)
    options = parser.parse_args()
    if options.directory.exists():
        parser.error(f"{options.directory} is there already, and a book that is kept is never changed; name another")
    marktboek, replay_tool = (os.path.abspath(program) for program in (options.marktboek, options.replay_tool))
    with tempfile.TemporaryDirectory() as data:
        market = Market(marktboek, data)
        try:
            live(market)
            told = figures(replay_tool, data, options.directory / "figures")
        except Failure as failure:
            print(f"FAILED {failure}")
            return 1
        finally:
            if market.process:
                market.process.kill()
        packed(data, options.directory / "data")
    (options.directory / "README.md").write_text(readme(options.directory.resolve().name, marktboek, *told))
    size = sum(path.stat().st_size for path in options.directory.rglob("*") if path.is_file())
    check(told[0]["good"] and told[0]["heads"], f"the book is kept in {size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
