#!/usr/bin/env bash
# Prints the table of docs/benchmarks.md. Arguments go to the benchmark.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked -p taffrail
export TAFFRAIL_BIN=${CARGO_TARGET_DIR:-$PWD/target}/release/taffrail
exec cargo run --release --locked -p taffrail-tests --bin bench -- "$@"
