#!/usr/bin/env python3
"""Runs what the README shows, against the built programs, and compares the output to the letter.

The README's examples are of `marktboek demo --until 2026-11-01T12:00:00Z`, a marketplace that is the same every
time. Each example is a fenced block marked `console`: a line that begins with `$ ` is a command, what follows is its
output. `$BUYER`, `$AUDITOR` … are the tokens that the demo prints, `$DATA` its data directory, `$URL` its address.

    readme_is_true.py --marktboek PATH --replay-tool PATH [--write]

`--write` puts the real output into the README instead of comparing. Exit codes: 0 same, 1 different, 2 wrong use.
"""

import argparse
import difflib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

README = pathlib.Path(__file__).resolve().parent.parent / "README.md"
UNTIL = "2026-11-01T12:00:00Z"
FENCE = re.compile(r"(```console\n)(.*?)(```\n)", re.S)


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


def run(command, environment):
    """The command's output, standard error left out, as a reader of the README sees it."""
    done = subprocess.run(["bash", "-c", command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout


def shown(block, environment):
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
            out.extend(run(command, environment).rstrip("\n").splitlines())
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marktboek", required=True)
    parser.add_argument("--replay-tool", required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    for program in (options.marktboek, options.replay_tool):
        if not os.access(program, os.X_OK):
            parser.error(f"{program} is not a program; build it, or name its path")
    text = README.read_text()
    with tempfile.TemporaryDirectory() as directory:
        data = str(pathlib.Path(directory) / "data")
        demo, printed = start_demo(os.path.abspath(options.marktboek), data)
        try:
            programs = pathlib.Path(directory) / "programs"
            programs.mkdir()
            (programs / "replay-tool").symlink_to(os.path.abspath(options.replay_tool))
            (programs / "marktboek").symlink_to(os.path.abspath(options.marktboek))
            environment = dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}", DATA=data)
            environment["URL"] = printed["GraphQL"].removesuffix("/graphql")
            environment.update({role.upper(): token for role, token in printed.items() if role != "GraphQL"})
            real = FENCE.sub(lambda match: match[1] + shown(match[2], environment) + match[3], text)
        finally:
            demo.send_signal(signal.SIGTERM)
            ended = demo.wait(timeout=30)
    if ended != 0:
        sys.exit(f"the demo ended with {ended} after SIGTERM, not 0")
    commands = sum(block.count("\n$ ") + block.startswith("$ ") for _, block, _ in FENCE.findall(text))
    if commands == 0:
        sys.exit("the README shows no command: nothing was checked")
    if options.write:
        README.write_text(real)
    elif real != text:
        sys.stdout.writelines(difflib.unified_diff(text.splitlines(True), real.splitlines(True), "README.md", "what the programs print"))
        sys.exit(1)
    print(f"{commands} commands of the README print what it shows")


if __name__ == "__main__":
    main()
