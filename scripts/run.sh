#!/usr/bin/env bash
# The demo: builds Taffrail, imports the samples into .demo/data (cluster `demo`) and serves them.
set -euo pipefail
cd "$(dirname "$0")/.."

taffrail=${CARGO_TARGET_DIR:-target}/release/taffrail
data=.demo/data
url=http://127.0.0.1:8585

main() {
    cargo build --release --locked -p taffrail
    if [ ! -e .demo/imported ]; then import_samples; fi
    print_questions
    exec "$taffrail" serve --data "$data"
}

# Importing twice adds nothing, so an import that was interrupted is simply run again.
import_samples() {
    mkdir -p .demo
    "$taffrail" import --cluster demo --data "$data" \
        samples/audit/scenario.jsonl.gz samples/story/audit.jsonl.gz
    touch .demo/imported
}

# The samples date from 2026-11-23, so no question may say "since an hour ago".
print_questions() {
    cat <<END

Taffrail answers at $url. Ask it from another terminal, in this folder:

  Which people deleted something, and what?
    $taffrail search 'verb:delete by:human result:success' --server $url

  Who was refused what?
    $taffrail search 'result:denied' --server $url

  Who put the pod default/attacker into quarantine, and who let it out?
    $taffrail search 'name:attacker verb:patch by:human' --server $url

Ctrl-C stops it. The data is in $data; delete .demo to start afresh.

END
}

main
