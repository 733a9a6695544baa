#!/usr/bin/env python3
"""Checks exported records by the rules of the Commission's Transparency Database, written down a second time in rules.py.

    exported.py --marktboek PATH --replay-tool PATH    exports the demo's statements and checks them
    exported.py FILE…                                  checks files that were exported

Exit codes: 0 all records would be taken, 1 one would not, 2 wrong use.
"""

import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

from rules import MOST_RECORDS, broken, self_check

UNTIL = "2026-11-01T12:00:00Z"


def check(paths):
    """How many records there are and what is wrong with them."""
    puids, wrong = set(), []
    for path in sorted(paths):
        body = json.loads(path.read_text())
        records = body.get("statements", []) if set(body) == {"statements"} else []
        if not 1 <= len(records) <= MOST_RECORDS:
            wrong.append(f"{path.name}: not 1 to {MOST_RECORDS} statements and nothing else")
        for number, record in enumerate(records):
            wrong += [f"{path.name}, statement_{number}: {rule.name}" for rule in broken(record)]
            if record.get("puid") in puids:
                wrong.append(f"{path.name}, statement_{number}: puid {record['puid']} is not unique")
            puids.add(record.get("puid"))
    return len(puids), wrong


def export_demo(marktboek, replay_tool, directory):
    """Lets the demo generate its marketplace, stops it, and exports its statements."""
    data, out = str(pathlib.Path(directory) / "data"), pathlib.Path(directory) / "out"
    command = [marktboek, "demo", "--until", UNTIL, "--data", data, "--listen", "127.0.0.1:0"]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in demo.stdout:
        if re.match(r"\s*operator\s", line):
            break
    export = [replay_tool, "export-statements", str(out), "--data", data]
    done = subprocess.run(export, stdout=subprocess.PIPE, text=True)
    demo.send_signal(signal.SIGTERM)
    if demo.wait(timeout=30) != 0:
        sys.exit("the demo did not stop well")
    print(done.stdout, end="")
    if done.returncode != 0:
        sys.exit(f"the export ended with {done.returncode}, not 0")
    return list(out.iterdir())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marktboek")
    parser.add_argument("--replay-tool")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    if bool(options.files) == bool(options.marktboek and options.replay_tool):
        parser.error("name either files, or both programs")
    print(f"{self_check()} spoilt records are found out")
    with tempfile.TemporaryDirectory() as directory:
        files = options.files or export_demo(
            os.path.abspath(options.marktboek), os.path.abspath(options.replay_tool), directory)
        count, wrong = check(files)
    if wrong or not count:
        sys.exit("\n".join(wrong) or "no record was exported: nothing was checked")
    print(f"{count} records would be taken by the Transparency Database")


if __name__ == "__main__":
    main()
