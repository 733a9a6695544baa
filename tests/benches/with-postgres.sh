#!/usr/bin/env bash
# Runs the benchmark of durable appends beside a PostgreSQL of its own, with PostgreSQL's defaults, on the same disk.
# Installs PostgreSQL where it is missing (Debian, Ubuntu); leaves nothing running.
set -euo pipefail
cd "$(dirname "$0")/../.."

find_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1; }

bin=$(find_bin)
if [ -z "$bin" ]; then
    apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql
    bin=$(find_bin)
fi
cargo build --release -p benches --bin durable-appends

# PostgreSQL refuses to run as root.
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

export TMPDIR=${TMPDIR:-/tmp}
directory=$(mktemp -d "$TMPDIR/marktboek-postgres-XXXXXX")
[ "$(id -u)" != 0 ] || chown postgres "$directory"
stop() {
    as_postgres "$bin/pg_ctl" -D "$directory/data" -m fast stop >/dev/null || true
    rm -rf "$directory"
}
trap stop EXIT
as_postgres "$bin/initdb" -D "$directory/data" -U postgres --auth=trust >/dev/null
# A socket in its own directory and no port: nobody else's PostgreSQL is in the way.
as_postgres "$bin/pg_ctl" -D "$directory/data" -w -l "$directory/log" \
    -o "-c listen_addresses='' -c unix_socket_directories='$directory'" start >/dev/null

"${CARGO_TARGET_DIR:-target}/release/durable-appends" "host=$directory user=postgres dbname=postgres"
