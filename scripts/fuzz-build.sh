#!/usr/bin/env bash
# Builds the fuzz targets, which are a workspace of their own. A plain build on the stable toolchain keeps them from
# rotting; running them takes nightly and cargo-fuzz: `cargo +nightly fuzz run TARGET`.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked --manifest-path fuzz/Cargo.toml --bins
