"""The built program as a person drives it: started at a moment, asked over HTTP, its mails read where it puts them."""

import argparse
import base64
import email
import email.policy
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.request


# The inputs that are not named after their mutation.
INPUTS = {"recordAuthorityOrder": "AuthorityOrderInput", "recordAuthorityMessage": "AuthorityMessageInput"}


class Failure(Exception):
    """Something did not happen as it should."""


def check(holds, what):
    if not holds:
        raise Failure(what)
    print(f"ok    {what}")


def until(what, look, seconds=20):
    """Waits until `look` gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise Failure(f"{what}: not within {seconds} s")


class Market:
    """The program, at a moment."""

    def __init__(self, program, data, *options):
        self.program, self.data, self.process, self.url = program, data, None, None
        self.options = options
        self.addresses = []
        self.tokens, self.position = {}, None

    def at(self, moment):
        """Stops the server if it runs, and starts it at this moment."""
        self.stop()
        command = [self.program, "--log-format", "json", "serve", "--data", self.data, "--listen", "127.0.0.1:0"]
        command += ["--clock", moment, "--site", "https://market.example", *self.options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.addresses = []
        for line in self.process.stderr:
            address = json.loads(line).get("fields", {}).get("address")
            if address:
                host, port = address.rsplit(":", 1)
                self.addresses.append((host, int(port)))
                if len(self.addresses) == 1 + ("--esdb-listen" in self.options):
                    self.url = "http://%s:%d" % self.addresses[0]
                    break
        else:
            raise Failure(f"the server ended: {self.process.wait()}")
        # What the server says from here on is read by nobody; the pipe must not fill up.
        subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=subprocess.DEVNULL)
        print(f"---- {moment}")

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            if self.process.wait(timeout=30) != 0:
                raise Failure("the server did not stop well")
            self.process = None

    def token(self, role, subject):
        if (role, subject) not in self.tokens:
            command = [self.program, "token", "--data", self.data, "--role", role, "--subject", subject]
            self.tokens[role, subject] = subprocess.check_output(command + ["--valid-hours", "87600"], text=True).strip()
        return self.tokens[role, subject]

    def ask(self, query, who=None, **variables):
        """Asks for an answer in which everything is that was commanded before."""
        headers = {"content-type": "application/json"}
        if who:
            headers["authorization"] = f"Bearer {self.token(*who)}"
        if self.position:
            headers["x-marktboek-position"] = self.position
        body = json.dumps({"query": query, "variables": variables}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/graphql", body, headers), timeout=60) as answer:
            return json.load(answer)

    def query(self, query, who=None, **variables):
        answer = self.ask(query, who, **variables)
        if answer.get("errors"):
            raise Failure(f"{query}: {answer['errors']}")
        return answer["data"]

    def attempt(self, mutation, who, fields="", **values):
        """A mutation's payload, refused or not."""
        kind = INPUTS.get(mutation, mutation[0].upper() + mutation[1:] + "Input")
        query = f"mutation($input: {kind}!) {{ it: {mutation}(input: $input) {{ position userErrors {{ field code message rule }} {fields} }} }}"
        payload = self.query(query, who, input=values)["it"]
        self.position = payload["position"] or self.position
        return payload

    def do(self, mutation, who, fields="", **values):
        payload = self.attempt(mutation, who, fields, **values)
        check(not payload["userErrors"], f"{mutation} {payload['userErrors'] or ''}")
        return payload

    def mails(self, to):
        """The mails in the maildir to an address, oldest first."""
        found = []
        for path in (pathlib.Path(self.data) / "mail").rglob("*"):
            if path.is_file() and path.parent.name in ("new", "cur"):
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                if message["to"] == to:
                    found.append(message)
        return found

    def mail(self, to, word):
        """The mail to an address that has a word in its text."""
        def look():
            texts = [(mail, mail.get_body(("plain",)).get_content()) for mail in self.mails(to)]
            return next(((mail, text) for mail, text in texts if word in text or word in mail["subject"]), None)

        return until(f"a mail to {to} with {word!r}", look)


def plain(global_id):
    """The UUID in a global id."""
    return base64.b64decode(global_id).decode().split(":")[1]


def main(what, live, done, *serving):
    """A script that lives through something in a directory of its own: `live(market, replay_tool)`; its exit code. What
    else the server is started with, `serving` says."""
    parser = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marktboek", required=True)
    parser.add_argument("--replay-tool", required=True)
    options = parser.parse_args()
    for program in (options.marktboek, options.replay_tool):
        if not os.access(program, os.X_OK):
            parser.error(f"{program} is not a program; build it, or name its path")
    with tempfile.TemporaryDirectory() as directory:
        market = Market(os.path.abspath(options.marktboek), directory, *serving)
        try:
            live(market, os.path.abspath(options.replay_tool))
        except Failure as failure:
            print(f"FAILED {failure}")
            return 1
        finally:
            if market.process:
                market.process.kill()
    print(done)
    return 0
