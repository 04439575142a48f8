#!/usr/bin/env bats
# The fail2ban filter, by fail2ban's own tool.

load world

setup() {
    cat >"$BATS_TEST_TMPDIR/good.log" <<'LOG'
{"ts":"2026-11-21T06:00:00.000000Z","level":"info","room":"relay.auth","msg":"login accepted","fields":{"event":"auth.login.accepted","client":"192.0.2.1","user":"u-1-00000000","digest":"01234567"}}
{"ts":"2026-11-21T06:00:01.000000Z","level":"info","room":"relay.auth","msg":"login refused","fields":{"event":"auth.login.refused","client":"192.0.2.1","reason":"unreadable"}}
{"ts":"2026-11-21T06:00:02.000000Z","level":"info","room":"relay.auth","msg":"guest refused","fields":{"event":"auth.guest.refused","client":"192.0.2.1","reason":"id-taken"}}
{"ts":"2026-11-21T06:00:03.000000Z","level":"info","room":"relay.auth","msg":"registration refused","fields":{"event":"auth.register.refused","client":"192.0.2.1","reason":"name-taken"}}
{"ts":"2026-11-21T06:00:03.000000Z","level":"warn","room":"relay","msg":"settings","fields":{"note":"\"event\":\"auth.login.refused\",\"client\":\"192.0.2.9\",\"reason\":\"wrong-login\""}}
2026-11-21T06:00:04.000000Z INFO  relay.auth: login accepted event=auth.login.accepted client=192.0.2.1 user=u-1-00000000
2026-11-21T06:00:04.000000Z WARN  relay: settings note="login refused event=auth.login.refused client=192.0.2.9 reason=wrong-login"
LOG
    cat >"$BATS_TEST_TMPDIR/bad.log" <<'LOG'
{"ts":"2026-11-21T06:00:05.000000Z","level":"info","room":"relay.auth","msg":"login refused","fields":{"event":"auth.login.refused","client":"192.0.2.7","reason":"wrong-login"}}
{"ts":"2026-11-21T06:00:06.000000Z","level":"info","room":"relay.auth","msg":"login refused","fields":{"event":"auth.login.refused","client":"2001:db8::7","reason":"too-many"}}
2026-11-21T06:00:07.000000Z INFO  relay.auth: login refused event=auth.login.refused client=192.0.2.7 reason=wrong-login
LOG
}

matched() { fail2ban-regex -v "$1" "$tree/deploy/fail2ban/clasp-relay.filter.conf"; }

@test "wrong passwords are matched, with their address and time" {
    run matched "$BATS_TEST_TMPDIR/bad.log"
    echo "$output"
    [[ "$output" == *'3 matched'* ]]
    [[ "$output" == *'0 missed'* ]]
    [[ "$output" == *'2001:db8::7  Sat Nov 21 06:00:06 2026'* ]]
}

@test "nothing else is, also when a field says the same words" {
    run matched "$BATS_TEST_TMPDIR/good.log"
    echo "$output"
    [[ "$output" == *'0 matched'* ]]
}

@test "the jail parses" {
    mkdir -p "$BATS_TEST_TMPDIR/fail2ban/filter.d" "$BATS_TEST_TMPDIR/fail2ban/jail.d"
    cp -R /etc/fail2ban/. "$BATS_TEST_TMPDIR/fail2ban/"
    rm -f "$BATS_TEST_TMPDIR/fail2ban/jail.d/"*
    (cd "$tree" && bash -e <<<"$(documented fail2ban "s,/etc/fail2ban,$BATS_TEST_TMPDIR/fail2ban,")")
    run fail2ban-client -c "$BATS_TEST_TMPDIR/fail2ban" -d
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"'clasp-relay', 'maxretry', 20"* ]]
}
