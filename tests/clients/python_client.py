"""Is the book what Python's clients of EventStoreDB and KurrentDB take it for?

    python_client.py --client kurrentdbclient|esdbclient --marktboek PATH

It reads both ways, follows, appends under every expectation, is refused what is refused, over plaintext and TLS, and goes
on where it was after the node was stopped, and after it was killed. A line a check; exit codes: 0 all hold, 1 one does not, 2 wrong use.
"""

import argparse
import importlib
import itertools
import sys
import tempfile
import threading
import time
import uuid

from node import Failure, Node, certified, check, metadata, product, until, visits


class Library:
    """One of the two clients: the newer is the older under another name, and its refusals have more names."""

    def __init__(self, name):
        self.module = importlib.import_module(name)
        self.exceptions = importlib.import_module(f"{name}.exceptions")
        self.newer = name == "kurrentdbclient"
        self.scheme = "kdb" if self.newer else "esdb"

    def client(self, uri, **how):
        kind = self.module.KurrentDBClient if self.newer else self.module.EventStoreDBClient
        return kind(f"{self.scheme}://{uri}", **how)

    def refusal(self, name):
        """An exception by what stands before `Error` in its name; where the older has none, the one for all of gRPC."""
        found = (getattr(self.exceptions, full, None) for full in (f"{name}Error", name))
        return next(filter(None, found), None) or self.exceptions.GrpcError


MONTH, OTHER, NOBODYS = "activity-2026-05", "activity-2026-06", "activity-2026-07"
NUMBERS = itertools.count(1)
# A client that waits for what does not come is given up.
PATIENCE_SECONDS = 30
# How long a node that is away is left alone.
PAUSE_SECONDS = 0.05
# How often the node is killed while it is written to and followed, and after how many more appends each time.
KILLS, APPENDS = 3, 40
LIBRARY, STATE = None, None


def event(stream=MONTH, **different):
    """An event that belongs in a stream."""
    number = next(NUMBERS)
    of_month = stream.startswith("activity-")
    kind, data = ("RecipientsSeen", visits(stream.removeprefix("activity-"))) if of_month else ("ProductCatalogued", product())
    return LIBRARY.module.NewEvent(**{"type": kind, "data": data, "metadata": metadata(number), "id": uuid.UUID(int=number)} | different)


def fails(name, call, what):
    kind = LIBRARY.refusal(name)
    # The older one has a name for a refusal in a batch that it has none for elsewhere.
    kinds = kind if LIBRARY.newer else (kind, LIBRARY.exceptions.GrpcError)
    try:
        call()
    except kinds as error:
        check(True, f"{what}: {type(error).__name__}")
        return error
    except Exception as error:
        raise Failure(f"{what}: {error!r} instead of {kind.__name__}") from error
    raise Failure(f"{what}: it was done")


def invalid(call, what):
    """Refused as INVALID_ARGUMENT, for which the client has no name."""
    error = fails("Grpc", call, what)
    check("INVALID_ARGUMENT" in str(error), f"{what}: for what it is")


def take(events, count):
    """So many of what a subscription delivers; given up after a while."""
    timer = threading.Timer(PATIENCE_SECONDS, events.stop)
    timer.start()
    try:
        return list(itertools.islice(events, count))
    finally:
        timer.cancel()


def until_caught_up(events):
    seen = []
    for event in events:
        if type(event).__name__ == "CaughtUp":
            return seen
        seen.append(event)
    raise Failure("it ended before it had caught up")


def ids(events):
    return [event.id for event in events]


