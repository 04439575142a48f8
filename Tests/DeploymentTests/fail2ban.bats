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

# The lines of a file as a journal keeps them that the relay's unit wrote.
journal_of() { # journal_of FILE, prints what fail2ban-regex calls it
    local line count=0
    while IFS= read -r line; do
        count=$((count + 1))
        printf '%s\n' "__REALTIME_TIMESTAMP=$((1795240800 + count))000000" _HOSTNAME=chat-1.example.org \
            SYSLOG_IDENTIFIER=clasp-relay _PID=4711 _SYSTEMD_UNIT=relay.service "MESSAGE=$line" ''
    done <"$1" >"$1.export"
    /lib/systemd/systemd-journal-remote -o "$1.journal" "$1.export" 2>/dev/null
    echo "systemd-journal[journalfiles=$1.journal]"
}

# The lines of a file as Docker keeps those of the relay's container, or with another ending.
container_of() { # container_of FILE [REST-OF-THE-LINE]
    local rest=${2:-'"stream":"stderr","attrs":{"tag":"clasp-relay"},"time":"2026-11-21T09:00:00.123456789Z"}'}
    sed -e 's/[\\"]/\\&/g' -e 's/^/{"log":"/' -e "s/\$/\\\\n\",$rest/" "$1" >"$1-json.log"
    echo "$1-json.log"
}

@test "wrong passwords are matched, with their address and time" {
    run matched "$BATS_TEST_TMPDIR/bad.log"
    echo "$output"
    [[ "$output" == *'3 matched'* ]]
    [[ "$output" == *'0 missed'* ]]
    [[ "$output" == *'2001:db8::7  Sat Nov 21 06:00:06 2026'* ]]
}

@test "they are in the journal, where host and program stand in front" {
    run matched "$(journal_of "$BATS_TEST_TMPDIR/bad.log")"
    echo "$output"
    [[ "$output" == *'3 matched'* ]]
    [[ "$output" == *'2001:db8::7'* ]]
    run matched "$(journal_of "$BATS_TEST_TMPDIR/good.log")"
    echo "$output"
    [[ "$output" == *'7 lines, '* ]]
    [[ "$output" == *'0 matched'* ]]
}

@test "they are in Docker's log of the relay, and of no other container" {
    run matched "$(container_of "$BATS_TEST_TMPDIR/bad.log")"
    echo "$output"
    jq -e .log "$BATS_TEST_TMPDIR/bad.log-json.log"
    [[ "$output" == *'3 matched'* ]]
    [[ "$output" == *'2001:db8::7  Sat Nov 21 06:00:06 2026'* ]]
    run matched "$(container_of "$BATS_TEST_TMPDIR/good.log")"
    echo "$output"
    [[ "$output" == *'7 lines, '* ]]
    [[ "$output" == *'0 matched'* ]]
    # Others may write what people type. That they are not the relay, no line of theirs can change.
    for rest in '"stream":"stdout","time":"2026-11-21T09:00:00Z"}' \
        '"stream":"stdout","attrs":{"tag":"web"},"time":"2026-11-21T09:00:00Z"}'; do
        run matched "$(container_of "$BATS_TEST_TMPDIR/bad.log" "$rest")"
        [[ "$output" == *'0 matched'* ]]
    done
    sed 's/$/\n","stream":"stderr","attrs":{"tag":"clasp-relay"},"time":"2026-11-21T09:00:00Z"}/' "$BATS_TEST_TMPDIR/bad.log" >"$BATS_TEST_TMPDIR/typed.log"
    run matched "$(container_of "$BATS_TEST_TMPDIR/typed.log" '"stream":"stdout","time":"2026-11-21T09:00:00Z"}')"
    echo "$output"
    [[ "$output" == *'0 matched'* ]]
    # The tag that the filter asks for is the one that the compose file gives.
    grep -F 'tag: clasp-relay' "$tree/deploy/droplet/docker-compose.yml"
}

@test "nothing else is, also when a field says the same words" {
    run matched "$BATS_TEST_TMPDIR/good.log"
    echo "$output"
    [[ "$output" == *'0 matched'* ]]
}

configured() { # configured COMMANDS-OF-THE-GUIDE…
    mkdir "$BATS_TEST_TMPDIR/fail2ban"
    cp -R /etc/fail2ban/. "$BATS_TEST_TMPDIR/fail2ban/"
    rm -f "$BATS_TEST_TMPDIR/fail2ban/jail.d/"*
    for commands; do (cd "$tree" && bash -e <<<"$(documented "$commands" "s,/etc/fail2ban,$BATS_TEST_TMPDIR/fail2ban,")"); done
    fail2ban-client -c "$BATS_TEST_TMPDIR/fail2ban" -d
}

@test "the jail parses" {
    run configured fail2ban
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"'clasp-relay', 'maxretry', 20"* ]]
    [[ "$output" == *"'clasp-relay', 'addjournalmatch', '_SYSTEMD_UNIT=relay.service'"* ]]
}

@test "the jail parses for containers, and looks at their logs" {
    mkdir -p /var/lib/docker/containers/0123
    touch /var/lib/docker/containers/0123/0123-json.log
    run configured fail2ban fail2ban-docker
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"'clasp-relay', 'maxretry', 20"* ]]
    [[ "$output" == *"'addlogpath', '/var/lib/docker/containers/0123/0123-json.log'"* ]]
    [[ "$output" == *"['chain', 'DOCKER-USER']"* ]]
}
