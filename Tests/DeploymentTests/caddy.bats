#!/usr/bin/env bats
# The shipped Caddyfile in a real Caddy, with the names and ports it has in production. Runs inside in-namespace.

load world

start_caddy() { # start_caddy FILE
    caddy run --config "$1" --adapter caddyfile >"$BATS_FILE_TMPDIR/caddy.log" 2>&1 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/caddy.pid"
    until_true curl -sS -o /dev/null --cacert "$authority" https://app.localhost/
}

setup_file() {
    load world
    export XDG_DATA_HOME=$BATS_FILE_TMPDIR/caddy XDG_CONFIG_HOME=$BATS_FILE_TMPDIR/caddy
    # For *.localhost Caddy is its own authority.
    export DOMAIN=app.localhost authority=$BATS_FILE_TMPDIR/caddy/caddy/pki/authorities/local/root.crt
    fill_web_root /srv/chat
    start_relay
    start_caddy "$tree/Caddyfile"
}

teardown_file() {
    load world
    stop caddy
    stop relay
}

probe() { "$BATS_TEST_DIRNAME/python" "$BATS_TEST_DIRNAME/proxy-probe" https://app.localhost "$authority"; }

@test "everything promised holds through Caddy" {
    run probe
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "addresses behind Caddy are counted apart, and nobody can make one up" {
    run "$BATS_TEST_DIRNAME/python" "$BATS_TEST_DIRNAME/crowd-probe" https://app.localhost "$authority"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "fail2ban sees who guessed, by the address of the client" {
    run fail2ban-regex -v "$BATS_FILE_TMPDIR/relay.log" "$tree/deploy/fail2ban/clasp-relay.filter.conf"
    echo "$output"
    [ "$(grep -c '^ *|* *10\.9\.0\.92 ' <<<"$output")" -ge 5 ]
    no grep '127\.0\.0\.1 ' <<<"$output"
}

@test "the same behind one more proxy, by what the compose file has relay and Caddy trust" {
    hop=10.9.0.94
    trusted=$(sed -n 's/^ *- RELAY_TRUSTED_PROXIES=//p' "$tree/deploy/droplet/docker-compose.yml")
    # The networks of the compose file are loopback here; the proxy is where .env says.
    trusted=$(PROXIES=$hop/32 bash -c "echo \"$trusted\"" | sed 's,172\.30\.73\.0/24,127.0.0.0/8,')
    stop caddy
    stop relay
    start_relay --trusted-proxies "$trusted"
    PROXIES=$hop/32 start_caddy "$tree/Caddyfile"
    run "$BATS_TEST_DIRNAME/python" "$BATS_TEST_DIRNAME/crowd-probe" https://app.localhost "$authority" "$hop"
    echo "$output"
    stop caddy
    stop relay
    start_relay
    start_caddy "$tree/Caddyfile"
    [ "$status" -eq 0 ]
}

@test "200 sockets come back after a reload" {
    run "$BATS_TEST_DIRNAME/python" "$BATS_TEST_DIRNAME/reload-probe" https://app.localhost "$authority" \
        caddy reload --force --config "$tree/Caddyfile" --adapter caddyfile
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "one request id is in Caddy's log and in the answer, tokens are in none" {
    run curl -sS -i --cacert "$authority" 'https://app.localhost/api/health?token=cpsk_0123456789abcdef'
    id=$(sed -n 's/^x-request-id: //ip' <<<"$output" | tr -d '\r')
    [ "${#id}" -ge 16 ]
    until_true grep -q "$id" "$BATS_FILE_TMPDIR/caddy.log"
    no grep -r cpsk_0123456789abcdef "$BATS_FILE_TMPDIR/caddy.log" "$BATS_FILE_TMPDIR/relay.log"
}

@test "the Caddyfile is as caddy fmt writes it" {
    [ -z "$(caddy fmt --diff "$tree/Caddyfile" | grep '^[-+]')" ]
    [ -z "$(caddy fmt --diff "$tree/deploy/caddy/Caddyfile.close-delay" | grep '^[-+]')" ]
}

@test "the variant for newer versions differs in the close delay and nothing else" {
    run diff "$tree/Caddyfile" "$tree/deploy/caddy/Caddyfile.close-delay"
    [ "$(grep -c '^[<>]' <<<"$output")" -ge 1 ]
    no grep '^<' <<<"$output"
    [ -z "$(grep '^>' <<<"$output" | grep -vE 'stream_close_delay|^>[[:space:]]+#')" ]
}

@test "the Caddyfile that this one corrects fails the same test" {
    stop caddy
    start_caddy "$BATS_TEST_DIRNAME/Caddyfile.wrong"
    run probe
    start_again=$status
    stop caddy
    start_caddy "$tree/Caddyfile"
    [ "$start_again" -eq 1 ]
    grep 'BROKEN: POST /auth/login' <<<"$output"
    grep 'BROKEN: /ws: a socket' <<<"$output"
    grep 'BROKEN: missing /assets/none.js' <<<"$output"
}
