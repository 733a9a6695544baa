#!/usr/bin/env python3
"""Three nodes on the book of a fourth, under load, while all four are killed at random.

One node keeps the book and the subjects' keys; three others serve it, each with views of its own, and their reactors run on
all of them. People register, buy, review, moderate, complain and are forgotten, each command sent to a node at random and
sent again, with the same id, until some node acknowledges it. Meanwhile SIGKILL takes one node after the other, the one
that keeps the book too, and each is started again.

At the end: every command that was acknowledged is in the book once, at the position that was acknowledged; nothing is in
it that nobody sent; every node's views have the digests of a replay from nothing; the book verifies; and no text of
anybody who was forgotten can be opened.

    cluster.py --marktboek PATH --replay-tool PATH [--seconds 600] [--seed N]

The seed is printed; with it, the same people send the same commands, and the same nodes are killed after the same pauses.
How these fall together is the machine's doing. Exit codes: 0 all of it holds, 1 something does not, 2 wrong use.
"""

import argparse
import collections
import concurrent.futures
import http.client
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid

from market import Failure, check, plain, until

NODES = 3
PEOPLE = 6
# Longer than a node waits for its log before it says that it can't.
PATIENCE = 60
# What is answered by whoever can't do it now; anything else that is refused is a fault.
AGAIN = {"UNAVAILABLE", "CONFLICT"}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Node:
    """A node that is started again whenever it ends."""

    def __init__(self, name, program, data, environment, log, *options):
        self.name, self.url, self.log = name, f"http://127.0.0.1:{free_port()}", log
        self.command = [program, "--log-format", "json", "serve", "--data", data, "--listen", self.url[7:], *options]
        self.environment, self.killed, self.lock, self.stopped = environment, 0, threading.Lock(), False
        self.process = self.start()

    def start(self):
        return subprocess.Popen(self.command, env=self.environment, stderr=self.log, stdout=subprocess.DEVNULL)

    def kill(self):
        with self.lock:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.killed += 1

    def watch(self):
        """Starts it again if it has ended: killed, or because it found no log to begin with."""
        with self.lock:
            if not self.stopped and self.process.poll() is not None:
                self.process = self.start()

    def stop(self):
        with self.lock:
            self.stopped = True
            self.process.send_signal(signal.SIGTERM)
            if self.process.wait(timeout=60) != 0:
                raise Failure(f"{self.name} did not stop well")

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def ask(self, body, token, patience=30):
        headers = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
        request = urllib.request.Request(f"{self.url}/graphql", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=patience) as answer:
            return json.load(answer)


