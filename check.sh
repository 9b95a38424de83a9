#!/bin/sh
# Everything that must hold, in the order of what fails fastest: formatting, lints, documentation, licences, tests.
# Installs what it needs beside Rust: two tools of cargo's, and PostgreSQL. `sh check.sh` is what CI runs.
set -eu
cd "$(dirname "$0")"

need() { # a cargo subcommand, its crate and version
    cargo "$1" --version >/dev/null 2>&1 || cargo install "$2" --version "$3" --locked
}
need nextest cargo-nextest 0.9.143
need deny cargo-deny 0.20.2

# The tests start their own PostgreSQL server. Another system's package has to be installed by hand.
if ! command -v initdb >/dev/null && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    command -v apt-get >/dev/null || { echo "check.sh: install PostgreSQL 15 or later (initdb, pg_ctl, psql): tests need it" >&2; exit 1; }
    root=$([ "$(id -u)" = 0 ] || echo sudo)
    $root apt-get update -q
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql
fi

cargo fmt --check
cargo clippy --locked --all-targets -- --deny warnings
RUSTDOCFLAGS="--deny warnings" cargo doc --locked --no-deps --document-private-items
cargo deny --locked check bans licenses sources
cargo test --locked --doc
cargo nextest run --locked
