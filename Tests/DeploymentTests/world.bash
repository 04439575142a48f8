# What the tests of proxies share: a relay, a web root, a certificate, and how to wait.
# shellcheck shell=bash

tree=$(realpath "$BATS_TEST_DIRNAME/../..")
relay=${RELAY_BINARY:-$tree/.build/release/clasp-relay}

# until_true COMMAND…: tries for ten seconds.
until_true() {
    for _ in $(seq 200); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.05
    done
    echo "never came true: $*" >&2
    return 1
}

start_relay() { # start_relay [FLAG…], remembers its process
    mkdir -p "$BATS_FILE_TMPDIR/data"
    "$relay" --host 127.0.0.1 --data-dir "$BATS_FILE_TMPDIR/data" --app-config "$tree/deploy/relay/config/chat.json" "$@" \
        >"$BATS_FILE_TMPDIR/relay.log" 2>&1 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/relay.pid"
    until_true curl -fsS http://127.0.0.1:7350/readyz || { cat "$BATS_FILE_TMPDIR/relay.log" >&2; return 1; }
}

fill_web_root() { # fill_web_root DIRECTORY
    mkdir -p "$1/assets/0123456789abcdef"
    echo '<!doctype html><title>SPA</title>' >"$1/index.html"
    echo 'export {}' >"$1/assets/0123456789abcdef/app.js"
    echo '{}' >"$1/config.json"
}

stop() { # stop NAME, as started by this file
    local pid
    pid=$(cat "$BATS_FILE_TMPDIR/$1.pid") || return 0
    kill "$pid" 2>/dev/null || true
    until_true gone "$pid"
}

gone() { ! kill -0 "$1"; }

# A `!` before a command hides its status from the test; this does not.
no() { ! "$@"; }

# The commands that the guide shows readers, with the names of a test: documented NAME [SED-SCRIPT]
documented() { "$BATS_TEST_DIRNAME/documented" "$1" | sed "${2-}"; }