def appending(client):
    """Every expectation, kept and refused; both calls: one event goes by Append, a list by BatchAppend."""
    wrong = "WrongCurrentVersion"
    for batch, stream in ((False, MONTH), (True, OTHER)):
        how = "BatchAppend" if batch else "Append"

        def append(expected, *events, to=stream):
            return client.append_to_stream(to, events=list(events) if batch else events[0], current_version=expected)

        new = lambda: event(stream)
        fails(wrong, lambda: append(STATE.EXISTS, new()), f"{how}: a stream that must be and is not")
        fails(wrong, lambda: append(3, new()), f"{how}: a revision of no stream")
        first = new()
        at = append(STATE.NO_STREAM, first)
        check(append(STATE.NO_STREAM, first) == at, f"{how}: the same event again takes effect once")
        error = fails(wrong, lambda: append(STATE.NO_STREAM, new()), f"{how}: a stream that must not be and is")
        if LIBRARY.newer:
            check((error.actual_version, error.expected_version) == (0, STATE.NO_STREAM), f"{how}: which says where it is")
        check(append(0, new()) == at + 1, f"{how}: the right revision")
        fails(wrong, lambda: append(0, new()), f"{how}: a wrong revision")
        check(append(STATE.EXISTS, new()) == at + 2, f"{how}: an existing stream")
        check(append(STATE.ANY, new()) == at + 3, f"{how}: any")
    client.append_to_stream(OTHER, events=[event(OTHER) for _ in range(1000)], current_version=3)
    check(client.get_current_version(OTHER) == 1003, "a batch of 1,000")
    for _ in range(50):
        stream = f"product-{uuid.uuid4()}"
        client.append_to_stream(stream, events=event(stream), current_version=STATE.NO_STREAM)
    for what, stream, different in (
        ("a type that nobody knows", MONTH, {"type": "Surprise"}),
        ("data that is not JSON", MONTH, {"data": b"\xff"}),
        ("data that does not fit its type", MONTH, {"data": b"{}"}),
        ("no metadata", MONTH, {"metadata": b""}),
        ("a moment that is none", MONTH, {"metadata": metadata(1).replace(b"2026-05-01", b"yesterday")}),
        ("bytes that are not said to be JSON", MONTH, {"content_type": "application/octet-stream"}),
        ("another's stream", "order-1", {"type": "RecipientsSeen", "data": visits("2026-05")}),
    ):
        invalid(lambda: client.append_to_stream(stream, events=event(stream, **different), current_version=STATE.ANY), what)
    fails("BadRequest", lambda: client.append_to_stream(MONTH, events=[event(type="Surprise")], current_version=STATE.ANY),
          "a type that nobody knows, in a batch")


def reading(client):
    everything = client.read_all()
    book = list(everything)
    check([event.commit_position for event in book] == list(range(len(book))), f"$all forwards: {len(book)} events without a gap")
    check(ids(client.read_all(backwards=True)) == ids(book)[::-1], "$all backwards is the same, turned")
    for limit in (1, 32, 333):
        check(ids(client.read_all(limit=limit)) == ids(book)[:limit], f"$all forwards, {limit}")
        check(ids(client.read_all(limit=limit, backwards=True)) == ids(book)[::-1][:limit], f"$all backwards, {limit}")
    check(ids(client.read_all(commit_position=100)) == ids(book)[100:], "$all forwards from a position, with it")
    check(ids(client.read_all(commit_position=100, backwards=True)) == ids(book)[:100][::-1], "$all backwards from a position, without it")
    check(client.get_commit_position() == len(book) - 1, "the newest position")

    of = lambda stream: [event for event in book if event.stream_name == stream]
    stream = of(OTHER)
    check([event.stream_position for event in stream] == list(range(1004)), "a stream's revisions without a gap")
    check(list(client.get_stream(OTHER)) == stream, "a stream forwards, envelope and all")
    check(list(client.get_stream(OTHER, backwards=True)) == stream[::-1], "a stream backwards")
    check(list(client.get_stream(OTHER, limit=7)) == stream[:7], "a stream forwards, 7")
    check(list(client.get_stream(OTHER, limit=7, backwards=True)) == stream[:-8:-1], "a stream backwards, 7")
    check(list(client.get_stream(OTHER, stream_position=500, limit=7)) == stream[500:507], "a stream from a revision on, with it")
    check(list(client.get_stream(OTHER, stream_position=500, backwards=True, limit=7)) == stream[500:493:-1], "and back from it")
    fails("NotFound", lambda: client.get_stream(NOBODYS), "a stream that is not there")
    check(client.get_current_version(NOBODYS) is STATE.NO_STREAM, "the version of none")
    recorded = stream[0]
    check((recorded.type, recorded.content_type, recorded.data) == ("RecipientsSeen", "application/json", visits("2026-06")), "type, content type, data")
    check(recorded.recorded_at is not None and recorded.metadata == metadata(recorded.id.int), "when it was recorded, metadata")

    products = [event for event in book if event.type == "ProductCatalogued"]
    check(ids(client.read_all(filter_include=["Product.*"])) == ids(products), "$all by type")
    if LIBRARY.newer:
        check(ids(client.read_all(filter_include=["Product"], filter_by_prefix=True)) == ids(products), "$all by a prefix of the type")
    check(ids(client.read_all(filter_include=["product-.*"], filter_by_stream_name=True, limit=5)) == ids(products)[:5], "$all by stream, 5")
    check(ids(client.read_all(filter_exclude=["Product.*"])) == [event.id for event in book if event not in products], "$all without a type")
    check(ids(client.read_all(filter_include=["Product.*"], backwards=True, limit=5)) == ids(products)[::-1][:5], "$all by type backwards, 5")
    return book


