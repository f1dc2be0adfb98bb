#!/usr/bin/env bash
# Holds a running server to docs/openapi.json: lints the document, then has schemathesis send to both listeners what the document
# permits and what it forbids. Asks for TAFFRAIL_BIN, as scripts/build-test-binaries.sh prints it. The same requests every time.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=${CARGO_TARGET_DIR:-target}/api-check/bin
document=docs/openapi.json
folder=$(mktemp -d)
data=$folder/data
server=

main() {
    trap stop EXIT
    "$tools/openapi-spec-validator" "$document"
    "$TAFFRAIL_BIN" import --cluster demo --data "$data" \
        samples/audit/scenario.jsonl.gz samples/story/audit.jsonl.gz >"$folder/import" 2>&1
    start
    # First what is sent: it leaves dead letters for the questions to find.
    local failed=no
    check sending "$(address ingest)" --include-tag sending || failed=yes
    # A live stream has no end; tests/tests/live.rs looks at it.
    check asking "$(address api)" --exclude-tag sending --exclude-operation-id tail || failed=yes
    if grep -E ' ERROR |panicked' "$folder/log"; then failed=yes; fi
    [ "$failed" = no ] || fail "the API is not as $document says"
}

start() {
    TAFFRAIL__API__LISTEN=127.0.0.1:0 TAFFRAIL__INGEST__LISTEN=127.0.0.1:0 \
        "$TAFFRAIL_BIN" serve --data "$data" >"$folder/log" 2>&1 &
    server=$!
    for _ in $(seq 300); do
        if [ -s "$data/server.json" ] && "$tools/python" scripts/api-check/ready.py "$data/server.json"; then return; fi
        if ! kill -0 "$server" 2>/dev/null; then break; fi
        sleep 0.1
    done
    cat "$folder/log" >&2
    fail "the server does not get ready"
}

stop() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    rm -rf "$folder"
}

fail() {
    echo "api-check: $1" >&2
    exit 1
}

# The URL of a listener.
address() {
    "$tools/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$data/server.json" "$1"
}

check() {
    local name=$1 url=$2
    shift 2
    echo "api-check: $name, at $url"
    "$tools/st" --config-file scripts/api-check/schemathesis.toml --no-color run "$document" --url "$url" "$@"
}

main
