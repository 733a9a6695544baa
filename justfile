# A developer's day in one word each. CI runs the same commands: see .ci/run.

# Format, lints, tests.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --workspace

# The tests alone.
test:
    cargo test --workspace

# A generated marketplace, served.
demo:
    cargo run --release -- demo

# The GraphQL schema, as clients see it, and who may use what of it.
schema:
    cargo run --quiet -- schema > api/schema.graphql
    cargo run --quiet -- schema --roles > docs/who-may-read-what.md

# Letters sent to real SMTP servers on this machine, and what arrives.
mail:
    tests/mail/run.sh

# Other people's EventStoreDB clients, and the auditors' programs, against the released programs.
clients:
    cargo build --release -p api -p replay-tool
    tests/clients/run.sh

# Slow, half-open and huge requests against the released program.
limits:
    cargo build --release -p api -p replay-tool
    python3 tests/limits.py --marktboek target/release/marktboek --replay-tool target/release/replay-tool

# The console in Chromium: accessibility, light and dark, wide and narrow, and photos decided by keyboard.
browser:
    cargo build -p api
    tests/browser/run.sh target/debug/marktboek

# One decoder on bytes that libFuzzer makes up, for ten minutes: `just fuzz photo`. Needs nightly and cargo-fuzz.
fuzz target:
    cargo +nightly fuzz run {{target}} -- -max_total_time=600 -rss_limit_mb=2048 -timeout=60

# A small book of this program for the programs of later, with its figures, into fixtures/books: `just old-book 2026-11`.
old-book month:
    cargo build --release -p api -p replay-tool
    python3 tests/old_book.py --marktboek target/release/marktboek --replay-tool target/release/replay-tool fixtures/books/{{month}}

# The benchmarks, each a ratio in one run; docs/performance.md says what they mean.
bench:
    cargo run --release -p benches --bin rebuild
    cargo run --release -p benches --bin product-page
    tests/benches/with-postgres.sh
    python3 tests/benches/active_recipients.py

# The Olist figures against a second computation, and on either engine: `just olist ../data/olist`.
olist directory:
    cargo build --release -p api -p replay-tool
    python3 tests/olist/compare.py --replay-tool target/release/replay-tool --olist {{directory}}
    python3 tests/olist/both_engines.py --marktboek target/release/marktboek --replay-tool target/release/replay-tool --olist {{directory}}

# The transparency report: its sums counted a second time from the events, and its workbook opened in LibreOffice.
transparency:
    cargo build --release -p api -p replay-tool
    python3 tests/transparency/recount.py --marktboek target/release/marktboek --replay-tool target/release/replay-tool
    python3 tests/transparency/opens_in_libreoffice.py --replay-tool target/release/replay-tool

# Statements of reasons: exported records by a second writing of the database's rules, and submitted to a database that fails.
statements:
    cargo build --release -p api -p replay-tool
    python3 tests/transparency_database/exported.py --marktboek target/release/marktboek --replay-tool target/release/replay-tool
    python3 tests/transparency_database/submission.py --marktboek target/release/marktboek --replay-tool target/release/replay-tool

# The transparency report's columns and indicators against the Commission's files, in a directory.
template directory:
    cargo build --release -p replay-tool
    python3 tests/transparency/compare_with_template.py --replay-tool target/release/replay-tool --templates {{directory}}
