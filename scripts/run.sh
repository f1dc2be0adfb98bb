#!/usr/bin/env bash
# The demo: builds Taffrail, imports the samples into .demo/data (cluster `demo`) and serves them.
set -euo pipefail
cd "$(dirname "$0")/.."

taffrail=${CARGO_TARGET_DIR:-target}/release/taffrail
data=.demo/data
url=http://127.0.0.1:8585

main() {
    scripts/web.sh build
    cargo build --release --locked -p taffrail
    if [ ! -e .demo/imported ]; then import_samples; fi
    print_questions
    exec "$taffrail" serve --data "$data"
}

# Importing twice adds nothing, so an import that was interrupted is simply run again.
import_samples() {
    mkdir -p .demo
    "$taffrail" import --cluster demo --data "$data" \
        samples/audit/scenario.jsonl.gz samples/story/audit.jsonl.gz \
        samples/story/kern.log samples/story/flows.jsonl
    touch .demo/imported
}

# The samples date from 2026-11-23, so no question may say "since an hour ago".
print_questions() {
    cat <<END

Taffrail answers at $url. Open that in a browser, or ask it from another terminal, in this folder:

  Who deleted the deployment "api"?
    $taffrail search 'verb:delete resource:deployments name:api' --server $url

  What was bob refused?
    $taffrail search 'user:bob result:denied' --server $url

  Who opened a shell in the pod "attacker", and who tried?
    $taffrail search 'resource:pods name:attacker sub:exec' --server $url

  What did the isolated pod "attacker" try, and who let it out again?
    $taffrail quarantine show attacker --server $url

Ctrl-C stops it. The data is in $data; delete .demo to start afresh.

END
}

main
