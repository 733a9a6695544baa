"""Mail servers on free ports of 127.0.0.1, well-behaved and not, each as long as a `with` block lasts."""

import asyncio
import logging
import socket
import threading

from aiosmtpd.smtp import SMTP

# What the servers think of the clients that leave them is not what is checked.
logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)


class Taking:
    """Takes every mail."""

    def __init__(self):
        self.taken = []

    async def handle_DATA(self, server, session, envelope):
        self.taken.append(envelope)
        return "250 2.0.0 taken"


class RefusingRecipient(Taking):
    def __init__(self, reply):
        super().__init__()
        self.reply = reply

    async def handle_RCPT(self, server, session, envelope, address, options):
        return f"{self.reply} <{address}>: not this mailbox, {address.split('@')[0]}"


class RefusingContent(Taking):
    async def handle_DATA(self, server, session, envelope):
        return "554 5.7.1 looks like spam"


class Server:
    """An aiosmtpd server on a free port, as long as a `with` block lasts; with `tls`, secure from the first byte."""

    def __init__(self, handler, tls=None, **options):
        self.handler, self.tls, self.options = handler, tls, options

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        connection = lambda: SMTP(self.handler, loop=self.loop, **self.options)
        serving = self.loop.create_server(connection, "127.0.0.1", 0, ssl=self.tls)
        self.server = self.loop.run_until_complete(serving)
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


class Raw:
    """A server that speaks just enough SMTP to come to the data, and then does what `then` says with the connection."""

    def __init__(self, then):
        self.then, self.stopped = then, threading.Event()

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        # Wakes an accept that still waits.
        socket.create_connection(("127.0.0.1", self.port)).close()
        self.thread.join()
        self.listener.close()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            if self.stopped.is_set():
                connection.close()
                return
            with connection, connection.makefile("rwb") as lines:

                def say(reply):
                    lines.write(reply + b"\r\n")
                    lines.flush()

                say(b"220 raw")
                for line in lines:
                    if line.upper().startswith(b"DATA"):
                        say(b"354 go on")
                        self.then(self, say, lines)
                        break
                    say(b"250 fine")


def hang(server, say, lines):
    """Takes the whole message and never says so."""
    server.stopped.wait()


def hang_up(server, say, lines):
    """Leaves in the middle of the message."""
    lines.readline()


def take_and_hang(server, say, lines):
    """Takes the message, and then never answers the goodbye."""
    while lines.readline() != b".\r\n":
        pass
    say(b"250 taken")
    server.stopped.wait()
