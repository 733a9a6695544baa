#!/usr/bin/env bash
# Other people's EventStoreDB clients against the built program: they read, follow and append its book by gRPC.
# Needs the built program (the argument; target/release/marktboek where nothing is said), python3 with venv, and node with
# npm; installs the clients into target/clients. Leaves nothing running.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-target}
program=${1:-$target/release/marktboek}

# The two clients of Python want different versions of what they share.
for client in kurrentdbclient==1.3.5 esdbclient==1.1.7; do
    name=${client%%==*}
    venv=$target/clients/$name
    if ! "$venv/bin/python" -c "import $name, trustme" 2>/dev/null; then
        python3 -m venv --clear "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check "$client" 'trustme==1.2.1'
    fi
    echo "==== $client"
    "$venv/bin/python" tests/clients/python_client.py --client "$name" --marktboek "$program"
done

node=$target/clients/node
for client in @kurrent/kurrentdb-client@1.3.1 @eventstore/db-client@6.2.1; do
    name=${client%@*}
    if [ ! -d "$node/node_modules/$name" ]; then
        mkdir -p "$node"
        npm install --prefix "$node" --silent --no-audit --no-fund "$client"
    fi
    echo "==== $client"
    "$target/clients/kurrentdbclient/bin/python" tests/clients/node_client.py --client "$node/node_modules/$name" --marktboek "$program"
done
