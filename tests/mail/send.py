"""Does a letter arrive as it was written, and is every way of not arriving told for what it is?

    send.py target/debug/send_letter

Starts SMTP servers on free ports of 127.0.0.1: one that takes mail, ones that refuse it, hang, or hang up, and ones with
TLS. A line a check. Exit codes: 0 all hold, 1 one does not, 2 wrong use.
"""

import email
import email.policy
import mailbox
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import trustme
from aiosmtpd.smtp import AuthResult

from servers import Raw, RefusingContent, RefusingRecipient, Server, Taking, hang, hang_up, take_and_hang

# Long enough that no loaded machine misses it where nothing hangs; shorter where something does.
DEADLINE_MS = 30_000
SHORT_DEADLINE_MS = 1_500
# The program must end by itself; this only keeps a failed check from lasting for ever.
RUN_TIMEOUT_SECONDS = 120

RECIPIENT = "zoe.test+1@example.eu"
PRODUCT = "Kühl-Gefrierkombination ‘Été’ & Co. <neu> Bcc: thief@example.eu"

checks_failed = []


def check(what, holds, seen=""):
    print(("ok      " if holds else "FAILED  ") + what)
    if not holds:
        print(f"        {seen}")
        checks_failed.append(what)


def send(to, recipient=RECIPIENT, language="de", mail_id=None, deadline_ms=DEADLINE_MS, trust=None):
    """Runs the program; its line, and how long it took."""
    command = [sys.argv[1], to, recipient, language, str(mail_id or uuid.uuid4()), str(deadline_ms)]
    environment = dict(os.environ)
    if trust is not None:
        environment["SSL_CERT_FILE"] = trust
    begun = time.monotonic()
    run = subprocess.run(
        command, env=environment, capture_output=True, encoding="utf-8", timeout=RUN_TIMEOUT_SECONDS
    )
    if run.returncode != 0:
        return f"exit {run.returncode}: {run.stderr}", time.monotonic() - begun
    return run.stdout.strip(), time.monotonic() - begun


def told(what, line, outcome, *words):
    """The outcome is the one expected, with these words, and does not name the recipient."""
    holds = line.startswith(outcome) and all(word in line for word in words) and RECIPIENT not in line
    check(f"{what}: {outcome}", holds, line)


