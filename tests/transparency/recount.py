#!/usr/bin/env python3
"""Counts the transparency report a second time, from the book's events, and compares (R-7-01).

It reads what `replay-tool history '$all' --json` prints and nothing else of the project, counts orders of authorities, notices,
restrictions, complaints, disputes and suspensions in its own way, and takes medians with whole fractions. Then it asks
`replay-tool transparency-report` for the same period and compares each cell: for several periods, at positions before the book's
end, and as of a moment.

    recount.py --replay-tool PATH --marktboek PATH [--keep DATA]
    recount.py --replay-tool PATH DATA...

The first is of the demo, of the books in fixtures/books and of a contested year, lived through the program and kept where it is
said; the second of the books in these data directories.

In each book it also leaves out one event of each kind that counts, and must then find a difference.
Exit codes: 0 same, 1 different, 2 wrong use.
"""

import argparse
import csv
import datetime
import gzip
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from fractions import Fraction

from contested_year import live

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
UNTIL = "2026-11-01T12:00:00Z"
PERIODS = ["2026", "2026-H1", "2026-H2", "2025-H2", "2026-03"]
# How many positions before the end are looked at.
EARLIER = 3
HOUR = 3_600_000_000
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)

# What is the law, of criteria and of the reasons why listings and sellers are removed; and what is no moderation at all.
LAW = {
    "criteria": {"ILLEGAL_CONTENT", "HATE_OR_VIOLENCE", "REGULATORY_BREACH"},
    "listing": {"BREACH_OF_LAW", "PROHIBITED", "DANGEROUS"},
    "seller": {"BREACH_OF_LAW", "TRADER_NOT_TRACEABLE"},
}
NO_MODERATION = {"listing": {"WITHDRAWN_BY_SELLER", "CONVENIENCE", "SELLER_REMOVED"}, "seller": {"CONVENIENCE"}}
OFFENCE = "Offence under Articles 3 to 7 of Directive 2011/93/EU"
UNSAFE, MINORS = "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS", "STATEMENT_CATEGORY_PROTECTION_OF_MINORS"
OF_ORDER = {
    "ACT_AGAINST_CONTENT": ["TOTAL", "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"],
    "ACT_AGAINST_PRODUCT": ["TOTAL", UNSAFE, f"{UNSAFE} KEYWORD_UNSAFE_PRODUCTS "],
    "PROVIDE_INFORMATION": ["TOTAL", "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"],
}
OF_NOTICE = {
    "ILLEGAL": ["TOTAL", "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"],
    "OFFENCE_AGAINST_CHILDREN": ["TOTAL", MINORS, f"{MINORS} KEYWORD_OTHER {OFFENCE}"],
    "AGAINST_TERMS": [],
}
# Places among the value columns of parts 3, 4, and 5 and 6.
ORDERS = ["act", "act items", "act confirmed", "act effective", "inform", "inform confirmed", "inform effective"]
NOTICES = [f"{what}{who}" for what in ("received", "items", "acted", "law", "terms") for who in ("", " flagged")]
MEASURES = {0: "taken", 1: "automated", 2: "removed", 8: "notPublished", 13: "ended", 14: "suspended", 15: "terminated"}
MEDIANS = {"act confirmed", "act effective", "inform confirmed", "inform effective", "acted", "acted flagged", "Median time"}
KINDS = {
    "reviewRemoved": ["removed"], "photosRemoved": ["removed"], "listingRemoved": ["removed"],
    "photosNotPublished": ["notPublished"], "sellerRemoved": ["ended", "terminated"], "accountSuspended": ["suspended"],
    "accountTerminated": ["terminated"],
}
SUBMITTED = "Number of complaints submitted to the internal-complaints mechanism"
ABOUT = {
    "visibility": "Complaint regarding a decision to remove or disable access to or restrict visibility of information",
    "service": "Complaint regarding a decision to suspend or terminate the provision of the service",
    "account": "Complaint regarding a decision to suspend or terminate an account",
    "notice": "Complaint regarding a decision not to take action on a notice submitted in accordance with Article 16",
    "flagged": "Complaint regarding a decision not to take action on a notice submitted by a Trusted Flagger in accordance with "
               "Article 16",
}
OUTCOMES = {"UPHELD": "Decisions upheld", "PARTIALLY_REVERSED": "Decisions partially reversed", "REVERSED": "Decisions reversed"}
NEWLY = "Number of restrictions newly imposed as a result of an internal complaint"
SUSPENSIONS = "Number of suspensions enacted for the provision of manifestly illegal content"


