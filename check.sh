#!/bin/sh
# Everything that must hold, in the order of what fails fastest: formatting, lints, documentation, licences, tests.
# Installs the two tools that it needs beside Rust. `sh check.sh` is what CI runs.
set -eu
cd "$(dirname "$0")"

need() { # a cargo subcommand, its crate and version
    cargo "$1" --version >/dev/null 2>&1 || cargo install "$2" --version "$3" --locked
}
need nextest cargo-nextest 0.9.143
need deny cargo-deny 0.20.2

cargo fmt --check
cargo clippy --locked --all-targets -- --deny warnings
RUSTDOCFLAGS="--deny warnings" cargo doc --locked --no-deps --document-private-items
cargo deny --locked check bans licenses sources
cargo test --locked --doc
cargo nextest run --locked