def read(raw, mail_id, language, greeting):
    """What arrived is the letter."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    headers = {
        "Message-ID": f"<{mail_id}@shop.example>",
        "From": "Marktboek à l’essai <no-reply@shop.example>",
        "To": RECIPIENT,
        "Date": "Sun, 01 Mar 2026 12:00:00 +0000",
        "Auto-Submitted": "auto-generated",
        "Content-Language": language,
        "MIME-Version": "1.0",
    }
    for name, expected in headers.items():
        check(f"{language}: {name}", message.get_all(name) == [expected], message.get_all(name))
    check(f"{language}: the subject has the whole title, in one line", PRODUCT in message["Subject"], message["Subject"])
    check(f"{language}: nobody else gets it", message["Bcc"] is None and message["Cc"] is None)
    check(f"{language}: nothing in it is malformed", not any(part.defects for part in message.walk()))
    check(f"{language}: multipart/alternative", message.get_content_type() == "multipart/alternative")
    types = [part.get_content_type() for part in message.iter_parts()]
    check(f"{language}: text, then HTML", types == ["text/plain", "text/html"], types)
    text, html = (part.get_content() for part in message.iter_parts())
    folded = " ".join(text.split())
    check(f"{language}: the text has its accents", greeting in folded and PRODUCT in folded, text)
    check(f"{language}: the text has its link", "review?a=1&b=2>" in text, text)
    check(f"{language}: the HTML has its accents", greeting in html and "Kühl-Gefrierkombination ‘Été’ &#38; Co." in html, html)
    check(f"{language}: the HTML is escaped", "&#60;neu&#62;" in html and "<neu>" not in html, html)
    check(f"{language}: no line is too long for SMTP", all(len(line) <= 998 for line in raw.splitlines()))


def arrives():
    for language, greeting in [("de", "Guten Tag,"), ("fr", "Il y a environ une semaine"), ("nl", "Goedendag,"), ("en", "Hello,")]:
        mail_id, handler = uuid.uuid4(), Taking()
        with Server(handler) as server:
            line, _ = send(f"smtp://127.0.0.1:{server.port}", language=language, mail_id=mail_id)
            told(f"{language}: a server that takes mail", line, "sent")
            again, _ = send(f"smtp://127.0.0.1:{server.port}", language=language, mail_id=mail_id)
            told(f"{language}: the same mail again", again, "sent")
        first, second = handler.taken
        check(f"{language}: both are the same, byte for byte", first.content == second.content)
        check(f"{language}: the envelope is right", (first.mail_from, first.rcpt_tos) == ("no-reply@shop.example", [RECIPIENT]))
        read(first.content, mail_id, language, greeting)


def arrives_in_a_maildir(directory):
    path, mail_id = directory / "maildir", uuid.uuid4()
    for _ in range(2):
        told("a maildir", send(f"maildir:{path}", mail_id=mail_id)[0], "sent")
    messages = list(mailbox.Maildir(path, create=False).values())
    check("the same mail twice is there once", len(messages) == 1, messages)
    read((path / "new" / str(mail_id)).read_bytes(), mail_id, "de", "Guten Tag,")
    check("nothing is left in tmp", not list((path / "tmp").iterdir()))


def is_refused():
    with Server(RefusingRecipient("550 5.1.1")) as server:
        told("550 for the recipient", send(f"smtp://127.0.0.1:{server.port}")[0], "permanent", "550", "5.1.1", "not this mailbox")
    with Server(RefusingRecipient("451 4.7.1")) as server:
        told("451 for the recipient", send(f"smtp://127.0.0.1:{server.port}")[0], "transient", "451", "4.7.1")
    with Server(RefusingContent()) as server:
        told("554 for the content", send(f"smtp://127.0.0.1:{server.port}")[0], "permanent", "554", "spam")
    with Server(Taking()) as server:
        told("a recipient that is no address", send(f"smtp://127.0.0.1:{server.port}", recipient="nobody")[0], "permanent", "address")


def is_not_answered():
    with Raw(hang) as server:
        line, seconds = send(f"smtp://127.0.0.1:{server.port}", deadline_ms=SHORT_DEADLINE_MS)
        told("a server that hangs after the data", line, "transient", "within 1.5 s")
        check("it was waited for until the deadline, not less", seconds >= SHORT_DEADLINE_MS / 1000, seconds)
    with Raw(hang_up) as server:
        told("a server that hangs up in the middle", send(f"smtp://127.0.0.1:{server.port}")[0], "transient", "broke off")
    with Raw(take_and_hang) as server:
        told("a server that takes the mail and hangs", send(f"smtp://127.0.0.1:{server.port}")[0], "sent")
    with socket.socket() as nobody:
        # Bound and not listening: a connection is refused, and nobody else can get the port.
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        told("no server", send(f"smtp://127.0.0.1:{port}")[0], "transient", f"127.0.0.1:{port}", "refused")


def is_secure(directory):
    authority = trustme.CA()
    trusted, other = directory / "trusted.pem", directory / "other.pem"
    authority.cert_pem.write_to_path(trusted)
    trustme.CA().cert_pem.write_to_path(other)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)

    def authenticate(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"me@shop", b"p/w:ord"), handled=False)

    starttls = dict(tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True)
    handler = Taking()
    with Server(handler, **starttls) as server:
        url = f"smtp+starttls://me%40shop:p%2Fw%3Aord@localhost:{server.port}"
        told("STARTTLS with a password", send(url, trust=trusted)[0], "sent")
        check("it arrived", len(handler.taken) == 1)
        told("a certificate nobody trusts", send(url, trust=other)[0], "transient", "certificate")
        told("a certificate for another host", send(url.replace("localhost", "127.0.0.1"), trust=trusted)[0], "transient", "certificate")
        wrong = send(url.replace("ord@", "orm@"), trust=trusted)[0]
        told("a wrong password", wrong, "transient", "535", "password in mail.to")
        check("the password is not repeated", "orm@" not in wrong and "p/w" not in wrong, wrong)
        told("a server that asks for STARTTLS", send(f"smtp://localhost:{server.port}")[0], "transient", "530", "STARTTLS")
        check("nothing else arrived", len(handler.taken) == 1)
    handler = Taking()
    with Server(handler) as server:
        told("a server without STARTTLS", send(f"smtp+starttls://localhost:{server.port}", trust=trusted)[0], "transient", "STARTTLS")
        check("nothing arrived in the clear", not handler.taken)
    handler = Taking()
    with Server(handler, tls=context) as server:
        told("TLS from the first byte", send(f"smtps://localhost:{server.port}", trust=trusted)[0], "sent")
        check("it arrived", len(handler.taken) == 1)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as directory:
        arrives()
        arrives_in_a_maildir(Path(directory))
        is_refused()
        is_not_answered()
        is_secure(Path(directory))
    print(f"{len(checks_failed)} checks failed" if checks_failed else "all checks hold")
    return 1 if checks_failed else 0


sys.exit(main())
