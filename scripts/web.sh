#!/usr/bin/env bash
# The web UI.
#
#   scripts/web.sh build   makes web/dist, which the next build of the program embeds; says so and goes on where there is no Node.js
#   scripts/web.sh test    its checks and tests, with the program in $TAFFRAIL_BIN
set -euo pipefail
cd "$(dirname "$0")/../web"

main() {
    case "${1:-}" in
        build)
            if ! command -v npm >/dev/null; then
                echo "web: no npm, so the program will be without its web UI" >&2
                return
            fi
            build
            ;;
        test)
            packages
            npm run --silent check
            npm test --silent
            npm run --silent e2e
            ;;
        *)
            echo "usage: scripts/web.sh build|test" >&2
            exit 2
            ;;
    esac
}

# What is newer than the last build says that there has to be another one.
build() {
    packages
    if [ -e dist/index.html ] && [ -z "$(find . ../docs/openapi.json \
        -path ./node_modules -prune -o -path ./dist -prune -o -type f -newer dist/index.html -print -quit)" ]; then
        return
    fi
    npm run --silent build
}

# As the lock file says; again only when it has changed.
packages() {
    if cmp -s package-lock.json node_modules/.installed.json; then return; fi
    npm ci --silent --no-audit --no-fund
    cp package-lock.json node_modules/.installed.json
}

main "$@"