def following(client, book):
    for what, arguments, expected in (
        ("from the start", {}, lambda event: True),
        ("after a position", {"commit_position": 700}, lambda event: event.commit_position > 700),
        ("from the end", {"from_end": True}, lambda event: False),
        ("by type", {"filter_include": ["Product.*"]}, lambda event: event.type == "ProductCatalogued"),
        ("by type after a position", {"filter_include": ["Product.*"], "commit_position": 1030},
         lambda event: event.type == "ProductCatalogued" and event.commit_position > 1030),
        ("by type from the end", {"filter_include": ["Product.*"], "from_end": True}, lambda event: False),
        ("by stream", {"filter_include": ["product-.*"], "filter_by_stream_name": True},
         lambda event: event.stream_name.startswith("product-")),
    ):
        with client.subscribe_to_all(include_caught_up=True, **arguments) as events:
            check(ids(until_caught_up(events)) == ids(filter(expected, book)), f"$all {what}, until caught up")
            stream = f"product-{uuid.uuid4()}"
            new = [event(stream) for _ in range(3)]
            client.append_to_stream(stream, events=new, current_version=STATE.NO_STREAM)
            check(ids(take(events, 3)) == ids(new), f"$all {what}, live")
            book += list(client.get_stream(stream))
    stream = list(client.get_stream(MONTH))
    for what, arguments, expected in (
        ("from the start", {}, lambda event: True),
        ("after a revision", {"stream_position": 1}, lambda event: event.stream_position > 1),
        ("from the end", {"from_end": True}, lambda event: False),
    ):
        with client.subscribe_to_stream(MONTH, include_caught_up=True, **arguments) as events:
            check(ids(until_caught_up(events)) == ids(filter(expected, stream)), f"a stream {what}, until caught up")
            new = [event() for _ in range(3)]
            client.append_to_stream(OTHER, events=event(OTHER), current_version=STATE.ANY)
            client.append_to_stream(MONTH, events=new, current_version=STATE.EXISTS)
            check(ids(take(events, 3)) == ids(new), f"a stream {what}, live")
            stream += list(client.get_stream(MONTH, stream_position=len(stream)))
    with client.subscribe_to_all(filter_include=["Nothing"], include_checkpoints=True, include_caught_up=True) as events:
        told = until_caught_up(events)
        newest = client.get_commit_position()
        check(told and all(isinstance(event, LIBRARY.module.Checkpoint) for event in told), f"$all without a match: {len(told)} checkpoints")
        check(told[-1].commit_position == newest, "the last one says that all was looked at")


def refusing(client):
    denied = "AccessDenied"
    fails(denied, lambda: client.delete_stream(MONTH, current_version=STATE.ANY), "deleting a stream")
    fails(denied, lambda: client.tombstone_stream(MONTH, current_version=STATE.ANY), "its tombstone")
    check(client.get_stream_metadata(MONTH) == ({}, STATE.NO_STREAM), "no $maxCount, no $maxAge")
    fails(denied, lambda: client.set_stream_metadata(MONTH, metadata={"$maxCount": 1}), "nor may anybody set one")
    invalid(lambda: client.subscribe_to_all(commit_position=10**9), "a position that the book never had")


def going_on(node, uri):
    """A node that stops says so; nothing is lost and nothing comes twice."""
    client = LIBRARY.client(uri)
    stream = "activity-2026-08"
    new = [event(stream) for _ in range(10)]
    client.append_to_stream(stream, events=new[:5], current_version=STATE.NO_STREAM)
    events = client.subscribe_to_stream(stream)
    seen = take(events, 5)
    node.stop()
    fails("ServiceUnavailable", lambda: next(events), "a subscription to a node that stops")
    node.start()
    client = LIBRARY.client(uri)
    client.append_to_stream(stream, events=new[5:], current_version=4)
    with client.subscribe_to_stream(stream, stream_position=seen[-1].stream_position) as events:
        seen += take(events, 5)
    check(ids(seen) == ids(new), "it goes on where it was")
    client.close()