def micros(text):
    """A moment in microseconds; what is finer is left out."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    since = datetime.datetime.fromisoformat(whole + "+00:00") - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0"))


def begins(year, month):
    """When a month begins in Paris: at one o'clock in winter there it is midnight in UTC; summer is from the last Sunday of
    March to the last Sunday of October, so that of first days those of April to October are in summer."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    midnight = (datetime.datetime(year, month, 1, tzinfo=datetime.timezone.utc) - EPOCH).days * 24
    return (midnight - (2 if 4 <= month <= 10 else 1)) * HOUR


def bounds(period):
    year = int(period[:4])
    first, months = {"": (1, 12), "-H1": (1, 6), "-H2": (7, 6)}.get(period[4:]) or (int(period[5:]), 6)
    return begins(year, first), begins(year, first + months)


def median(durations):
    """In hours, of two in the middle half their sum, rounded once, half to even."""
    ordered, half = sorted(durations), len(durations) // 2
    middle = [ordered[half]] if len(ordered) % 2 else ordered[half - 1:half + 1]
    hundredths = round(Fraction(sum(middle), len(middle)) / HOUR * 100)
    return f"{'-' if hundredths < 0 else ''}{abs(hundredths) // 100}.{abs(hundredths) % 100:02}"


class Recount:
    """The figures of a period, by part, row and column."""

    def __init__(self, events, period):
        self.counts, self.times, self.counted = Counter(), defaultdict(list), {}
        self.first, self.after = bounds(period)
        self.orders, self.mails, self.notices, self.complaints = {}, {}, {}, {}
        self.disputes, self.sellers, self.reopened = {}, {}, set()
        for event in events:
            act = getattr(self, event["type"], None)
            if act:
                self.event, self.at = event, micros(event["occurredAt"])
                act(event["stream"].partition("-")[2], event["data"])

    def inside(self, at):
        return self.first <= at < self.after

    def count(self, *key, number=1):
        self.counts[key] += number
        self.counted[self.event["type"]] = self.event["position"]

    def time(self, since, to, *key):
        self.times[key].append(to - since)
        self.counted[self.event["type"]] = self.event["position"]

    # Orders of authorities.

    def rows_of_order(self, order):
        for heading in OF_ORDER[order["kind"]]:
            for scope in ("TOTAL", order["memberState"]):
                yield 3, f"{scope} {heading}", "inform" if order["kind"] == "PROVIDE_INFORMATION" else "act"

    def AuthorityOrderReceived(self, contact, order):
        self.orders[contact] = order
        if self.inside(self.at):
            for part, row, kind in self.rows_of_order(order):
                self.count(part, row, kind)
                if kind == "act":
                    self.count(part, row, "act items", number=len(order["urls"]))

    def AuthorityOrderExecuted(self, contact, done):
        if self.inside(self.at) and done["effect"] != "NOT_GIVEN" and contact in self.orders:
            order = self.orders[contact]
            for part, row, kind in self.rows_of_order(order):
                self.time(micros(order["transmittedAt"]), micros(done["effectiveAt"]), part, row, f"{kind} effective")

    def MailQueued(self, mail, queued):
        if queued["kind"] == "AUTHORITY_ORDER_RECEIVED":
            self.mails[mail] = queued["recipient"]["authority"]

    def MailSent(self, mail, _):
        order = self.orders.get(self.mails.pop(mail, None))
        if order and self.inside(self.at):
            for part, row, kind in self.rows_of_order(order):
                self.time(micros(order["transmittedAt"]), self.at, part, row, f"{kind} confirmed")

    # Notices.

    def cells_of_notice(self, notice):
        for heading in OF_NOTICE[notice["allegation"]]:
            for who in ["", " flagged"] if notice["trustedFlagger"] else [""]:
                yield heading, who

    def NoticeSubmitted(self, notice, submitted):
        self.notices[notice] = (submitted, self.at)
        if self.inside(self.at):
            for heading, who in self.cells_of_notice(submitted):
                self.count(4, heading, f"received{who}")
                self.count(4, heading, f"items{who}")
            if submitted["allegation"] == "AGAINST_TERMS":
                self.count("left out", "notices of terms")

    def NoticeDecided(self, notice, decided):
        submitted, since = self.notices.get(notice, (None, None))
        if submitted is None or not self.inside(self.at):
            return
        for heading, who in self.cells_of_notice(submitted):
            if heading == "TOTAL":
                self.count(8, "Number of notices not processed by automated means", f"NAM {'Trusted Flagger' if who else 'Total'}")
            if decided["outcome"] != "NO_ACTION":
                self.count(4, heading, {"ACTION_BY_LAW": "law", "ACTION_BY_TERMS": "terms"}[decided["outcome"]] + who)
                self.time(since, self.at, 4, heading, f"acted{who}")

    # Restrictions, by their statements of reasons.

    def SellerRemoved(self, seller, removed):
        self.sellers[seller] = removed["reason"]

    def StatementOfReasonsIssued(self, _, issued):
        if not self.inside(micros(issued["since"])):
            return
        [(kind_of_ground, reason)] = issued["ground"].items()
        if (kind_of_ground, reason) == ("listing", "SELLER_REMOVED"):
            kind_of_ground, reason = "seller", self.sellers.get(issued["addressee"].get("seller"), "CONVENIENCE")
        reasons = set(reason) if kind_of_ground == "criteria" else {reason}
        if reasons & NO_MODERATION.get(kind_of_ground, set()):
            self.count("left out", "convenience")
            return
        law, notice = bool(reasons & LAW[kind_of_ground]), issued.get("notice")
        restriction = issued["restriction"]
        restriction = restriction if isinstance(restriction, str) else next(iter(restriction))
        by_notice = notice in self.notices and self.notices[notice][0]["allegation"] != "AGAINST_TERMS"
        means = "solely taken" if issued["automated"] else "not taken"
        for scope in ["Total number"] if by_notice else ["Total number", "Own-initiative"]:
            self.count(8, f"Number of measures {means} by automated means", scope)
        if notice in self.reopened:
            self.count(7, NEWLY, "Total number")
        if restriction == "accountSuspended" and law:
            self.count(7, SUSPENSIONS, "Total number")
        if not by_notice:
            for column in ["taken", *KINDS[restriction], *["automated"][:issued["automated"]]]:
                self.count(5 if law else 6, "TOTAL", column)

    # Complaints and disputes.

    def ComplaintLodged(self, complaint, lodged):
        contested = lodged["contested"]
        if "notice" in contested:
            notice = self.notices.get(contested["notice"], ({"allegation": "AGAINST_TERMS"}, None))[0]
            of_terms = notice["allegation"] == "AGAINST_TERMS"
            about = None if of_terms else ABOUT["flagged" if notice["trustedFlagger"] else "notice"]
        else:
            restriction = contested["restriction"]["restriction"]
            restriction = restriction if isinstance(restriction, str) else next(iter(restriction))
            about = ABOUT[{"sellerRemoved": "service", "accountSuspended": "account", "accountTerminated": "account"}
                          .get(restriction, "visibility")]
        self.complaints[complaint] = ([SUBMITTED, *([about] if about else [])], self.at)
        if self.inside(self.at):
            for indicator in self.complaints[complaint][0]:
                self.count(7, indicator, "Total number")

    def ComplaintDecided(self, complaint, decided):
        if decided["outcome"] != "UPHELD" and "notice" in decided["contested"]:
            self.reopened.add(decided["contested"]["notice"])
        indicators, since = self.complaints.get(complaint, ([], None))
        if self.inside(self.at):
            for indicator in indicators:
                self.count(7, indicator, OUTCOMES[decided["outcome"]])
                self.time(since, self.at, 7, indicator, "Median time")

    def DisputeReferred(self, order, referred):
        self.disputes.pop(order, None)
        if referred["forum"] in ("MEDIATOR", "ALTERNATIVE_DISPUTE_RESOLUTION"):
            self.disputes[order] = self.at
            if self.inside(self.at):
                self.count("disputes", "referred")

    def DisputeClosed(self, order, _):
        if order in self.disputes and self.inside(self.at):
            self.count("disputes", "closed")
            self.time(self.disputes[order], self.at, "disputes", "median")

    def cells(self, rows):
        """What the report must say: of parts 3 and 4 in these rows, of the others in those that can be counted."""
        keys = [(part, row, column) for part, columns in ((3, ORDERS), (4, NOTICES)) for row in rows[part] for column in columns]
        keys += [(part, "TOTAL", column) for part in (5, 6) for column in MEASURES.values()]
        keys += [(7, indicator, scope) for indicator in [SUBMITTED, *ABOUT.values()]
                 for scope in ["Total number", *OUTCOMES.values(), "Median time"]]
        keys += [(7, SUBMITTED, "Decision omitted"), (7, NEWLY, "Total number"), (7, SUSPENSIONS, "Total number")]
        keys += [(8, f"Number of measures {means} by automated means", scope)
                 for means in ("solely taken", "not taken") for scope in ("Total number", "Own-initiative")]
        keys += [(8, f"Number of notices {means} by automated means", scope)
                 for means in ("solely processed", "not processed") for scope in ("NAM Total", "NAM Trusted Flagger")]
        keys += [("left out", "convenience"), ("left out", "notices of terms"), ("disputes", "referred"), ("disputes", "closed")]
        told = {key: str(self.counts[key]) for key in keys if key[-1] not in MEDIANS}
        told |= {key: median(self.times[key]) if self.times.get(key) else "" for key in [*keys, ("disputes", "median")]
                 if key[-1] in MEDIANS or key == ("disputes", "median")}
        homeless = [key for key in {**self.counts, **self.times} if key not in told]
        return told | {key: "is counted, and has no cell" for key in homeless}


