"""A node to which EventStoreDB's clients come, and events that it can read."""

import json
import pathlib
import socket
import sys
import urllib.error
import urllib.request
import uuid

import trustme

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from market import Failure, Market, check, until

__all__ = ["Failure", "Node", "certified", "check", "metadata", "product", "until", "visits"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Node(Market):
    """The program, open to EventStoreDB's clients at a port of 127.0.0.1."""

    def __init__(self, program, data, *options):
        self.port = free_port()
        super().__init__(program, data, "--esdb-listen", f"127.0.0.1:{self.port}", *options)

    def start(self, moment="system"):
        self.at(moment)

    def ready(self):
        """Whether the views have caught up with the book."""
        try:
            return urllib.request.urlopen(f"{self.url}/readyz", timeout=10).status == 200
        except urllib.error.HTTPError:
            return False

    def kill(self):
        """Ends it as a power cut does."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


def certified(directory):
    """A certificate for this machine: the options that show it, and the file of the authority that it is from."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    chain, key, root = (pathlib.Path(directory) / name for name in ("chain.pem", "key.pem", "root.pem"))
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    key.write_bytes(certificate.private_key_pem.bytes())
    root.write_bytes(authority.cert_pem.bytes())
    return ("--esdb-certificate", str(chain), "--esdb-key", str(key)), root


def metadata(number):
    """What stands beside every event: who and why."""
    return json.dumps({
        "occurredAt": f"2026-05-01T10:00:00.{number % 1_000_000:06}Z",
        "actor": {"role": "operator", "id": "client"},
        "commandId": str(uuid.UUID(int=number)),
        "correlationId": str(uuid.UUID(int=number)),
        "schema": 1,
    }).encode()


def visits(month):
    """A batch of a month's visits, for the stream `activity-<month>`."""
    return json.dumps({"month": month, "memberState": "BE", "role": "BUYER", "recipients": [],
                       "excluded": {"bots": 1, "incidental": 0}}).encode()


def product():
    """A product, for a stream `product-<uuid>`."""
    return json.dumps({"brand": "Apple", "category": "smartphones", "subcategory": "iphone", "title": "iPhone SE"}).encode()
