#!/usr/bin/env bats
# The shipped site in a real nginx, at the places it has on a Debian machine. Runs inside in-namespace.

load world

setup_file() {
    load world
    local name=app.localhost
    export authority=/etc/letsencrypt/live/$name/fullchain.pem
    mkdir -p "/etc/letsencrypt/live/$name"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$name" \
        -addext "subjectAltName=DNS:$name" -keyout "/etc/letsencrypt/live/$name/privkey.pem" -out "$authority" 2>/dev/null
    rm -f /etc/nginx/sites-enabled/* /var/log/nginx/*
    (cd "$tree" && bash -e <<<"$(documented nginx "s,/chat.example.com/,/$name/,")")
    fill_web_root /srv/chat
    start_relay
    nginx -g 'daemon off;' >"$BATS_FILE_TMPDIR/nginx.log" 2>&1 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/nginx.pid"
    until_true curl -sS -o /dev/null --cacert "$authority" "https://$name/"
}

teardown_file() {
    load world
    stop nginx
    stop relay
}

@test "nginx finds nothing to remark" {
    run nginx -t
    [ "$status" -eq 0 ]
    [[ "$output" != *warn* ]]
}

@test "everything promised holds through nginx" {
    run "$BATS_TEST_DIRNAME/python" "$BATS_TEST_DIRNAME/proxy-probe" https://app.localhost "$authority"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "addresses behind nginx are counted apart, and nobody can make one up" {
    run "$BATS_TEST_DIRNAME/python" "$BATS_TEST_DIRNAME/crowd-probe" https://app.localhost "$authority"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "200 sockets come back after a reload" {
    run "$BATS_TEST_DIRNAME/python" "$BATS_TEST_DIRNAME/reload-probe" https://app.localhost "$authority" nginx -s reload
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "TLS 1.1 is refused, 1.2 and 1.3 are spoken" {
    for version in tls1_2 tls1_3; do
        openssl s_client -connect app.localhost:443 -CAfile "$authority" "-$version" </dev/null
    done
    no openssl s_client -connect app.localhost:443 -cipher 'ALL:@SECLEVEL=0' -tls1_1 </dev/null
}

@test "one request id is in nginx's log and in the answer, health and queries are in none" {
    run curl -sS -i --cacert "$authority" 'https://app.localhost/config.json?token=cpsk_0123456789abcdef'
    id=$(sed -n 's/^x-request-id: //ip' <<<"$output" | tr -d '\r')
    [ "${#id}" -ge 16 ]
    curl -sS --cacert "$authority" https://app.localhost/health
    until_true grep -q "$id" /var/log/nginx/clasp-access.log
    no grep -e cpsk_0123456789abcdef -e '"GET /health' /var/log/nginx/*
}