def rows_of(out, part):
    [path] = [path for path in out.glob(f"part-{part:02}-*.csv") if "voluntary" not in path.name]
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def headed(rows):
    """Rows of a part that is by category, with what each is of."""
    category = None
    for row in rows:
        if row[3].startswith("KEYWORD"):
            yield f"{category} {row[3]} {row[4]}", row
        else:
            category = row[3]
            yield category, row


def reported(out):
    """The report's cells by the same names, and the rows of parts 3 and 4."""
    cells = {}
    for heading, row in headed(rows_of(out, 3)):
        cells |= {(3, f"{row[5]} {heading}", column): row[6 + at] for at, column in enumerate(ORDERS)}
    for heading, row in headed(rows_of(out, 4)):
        cells |= {(4, heading, column): row[5 + at] for at, column in enumerate(NOTICES)}
    rows = {part: list(dict.fromkeys(key[1] for key in cells if key[0] == part)) for part in (3, 4)}
    for part in (5, 6):
        total = rows_of(out, part)[0]
        cells |= {(part, "TOTAL", column): total[5 + at] for at, column in MEASURES.items()}
    for part in (7, 8):
        cells |= {(part, row[4].strip(), row[5].strip()): row[6] for row in rows_of(out, part)}
    cells["left out", "convenience"] = re.search(r"Left out: (\d+) for", rows_of(out, 5)[0][21])[1]
    cells["left out", "notices of terms"] = re.search(r"Left out: (\d+) that", rows_of(out, 4)[0][15])[1]
    [disputes] = [row[7] for row in rows_of(out, 7) if row[4].startswith("Number of disputes") and row[5] == "Total number"]
    said = re.search(r": (\d+) brought .*, (\d+) over in it(?: \(median (.*) h\))?\.$", disputes)
    cells |= {("disputes", "referred"): said[1], ("disputes", "closed"): said[2], ("disputes", "median"): said[3] or ""}
    return cells, rows


