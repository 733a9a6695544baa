#!/usr/bin/env bash
# Sends letters to real SMTP servers on 127.0.0.1, well-behaved and not, and reads what arrives: each by itself, and those
# that the platform sends and tries again. Needs the built programs (cargo build --workspace --bins) in the directory that is
# named, target/debug where none is, and python3 with venv; installs aiosmtpd and trustme into target/mail-venv. Leaves
# nothing running.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-target}
programs=${1:-$target/debug}
venv=$target/mail-venv
if ! "$venv/bin/python" -c 'import aiosmtpd, trustme' 2>/dev/null; then
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check 'aiosmtpd==1.4.6' 'trustme==1.2.1'
fi
"$venv/bin/python" tests/mail/send.py "$programs/send_letter"
"$venv/bin/python" tests/mail/retry.py --marktboek "$programs/marktboek" --replay-tool "$programs/replay-tool"
