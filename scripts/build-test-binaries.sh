#!/usr/bin/env bash
# Builds the server that the whole-process tests start, in two forms, and prints where they are as shell assignments:
#
#   TAFFRAIL_BIN        as users get it
#   TAFFRAIL_CRASH_BIN  with crash points: places where a test can have it killed
#
# They are copies, so that a build that runs beside the tests does not pull the binary from under them.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}
folder=$target/under-test
mkdir -p "$folder"

keep() {
    cp -f "$target/debug/taffrail" "$folder/$1.new"
    mv -f "$folder/$1.new" "$folder/$1"
}

# A test target beside the binary, and the whole workspace: with these cargo settles on the features that the test run
# has too, and builds no dependency twice.
cargo build --locked --workspace --bin taffrail --test 'crash*' --features taffrail/crash-points >&2
keep taffrail-crash
cargo build --locked --workspace --bins --tests >&2
keep taffrail

echo "export TAFFRAIL_BIN=$folder/taffrail"
echo "export TAFFRAIL_CRASH_BIN=$folder/taffrail-crash"
