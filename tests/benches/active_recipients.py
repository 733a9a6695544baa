#!/usr/bin/env python3
"""Half a year of recipients at the size of Europe: written into a book, counted again from it, and by others.

    tests/benches/active_recipients.py [--recipients 45000000] [--rounds 3] [--keep DIRECTORY] [--built]

Installs DuckDB and NumPy from PyPI into target/. Writes about ten gigabytes under DIRECTORY, or a temporary one. Each
measurement is a process of its own, whose wall time and peak memory are those that the kernel reports of it; rounds
alternate, so that what else runs on the machine meets all alike. Everything is exact, and compared with what the generator
counted while it made the recipients: a difference ends the program with exit code 1.
"""

import argparse
import http.client
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = ROOT / "target/release"
VENV = ROOT / "target/duckdb-venv"
DUCKDB = "1.4.2"
NUMPY = "2.3.5"
# How large the batches of the intake are, and how many of them are sent.
VISITS, BATCHES = 10_000, 300

# What DuckDB counts is what the figure needs: in the Union, by part, by Member State; and, so that it may take less memory,
# the Union alone, a month after the other.
SETS = {"union": "month", "by part": "month, role", "by Member State": "month, state"}

LOAD = """
import sys, numpy, duckdb, pathlib
columns, database = map(pathlib.Path, sys.argv[1:])
connection = duckdb.connect(str(database))
names = {"month": "u1", "state": "u1", "role": "u1", "recipient": "<u8"}
connection.execute("create table seen (month utinyint, state utinyint, role utinyint, recipient ubigint)")
arrays = {name: numpy.memmap(columns / name, dtype=kind, mode="r") for name, kind in names.items()}
rows, step = len(arrays["month"]), 10_000_000
for begin in range(0, rows, step):
    part = {name: numpy.array(array[begin:begin + step]) for name, array in arrays.items()}
    connection.execute("insert into seen select * from part")
connection.close()
print(rows)
"""

COUNT = """
import sys, json, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
connection.execute("set threads = 2")
connection.execute("set enable_progress_bar = false")
print(json.dumps([connection.execute(query).fetchall() for query in sys.argv[2:]]))
"""

READ = """
import sys, pathlib
total = 0
buffer = bytearray(1 << 20)
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    if path.is_file():
        with open(path, "rb", buffering=0) as file:
            while count := file.readinto(buffer):
                total += count
print(total)
"""


def measured(*command):
    """Runs a program; what it printed, how many seconds it took, and its peak memory in MiB."""
    began = time.perf_counter()
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) as process:
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return printed, seconds, usage.ru_maxrss / 1024


