#!/usr/bin/env python3
"""Do the replay of events and the tables agree, row by row?

Imports the Olist files with `replay-tool` into a fresh data directory, then asks it for each view
as of several moments and compares every row with what `second_way.py` computes from the files.

    compare.py --replay-tool target/release/replay-tool --olist /path/to/olist

A line a check; for a difference, the beginning of a diff (`-` the tables, `+` the replay).
Exit codes: 0 all agree, 1 a difference or a failed run of the tool, 2 wrong use.
"""

import argparse
import csv
import difflib
import io
import json
import os
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path

from second_way import FILES, Olist

# None is the head: the newest event. A bare date is its midnight in UTC.
MOMENTS = ["2017-01-15", "2017-11-24T23:59:59Z", "2018-03-01", "2018-08-01T00:00:00Z", "2018-10-17", None]
PERIODS = ["2017-H2", "2018-H1"]
LARGEST_CATEGORIES = 5
# Those without a translation, and the products without a category.
ODD_CATEGORIES = ["pc_gamer", "portateis_cozinha_e_preparadores_de_alimentos", "uncategorized"]
DIFF_LINES = 20
RUN_TIMEOUT_SECONDS = 900


class ToolFailed(Exception):
    """A run of the tool that did not end well; says what was run and what it said."""


class Tool:
    """`replay-tool` on one data directory."""

    def __init__(self, path, data):
        self.path, self.data = path, data

    def __call__(self, *arguments):
        command = [self.path, *arguments, "--data", self.data]
        try:
            run = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=RUN_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            raise ToolFailed(f"{' '.join(command)}: no end after {RUN_TIMEOUT_SECONDS} s") from None
        if run.returncode != 0:
            raise ToolFailed(f"{' '.join(command)}: exit {run.returncode}\n{run.stderr[-2000:]}")
        return run.stdout

    def view(self, name, as_of, *arguments):
        """A view's rows, the header first, as texts."""
        moment = [] if as_of is None else ["--as-of", as_of]
        return list(csv.reader(io.StringIO(self("view", name, *arguments, *moment, "--format", "csv"))))


class Checks:
    """Prints a line for each check, and remembers whether all were good."""

    def __init__(self):
        self.total = self.failed = 0

    def equal(self, what, wanted, found):
        """`wanted` and `found` are functions that give lines of text."""
        self.total += 1
        try:
            found = found()
        except (ToolFailed, ValueError, LookupError, TypeError) as problem:
            return self._fail(what, f"{type(problem).__name__}: {problem}".splitlines())
        wanted = wanted()
        if wanted != found:
            return self._fail(what, difflib.unified_diff(
                wanted, found, "tables", "replay", lineterm=""))
        print(f"ok    {what} ({len(wanted)} lines)", flush=True)
        return True

    def _fail(self, what, lines):
        self.failed += 1
        print(f"FAIL  {what}")
        for line in islice(lines, DIFF_LINES):
            print(f"      {line}")
        sys.stdout.flush()
        return False


def lines(rows):
    return [",".join(map(str, row)) for row in rows]


def figure_lines(figure):
    """What both ways say of a period, of a possibly richer JSON object; numbers may be texts."""
    return [*(f"{month['month']} {int(month['recipients'])}" for month in figure["months"]),
            f"average {int(figure['averageNumerator'])}/{int(figure['averageDenominator'])}"]


def compare(tool, directory, checks):
    nothing = lambda: []

    def succeeds(*arguments):
        tool(*arguments)
        return []

    if not checks.equal("import", nothing, lambda: succeeds("import", "olist", directory)):
        return
    if not checks.equal("verify", nothing, lambda: succeeds("verify")):
        return
    before = tool("verify").splitlines()
    checks.equal("second import", nothing, lambda: succeeds("import", "olist", directory))
    checks.equal("second import adds nothing: verify says the same",
                 lambda: before, lambda: tool("verify").splitlines())

    olist = Olist(directory)
    largest = [category for category, _ in olist.categories()[:LARGEST_CATEGORIES]]
    for as_of in MOMENTS:
        at = f"as of {as_of}" if as_of else "at the head"
        for category in dict.fromkeys(largest + ODD_CATEGORIES):
            checks.equal(f"ranking of {category} {at}",
                         lambda: lines(olist.ranking(category, as_of)),
                         lambda: lines(tool.view("ranking", as_of, "--category", category)))
        for name, second_way in (("seller-quality", olist.seller_quality),
                                 ("rating", olist.rating),
                                 ("active-recipients", olist.active_recipients)):
            checks.equal(f"{name} {at}", lambda: lines(second_way(as_of)),
                         lambda: lines(tool.view(name, as_of)))
    for period in PERIODS:
        checks.equal(f"dsa {period}", lambda: figure_lines(olist.dsa(period)),
                     lambda: figure_lines(json.loads(tool("dsa", "--period", period, "--json"))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--replay-tool", required=True, metavar="PATH")
    parser.add_argument("--olist", required=True, metavar="DIR")
    args = parser.parse_args()
    tool = Path(args.replay_tool).resolve()
    if not (tool.is_file() and os.access(tool, os.X_OK)):
        parser.error(f"--replay-tool: {tool} is not a program; build it, or name its path")
    directory = Path(args.olist).resolve()
    missing = [name for name in FILES.values() if not (directory / name).is_file()]
    if missing:
        parser.error(f"--olist: {directory} has no {', '.join(missing)}")

    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="marktboek-olist-") as data:
        compare(Tool(str(tool), data), str(directory), checks)
    print(f"{checks.total - checks.failed} of {checks.total} checks agree")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