def compare(replay_tool, data, name):
    """What differs, and in how many cells other than 0 or nothing the two agree."""
    tool = [replay_tool, "--data", data]
    told = subprocess.run([*tool, "history", "$all", "--json"], check=True, capture_output=True, text=True).stdout
    events = [json.loads(line) for line in told.splitlines()]
    ends = [len(events) * part // (EARLIER + 1) for part in range(1, EARLIER + 1)]
    moment = max(event["occurredAt"] for event in events[:ends[-1]])
    until = [event for event in events if micros(event["occurredAt"]) <= micros(moment)]
    cases = [(period, [], events) for period in PERIODS] + [(PERIODS[0], ["--as-of", moment], until)]
    cases += [(period, ["--position", str(end - 1)], events[:end]) for period in PERIODS[:1] for end in ends]
    differences, agreed, kinds = [], 0, set()
    for period, at, events_then in cases:
        with tempfile.TemporaryDirectory() as out:
            subprocess.run([*tool, "transparency-report", "--period", period, *at, out], check=True, capture_output=True)
            found, rows = reported(pathlib.Path(out))
        recount, case = Recount(events_then, period), " ".join([name + ",", period, *at])
        wanted = recount.cells(rows)
        differences += [f"{case}: {key} is {found.get(key)!r}, and counted again {cell!r}"
                        for key, cell in wanted.items() if found.get(key) != cell]
        agreed += sum(cell not in ("0", "", "0.00") for cell in wanted.values())
        for kind, position in recount.counted.items():
            fewer = Recount([event for event in events_then if event["position"] != position], period)
            if fewer.cells(rows) == wanted:
                differences.append(f"{case}: without event {position}, a {kind}, the recount is the same")
            kinds.add(kind)
    print(f"{name}: {len(events)} events, {len(cases)} periods and points: {agreed} cells other than zero are counted twice, "
          f"from {', '.join(sorted(kinds)) or 'no event'}")
    return differences, kinds


def demo(marktboek, data):
    """Lets the demo generate its marketplace."""
    command = [marktboek, "demo", "--until", UNTIL, "--data", data, "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if re.match(r"\s*operator\s", line):
            break
    process.send_signal(signal.SIGTERM)
    if process.wait(timeout=60) != 0:
        sys.exit("the demo did not stop well")


def unpacked(book, data):
    """A kept book, as its program left it."""
    for packed in (book / "data").rglob("*.gz"):
        to = pathlib.Path(data, packed.relative_to(book / "data")).with_suffix("")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(gzip.decompress(packed.read_bytes()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replay-tool", required=True)
    parser.add_argument("--marktboek")
    parser.add_argument("--keep")
    parser.add_argument("data", nargs="*")
    options = parser.parse_args()
    if bool(options.data) == bool(options.marktboek):
        parser.error("name either data directories, or --marktboek")
    replay_tool, kinds, differences = os.path.abspath(options.replay_tool), set(), []
    with tempfile.TemporaryDirectory() as directory:
        if options.marktboek:
            marktboek, made = os.path.abspath(options.marktboek), {}
            made["the demo"] = f"{directory}/demo"
            demo(marktboek, made["the demo"])
            for book in sorted(path for path in (ROOT / "fixtures/books").iterdir() if path.is_dir()):
                made[f"the book of {book.name}"] = f"{directory}/{book.name}"
                unpacked(book, made[f"the book of {book.name}"])
            made["a contested year"] = options.keep or f"{directory}/contested"
            live(marktboek, made["a contested year"])
        else:
            made = {data: data for data in options.data}
        for name, data in made.items():
            differ, counted = compare(replay_tool, data, name)
            differences, kinds = differences + differ, kinds | counted
    for difference in differences:
        print(difference)
    if options.marktboek and len(kinds) != 10:
        sys.exit(f"not every kind of event was counted, only {sorted(kinds)}: something was not compared")
    print("the report and its recount differ" if differences else "the report is what its events give, counted a second time")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
