#!/usr/bin/env bash
# Writes tests/fixtures/data-VERSION.tar.gz: a small data directory as this release leaves it, killed with records in the journal
# that are not indexed yet, and what has to be found in it. Every release adds its own; those of older releases are never made
# anew, because only that release writes its formats. tests/tests/formats.rs opens all of them.
#
# Usage: scripts/make-format-fixture.sh [BINARY]
set -euo pipefail
cd "$(dirname "$0")/.."

main() {
    local taffrail=${1:-}
    if [ -z "$taffrail" ]; then
        cargo build --release --locked -p taffrail
        taffrail=${CARGO_TARGET_DIR:-target}/release/taffrail
    fi
    local version fixture
    version=$("$taffrail" --version | cut -d' ' -f2)
    fixture=tests/fixtures/data-$version.tar.gz
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    make_data "$taffrail" "$work/data"
    count "$taffrail" "$work" >"$work/expected.json"
    rm -f "$work/data/lock" "$work/data/server.json"
    tar --sort=name --owner=0 --group=0 --numeric-owner -C "$work" -czf "$fixture" data expected.json
    echo "$fixture: $(cat "$work/expected.json")"
}

# Imported and compacted events, indexed ones that came by webhook, a dead letter, and records only the journal has.
make_data() {
    local taffrail=$1 data=$2
    export TAFFRAIL__API__LISTEN=127.0.0.1:0 TAFFRAIL__INGEST__LISTEN=127.0.0.1:0 TAFFRAIL__LOG__FILTER=warn
    export TAFFRAIL__INDEX__RETENTION__CHANGE=unlimited TAFFRAIL__INDEX__RETENTION__ACCESS=unlimited
    "$taffrail" import --cluster imported --data "$data" samples/audit/delete-finalizer-ssa-crd.jsonl.gz >/dev/null
    serve "$taffrail" "$data" TAFFRAIL__INDEX__HOLD=0s
    gzip -dc samples/audit/all-verbs.jsonl.gz | post "$data" indexed
    echo 'no event' | post "$data" indexed
    stop TERM
    serve "$taffrail" "$data" TAFFRAIL__INDEX__COMMIT_INTERVAL=60s
    gzip -dc samples/audit/delete-finalizer-ssa-crd.jsonl.gz | post "$data" journal
    stop KILL
}

# What a server finds in a copy of it.
count() {
    local taffrail=$1 work=$2
    cp -a "$work/data" "$work/copy"
    serve "$taffrail" "$work/copy" TAFFRAIL__INDEX__HOLD=0s
    local api
    api=$(address "$work/copy" api)
    until [ "$(search "$taffrail" "$api" cluster:journal)" -gt 0 ]; do sleep 0.2; done
    stop TERM
    local all indexed letters
    all=$("$taffrail" search --data "$work/copy" --limit 0 -o ndjson kind:audit 2>/dev/null | wc -l)
    indexed=$("$taffrail" search --data "$work/data" --limit 0 -o ndjson kind:audit 2>/dev/null | wc -l)
    letters=$("$taffrail" deadletters --data "$work/data" -o ndjson 2>/dev/null | wc -l)
    echo "{\"events\": $all, \"indexed\": $indexed, \"dead_letters\": $letters}"
}

search() { "$1" search --server "$2" --limit 0 -o ndjson "$3" 2>/dev/null | wc -l; }

serve() {
    local taffrail=$1 data=$2
    rm -f "$data/server.json"
    env "$3" "$taffrail" serve --data "$data" >/dev/null &
    server=$!
    until [ -e "$data/server.json" ]; do sleep 0.1; done
}

stop() {
    kill "-$1" "$server"
    wait "$server" 2>/dev/null || true
}

address() { sed -E "s/.*\"$2\":\"([^\"]*)\".*/\1/" "$1/server.json"; }

post() {
    curl --silent --show-error --fail --noproxy '*' --data-binary @- "$(address "$1" ingest)/v1/audit/$2"
}

main "$@"
