#!/usr/bin/env bash
# Other people's EventStoreDB clients against the built program: they read, follow and append its book by gRPC. Then the
# auditors' programs in docs/clients/. Needs the built programs (cargo build --workspace --bins) in the directory that is
# named, target/debug where none is, python3 with venv, node with npm, and cargo; installs the clients into target/clients.
# Leaves nothing running.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-target}
programs=${1:-$target/debug}
program=$programs/marktboek

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

echo "==== the auditors' programs"
example=$target/clients/audit
mkdir -p "$example"
if ! cmp --silent docs/clients/node/package.json "$example/package.json"; then
    cp docs/clients/node/package.json "$example"
    rm -rf "$example/node_modules"
fi
cp docs/clients/node/audit.mjs "$example"
[ -d "$example/node_modules" ] || npm install --prefix "$example" --silent --no-audit --no-fund --no-package-lock

# Built where an auditor would: in a copy, away from the workspace. What it depends on is compiled once.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R docs/clients/rust/. Cargo.lock "$copy"
CARGO_PROFILE_DEV_DEBUG=none cargo build --quiet --manifest-path "$copy/Cargo.toml" --target-dir "$target"

"$target/clients/kurrentdbclient/bin/python" tests/clients/examples.py --marktboek "$program" \
    --replay-tool "$programs/replay-tool" --rust "$target/debug/audit" --node "$example/audit.mjs"