def patiently(attempt):
    """Tries again with the same client while the node is away."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return attempt()
        except LIBRARY.refusal("ServiceUnavailable") as away:
            if time.monotonic() > end:
                raise Failure("the client does not find the node again") from away
            time.sleep(PAUSE_SECONDS)


def follow(subscribe, last):
    """Everything up to an event, from wherever the last subscription was when it was lost."""
    seen = []

    def go_on():
        with subscribe(seen[-1] if seen else None) as events:
            for event in events:
                seen.append(event)
                if event.id == last:
                    return

    patiently(go_on)
    return seen


def beside(call):
    """Begins something; what is returned waits for its end and gives what came of it."""
    came = []

    def run():
        try:
            came.append((call(), None))
        except Exception as error:
            came.append((None, error))

    # Whatever does not end must not keep this script alive.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def result():
        thread.join(PATIENCE_SECONDS)
        if not came:
            raise Failure("it did not end")
        if came[0][1]:
            raise Failure(f"{came[0][1]!r}") from came[0][1]
        return came[0][0]

    return result


def killed(node, uri):
    """A node is killed while it is written to and followed: each append takes effect once, and each follower has it once."""
    stream = "activity-2026-09"
    new = [event(stream) for _ in range(APPENDS * (KILLS + 1))]
    clients = writer, of_stream, of_all, by_type, by_stream = [LIBRARY.client(uri) for _ in range(5)]
    newest, acknowledged = writer.get_commit_position(), []

    def write():
        for revision, one in enumerate(new):
            # Sent again with the same id: whoever gets no answer can't know whether it was done.
            sent = [one] if revision % 2 else one
            expected = revision - 1 if revision else STATE.NO_STREAM
            patiently(lambda: writer.append_to_stream(stream, events=sent, current_version=expected))
            acknowledged.append(one)

    def to_all(client, **filtered):
        def subscribe(last):
            return client.subscribe_to_all(commit_position=last.commit_position if last else newest, **filtered)

        return beside(lambda: follow(subscribe, new[-1].id))

    def to_stream(last):
        return of_stream.subscribe_to_stream(stream, stream_position=last.stream_position if last else None)

    followers = {
        "the stream": beside(lambda: follow(to_stream, new[-1].id)),
        "$all": to_all(of_all),
        "$all by type": to_all(by_type, filter_include=["RecipientsSeen"]),
        "$all by stream": to_all(by_stream, filter_include=[stream], filter_by_stream_name=True),
    }
    written = beside(write)
    for kill in range(1, KILLS + 1):
        until(f"{APPENDS * kill} appends", lambda: len(acknowledged) >= APPENDS * kill, PATIENCE_SECONDS)
        node.kill()
        node.start()
    written()
    for what, follower in followers.items():
        check(ids(follower()) == ids(new), f"killed {KILLS} times: a subscription to {what} misses nothing and has nothing twice")
    check(ids(writer.get_stream(stream)) == ids(new), "each append is there once")
    for client in clients:
        client.close()


def views_read_it(node):
    until("the views read what clients appended", node.ready, PATIENCE_SECONDS)
    check(True, "the views read what clients appended")


def with_tokens(program, directory):
    """TLS, and what each token may."""
    certificate, root = certified(directory)
    with Node(program, f"{directory}/tls", *certificate) as node:
        def client(role, subject, host="localhost", token=None):
            token = token or node.token(role, subject)
            hosts = ",".join(f"{host}:{node.port}" for host in host.split(","))
            return LIBRARY.client(f"{subject}:{token}@{hosts}", root_certificates=root.read_bytes())

        def read(*who, **how):
            reader = client(*who, **how)  # A client that nobody holds cancels its calls.
            return list(reader.read_all())

        writer = client("node", "node-2")
        writer.append_to_stream(MONTH, events=event(), current_version=STATE.NO_STREAM)
        writer.append_to_stream(MONTH, events=[event()], current_version=0)
        check(len(read("node", "node-2")) == 2, "a node appends and reads, by TLS")
        check(len(read("auditor", "a-1", "localhost,127.0.0.1")) == 2, "an auditor reads, and finds the node by gossip")
        reader = client("auditor", "a-1")
        fails("AccessDenied", lambda: reader.append_to_stream(MONTH, events=event(), current_version=1), "an auditor appends")
        fails("AccessDenied", lambda: reader.append_to_stream(MONTH, events=[event()], current_version=1), "and in a batch")
        fails("AccessDenied", lambda: read("moderator", "m-1"), "a moderator reads")
        fails("Unauthenticated", lambda: read("", "a-2", token=node.token("auditor", "a-1")), "another's token")
        fails("Unauthenticated", lambda: read("", "admin", token="changeit"), "the password of every EventStoreDB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--marktboek", required=True, help="the built program")
    parser.add_argument("--client", required=True, choices=("kurrentdbclient", "esdbclient"), help="the client")
    arguments = parser.parse_args()
    program = arguments.marktboek
    global LIBRARY, STATE
    LIBRARY = Library(arguments.client)
    STATE = LIBRARY.module.StreamState
    try:
        with tempfile.TemporaryDirectory() as directory:
            with Node(program, f"{directory}/open", "--esdb-open", "append") as node:
                uri = f"127.0.0.1:{node.port}?Tls=false"
                client = LIBRARY.client(uri)
                appending(client)
                book = reading(client)
                following(client, book)
                refusing(client)
                client.close()
                going_on(node, uri)
                killed(node, uri)
                views_read_it(node)
            with Node(program, f"{directory}/closed") as node:
                client = LIBRARY.client(f"127.0.0.1:{node.port}?Tls=false")
                fails("Unauthenticated", lambda: list(client.read_all()), "reading without a token")
                fails("Unauthenticated", lambda: client.append_to_stream(MONTH, events=event(), current_version=STATE.ANY), "appending without one")
                client.close()
            with_tokens(program, directory)
    except Failure as failure:
        print(f"FAIL  {failure}", file=sys.stderr)
        return 1
    print("all hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
