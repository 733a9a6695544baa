"""A node for one of Node.js's clients, see node_client.js.

    node_client.py --client DIRECTORY --marktboek PATH
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import threading

from node import Node, certified

# A client that waits for what does not come is given up.
PATIENCE_SECONDS = 300


def run(client, uri, scenario, node):
    """The script's exit code; where it asks for it, the node is killed and started again."""
    script = pathlib.Path(__file__).with_name("node_client.js")
    running = subprocess.Popen(["node", script, client, uri, scenario], stdout=subprocess.PIPE, text=True)
    late = threading.Timer(PATIENCE_SECONDS, running.kill)
    late.start()
    for line in running.stdout:
        print(line, end="", flush=True)
        if line == "kill\n":
            node.kill()
            node.start()
    late.cancel()
    return running.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--client", required=True, help="where npm put it")
    parser.add_argument("--marktboek", required=True, help="the built program")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        with Node(arguments.marktboek, f"{directory}/open", "--esdb-open", "append") as node:
            uri = f"esdb://127.0.0.1:{node.port}?tls=false"
            failed = run(arguments.client, uri, "open", node) or run(arguments.client, uri, "killed", node)
        if failed:
            return failed
        certificate, root = certified(directory)
        with Node(arguments.marktboek, f"{directory}/open", *certificate) as node:
            token = node.token("auditor", "a-1")

            def by_tls(subject, scenario):
                uri = f"esdb://{subject}:{token}@localhost:{node.port}?tls=true&tlsCAFile={root}"
                return run(arguments.client, uri, scenario, node)

            return by_tls("a-1", "reader") or by_tls("a-2", "stranger")


if __name__ == "__main__":
    sys.exit(main())
