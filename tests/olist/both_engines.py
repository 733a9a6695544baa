#!/usr/bin/env python3
"""Whatever the engine, do views come out with the same digest?

Imports the Olist files into an embedded book and, by `--log esdb://…`, into a server's that is reached as a cluster is;
then replays every view from either and compares their digests, and a report as it is printed. Then copies the embedded
book to a second server and back into a directory, and compares every event on the way.

    both_engines.py --marktboek target/release/marktboek --replay-tool target/release/replay-tool --olist /path/to/olist

A line a check; exit codes: 0 all agree, 1 a difference or a failed run, 2 wrong use.
"""

import argparse
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from market import Failure, Market, check

# Before anything in the data set: nothing is due, so that the server adds nothing of its own.
MOMENT = "2016-01-01T00:00:00Z"
RUN_TIMEOUT_SECONDS = 300


class Node(Market):
    """A server that EventStoreDB's clients reach, with an empty book to begin with."""

    def __init__(self, program, data):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        super().__init__(program, data, "--esdb-listen", self.address, "--esdb-open", "append")

    def log(self):
        """How to reach its book."""
        return f"esdb://{self.address}?tls=false"


class Tool:
    """`replay-tool`."""

    def __init__(self, program):
        self.program = program

    def __call__(self, *arguments):
        run = subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=RUN_TIMEOUT_SECONDS)
        if run.returncode:
            raise Failure(f"{' '.join(map(str, arguments))}: exit {run.returncode}\n{run.stdout}{run.stderr}")
        return run.stdout

    def digests(self, *book):
        """Every view, made from nothing: where it stands and its digest."""
        return self("rebuild", *book).splitlines()

    def copy(self, source, target):
        """Copies a book; what it says of it."""
        return json.loads(self("copy", "--json", "--from", source, "--to", target))


def compare(directory, tool, nodes, olist):
    embedded, auditor, back = (directory / name for name in ("embedded", "auditor", "back"))
    here = ("--data", embedded)
    imported = tool("import", "olist", olist, *here)
    imports, copies = nodes
    there = ("--data", auditor, "--log", imports.log())
    check(tool("import", "olist", olist, *there) == imported.replace(str(embedded), str(auditor)),
          "the import says the same of either engine")
    digests = tool.digests(*here)
    check(tool.digests(*there) == digests, f"{len(digests)} views have the same digest on either engine")
    for line in digests:
        print(f"      {line}")
    ranking = ("view", "ranking", "--as-of", "2018-08-01T00:00:00Z", "--format", "csv")
    check(tool(*ranking, *here) == tool(*ranking, *there), "the ranking as of a moment is the same, line by line")

    first = tool.copy(embedded, copies.log())
    check(first["copied"] == first["events"] > 0, f"{first['events']} events are copied to a second server")
    second = tool.copy(copies.log(), back)
    check(second["digest"] == first["digest"], f"and back into a directory: digest {first['digest']}")
    again = tool.copy(embedded, back)
    check((again["copied"], again["digest"]) == (0, first["digest"]), "the book that came back is the one that went")
    check(tool.digests("--data", back) == digests, "and its views have the same digests")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marktboek", required=True, metavar="PATH")
    parser.add_argument("--replay-tool", required=True, metavar="PATH")
    parser.add_argument("--olist", required=True, metavar="DIR")
    options = parser.parse_args()
    for program in (options.marktboek, options.replay_tool):
        if not os.access(program, os.X_OK):
            parser.error(f"{program} is not a program; build it, or name its path")
    if not pathlib.Path(options.olist, "olist_orders_dataset.csv").is_file():
        parser.error(f"--olist: {options.olist} has no olist_orders_dataset.csv")
    with tempfile.TemporaryDirectory(prefix="marktboek-engines-") as directory:
        directory = pathlib.Path(directory)
        nodes = [Node(os.path.abspath(options.marktboek), directory / name) for name in ("first", "second")]
        try:
            for node in nodes:
                node.at(MOMENT)
            compare(directory, Tool(os.path.abspath(options.replay_tool)), nodes, os.path.abspath(options.olist))
            for node in nodes:
                node.stop()
        except Failure as failure:
            print(f"FAILED {failure}")
            return 1
        finally:
            for node in nodes:
                if node.process:
                    node.process.kill()
    print("either engine gives the same")
    return 0


if __name__ == "__main__":
    sys.exit(main())
