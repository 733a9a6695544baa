#!/usr/bin/env python3
"""Slow, half-open and huge requests on both faces of the built program, while others go on working.

Hundreds of connections that say nothing, heads and bodies that never end, messages that are announced and not sent,
calls without a token, WebSockets that say nothing, subscribers that never read, appends that stay half: all at once, and
all kept open. Meanwhile somebody registers, asks and follows as if nobody else was there. At the end the process's peak of
memory is below a bound, and everything that was held is free again.

    limits.py --marktboek PATH --replay-tool PATH

Exit codes: 0 all of it held, 1 something did not, 2 wrong use.
"""

import pathlib
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import uuid

from market import check, main, until

# Half as much again as it takes here: a year of a marketplace, and the 256 MiB of appends that may be held. Without bounds it
# is gigabytes.
PEAK_MIB = 1000
# More than either face has places for.
SILENT = 1500
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SERVICE = "/event_store.client.streams.Streams/"


def frame(kind, flags, call, payload):
    """A frame of HTTP/2."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", call) + payload


def headers(call, path, token=None):
    """The head of a gRPC call, by HPACK's plainest form."""
    fields = [(":method", "POST"), (":scheme", "http"), (":path", SERVICE + path), (":authority", "node"),
              ("content-type", "application/grpc"), ("te", "trailers")]
    if token:
        fields.append(("authorization", f"Bearer {token}"))
    block = b""
    for name, value in fields:
        for first, text in ((b"\0", name), (b"", value)):
            length = len(text)
            block += first + (bytes([length]) if length < 127 else bytes([127, (length - 127) % 128 | 128, (length - 127) // 128]))
            block += text.encode()
    return frame(1, 4, call, block)


def message(bytes_, announced=None):
    """A message as gRPC frames it."""
    return b"\0" + struct.pack(">I", len(bytes_) if announced is None else announced) + bytes_


class Crowd:
    """Connections that are kept open, whatever becomes of them."""

    def __init__(self):
        self.sockets = []

    def connect(self, address, said=b""):
        connection = socket.create_connection(address, timeout=20)
        self.sockets.append(connection)
        try:
            connection.sendall(said)
        except OSError:
            pass  # It had to give way already.
        return connection

    def leave(self):
        for connection in self.sockets:
            connection.close()
        self.sockets = []


def filled(market):
    """A generated year in the book, so that there is something to follow."""
    command = [market.program, "demo", "--data", market.data, "--listen", "127.0.0.1:0", "--until", "2026-03-01T12:00:00Z"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as demo:
        next(line for line in demo.stdout if "http://" in line)
        demo.send_signal(signal.SIGTERM)


def peak_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024


def works(market, what, times=20):
    """Somebody asks and is answered, by either way in, and a command is done."""
    for _ in range(times):
        market.query("{ categories { slug } products(category: \"smartphones\", first: 5) { nodes { title } } }")
    seller = str(uuid.uuid4())
    contact = dict(name="A", address="Kade 1", phone="+32 1", email="a@example.eu", identification="e", paymentAccount="BE71")
    payload = market.attempt("registerSeller", ("seller", seller), shopName="Shop", country="BE", tradeRegisterNumber="1",
                             selfCertified=True, contact=contact, termsVersion="2026-01", qualityCharterVersion="4")
    check(not payload["userErrors"], f"others go on working beside {what}")


def grpc(token, path, *messages, call=1, end=b""):
    """A connection with a call that has begun: its messages, and no end where there is no `end`."""
    data = b"".join(frame(0, 0, call, message_[at:at + 16384]) for message_ in messages for at in range(0, len(message_), 16384))
    settings = frame(4, 0, 0, struct.pack(">HI", 4, 2**31 - 1))
    return PREFACE + settings + headers(call, path, token) + data + end


def frames(heard):
    """The whole frames of what was heard: kind, flags, call, payload."""
    while len(heard) >= 9 and len(heard) >= 9 + int.from_bytes(heard[:3], "big"):
        end = 9 + int.from_bytes(heard[:3], "big")
        yield heard[3], heard[4], int.from_bytes(heard[5:9], "big"), heard[9:end]
        heard = heard[end:]


def push(connection, size, before=5):
    """Sends so much of a call's data as the server's windows let it; false when it takes no more. So many bytes of it were
    sent before: a message's length."""
    sent, windows, heard, seen = 0, {0: 65535 - before, 1: -before}, b"", 0
    connection.settimeout(5)
    try:
        while sent < size:
            if min(windows.values()) > 0:
                part = min(16384, size - sent, *windows.values())
                connection.sendall(frame(0, 0, 1, b"\0" * part))
                sent += part
                windows = {call: window - part for call, window in windows.items()}
                continue
            heard += connection.recv(65536)
            for kind, flags, call, payload in list(frames(heard))[seen:]:
                seen += 1
                if kind == 4 and not flags & 1:
                    windows[1] += dict(struct.iter_unpack(">HI", payload)).get(4, 65535)
                    connection.sendall(frame(4, 1, 0, b""))
                elif kind == 8:
                    windows[call] += int.from_bytes(payload, "big")
                elif kind == 1 and flags & 1 or kind in (3, 7):
                    return False
    except OSError:
        return False
    return True


def refused(connection):
    """Whether the connection's call has ended, by what has come since somebody listened to it."""
    connection.settimeout(0.05)
    heard = b""
    try:
        while piece := connection.recv(1 << 20):
            heard += piece
        return True
    except OSError:
        return any(call == 1 and kind == 1 and flags & 1 for kind, flags, call, _ in frames(heard))


def answered(connection):
    """What a server says until it has nothing more to say for a while."""
    connection.settimeout(5)
    heard = b""
    try:
        while True:
            piece = connection.recv(65536)
            if not piece:
                break
            heard += piece
    except OSError:
        pass
    return heard


def live(market, _):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    filled(market)
    market.at("2026-03-02T09:00:00Z")
    web, book = market.addresses
    reader, writer = market.token("auditor", "a-1"), market.token("node", "n-1")
    crowd = Crowd()
    works(market, "nobody")

    for address, name in ((web, "HTTP"), (book, "gRPC")):
        for _ in range(SILENT):
            crowd.connect(address)
        works(market, f"{SILENT} silent connections to {name}")
        crowd.leave()

    for _ in range(SILENT):
        crowd.connect(web, b"POST /graphql HTTP/1.1\r\nHost: h\r\nContent-Le")
    works(market, f"{SILENT} half heads")
    crowd.leave()

    body = b"POST /graphql HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n" + b" " * 400_000
    for _ in range(300):
        crowd.connect(web, body)
    works(market, "300 bodies that are half sent, 120 MB in all")
    crowd.leave()

    upgrade = (b"GET /graphql HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n")
    for _ in range(SILENT):
        crowd.connect(web, upgrade)
    works(market, f"{SILENT} WebSockets that say nothing")
    crowd.leave()

    # Without a token: calls whose messages are announced with 16 MiB, a hundred on each of many connections.
    many = b"".join(headers(call, "BatchAppend") + frame(0, 0, call, message(b"half", 16 << 20)) for call in range(1, 201, 2))
    for _ in range(200):
        crowd.connect(book, PREFACE + frame(4, 0, 0, b"") + many)
    works(market, "20,000 calls without a token that announce 16 MiB each")
    crowd.leave()

    huge = crowd.connect(book, grpc(writer, "BatchAppend", message(b"", 1 << 30)))
    until("a gigabyte is refused", lambda: refused(huge))
    check(True, "a message of a gigabyte is refused when it is announced")
    crowd.leave()

    # With one: half of a message of 16 MiB, on each of 60 connections.
    half = [crowd.connect(book, grpc(writer, "BatchAppend", message(b"", 16 << 20))) for _ in range(60)]
    half = [connection for connection in half if push(connection, 10 << 20)]
    works(market, "appends that are half sent, 600 MB in all")
    held = [connection for connection in half if not refused(connection)]
    check(0 < len(held) <= 26, f"as many of them are held as have room in 256 MiB: {len(held)}")
    crowd.leave()

    # ReadReq: options (1) with all (2: start (2)), subscription (6), no filter (8), ids as text (9: string (2)).
    follow = message(b"\x0a\x0c\x12\x02\x12\x00\x32\x00\x42\x00\x4a\x02\x12\x00")
    for _ in range(100):
        crowd.connect(book, grpc(reader, "Read", follow, end=frame(0, 1, 1, b"")))
    works(market, "100 subscribers that never read")
    heard = answered(crowd.connect(book, grpc(reader, "Read", follow, end=frame(0, 1, 1, b""))))
    told = b"".join(payload for kind, _, _, payload in frames(heard) if kind == 0)
    check(b"SellerRegistered" in told, "and one that reads is told what happened")
    crowd.leave()

    peak = peak_mib(market.process.pid)
    check(peak < PEAK_MIB, f"the process never took more than {PEAK_MIB} MiB: {peak} MiB")


if __name__ == "__main__":
    sys.exit(main(__doc__, live, "Others went on working, and memory was bounded.", "--esdb-listen", "127.0.0.1:0"))
