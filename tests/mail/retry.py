"""Is what the platform tells its users told in the end, whatever mail servers do, and can that be proven?

    retry.py --marktboek PATH --replay-tool PATH

A seller is removed, and the statement of reasons goes out by SMTP: to a server that defers it, before its time, to one
that hangs, to one that hangs up in the middle, to none, and to one that takes it. Another's is refused for good. The
server is started anew at each moment, so that nothing but the book knows what was tried. A line a check; exit codes: 0 all
hold, 1 one does not, 2 wrong use.
"""

import email
import email.policy
import json
import pathlib
import socket
import subprocess
import sys
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from market import check, main, plain, until
from servers import Raw, RefusingRecipient, Server, Taking, hang, hang_up

FIRST, SECOND = (str(uuid.UUID(int=number)) for number in (0xF1257, 0x5EC0))
# A hanging server is waited for for a minute.
PATIENCE_SECONDS = 120
# The reactors look at least once a second: what has not happened in this time will not happen at this moment.
SETTLED_SECONDS = 3

MAILS = "{ viewer { mails(first: 5) { nodes { id kind status attempts sentAt failedAt } } } }"


def address(seller):
    return f"{seller[-4:]}@renew.example"


def remove(market, seller):
    """A seller comes and is removed; so they are told why."""
    contact = dict(name="A. Jansen", address="Kade 1, Gent", phone="+32 1", email=address(seller),
                   identification="eID 7", paymentAccount="BE71")
    market.do("registerSeller", ("seller", seller), shopName="Renew", country="BE", tradeRegisterNumber="0123.456.789",
              selfCertified=True, contact=contact, termsVersion="2026-01", qualityCharterVersion="4")
    market.do("removeSeller", ("operator", "o-1"), sellerId=seller, reason="BREACH_OF_QUALITY_CHARTER", explanation="always late")


def mail(market, seller, attempts):
    """The seller's mail, as they see it, once it was tried so often."""
    def look():
        mails = market.query(MAILS, ("seller", seller))["viewer"]["mails"]["nodes"]
        return next((mail for mail in mails if mail["attempts"] == attempts), None)

    return until(f"attempt {attempts}", look, PATIENCE_SECONDS)


def last_event(market, replay_tool, mail):
    command = [replay_tool, "history", f"mail-{plain(mail['id'])}", "--json", "--data", market.data]
    return json.loads(subprocess.check_output(command, text=True).splitlines()[-1])


def live(market, replay_tool):
    def at(moment, port):
        market.options = ["--mail-from", "Marktboek <no-reply@shop.example>", "--mail-to", f"smtp://127.0.0.1:{port}"]
        market.at(moment)

    def failed(attempt, status, words, retry_at):
        found = mail(market, FIRST, attempt)
        check(found["status"] == status and not found["sentAt"], f"attempt {attempt}: the seller sees that it is {status}")
        event = last_event(market, replay_tool, found)
        told = event["data"]
        check(event["type"] == "MailFailed" and told["attempt"] == attempt, f"attempt {attempt} is an event")
        check(all(word in told["reason"] for word in words), f"it says why: {told['reason']}")
        check("renew.example" not in told["reason"], "and not to whom")
        check(told.get("retryAt") == retry_at, f"it is tried again at {retry_at}")

    with Server(RefusingRecipient("451 4.7.1")) as server:
        at("2026-03-28T09:00:00Z", server.port)
        remove(market, FIRST)
        failed(1, "WAITING", ["451", "4.7.1"], "2026-03-28T09:01:00Z")

    taking = Taking()
    with Server(taking) as server:
        at("2026-03-28T09:00:59Z", server.port)
        time.sleep(SETTLED_SECONDS)
        check(not taking.taken, "it is not tried before its time")
    with Raw(hang) as server:
        at("2026-03-28T09:01:00Z", server.port)
        failed(2, "WAITING", ["within 60 s"], "2026-03-28T09:06:00Z")
    with Raw(hang_up) as server:
        at("2026-03-28T09:06:00Z", server.port)
        failed(3, "WAITING", ["broke off"], "2026-03-28T09:36:00Z")
    with socket.socket() as nobody:
        # Bound and not listening: a connection is refused, and nobody else can get the port.
        nobody.bind(("127.0.0.1", 0))
        at("2026-03-28T09:36:00Z", nobody.getsockname()[1])
        failed(4, "WAITING", ["refused"], "2026-03-28T11:36:00Z")

    # A month later, when the clocks have changed: what fell due is done once.
    with Server(taking) as server:
        at("2026-04-28T09:00:00Z", server.port)
        sent = mail(market, FIRST, 5)
        check(sent["status"] == "SENT" and sent["sentAt"].startswith("2026-04-28T09:00:00"), "it is sent in the end")
        check(last_event(market, replay_tool, sent)["type"] == "MailSent", "and that is an event")
        at("2026-04-29T09:00:00Z", server.port)
        time.sleep(SETTLED_SECONDS)
        check(len(taking.taken) == 1 and taking.taken[0].rcpt_tos == [address(FIRST)], "once, to the seller")
        message = email.message_from_bytes(taking.taken[0].content, policy=email.policy.default)
        check("always late" in message.get_body(("plain",)).get_content(), "and says why they were removed")

    with Server(RefusingRecipient("550 5.1.1")) as server:
        at("2026-05-01T09:00:00Z", server.port)
        remove(market, SECOND)
        refused = mail(market, SECOND, 1)
        event = last_event(market, replay_tool, refused)
        check(refused["status"] == "FAILED" and "retryAt" not in event["data"], "a mail that is refused for good is given up")
        check("550" in event["data"]["reason"] and "[address]" in event["data"]["reason"], "and it says why, not to whom")
    with Server(taking) as server:
        at("2026-06-01T09:00:00Z", server.port)
        time.sleep(SETTLED_SECONDS)
        check(len(taking.taken) == 1, "and not tried again")
    market.stop()


if __name__ == "__main__":
    sys.exit(main(__doc__, live, "every mail was told"))
