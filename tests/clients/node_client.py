"""A node for one of Node.js's clients, see node_client.js.

    node_client.py --client DIRECTORY --marktboek PATH
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

from node import Node, certified


def run(client, uri, scenario):
    script = pathlib.Path(__file__).with_name("node_client.js")
    return subprocess.run(["node", script, client, uri, scenario], timeout=300).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--client", required=True, help="where npm put it")
    parser.add_argument("--marktboek", required=True, help="the built program")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        with Node(arguments.marktboek, f"{directory}/open", "--esdb-open", "append") as node:
            failed = run(arguments.client, f"esdb://127.0.0.1:{node.port}?tls=false", "open")
        if failed:
            return failed
        certificate, root = certified(directory)
        with Node(arguments.marktboek, f"{directory}/open", *certificate) as node:
            who = f"a-1:{node.token('auditor', 'a-1')}"
            return run(arguments.client, f"esdb://{who}@localhost:{node.port}?tls=true&tlsCAFile={root}", "reader")


if __name__ == "__main__":
    sys.exit(main())
