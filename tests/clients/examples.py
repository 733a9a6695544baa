"""Do the auditors' programs in docs/clients/ come to the published figure, and lose nothing when the node is killed?

    examples.py --marktboek PATH --replay-tool PATH --rust PATH --node PATH

All three read a generated marketplace by TLS with an auditor's token, and follow it at the same time. Meanwhile people
give commands, and the node is killed and started again. A line a check; exit codes: 0 all hold, 1 one does not, 2 wrong use.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

from kurrentdbclient import KurrentDBClient

from node import Failure, Node, certified, check, until

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs/clients"
UNTIL, PERIOD = "2026-11-01T12:00:00Z", "2026-H1"
# Commands before each kill: some that everybody has seen by then, and some that perhaps nobody has. Then some more.
SEEN, UNSEEN, KILLS = 3, 2, 3
FOLLOWED = (SEEN + UNSEEN) * KILLS + SEEN
# An auditor's program that waits for what does not come is given up.
PATIENCE_SECONDS = 60


class Audit:
    """One of the programs, running; what it says is read as it comes."""

    def __init__(self, name, command, connection, *arguments):
        self.name, self.lines, self.complaints = name, [], []
        self.process = subprocess.Popen([*command, PERIOD, *arguments], env=os.environ | {"MARKTBOEK_LOG": connection},
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.readers = [threading.Thread(target=into.extend, args=(map(str.rstrip, stream),), daemon=True)
                        for into, stream in ((self.lines, self.process.stdout), (self.complaints, self.process.stderr))]
        for reader in self.readers:
            reader.start()

    def told(self, beginning):
        """What it said after these words; nothing so far, unless it has ended."""
        found = next((line.removeprefix(beginning).strip() for line in self.lines if line.startswith(beginning)), None)
        if found is None and self.process.poll() is not None:
            raise Failure(f"{self.name} ended: {self.complaints}")
        return found

    def followed(self):
        """The events that it printed."""
        start = next(at for at, line in enumerate(self.lines) if line.startswith("following"))
        return [line for line in self.lines[start + 1:] if not line.startswith("followed")]

    def end(self):
        """Its exit code."""
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        for reader in self.readers:
            reader.join()
        return code


def generated(program, data):
    """A year of a marketplace, which ended at a moment."""
    command = [program, "demo", "--data", data, "--listen", "127.0.0.1:0", "--until", UNTIL]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in demo.stdout:
        if line.startswith("Ctrl-C"):
            break
    demo.terminate()
    if demo.wait(timeout=PATIENCE_SECONDS) != 0:
        raise Failure("the demo did not end well")


def catalogue(node, count):
    """So many commands, an event each."""
    fields = dict(title="Pixel 8", brand="Google", category="smartphones", subcategory="pixel")
    for _ in range(count):
        node.do("catalogueProduct", ("operator", "o-1"), **fields)


def documented():
    """What the README shows, which is of the same marketplace."""
    blocks = (DOCS / "README.md").read_text().split("```\n")
    return next(block for block in blocks if "events in" in block).splitlines()


def compared(audit, position, official):
    """The figure, month by month, and where it stands."""
    for month in official["months"]:
        check(audit.told(month["month"]) == str(month["recipients"]), f"{audit.name}: {month['month']}, {month['recipients']}")
    exact = f"{official['average']} ({official['averageNumerator']}/{official['averageDenominator']})"
    check(audit.told(PERIOD) == exact, f"{audit.name}: {PERIOD}, {exact}")
    moment = official["asOf"]
    check(audit.told("address") == f"position {position}, newest event of {moment}", f"{audit.name}: at position {position}, {moment}")


def printed(event):
    """The line for an event, whoever prints it."""
    metadata = json.loads(event.metadata)
    who = f"{metadata['actor']['role']} {metadata['actor']['id']}"
    return "  ".join((str(event.commit_position), event.type, event.stream_name, who, metadata["occurredAt"]))


def run(options, directory):
    data = f"{directory}/market"
    generated(options.marktboek, data)
    certificate, root = certified(directory)
    node = Node(options.marktboek, data, *certificate)
    node.start(UNTIL)
    who = f"a-1:{node.token('auditor', 'a-1')}"
    address = f"{who}@localhost:{node.port}?tlsCAFile={root}"
    programs = {
        "Python": ([sys.executable, DOCS / "python/audit.py"], f"kurrentdb://{address}"),
        "Node.js": (["node", options.node], f"kurrentdb://{address}"),
        "Rust": ([options.rust], f"esdb://{address}"),
    }
    running = []
    try:
        until("the views have caught up", node.ready, PATIENCE_SECONDS)
        query = f"{{ dsaActiveRecipients(period: {{ label: \"{PERIOD}\" }}) {{ average }} }}"
        published = node.query(query, ("auditor", "a-1"))["dsaActiveRecipients"]["average"]
        running = [Audit(name, command, connection, published, str(FOLLOWED)) for name, (command, connection) in programs.items()]
        begun = {until(f"{audit.name} follows", lambda: audit.told("following  after position"), PATIENCE_SECONDS) for audit in running}
        check(len(begun) == 1, f"all three read up to position {begun}")
        position = int(begun.pop())
        dsa = [options.replay_tool, "--data", data, "dsa", "--period", PERIOD, "--position", str(position), "--json"]
        official = json.loads(subprocess.check_output(dsa, stderr=subprocess.DEVNULL))
        for audit in running:
            compared(audit, position, official)
            check(audit.lines == documented(), f"{audit.name}: it prints what docs/clients/README.md shows")

        for kill in range(1, KILLS + 1):
            catalogue(node, SEEN)
            for audit in running:
                due = (SEEN + UNSEEN) * kill - UNSEEN
                until(f"{audit.name} has followed {due}", lambda: len(audit.followed()) >= due, PATIENCE_SECONDS)
            catalogue(node, UNSEEN)
            node.kill()
            node.start(UNTIL)
        catalogue(node, SEEN)
        with KurrentDBClient(programs["Python"][1]) as client:
            expected = list(map(printed, client.read_all(commit_position=position + 1, filter_exclude=(), limit=FOLLOWED)))
        check(len(expected) == FOLLOWED, f"{FOLLOWED} events came, and the node was killed {KILLS} times")
        for audit in running:
            code = audit.end()
            check(code == 0, f"{audit.name}: it ends well {audit.complaints if code else ''}")
            check(audit.followed() == expected, f"{audit.name}: followed them all, nothing missed and nothing twice")
            lost = sum(line.startswith("lost the node") for line in audit.complaints)
            check(lost >= KILLS, f"{audit.name}: it lost the node {lost} times")

        for name, (command, connection) in programs.items():
            wrong = Audit(name, command, connection, "0.00", "0")
            running.append(wrong)
            check((wrong.end(), wrong.complaints) == (1, ["WRONG: 0.00 was published"]), f"{name}: another figure was published")
    finally:
        for audit in running:
            audit.process.kill()
        if node.process:
            node.process.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--marktboek", required=True, help="the built program")
    parser.add_argument("--replay-tool", required=True, help="the built program")
    parser.add_argument("--rust", required=True, help="docs/clients/rust, built")
    parser.add_argument("--node", required=True, help="docs/clients/node/audit.mjs, where its packages are installed")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as directory:
            run(options, directory)
    except Failure as failure:
        print(f"FAIL  {failure}", file=sys.stderr)
        return 1
    print("all hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
