#!/usr/bin/env bash
# Makes sure that what a step needs is there. Prints nothing when it is.
#
#   scripts/setup.sh build   a C compiler and a Rust toolchain, and Node.js for the web UI, if it can be had
#   scripts/setup.sh test    and Chromium, cargo-nextest, Python, and what scripts/api-check asks for
#   scripts/setup.sh ci      and cargo-deny
#
# As root on Debian and its relatives it installs what is missing. Elsewhere it prints the exact line and stops.
set -euo pipefail
cd "$(dirname "$0")/.."

# Another file here shows what the script does on another system.
OS_RELEASE=${OS_RELEASE:-/etc/os-release}

main() {
    local tools checks_api=yes
    case "${1:-}" in
        build) tools=() checks_api=no ;;
        test) tools=(cargo-nextest) ;;
        ci) tools=(cargo-nextest cargo-deny) ;;
        *) stop "usage: scripts/setup.sh build|test|ci" ;;
    esac
    ensure_c_compiler
    ensure_rust
    if [ "$checks_api" = yes ]; then ensure_web_tests; else ensure_node || note_no_node; fi
    for tool in "${tools[@]}"; do ensure_cargo_tool "$tool"; done
    if [ "$checks_api" = yes ]; then ensure_api_check; fi
}

# zstd and jemalloc are C and are built from source: cc, make and the headers of libc.
ensure_c_compiler() {
    if has cc && has make && c_headers_found; then return; fi
    if is_debian && is_root; then
        apt_install build-essential
    else
        stop "a C compiler, make and the C library's headers are needed. Run:" "$(c_compiler_line)"
    fi
}

ensure_rust() {
    local needed
    needed=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    if rust_is_at_least "$needed"; then return; fi
    if is_debian && is_root; then install_rust; fi
    if rust_is_at_least "$needed"; then return; fi
    if has rustup; then
        stop "Rust $needed or newer is needed. Run:" "$RUSTUP_LINE"
    else
        stop "Rust $needed or newer is needed, through rustup. Run:" "$RUSTUP_INSTALL_LINE"
    fi
}

# For this folder only: the user's default toolchain stays what it is.
RUSTUP_LINE="rustup toolchain install stable --component clippy,rustfmt && rustup override set stable"
RUSTUP_INSTALL_LINE="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y && . ~/.cargo/env"

# Debian's own cargo is always too old for us; its rustup (from Debian 13 on) is not.
install_rust() {
    if ! has rustup; then
        # It cannot stand beside Debian's cargo, and that is not ours to remove.
        apt_install --no-remove rustup ca-certificates || return 0
    fi
    say "installing the stable Rust toolchain"
    rustup toolchain install stable --component clippy,rustfmt
    rustup override set stable
}

# The UI's build asks for it. The program builds without.
ensure_node() {
    if node_is_enough; then return; fi
    if is_debian && is_root; then apt_install nodejs npm; fi
    node_is_enough
}

note_no_node() {
    say "the web UI is left out: $NODE_IS_NEEDED. For it, run:"
    printf '\n    %s\n\n' "$(node_line)" >&2
}

# What the tests of the web UI ask for: a real browser, too, and a certificate for it.
ensure_web_tests() {
    ensure_node || stop "$NODE_IS_NEEDED for the tests of the web UI. Run:" "$(node_line)"
    if has chromium && has openssl; then return; fi
    if is_debian && is_root; then apt_install chromium openssl; fi
    if has chromium && has openssl; then return; fi
    stop "Chromium and OpenSSL are needed for the tests of the web UI. Run:" "$(browser_line)"
}

NODE_IS_NEEDED="Node.js 20.19 or newer and npm are needed"

node_is_enough() {
    has node && has npm && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);'
}

# These are built from source, once, as they are not packaged.
ensure_cargo_tool() {
    if has "$1"; then return; fi
    say "installing $1 (a few minutes, once)"
    cargo install --locked "$1"
}

# schemathesis and a linter, in a place of their own: the system's Python stays as it is.
ensure_api_check() {
    local wanted=scripts/api-check/requirements.txt venv=${CARGO_TARGET_DIR:-target}/api-check
    if cmp -s "$wanted" "$venv/installed.txt"; then return; fi
    ensure_python
    say "installing what scripts/api-check asks for (a minute, once)"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$wanted" >&2
    cp "$wanted" "$venv/installed.txt"
}

ensure_python() {
    if python_is_enough; then return; fi
    if is_debian && is_root; then apt_install python3 python3-venv; fi
    if python_is_enough; then return; fi
    stop "Python 3.11 or newer with its module venv is needed. Run:" "$(python_line)"
}

# Debian has ensurepip, without which there is no venv, in a package of its own.
python_is_enough() {
    has python3 && python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

rust_is_at_least() {
    local found
    has cargo || return 1
    found=$(rustc --version 2>/dev/null | cut -d ' ' -f 2) || return 1
    [ -n "$found" ] && [ "$(printf '%s\n%s\n' "$1" "$found" | sort -V | head -n 1)" = "$1" ]
}

c_headers_found() {
    echo '#include <stdlib.h>' | cc -E -x c - >/dev/null 2>&1
}

c_compiler_line() {
    install_line build-essential "gcc make glibc-devel" "gcc make glibc-devel" base-devel build-base \
        "xcode-select --install" "gcc make"
}

python_line() {
    install_line python3-venv python3 python3 python python3 "brew install python3" python3
}

node_line() {
    install_line "nodejs npm" nodejs-npm "nodejs npm" "nodejs npm" "nodejs npm" "brew install node" "nodejs npm"
}

browser_line() {
    install_line "chromium openssl" "chromium openssl" "chromium openssl" "chromium openssl" "chromium openssl" \
        "brew install --cask chromium && brew install openssl" "chromium openssl"
}

# The line that installs packages here: their names on Debian, Fedora, SUSE, Arch and Alpine, the whole line on a Mac, and
# their names anywhere else.
install_line() {
    local sudo="sudo "
    if is_root; then sudo=""; fi
    if is_debian; then
        echo "${sudo}apt-get update && ${sudo}apt-get install -y $1"
    elif is_like fedora || is_like rhel; then
        echo "${sudo}dnf install -y $2"
    elif is_like suse; then
        echo "${sudo}zypper install -y $3"
    elif is_like arch; then
        echo "${sudo}pacman -S --needed $4"
    elif is_like alpine; then
        echo "${sudo}apk add $5"
    elif [ "$(uname -s)" = Darwin ]; then
        echo "$6"
    else
        echo "(your package manager) install $7"
    fi
}

apt_install() {
    apt_update
    say "apt-get install $*"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

APT_UPDATED=no
apt_update() {
    [ "$APT_UPDATED" = no ] || return 0
    apt-get update -qq >&2
    APT_UPDATED=yes
}

is_debian() { is_like debian && has apt-get; }
is_root() { [ "$(id -u)" = 0 ]; }
is_like() { [ -r "$OS_RELEASE" ] && grep -qE "^ID(_LIKE)?=.*\b$1" "$OS_RELEASE"; }
has() { command -v "$1" >/dev/null 2>&1; }
say() { printf 'setup: %s\n' "$*" >&2; }

stop() {
    say "$1"
    shift
    if [ $# -gt 0 ]; then printf '\n    %s\n\n' "$@" >&2; fi
    exit 1
}

main "$@"
