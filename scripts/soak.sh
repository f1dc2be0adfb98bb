#!/usr/bin/env bash
# The long runs: what the tests do in minutes, for as long as it takes. Arguments go to the soak.
set -euo pipefail
cd "$(dirname "$0")/.."

binaries=$(scripts/build-test-binaries.sh)
eval "$binaries"
# Days are measured with what users get, kills are not.
cargo build --release --locked -p taffrail
export TAFFRAIL_BIN=${CARGO_TARGET_DIR:-$PWD/target}/release/taffrail
exec cargo run --release --locked -p taffrail-tests --bin soak -- "$@"
