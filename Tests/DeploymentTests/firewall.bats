#!/usr/bin/env bats
# The firewall helper against the kernel's own packet filter. Runs inside in-namespace.

load world

firewall() { "$tree/deploy/firewall/firewall" "$@"; }

listening() { # listening PORT, on an address that is not loopback
    python3 -m http.server --bind 10.9.0.1 "$1" >/dev/null 2>&1 3>&- &
    servers+=($!)
    until_true curl -fsS -o /dev/null --interface 10.9.0.1 "http://10.9.0.1:$1/"
}

teardown() {
    for server in "${servers[@]}"; do kill "$server"; done
    nft delete table inet clasp 2>/dev/null || true
    rm -rf /etc/nftables.d
}

@test "--print shows rules and sets none" {
    run "$tree/$(documented firewall | cut -d' ' -f1)" --print
    [ "$status" -eq 0 ]
    [[ "$output" == *'22, 80, 443'* ]]
    [[ "$output" != *7330* && "$output" != *7350* ]]
    [ -z "$(nft list ruleset)" ]
    nft -c -f - <<<"$output"
}

@test "ports 80 and 443 are open, the relay's are not, and a second run changes nothing" {
    servers=()
    listening 80
    listening 7330
    # Loopback is always allowed, so a stranger needs an interface: a pair of them, into a network of its own.
    ip link add host type veth peer name guest
    unshare --net sleep 60 &
    servers+=($!)
    elsewhere() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
    until_true elsewhere "$!"
    ip link set guest netns "$!"
    ip addr add 10.8.0.1/24 dev host
    ip link set host up
    stranger() { nsenter --net="/proc/${servers[2]}/ns/net" "$@"; }
    stranger ip addr add 10.8.0.2/24 dev guest
    stranger ip link set guest up
    stranger ip route add 10.9.0.1 via 10.8.0.1
    stranger curl -fsS -m 5 -o /dev/null http://10.9.0.1:7330/
    firewall --apply
    stranger curl -fsS -m 5 -o /dev/null http://10.9.0.1:80/
    no stranger curl -fsS -m 1 -o /dev/null http://10.9.0.1:7330/
    before=$(nft list ruleset; stat -c %Y /etc/nftables.d/clasp.nft; cat /etc/nftables.conf)
    sleep 1
    firewall --apply
    [ "$(nft list ruleset; stat -c %Y /etc/nftables.d/clasp.nft; cat /etc/nftables.conf)" = "$before" ]
}

@test "the port of ssh stays open, wherever it is" {
    run firewall --print --ssh 2222
    [[ "$output" == *'{ 2222, 80, 443 }'* ]]
    SSH_CONNECTION='192.0.2.1 55555 192.0.2.2 2200' run firewall --print
    [[ "$output" == *2200* ]]
    run firewall --print --ssh '22; drop'
    [ "$status" -eq 64 ]
}

@test "with ufw it is asked instead" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    printf '#!/bin/sh\nexit 99\n' >"$BATS_TEST_TMPDIR/bin/ufw"
    chmod +x "$BATS_TEST_TMPDIR/bin/ufw"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH run firewall --print --ssh 22
    [ "$status" -eq 0 ]
    [ "${lines[*]}" = 'ufw default deny incoming ufw default allow outgoing ufw allow 22/tcp ufw allow 80/tcp ufw allow 443/tcp ufw --force enable' ]
}
