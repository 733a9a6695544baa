"""The Commission's Transparency Database as its documentation and its code describe it, on this machine and in memory.

It applies the rules of rules.py, stores a batch whole or not at all, knows a PUID for ever, and can be told to fail: the next
requests with statements fail as a list says, one after the other.
"""

import json
import os
import re
import signal
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rules import MOST_RECORDS, broken

TOKEN = "7|sandbox-token"
# Of a user who may not submit statements.
STRANGER = "8|no-permission"
LIMIT = "Limit Reached. Please do not overload the API"
NOT_UNIQUE = "The platform identifier(s) are not all unique within this call."
# How long an answer is held back that is never to come: longer than any client waits here.
SILENCE = 60


class Database:
    """What is stored, what was asked, and how the next requests with statements fail.

    faults: each one of
        error before      500, and nothing is stored
        error after       stored, then 500
        cut before        the connection ends, and nothing is stored
        cut after         stored, then the connection ends
        silence after     stored, and no answer comes
        limit             429, and nothing is stored
        garbage after     stored, and the answer can't be read
        kill before       the sender is killed, and nothing is stored
        kill after        stored, and the sender is killed before the answer
        none              it goes well
    """

    def __init__(self):
        self.lock, self.silence = threading.Lock(), threading.Event()
        self.stored, self.faults = {}, []
        # PUIDs that it refuses, with what it says of them; those that were sent although they were stored; all requests.
        self.refusing, self.sent_again, self.asked = {}, [], []
        # What a record has that the database would take and the platform must not send.
        self.careless = []
        # The sender, who may be killed; for whom there is more than an answer to wait.
        self.sender, self.retry_after = None, None
        database = self

        class Answering(Handler):
            def answer_of(self):
                return database

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.silence.set()
        self.server.shutdown()
        self.server.server_close()

    def posts(self):
        return [path for method, path in self.asked if method == "POST"]

    def problems(self, record):
        """What it says against a record, by field, as Laravel does."""
        if not isinstance(record, dict):
            return {"statement": ["The statement must be an array."]}
        said = {}
        for rule in broken(record):
            if rule.of_the_database:
                words = rule.field.replace("_", " ")
                what = "field is required." if rule.what.startswith("required") else "is invalid."
                said.setdefault(rule.field, []).append(f"The {words} {what}")
            else:
                self.careless.append(f"{record.get('puid')}: {rule.name}")
        for field, words in self.refusing.get(record.get("puid"), {}).items():
            said.setdefault(field, []).append(words)
        return said

    def take(self, records):
        """Stores all or nothing; the status and the answer. Called with the lock."""
        errors = {f"statement_{place}": self.problems(record) for place, record in enumerate(records)}
        errors = {place: said for place, said in errors.items() if said}
        if errors:
            return 422, {"errors": errors}
        puids = [record["puid"] for record in records]
        known = [puid for puid in puids if puid in self.stored]
        self.sent_again += known
        if known or len(set(puids)) < len(puids):
            return 422, {"message": NOT_UNIQUE, "errors": {"puid": [NOT_UNIQUE]}, "existing_puids": known}
        created = []
        for record in records:
            its = str(uuid.uuid5(uuid.NAMESPACE_URL, record["puid"]))
            number = 100_000_000_000 + len(self.stored)
            created.append({**record, "uuid": its, "id": number, "created_at": "2026-11-24 10:00:00", "platform_name": "Marktboek",
                            "permalink": f"{self.url}/statement/{number}", "self": f"{self.url}/api/v1/statement/{its}"})
            self.stored[record["puid"]] = created[-1]
        return 201, {"statements": created}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer_of(self):
        raise NotImplementedError

    def log_message(self, *_):
        pass

    def say(self, status, body, kind="application/json", **headers):
        text = body if isinstance(body, str) else json.dumps(body)
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(text.encode())), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(text.encode())

    def cut(self):
        self.close_connection = True
        self.connection.close()

    def may(self, submitting):
        """Whether the sender is known, and may do it; answers otherwise."""
        token = self.headers.get("Authorization", "")
        if token == f"Bearer {STRANGER}" and submitting:
            self.say(403, {"message": "This action is unauthorized."})
        elif token not in (f"Bearer {TOKEN}", f"Bearer {STRANGER}"):
            self.say(401, {"message": "Unauthenticated."})
        else:
            return True
        return False

    def do_GET(self):
        database = self.answer_of()
        database.asked.append(("GET", self.path))
        if not self.may(False):
            return
        if self.path == "/api/ping":
            return self.say(200, {"you_say": "ping", "i_say": "pong"})
        if found := re.fullmatch(r"/api/v1/statement/existing-puid/([a-zA-Z0-9-_]+)", self.path):
            puid = found.group(1)
            with database.lock:
                known = puid in database.stored
            if known:
                where = f"{database.url}/statement/follow-me-not"
                return self.say(302, {"message": "statement of reason found", "puid": puid}, Location=where)
            return self.say(404, {"message": "statement of reason not found", "puid": puid})
        if found := re.fullmatch(r"/api/v1/statement/([0-9a-f-]{36})", self.path):
            with database.lock:
                one = next((one for one in database.stored.values() if one["uuid"] == found.group(1)), None)
            if one:
                return self.say(200, one)
        return self.say(404, "<html>there is nothing here</html>", "text/html")

    def do_POST(self):
        database = self.answer_of()
        database.asked.append(("POST", self.path))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.may(True):
            return
        if self.path not in ("/api/v1/statement", "/api/v1/statements"):
            return self.say(404, "<html>there is nothing here</html>", "text/html")
        batch = json.loads(body)
        records = batch.get("statements") if self.path.endswith("s") else [batch]
        if not isinstance(records, list) or not 1 <= len(records) <= MOST_RECORDS:
            said = f"The statements field must have between 1 and {MOST_RECORDS} items."
            return self.say(422, {"message": said, "errors": {"statements": [said]}})
        with database.lock:
            fault = database.faults.pop(0) if database.faults else "none"
            if fault == "limit":
                later = {"Retry_After": database.retry_after} if database.retry_after else {}
                return self.say(429, LIMIT, "text/html", **later)
            if fault.endswith("before"):
                return self.fail(database, fault)
            status, answer = database.take(records)
        if fault != "none" and status == 201:
            return self.fail(database, fault)
        if self.path.endswith("statement"):
            if status == 201:
                answer = answer["statements"][0]
            elif "statement_0" in answer["errors"]:
                answer = {"message": "…", "errors": answer["errors"]["statement_0"]}
        return self.say(status, answer)

    def fail(self, database, fault):
        what = fault.split()[0]
        if what == "error":
            self.say(500, {"message": "Server Error"})
        elif what == "garbage":
            self.say(201, "<html>stored</html>", "text/html")
        elif what == "kill":
            os.kill(database.sender, signal.SIGKILL)
            self.cut()
        elif what == "silence":
            database.silence.wait(SILENCE)
            self.cut()
        else:
            self.cut()
