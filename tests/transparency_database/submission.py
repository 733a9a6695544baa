#!/usr/bin/env python3
"""Submits the demo's statements of reasons to a Transparency Database on this machine, which fails in all ways (R-7-02).

It shows of that database that it checks each rule of rules.py, and of `marktboek submit-statements` that each statement gets
there once and only once, whatever fails and whoever is killed when; that what became of each is in the book and told by
GraphQL; that it works beside a running server; and that it says what to do where it can't go on.

    submission.py --marktboek PATH --replay-tool PATH

Exit codes: 0 all of that holds, 1 it does not, 2 wrong use.
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from market import Failure, Market, check, plain, until  # noqa: E402

from rules import GOOD, RULES, changed, self_check  # noqa: E402
from server import LIMIT, STRANGER, TOKEN, Database  # noqa: E402

UNTIL = "2026-11-01T12:00:00Z"
AUDITOR, OPERATOR = ("auditor", "auditor-1"), ("operator", "operator-1")
SELLER, NAME = "00000000-0000-4000-8000-000000000071", "Nachtegaal"
FIELDS = """id transparencyDatabase { puid submission {
    state database submittedAt settledAt how uuid permalink refusedBy problems { field words } } }"""


class Book:
    """A data directory of the demo's, and its statements submitted."""

    def __init__(self, programs, data, token_file):
        self.marktboek, self.replay_tool = programs
        self.data, self.token_file = data, token_file

    def copy(self, name):
        data = self.data.parent / name
        shutil.copytree(self.data, data)
        return Book((self.marktboek, self.replay_tool), data, self.token_file)

    def submit(self, database, *options, token=TOKEN, url=None, environment=None):
        """Runs the program to its end: its exit code, what it said of the outcome, and of itself."""
        self.token_file.write_text(token)
        command = [self.marktboek, "submit-statements", "--data", self.data, "--url", url or database.url, "--token-file",
                   self.token_file, "--requests-per-second", "200", "--clock", UNTIL, *options]
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, **(environment or {})})
        database.sender = running.pid
        said, told = running.communicate(timeout=120)
        if token in said + told:
            raise Failure("the token was said")
        return running.returncode, said, told

    def tool(self, *arguments):
        return subprocess.check_output([self.replay_tool, *arguments, "--data", self.data], text=True,
                                       stderr=subprocess.DEVNULL)

    def exported(self):
        """The PUIDs of the records that there are to be."""
        with tempfile.TemporaryDirectory() as out:
            self.tool("export-statements", out)
            files = sorted(pathlib.Path(out).iterdir())
            return [record["puid"] for file in files for record in json.loads(file.read_text())["statements"]]

    def submissions(self):
        """The view's rows, by PUID."""
        rows = map(json.loads, self.tool("view", "submissions", "--position", "999999999").splitlines())
        return {f"sor-{row['statement']}": row for row in rows}


