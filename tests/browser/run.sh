#!/usr/bin/env bash
# The console in a real browser: `tests/browser/run.sh [target/debug/marktboek]`. Needs node and npm, and apt where there is
# no Chromium yet; installs what tests/browser/package-lock.json names. Screenshots go to target/browser. Leaves nothing
# running.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-target}
marktboek=${1:-$target/debug/marktboek}
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
if ! command -v chromium >/dev/null; then
    as_root apt-get update -qq
    as_root apt-get install -qq -y --no-install-recommends chromium >/dev/null
fi
if [ ! -d tests/browser/node_modules ] || [ tests/browser/package-lock.json -nt tests/browser/node_modules ]; then
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm --prefix tests/browser ci --no-audit --no-fund --silent
fi
node tests/browser/console.mjs --marktboek "$marktboek" --screenshots "$target/browser"