def prepare(build):
    if not (VENV / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([VENV / "bin/pip", "install", "--quiet", f"duckdb=={DUCKDB}", f"numpy=={NUMPY}"], check=True)
    if not build:
        return VENV / "bin/python"
    command = ["cargo", "build", "--release", "-p", "benches", "-p", "replay-tool", "-p", "api",
             "--bin", "half-year", "--bin", "replay-tool", "--bin", "marktboek"]
    subprocess.run(command, cwd=ROOT, check=True)
    return VENV / "bin/python"


def compare(expected, regenerated, counted):
    """Ours and DuckDB's counts against the generator's."""
    wrong = []
    for made, found in zip(expected, regenerated["months"], strict=True):
        wrong += [(made["month"], name, made[name], found.get(name)) for name in made if found.get(name) != made[name]]
    union, by_role, by_state = counted
    numbers = {int(made["month"][5:]): made for made in expected}
    states = sorted(expected[0]["byMemberState"])
    wrong += [("DuckDB", month, found) for month, found in union if numbers[month]["recipients"] != found]
    parts = ["buyers", "traders", "visitors"]
    wrong += [("DuckDB", month, parts[role], found) for month, role, found in by_role
              if numbers[month][parts[role]] != found]
    wrong += [("DuckDB", month, states[state], found) for month, state, found in by_state
              if numbers[month]["byMemberState"][states[state]] != found]
    if wrong:
        sys.exit(f"not what the generator made: {wrong[:5]}")


def count(python, directory, rounds):
    book, database = directory / "data", directory / "duckdb"
    months = [f"select count(distinct recipient) from seen where month = {month}" for month in range(1, 7)]
    queries = [f"select {by}, count(distinct recipient) from seen group by {by} order by {by}" for by in SETS.values()]
    ours = [RELEASE / "replay-tool", "dsa", "--data", book, "--period", "2026-H1", "--json"]
    programs = {
        "ours": ours,
        "DuckDB, all three": [python, "-c", COUNT, database, *queries],
        "DuckDB, the Union by months": [python, "-c", COUNT, database, *months],
        "reading the book's bytes": [python, "-c", READ, book / "log"],
    }
    expected = json.loads((directory / "expected.json").read_text())
    seconds, memory = {name: [] for name in programs}, {name: [] for name in programs}
    for number in range(rounds):
        printed = {}
        for name, command in programs.items():
            printed[name], took, peak = measured(*command)
            seconds[name].append(took)
            memory[name].append(peak)
            print(f"round {number + 1}: {name}: {took:.2f} s, {peak:.0f} MiB", flush=True)
        compare(expected, json.loads(printed["ours"]), json.loads(printed["DuckDB, all three"]))
    return seconds, memory


def visits(month, number):
    """A batch whose recipients no other has."""
    states = sorted("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())
    each = [{"recipient": f"{uuid.UUID(int=(number * VISITS + at) * 0x9e3779b97f4a7c15 % (1 << 128)).hex}",
             "memberState": states[at % 27], "role": ("VISITOR", "BUYER")[at % 2], "userAgent": "BROWSER"}
            for at in range(VISITS)]
    return json.dumps({"month": month, "commandId": str(uuid.UUID(int=number + 1)), "visits": each}).encode()


def intake(directory):
    """First sightings a second that a server on one core takes by POST /activity, each batch acknowledged before the next."""
    data = directory / "intake"
    shutil.rmtree(data, ignore_errors=True)
    token = ["token", "--data", data, "--role", "operator", "--subject", "edge"]
    serve = ["taskset", "-c", "0", RELEASE / "marktboek", "serve", "--data", data, "--listen", "127.0.0.1:18645"]
    with subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            os.sched_setaffinity(0, {1})
            connection = http.client.HTTPConnection("127.0.0.1", 18645, timeout=60)
            for _ in range(600):
                try:
                    connection.request("GET", "/readyz")
                    if connection.getresponse().read():
                        break
                except OSError:
                    connection.close()
                    time.sleep(0.1)
            bearer = subprocess.run([RELEASE / "marktboek", *token], check=True, capture_output=True, text=True).stdout
            headers = {"Authorization": f"Bearer {bearer.strip().splitlines()[-1]}"}
            bodies = [visits("2026-03", number) for number in range(BATCHES)]
            began = time.perf_counter()
            for body in bodies:
                connection.request("POST", "/activity", body, headers)
                answer = connection.getresponse()
                if answer.status != 200:
                    sys.exit(f"POST /activity: {answer.status} {answer.read()!r}")
                answer.read()
            return BATCHES * VISITS / (time.perf_counter() - began)
        finally:
            os.sched_setaffinity(0, range(os.cpu_count()))
            server.terminate()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipients", type=int, default=45_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--built", action="store_true", help="take the programs as they were built")
    arguments = parser.parse_args()
    python = prepare(not arguments.built)
    directory = arguments.keep or pathlib.Path(tempfile.mkdtemp(prefix="marktboek-half-year-"))
    try:
        if not (directory / "expected.json").exists():
            directory.mkdir(parents=True, exist_ok=True)
            _, took, peak = measured(RELEASE / "half-year", directory, arguments.recipients)
            print(f"written in {took:.0f} s, {peak:.0f} MiB")
        if not (directory / "duckdb").exists():
            rows, took, peak = measured(python, "-c", LOAD, directory / "columns", directory / "duckdb.new")
            (directory / "duckdb.new").rename(directory / "duckdb")
            shutil.rmtree(directory / "columns")
            print(f"{int(rows):,} sightings, loaded into DuckDB in {took:.0f} s, {peak:.0f} MiB")
        seconds, memory = count(python, directory, arguments.rounds)
        # Last: the kernel reports of a child at least the memory that its parent has.
        rates = [intake(directory) for _ in range(arguments.rounds)]
        print()
        for name, times in seconds.items():
            peak = statistics.median(memory[name])
            ratio = statistics.median([other / mine for other, mine in zip(times, seconds["ours"])])
            print(f"{name:28} {min(times):7.2f} {statistics.median(times):7.2f} {max(times):7.2f} s"
                  f"   {peak:6.0f} MiB   {ratio:5.2f} × ours")
        print(f"{'intake, one core':28} {min(rates):,.0f} {statistics.median(rates):,.0f} {max(rates):,.0f} recipients/s")
    finally:
        if not arguments.keep:
            shutil.rmtree(directory)


main()
