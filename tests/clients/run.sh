#!/usr/bin/env bash
# Other people's EventStoreDB clients against the built program: they read, follow and append its book by gRPC.
# Needs the built program (the argument; target/release/marktboek where nothing is said) and python3 with venv; installs
# the clients into target/clients-venv. Leaves nothing running.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-target}
program=${1:-$target/release/marktboek}
venv=$target/clients-venv
if ! "$venv/bin/python" -c 'import kurrentdbclient, trustme' 2>/dev/null; then
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check 'kurrentdbclient==1.3.5' 'trustme==1.2.1'
fi
"$venv/bin/python" tests/clients/kurrentdb_client.py --marktboek "$program"
