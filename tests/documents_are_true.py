#!/usr/bin/env python3
"""Runs what README.md and docs/audit.md show, against the built programs, and compares the output.

Their examples are of `marktboek demo --until 2026-11-01T12:00:00Z`, a marketplace that is the same every time, served once for
both. An example is a fenced block marked `console`: a line that begins with `$ ` is a command, what follows is its output.
In the audit's walk the blocks marked `sh` are run too, and their output is nobody's; errors are shown as a terminal shows
them; and what is another one in every book (keys and hashes that follow from them, when heads were signed and of how many
events) need only be of the same form.

In the README `$BUYER`, `$AUDITOR` … are the tokens that the demo prints, `$DATA` its data directory, `$URL` its address; the
walk names the directory `book` and the address 127.0.0.1:8080.

    documents_are_true.py --marktboek PATH --replay-tool PATH [--write]

`--write` puts the real output into the documents instead of comparing. Exit codes: 0 same, 1 different, 2 wrong use.
"""

import argparse
import dataclasses
import difflib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNTIL = "2026-11-01T12:00:00Z"
FENCE = re.compile(r"(?P<fence>```(?P<kind>console|sh)\n)(?P<block>.*?)(?P<end>```\n)", re.S)
WALKS_ADDRESS = "127.0.0.1:8080"
# What differs from book to book, and what stands for it while outputs are compared.
DIFFERS = [
    (r"marktboek\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}", "KEY"),
    (r"marktboek\+[0-9a-f]{8}", "KEY-ID"),
    (r"[A-Za-z0-9+/]{43}=", "HASH"),
    (r"signed at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "signed at MOMENT"),
    (r"\d+ events(,| was) signed", r"N events\1 signed"),
    (r"(of its|first) \d+ events", r"\1 N events"),
    (r"from 0 to \d+", "from 0 to N"),
    (r"^digest {7}[0-9a-f]{64}$", "digest       DIGEST"),
]


@dataclasses.dataclass
class Terminal:
    """Where commands are run: a directory with the demo's book in it."""

    home: str
    environment: dict
    address: str

    def run(self, command, shows_errors):
        errors = subprocess.STDOUT if shows_errors else subprocess.DEVNULL
        shell = ["bash", "-c", command.replace(WALKS_ADDRESS, self.address)]
        done = subprocess.run(shell, cwd=self.home, env=self.environment, stdout=subprocess.PIPE, stderr=errors, text=True)
        return done.stdout.replace(self.address, WALKS_ADDRESS)


@dataclasses.dataclass
class Document:
    """A document whose examples are run: the README, or the audit's walk."""

    path: pathlib.Path
    is_walk: bool

    def compared(self, output):
        if self.is_walk:
            for differs, stands_for in DIFFERS:
                output = re.sub(differs, stands_for, output, flags=re.M)
        return output

    def real(self, terminal):
        """The document with the real output in place of what is shown, where that is another one."""

        def block(match):
            if match["kind"] == "sh":
                if self.is_walk and "another terminal" not in match["block"]:
                    terminal.run(match["block"], True)
                return match[0]
            shown, real = match["block"], self.shown(match["block"], terminal)
            is_same = self.compared(shown) == self.compared(real)
            return match["fence"] + (shown if is_same else real) + match["end"]

        return FENCE.sub(block, self.path.read_text())

    def shown(self, block, terminal):
        """A block with the real output under each of its commands."""
        out, command = [], None
        for line in block.splitlines():
            if command is not None and command.endswith("\\"):
                command += "\n" + line
                out.append(line)
            elif line.startswith("$ "):
                command = line[2:]
                out.append(line)
            else:
                continue
            if not command.endswith("\\"):
                out.extend(terminal.run(command, self.is_walk).rstrip("\n").splitlines())
        return "\n".join(out) + "\n"


DOCUMENTS = [Document(ROOT / "README.md", False), Document(ROOT / "docs" / "audit.md", True)]


def start_demo(marktboek, data):
    """Starts the demo on a free port and returns the process with what it printed."""
    command = [marktboek, "demo", "--until", UNTIL, "--data", data, "--listen", "127.0.0.1:0"]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    begun = time.monotonic()
    printed = {}
    for line in demo.stdout:
        match = re.match(r"\s*(GraphQL|buyer|seller|moderator|compliance|auditor|operator)\s+(\S+)\s*$", line)
        if match:
            printed[match[1]] = match[2]
        if len(printed) == 7:
            break
    else:
        sys.exit(f"the demo ended early: exit code {demo.wait()}")
    print(f"the demo was served {time.monotonic() - begun:.1f} s after the program's start")
    return demo, printed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marktboek", required=True)
    parser.add_argument("--replay-tool", required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    for program in (options.marktboek, options.replay_tool):
        if not os.access(program, os.X_OK):
            parser.error(f"{program} is not a program; build it, or name its path")
    with tempfile.TemporaryDirectory() as directory:
        home = pathlib.Path(directory)
        data = str(home / "book")
        demo, printed = start_demo(os.path.abspath(options.marktboek), data)
        try:
            programs = home / "programs"
            programs.mkdir()
            (programs / "replay-tool").symlink_to(os.path.abspath(options.replay_tool))
            (programs / "marktboek").symlink_to(os.path.abspath(options.marktboek))
            environment = dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}", RUST_BACKTRACE="0", DATA=data, MARKTBOEK=str(ROOT))
            environment["URL"] = printed["GraphQL"].removesuffix("/graphql")
            environment.update({role.upper(): token for role, token in printed.items() if role != "GraphQL"})
            terminal = Terminal(directory, environment, environment["URL"].removeprefix("http://"))
            real = {document.path: document.real(terminal) for document in DOCUMENTS}
        finally:
            demo.send_signal(signal.SIGTERM)
            ended = demo.wait(timeout=30)
    if ended != 0:
        sys.exit(f"the demo ended with {ended} after SIGTERM, not 0")
    is_same = True
    for path, text in real.items():
        shown, name = path.read_text(), path.relative_to(ROOT)
        commands = sum(line.startswith("$ ") for match in FENCE.finditer(shown) for line in match["block"].splitlines())
        if commands == 0:
            sys.exit(f"{name} shows no command: nothing was checked")
        if options.write:
            path.write_text(text)
        elif text != shown:
            is_same = False
            lines = shown.splitlines(True), text.splitlines(True)
            sys.stdout.writelines(difflib.unified_diff(*lines, str(name), "what the programs print"))
        else:
            print(f"{commands} commands of {name} print what it shows")
    sys.exit(0 if is_same else 1)


if __name__ == "__main__":
    main()
