#!/usr/bin/env bash
# Every test: unit, property, whole-process, documentation, the API against its document.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/web.sh build
binaries=$(scripts/build-test-binaries.sh)
eval "$binaries"

cargo test --locked --workspace --doc
cargo nextest run --locked --workspace
scripts/api-check.sh
scripts/web.sh test