class Cluster:
    def __init__(self, program, directory):
        self.program, self.directory = program, directory
        secret = os.path.join(directory, "token-secret")
        with open(secret, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        self.environment = {**os.environ, "MARKTBOEK_TOKEN_SECRET_FILE": secret, "RUST_LOG": "warn,eventstore=off"}
        self.log = open(os.path.join(directory, "nodes.log"), "wb")
        self.tokens = {}
        book = f"127.0.0.1:{free_port()}"
        self.kept = os.path.join(directory, "keeper")
        os.mkdir(self.kept)
        photos = ("--photos", os.path.join(directory, "photos"))
        self.keeper = self.node("keeper", "--esdb-listen", book, "--share-keys", *photos)
        until("the node that keeps the book", lambda: self.answers(self.keeper))
        token = self.token("node", "nodes")
        log = f"esdb://nodes:{token}@{book}?tls=false&defaultDeadline=2000"
        options = ("--log", log, "--keys", f"http://{book}", *photos)
        self.nodes = [self.node(f"node-{number}", *options) for number in range(1, NODES + 1)]
        for node in self.nodes:
            until(f"{node.name}", lambda node=node: self.answers(node))

    def node(self, name, *options):
        return Node(name, self.program, os.path.join(self.directory, name), self.environment, self.log, *options)

    def all(self):
        return [self.keeper, *self.nodes]

    @staticmethod
    def answers(node):
        try:
            return node.get("/readyz")["ready"]
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def token(self, role, subject):
        if (role, subject) not in self.tokens:
            command = [self.program, "token", "--data", self.kept, "--role", role, "--subject", subject]
            self.tokens[role, subject] = subprocess.check_output(command, env=self.environment, text=True).strip()
        return self.tokens[role, subject]


class Person:
    """Sends commands, each until it is acknowledged."""

    def __init__(self, cluster, random_):
        self.cluster, self.random, self.acknowledged, self.sent, self.again = cluster, random_, {}, set(), 0

    def post(self, body, who):
        token = self.cluster.token(*who) if who else None
        node = self.random.choice(self.cluster.nodes)
        try:
            return node.ask(body, token, PATIENCE)
        except (OSError, http.client.HTTPException, ValueError):
            return None

    def until_answered(self, what, ask):
        """What `ask` gives once it gives something."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = ask()
            if found is not None:
                return found
            self.again += 1
            time.sleep(0.1)
        raise Failure(f"{what}: nobody answered for {PATIENCE} s")

    def do(self, mutation, who, fields="", **values):
        """A command's payload; None when it was refused as somebody else's command made it impossible."""
        command = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        self.sent.add(command)
        kind = mutation[0].upper() + mutation[1:] + "Input"
        query = f"mutation($input: {kind}!) {{ it: {mutation}(input: $input) {{ position userErrors {{ field code message rule }} {fields} }} }}"
        body = {"query": query, "variables": {"input": {**values, "commandId": command}}}

        def ask():
            answer = self.post(body, who)
            if answer is None or any(error.get("extensions", {}).get("code") in AGAIN for error in answer.get("errors") or []):
                return None
            if answer.get("errors"):
                raise Failure(f"{mutation}: {answer['errors']}")
            payload = answer["data"]["it"]
            codes = {error["code"] for error in payload["userErrors"]}
            if codes & AGAIN:
                return None
            if codes:
                raise Failure(f"{mutation}: {payload['userErrors']}")
            return payload

        payload = self.until_answered(mutation, ask)
        self.acknowledged[command] = (mutation, int(payload["position"]))
        return payload


def stock(person, number):
    """A seller with a listing."""
    seller_id = str(uuid.UUID(int=0x5E11E4 + number))
    seller = ("seller", seller_id)
    contact = dict(name=f"Trader {number}", address="Kade 1, Gent", phone="+32 1", email=f"shop{number}@renew.example",
                   identification=f"eID {number}", paymentAccount="BE71")
    person.do("registerSeller", seller, shopName=f"Renew {number}", country="BE", tradeRegisterNumber=f"0123.456.{number:03}",
              selfCertified=True, contact=contact, termsVersion="2026-01", qualityCharterVersion="4")
    person.do("verifySeller", ("operator", "o-1"), sellerId=seller_id, checkedAgainst="KBO")
    product = person.do("catalogueProduct", ("operator", "o-1"), "product { id }", title=f"iPhone {number}", brand="Apple",
                        category="smartphones", subcategory="iphone")["product"]["id"]
    price = dict(amount="249.90", currencyCode="EUR")
    listing = person.do("publishListing", seller, "listing { id }", productId=product, condition="GOOD",
                        itemState="REFURBISHED", price=price, deliveryCost=dict(amount="4.90", currencyCode="EUR"),
                        deliveryDays=3, warrantyMonths=12)["listing"]["id"]
    return seller, listing


def life(person, shops):
    """A buyer's: an order, a review, and what becomes of it. Gives the buyer's text and id where they were forgotten."""
    chance = person.random
    buyer_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    buyer, (seller, listing) = ("buyer", buyer_id), chance.choice(shops)
    operator = ("operator", "o-1")
    person.do("registerBuyer", buyer, country="BE", language="nl",
              identity=dict(name=f"Jo {buyer_id[:8]}", email=f"jo-{buyer_id[:8]}@example.eu", address="Kade 2, Gent"))
    order = person.do("placeOrder", buyer, "order { id }", lines=[dict(listingId=listing, quantity=1)], insurance=False,
                      countryOfPurchase="BE", serviceFee=dict(amount="3.99", currencyCode="EUR"))["order"]["id"]
    person.do("confirmOrder", operator, orderId=order, paymentReference=f"psp-{buyer_id[:8]}")
    person.do("shipOrder", seller, orderId=order)
    person.do("confirmDelivery", operator, orderId=order)
    if chance.random() < 0.2:
        person.do("requestHelp", buyer, orderId=order, topic="OTHER", message=f"where is it, asks {buyer_id}")
    text = f"{chance.choice(['goed', 'matig', 'slecht'])}, schrijft {buyer_id}"
    review = person.do("submitReview", buyer, "review { id }", orderId=order, line=0, score=chance.randint(1, 5), text=text,
                       language="nl", licence=dict(termsVersion="2026-01", author=True))["review"]["id"]
    turn = chance.random()
    if turn < 0.25:
        person.do("editReview", buyer, reviewId=review, score=chance.randint(1, 5), text=f"{text}, nog eens",
                  language="nl")
    elif turn < 0.5:
        notice = person.do("submitNotice", None, "noticeId", reviewId=review, allegation="AGAINST_TERMS",
                           reasons="It calls people names.", goodFaith=True, language="en",
                           notifier=dict(name="N. Otify", email="n@example.eu"))["noticeId"]
        person.do("moderateReview", ("moderator", f"m-{chance.randint(1, 3)}"), reviewId=review, criteria=["INSULTING"],
                  noticeId=notice, explanation="it insults whoever made it")
    elif turn < 0.75:
        person.do("withdrawReview", buyer, reviewId=review)
        return f"review-{plain(review)}", text
    return None


def forgotten(cluster, gone):
    """Whether no node opens what was written by those who withdrew it."""
    for subject, _ in gone:
        for node in cluster.all():
            token = cluster.token("auditor", "a-1")
            body = {"query": "query($s: String!) { events(stream: $s, first: 1) { nodes { type } } }",
                    "variables": {"s": f"subject-{subject}"}}
            answer = node.ask(body, token)
            if answer.get("errors"):
                raise Failure(f"{node.name}: {answer['errors']}")
            if [event["type"] for event in answer["data"]["events"]["nodes"]] != ["SubjectKeyDestroyed"]:
                return False
    return True


def kill_at_random(cluster, chance, end, over):
    """Until `end`, one node after the other, each once before any comes again; each is up again a moment later."""
    turns = []
    while not over.is_set() and time.monotonic() < end:
        turns = turns or chance.sample(cluster.all(), NODES + 1)
        node = turns.pop()
        pause, absence = chance.uniform(1, 5), chance.choice([0, 0, chance.uniform(0, 3), chance.uniform(6, 9)])
        if over.wait(min(pause, max(0, end - time.monotonic()))):
            return
        node.kill()
        over.wait(absence)
        node.watch()


def settle(cluster):
    """Waits until every node shows the same end of the book, and nothing is added to it any more."""
    seen = collections.deque(maxlen=20)

    def quiet():
        standing = [node.get("/readyz") for node in cluster.all()]
        ends = {(one["ready"], one["viewsPosition"], one["bookPosition"]) for one in standing}
        seen.append(ends if len(ends) == 1 and all(one["viewsPosition"] == one["bookPosition"] for one in standing) else None)
        time.sleep(0.2)
        return len(seen) == seen.maxlen and seen[0] and all(ends == seen[0] for ends in seen)

    until("all nodes show the same end of the book, and it stays", quiet, 180)


def compare(cluster, replay_tool, acknowledged, sent):
    command = [replay_tool, "history", "$all", "--json", "--data", cluster.kept]
    lines = subprocess.check_output(command, text=True, env=cluster.environment).splitlines()
    book = [json.loads(line) for line in lines]
    check(len({event["id"] for event in book}) == len(book), f"each of {len(book)} events is in the book once")
    by_command = collections.defaultdict(list)
    for event in book:
        by_command[event["metadata"]["commandId"]].append(event)
    check(all(command in by_command for command in acknowledged), f"each of {len(acknowledged)} acknowledged commands is in it")
    wrong = [(command, what) for command, what in acknowledged.items()
             if by_command[command][-1]["position"] != what[1] or not once(by_command[command])]
    check(not wrong, f"once, where it was acknowledged {wrong[:3] or ''}")
    people = {event["metadata"]["commandId"] for event in book if event["metadata"]["actor"]["role"] != "system"}
    check(people <= sent, "and nothing is in it that nobody sent")
    streams = collections.Counter()
    for event in book:
        if event["revision"] != streams[event["stream"]]:
            raise Failure(f"{event['stream']} has no revision {streams[event['stream']]}")
        streams[event["stream"]] += 1
    kinds = collections.Counter(event["type"] for event in book)
    print(f"      {len(streams)} streams; " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(8)))


def once(events):
    """Whether a command's events stand side by side in one stream."""
    first = events[0]
    return all(event["stream"] == first["stream"] and event["position"] == first["position"] + index
               for index, event in enumerate(events))


def live(cluster, replay_tool, seed, seconds):
    founder = Person(cluster, random.Random(f"{seed}-founder"))
    shops = [stock(founder, number) for number in range(1, 4)]
    people = [Person(cluster, random.Random(f"{seed}-{number}")) for number in range(PEOPLE)]
    end, over, gone, lives = time.monotonic() + seconds, threading.Event(), [], [0] * PEOPLE

    def go_on(number):
        try:
            while time.monotonic() < end and not over.is_set():
                forgot = life(people[number], shops)
                lives[number] += 1
                if forgot:
                    gone.append(forgot)
        except BaseException:
            over.set()
            raise

    def watch():
        while not over.wait(0.3):
            for node in cluster.all():
                node.watch()

    with concurrent.futures.ThreadPoolExecutor(PEOPLE + 2) as threads:
        watching = threads.submit(watch)
        killing = threads.submit(kill_at_random, cluster, random.Random(f"{seed}-killer"), end, over)
        try:
            for person in [threads.submit(go_on, number) for number in range(PEOPLE)]:
                person.result()
            killing.result()
        finally:
            over.set()
        watching.result()
    for node in cluster.all():
        node.watch()
        until(f"{node.name} is up", lambda node=node: cluster.answers(node), 60)
    acknowledged = {command: what for person in [founder, *people] for command, what in person.acknowledged.items()}
    sent = set().union(*(person.sent for person in [founder, *people]))
    again = sum(person.again for person in people)
    killed = {node.name: node.killed for node in cluster.all()}
    print(f"      {sum(lives)} lives, {len(acknowledged)} commands acknowledged, {again} sent again; killed: {killed}")
    check(sum(killed.values()) > 0 and sum(lives) > 0, "nodes were killed, and people went on")
    until("whoever withdrew a review is forgotten", lambda: forgotten(cluster, gone), 120)
    settle(cluster)
    compare(cluster, replay_tool, acknowledged, sent)
    for node in cluster.all():
        command = [replay_tool, "diff", "--data", cluster.kept, "--url", node.url, "--token", cluster.token("auditor", "a-1")]
        compared = subprocess.run(command, text=True, capture_output=True, env=cluster.environment, check=False)
        check(compared.returncode == 0, f"{node.name}'s views are those of a replay {compared.stdout if compared.returncode else ''}{compared.stderr if compared.returncode else ''}")
    for node in reversed(cluster.all()):
        node.stop()
    verified = subprocess.run([replay_tool, "verify", "--data", cluster.kept], capture_output=True, text=True, check=False)
    check(verified.returncode == 0, f"the book verifies {verified.stdout if verified.returncode else ''}")
    subjects = {subject for subject, _ in gone}
    command = [replay_tool, "history", "$all", "--json", "--reveal", "--data", cluster.kept]
    revealed = subprocess.check_output(command, text=True, env=cluster.environment)
    check(not any(text in revealed for _, text in gone), f"no text of {len(subjects)} forgotten reviews can be opened")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marktboek", required=True)
    parser.add_argument("--replay-tool", required=True)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    options = parser.parse_args()
    for program in (options.marktboek, options.replay_tool):
        if not os.access(program, os.X_OK):
            parser.error(f"{program} is not a program; build it, or name its path")
    print(f"---- seed {options.seed}, {options.seconds:g} s", flush=True)
    cluster = None
    with tempfile.TemporaryDirectory() as directory:
        try:
            cluster = Cluster(os.path.abspath(options.marktboek), directory)
            live(cluster, os.path.abspath(options.replay_tool), options.seed, options.seconds)
        except Failure as failure:
            print(f"FAILED {failure} (seed {options.seed})")
            with open(os.path.join(directory, "nodes.log"), encoding="utf-8") as log:
                print("".join(log.readlines()[-40:]))
            return 1
        finally:
            for node in cluster.all() if cluster else []:
                node.stopped = True
                node.process.kill()
    print(f"three nodes on one book, killed at random: all of it holds (seed {options.seed})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