def demo(programs, directory):
    """Lets the demo generate its marketplace, and ends it: a book is whole whatever ends when."""
    data = directory / "demo"
    command = [programs[0], "demo", "--until", UNTIL, "--data", data, "--listen", "127.0.0.1:0"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in running.stdout:
        if re.match(r"\s*operator\s", line):
            break
    running.kill()
    running.wait()
    return Book(programs, data, directory / "token")


def asked(database, method, path, body=None, token=TOKEN):
    """An answer of the database: its status, its text, and where it points."""
    connection = http.client.HTTPConnection(database.url.removeprefix("http://"), timeout=20)
    connection.request(method, f"/api/{path}", body and json.dumps(body), {"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def the_database_checks_each_rule():
    spoilt = self_check()
    database = Database()
    for rule in RULES:
        for changes in rule.spoilt if rule.of_the_database else []:
            status, text = asked(database, "POST", "v1/statements", {"statements": [changed(changes)]})
            if status != 422 or rule.field not in json.loads(text)["errors"].get("statement_0", {}):
                raise Failure(f"{rule.name}: {changes} is answered with {status} {text}")
    check(not database.stored, f"the database refuses what breaks any of its rules; {len(RULES)} rules, {spoilt} spoilt records")
    both = [changed({"puid": "sor-2"}), changed({"category": None})]
    status, text = asked(database, "POST", "v1/statements", {"statements": both})
    check((status, list(json.loads(text)["errors"])) == (422, ["statement_1"]) and not database.stored, "all or nothing is stored")
    check(asked(database, "POST", "v1/statement", GOOD)[0] == 201, "a good record is stored")
    status, text = asked(database, "POST", "v1/statements", {"statements": [GOOD, both[0]]})
    check((status, json.loads(text)["existing_puids"], len(database.stored)) == (422, ["sor-1"], 1), "a PUID is unique for ever")
    check([asked(database, "GET", f"v1/statement/existing-puid/sor-{number}")[0] for number in (1, 2)] == [302, 404], "a PUID is known or not")
    count = [asked(database, "POST", "v1/statements", {"statements": one})[0] for one in ([], [GOOD] * 101)]
    check(count == [422, 422], "a batch has 1 to 100 records")
    database.faults = ["limit"]
    check(asked(database, "POST", "v1/statements", {"statements": [both[0]]}) == (429, LIMIT), "the limit is said in plain text")
    check(asked(database, "GET", "ping", token="9|other")[0] == 401, "a token is asked for")
    database.close()


def each_statement_gets_there_once(book):
    database, puids = Database(), book.exported()
    code, said, told = book.submit(database, "--dry-run")
    check(code == 0 and f"would be sent {len(puids)}\n" in said and not database.asked, "a dry run asks nobody")
    code, said, told = book.submit(database)
    check(code == 0 and f"accepted      {len(puids)}\n" in said, f"{len(puids)} statements are accepted: {told}")
    check(sorted(database.stored) == sorted(puids), "each record that is exported is in the database")
    check(not database.careless, f"and breaks none of the platform's rules {database.careless[:3]}")
    check(database.posts() == ["/api/v1/statements"] * -(-len(puids) // 100), "in as few requests as may be")
    database.asked.clear()
    code, said, _ = book.submit(database)
    check(code == 0 and "accepted      0\n" in said and not database.asked, "what was accepted is never sent again, nor asked for")

    other = Database()
    code, _, told = book.submit(other)
    check(code == 1 and f"submitted to {database.url}" in told and not other.asked, "another database is not taken for this one")
    code, _, _ = book.submit(other, "--moved-from", database.url)
    check(code == 0 and not other.asked, "unless it has moved")
    other.close()

    market = Market(book.marktboek, str(book.data))
    market.at(UNTIL)
    try:
        shown = {node["transparencyDatabase"]["puid"]: node["transparencyDatabase"]["submission"] for node in listed(market, "ACCEPTED")}
        check(sorted(shown) == sorted(puids), "GraphQL tells of each that it was accepted")
        right = all(
            (one["how"], one["uuid"], one["permalink"], one["database"], one["problems"])
            == ("ANSWERED", database.stored[puid]["uuid"], database.stored[puid]["permalink"], database.url, [])
            for puid, one in shown.items())
        check(right, "with the database's own id and address")
        exempt = listed(market, "EXEMPT")
        every = market.query("{ statementsOfReasons(first: 250) { nodes { id } } }", AUDITOR)["statementsOfReasons"]["nodes"]
        check(len(exempt) + len(puids) == len(every) and not listed(market, "WAITING"), f"{len(exempt)} need none, and none waits")
        query = "{ statementsOfReasons(submission: ACCEPTED) { nodes { id } } }"
        refused = market.ask(query, ("moderator", "moderator-1"))["errors"][0]["extensions"]["code"]
        check(refused == "FORBIDDEN", "a moderator is not told")
    finally:
        market.stop()
    database.close()


def listed(market, state):
    query = f"{{ statementsOfReasons(submission: {state}, first: 250) {{ nodes {{ {FIELDS} }} }} }}"
    return market.query(query, AUDITOR)["statementsOfReasons"]["nodes"]


def nothing_is_sent_twice_whatever_fails(book):
    database, puids = Database(), book.exported()
    options = ("--records-per-request", "8", "--deadline", "1")
    code, _, told = book.submit(database, *options, token="9|void")
    check(code == 1 and "(401)" in told and "make one" in told, "a token that is not known: it says what to do")
    code, _, told = book.submit(database, *options, url=f"{database.url}/elsewhere")
    check(code == 1 and "see --url" in told, "an address of nothing of the kind: it says where to look")
    code, _, told = book.submit(database, *options, token=STRANGER)
    check(code == 1 and "(403)" in told and "Digital Services Coordinator" in told, "a user who may not: it says what to do")
    rows = book.submissions()
    sent = [puid for puid in puids if rows[puid]["state"] != "WAITING"]
    check(not database.stored and len(sent) == 8, "nothing is stored until then, and only what was sent is noted")

    database.faults = ["error before", "limit", "limit", "kill after", "cut after", "silence after", "kill before", "garbage after",
                       "cut before", "error after", "kill after", "none", "kill after"]
    database.retry_after = "1"
    kills = 0
    while (outcome := book.submit(database, *options))[0] == -signal.SIGKILL:
        kills += 1
    check((outcome[0], kills) == (0, 4), f"it goes on after each of {kills} SIGKILLs and every other fault {outcome[2]}")
    check(not database.faults and sorted(database.stored) == sorted(puids), "all of them are in the database")
    check(not database.sent_again, f"and none was sent that was there {database.sent_again}")
    rows = book.submissions()
    check(all(rows[puid]["state"] == "ACCEPTED" for puid in puids), "the book says of each that it was accepted")
    found = [puid for puid in puids if rows[puid]["uuid"] is None]
    # Three killed after storing, three unanswered, one unreadable, each of 8 records.
    check(len(found) == 56, f"{len(found)} of them by their PUIDs, for no answer came")
    history = [json.loads(line) for line in book.tool("history", "$all", "--json").splitlines()]
    accepted = sorted(line["stream"] for line in history if line["type"] == "StatementAccepted")
    check(accepted == sorted(puid.replace("sor-", "statement-") for puid in puids), "once")
    database.close()


def removed_by_name(market):
    """A seller is removed, and the facts name who the trader is; the statement, once it waits."""
    contact = dict(name=f"Noor van {NAME}", address="Zijlweg 12, Haarlem", phone="+31 23 000 0000", email="noor@shop.example",
                   identification="passport", paymentAccount="NL00BANK0000000000")
    market.do("registerSeller", OPERATOR, sellerId=SELLER, shopName="Renew", country="NL", tradeRegisterNumber="12345678",
              selfCertified=True, contact=contact, termsVersion="2026-01", qualityCharterVersion="4")
    market.do("verifySeller", OPERATOR, sellerId=SELLER, checkedAgainst="KvK")
    facts = f"{NAME.lower()} sold what was not reconditioned"
    market.do("removeSeller", OPERATOR, sellerId=SELLER, reason="BREACH_OF_TERMS", explanation=facts)
    waiting = "{ statementsOfReasons(submission: WAITING, first: 250) { nodes { id facts } } }"
    def look():
        nodes = market.query(waiting, AUDITOR)["statementsOfReasons"]["nodes"]
        return next((plain(node["id"]) for node in nodes if node["facts"] == facts), None)

    return until("a statement of reasons", look)


def what_is_refused_is_told_beside_a_running_server(book, directory):
    database, puids = Database(), book.exported()
    market = Market(book.marktboek, str(book.data), "--esdb-listen", "127.0.0.1:0", "--share-keys")
    market.at(UNTIL)
    try:
        code, _, told = book.submit(database)
        check(code == 2 and "--esdb-listen" in told, "a data directory is written by one process: it says how to go beside it")
        host, port = market.addresses[1]
        token = market.token("node", "submitter")
        node = Book((book.marktboek, book.replay_tool), directory / "submitter", book.token_file)
        beside = ("--log", f"esdb://submitter:{token}@{host}:{port}?tls=false", "--keys", f"http://{host}:{port}")
        secret = {"MARKTBOEK_TOKEN_SECRET_FILE": str(book.data / "token-secret")}
        named = removed_by_name(market)
        # One was there before the book knew: as after a restore of an older book.
        with database.lock:
            database.stored[puids[5]] = {"uuid": "5", "puid": puids[5]}
        database.refusing = {puids[3]: {"decision_facts": "The decision facts field is invalid."},
                             puids[7]: {"category": "The selected category is invalid."}}
        code, said, told = node.submit(database, *beside, environment=secret)
        check(code == 1 and "refused       3\n" in said, "two are refused by the database, and one before it is sent")
        check(f"statement {named}: decision_facts: decision_facts has the name" in told, "the one that names the trader")
        check(NAME not in told and NAME not in json.dumps(listed(market, "REFUSED")), "whose name is not repeated")
        check(f"{puids[7].removeprefix('sor-')}: category: The selected category is invalid." in told, "each is named, with why")
        check(sorted(database.stored) == sorted({*puids} - {puids[3], puids[7]}), "and every other is stored")
        check(set(database.sent_again) <= {puids[5]}, "that was not there")
        refused = {node["transparencyDatabase"]["puid"]: node["transparencyDatabase"]["submission"] for node in listed(market, "REFUSED")}
        own = refused.pop(f"sor-{named}")
        check((own["refusedBy"], own["submittedAt"], own["problems"][0]["field"]) == ("PLATFORM", None, "decision_facts"),
              "the server's GraphQL tells of it at once")
        problem = {"field": "decision_facts", "words": "The decision facts field is invalid."}
        check(sorted(refused) == sorted([puids[3], puids[7]]) and refused[puids[3]]["problems"] == [problem]
              and refused[puids[3]]["refusedBy"] == "DATABASE", "and of those that the database refused")
        by = {one["transparencyDatabase"]["puid"]: one["transparencyDatabase"]["submission"]["how"] for one in listed(market, "ACCEPTED")}
        check([puid for puid, how in by.items() if how == "FOUND_BY_PUID"] == [puids[5]], "what was there is accepted by its PUID")
        database.asked.clear()
        code, said, _ = node.submit(database, *beside, environment=secret)
        check(code == 0 and not database.asked, "what was refused is not sent again by itself")
        # One is sent by hand, in other words; of the other the database has changed its mind.
        database.refusing, database.stored[puids[7]] = {}, {"uuid": "7", "puid": puids[7]}
        code, said, _ = node.submit(database, *beside, "--again", environment=secret)
        check(code == 1 and "accepted      2\n  of which    1 " in said and sorted(database.stored) == sorted(puids),
              "and is where it is said, unless it is there by then")
        code, said, _ = node.submit(database, *beside, "--again", "--checked", named, environment=secret)
        check(code == 0 and f"sor-{named}" in database.stored, "a person may say that the name is an ordinary word there")
        check(not listed(market, "REFUSED"), "none is left")
    finally:
        market.stop()
    database.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marktboek", required=True)
    parser.add_argument("--replay-tool", required=True)
    options = parser.parse_args()
    programs = (os.path.abspath(options.marktboek), os.path.abspath(options.replay_tool))
    try:
        the_database_checks_each_rule()
        with tempfile.TemporaryDirectory() as directory:
            directory = pathlib.Path(directory)
            book = demo(programs, directory)
            nothing_is_sent_twice_whatever_fails(book.copy("failing"))
            what_is_refused_is_told_beside_a_running_server(book.copy("served"), directory)
            each_statement_gets_there_once(book)
    except Failure as failure:
        print(f"FAILED {failure}")
        return 1
    print("each statement of reasons gets to the Transparency Database once, and the book knows what became of it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
