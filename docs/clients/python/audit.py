"""Reads a whole book, counts one published figure again, and follows the book live. Needs Python 3.11, and

    pip install kurrentdbclient==1.3.5

    MARKTBOEK_LOG='kurrentdb://SUBJECT:TOKEN@book.example:2113' python audit.py 2026-H1 3010.00 [EVENTS]

The figure is the platform's average monthly active recipients (DSA art. 24(2)) of a half-year, as it was published. After
it, so many new events are followed; all that come, until Ctrl-C, where no number is given. Exit codes: 0 all is as it
should be, 1 it is not, 2 wrong use.
"""

import json
import os
import struct
import sys
import time
from base64 import b64decode
from datetime import datetime, timezone
from uuid import UUID
from zoneinfo import ZoneInfo

from kurrentdbclient import KurrentDBClient
from kurrentdbclient.exceptions import ServiceUnavailableError

# A calendar month is one in Paris, wherever the recipient is.
PARIS = ZoneInfo("Europe/Paris")
# How long a node that was lost is left alone before it is tried again.
PAUSE_SECONDS = 1


class Wrong(Exception):
    """The book, or the published figure, is not as it should be."""


class Audit:
    """What was seen of the book so far. Every event comes by here, in order, be it read or followed."""

    def __init__(self):
        self.position = -1  # Of the last event.
        self.revisions = {}  # Of the last event of each stream.
        self.ids = set()
        self.newest = datetime.min.replace(tzinfo=timezone.utc)
        self.active = {}  # Month: who was active in it.

    def see(self, event):
        """Nothing is missing, nothing is there twice; then what the figure needs of it."""
        if event.commit_position != self.position + 1:
            raise Wrong(f"position {self.position} is followed by {event.commit_position}")
        revision = self.revisions.get(event.stream_name, -1) + 1
        if event.stream_position != revision:
            raise Wrong(f"position {event.commit_position}: {event.stream_name} has {event.stream_position} in place of {revision}")
        if event.id in self.ids:
            raise Wrong(f"position {event.commit_position}: the event {event.id} was there before")
        self.position, self.revisions[event.stream_name] = event.commit_position, revision
        self.ids.add(event.id)
        metadata = json.loads(event.metadata)
        occurred = datetime.fromisoformat(metadata["occurredAt"])
        self.newest = max(self.newest, occurred)
        self.count(event.type, json.loads(event.data), occurred)
        return metadata

    def count(self, kind, data, occurred):
        """Who was active: whoever the platform's servers saw engaged, and whoever placed an order from the Union."""
        if kind == "RecipientsSeen":
            active = self.active.setdefault(data["month"], set())
            # Version 1 names recipients by whole ids, version 2 by pseudonyms.
            active.update(map(of_id, data.get("recipients", ())))
            for seen in data.get("seen", ()):
                active.update(pseudonyms(seen["recipients"]))
        elif kind == "OrderPlaced" and "memberState" in data:
            active = self.active.setdefault(f"{occurred.astimezone(PARIS):%Y-%m}", set())
            active.update(pseudonyms(data["recipient"]) if "recipient" in data else [of_id(data["buyer"])])


def of_id(text):
    """Where a whole id is a pseudonym: its halves, one over the other."""
    number = UUID(text).int
    return (number >> 64) ^ (number & (1 << 64) - 1)


def pseudonyms(text):
    """By what names recipients are known in a month's activity: base64 of eight bytes each."""
    data = b64decode(text + "=" * (-len(text) % 4))
    return struct.unpack(f">{len(data) // 8}Q", data)


def compare(audit, period, published):
    """The mean of six months, each recipient once a month, to two decimals."""
    year, half = period.split("-H")
    first = 1 if half == "1" else 7
    months = [f"{year}-{month:02}" for month in range(first, first + 6)]
    counts = [len(audit.active.get(month, ())) for month in months]
    for month, count in zip(months, counts):
        print(f"{month}    {count}")
    # The nearest hundredth: with six months it never lies half-way.
    hundredths = (sum(counts) * 100 + 3) // 6
    average = f"{hundredths // 100}.{hundredths % 100:02}"
    print(f"{period}    {average} ({sum(counts)}/6)")
    print(f"address    position {audit.position}, newest event of {audit.newest:%Y-%m-%dT%H:%M:%SZ}")
    if average != published:
        raise Wrong(f"{published} was published")
    print(f"published  {published}, the same")


def follow(connection, audit, last):
    """Every new event, from where reading stopped. A node that is lost is asked again for what comes after the last one."""
    while audit.position != last:
        try:
            with KurrentDBClient(connection) as client:
                for event in client.subscribe_to_all(commit_position=audit.position, filter_exclude=()):
                    metadata = audit.see(event)
                    who = f"{metadata['actor']['role']} {metadata['actor']['id']}"
                    print(audit.position, event.type, event.stream_name, who, metadata["occurredAt"], sep="  ", flush=True)
                    if audit.position == last:
                        return
        except ServiceUnavailableError:
            print(f"lost the node after position {audit.position}", file=sys.stderr)
            time.sleep(PAUSE_SECONDS)


def main():
    connection = os.environ.get("MARKTBOEK_LOG")
    arguments = sys.argv[1:]
    if not connection or len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    period, published, *events = arguments
    audit = Audit()
    try:
        with KurrentDBClient(connection) as client:
            for event in client.read_all(filter_exclude=()):
                audit.see(event)
        print(f"{audit.position + 1} events in {len(audit.revisions)} streams: none missing, none twice")
        compare(audit, period, published)
        print(f"following  after position {audit.position}", flush=True)
        follow(connection, audit, audit.position + int(events[0]) if events else None)
    except Wrong as wrong:
        print(f"WRONG: {wrong}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    print(f"followed   to position {audit.position}: none missing, none twice")
    return 0


if __name__ == "__main__":
    sys.exit(main())
