#!/usr/bin/env bats
# Releases and their installation, with the built program. Runs inside in-namespace.

load world

setup_file() {
    load world
    export RELAY_BINARY=$relay
    (cd "$tree" && scripts/dist >"$BATS_FILE_TMPDIR/first")
    export release=$BATS_FILE_TMPDIR/release
    mkdir "$release"
    tar -xzf "$tree"/.build/dist/*.tar.gz --strip-components=1 -C "$release"
}

@test "made twice, the checksums are the same; only a signature is one's own" {
    openssl genpkey -algorithm ed25519 -out "$BATS_TEST_TMPDIR/key.pem"
    (cd "$tree" && scripts/dist --sign "$BATS_TEST_TMPDIR/key.pem" >"$BATS_TEST_TMPDIR/second")
    diff "$BATS_FILE_TMPDIR/first" "$BATS_TEST_TMPDIR/second"
    (cd "$tree/.build/dist" && sha256sum -c SHA256SUMS)
    openssl pkey -in "$BATS_TEST_TMPDIR/key.pem" -pubout -out "$BATS_TEST_TMPDIR/public.pem"
    openssl pkeyutl -verify -rawin -pubin -inkey "$BATS_TEST_TMPDIR/public.pem" -in "$tree/.build/dist/SHA256SUMS" \
        -sigfile "$tree/.build/dist/SHA256SUMS.sig"
}

@test "the tarball holds what its list says, and no secret" {
    (cd "$release" && sha256sum --strict -c SHA256SUMS)
    [ "$(cd "$release" && find . -type f ! -name SHA256SUMS | wc -l)" -eq "$(wc -l <"$release/SHA256SUMS")" ]
    for file in bin/clasp-relay Caddyfile install.sh web/index.html docs/deployment.md deploy/droplet/setup.sh \
        deploy/systemd/relay.service share/man/man1/clasp-relay.1 share/completions/clasp-relay.fish sbom.cdx.json; do
        [ -s "$release/$file" ]
    done
    [ -z "$(find "$release" -name .env -o -name secrets -o -name '*.pem')" ]
    no grep -q '\.symtab' <<<"$(readelf -S "$release/bin/clasp-relay")"
}

@test "the list of parts names every library that is loaded" {
    jq -e '.bomFormat == "CycloneDX" and .specVersion == "1.5"' "$release/sbom.cdx.json"
    for library in libsqlite3-0 libargon2-1 libssl3 zlib1g libc6 swift-runtime; do
        jq -e --arg name $library '.components[] | select(.name == $name) | .version' "$release/sbom.cdx.json"
    done
    [ "$(jq -r '.metadata.component.hashes[0].content' "$release/sbom.cdx.json")" = \
        "$(sha256sum <"$release/bin/clasp-relay" | cut -d' ' -f1)" ]
}

@test "what pages load moves below a hash of its content, and changes its place when it changes" {
    site=$BATS_TEST_TMPDIR/site
    mkdir -p "$site/app/parts" "$site/sdk" "$site/test"
    echo '<script type="module" src="./start.js"></script><a href="sdk/clasp.js"><a href="https://example.com/app/">' >"$site/index.html"
    echo '<link rel="stylesheet" href="a.css"><script src="/sdk/clasp.js"></script><link rel="manifest" href="m.json">' >"$site/app/index.html"
    echo 'import "../sdk/clasp.js"' >"$site/app/main.js"
    touch "$site"/app/{a.css,m.json,config.json} "$site/test/a.js"
    printf '%s\n' 'import {' '    part,' "} from './app/parts/one.js';" "const late = () => import('./sdk/clasp.js');" >"$site/start.js"
    echo "export * from '../main.js'; import './none.js'" >"$site/app/parts/one.js"
    echo 1 >"$site/sdk/clasp.js"
    "$tree/scripts/hash-web" "$site" "$BATS_TEST_TMPDIR/one"
    cd "$BATS_TEST_TMPDIR/one"
    hash=$(basename assets/*)
    [[ "$hash" =~ ^[0-9a-f]{16}$ ]]
    preload='<link rel="modulepreload" href="assets/'$hash
    [ "$(cat index.html)" = "$preload/app/parts/one.js\">$preload/app/main.js\">$preload/sdk/clasp.js\"><script type=\"module\" src=\"assets/$hash/start.js\"></script><a href=\"sdk/clasp.js\"><a href=\"https://example.com/app/\">" ]
    [ "$(cat app/index.html)" = "<link rel=\"stylesheet\" href=\"../assets/$hash/app/a.css\"><script src=\"../assets/$hash/sdk/clasp.js\"></script><link rel=\"manifest\" href=\"m.json\">" ]
    [ "$(cat "assets/$hash/sdk/clasp.js")" = 1 ]
    [ -e app/config.json ] && [ -e "assets/$hash/app/main.js" ]
    [ ! -e test ] && [ ! -e "assets/$hash/test" ]
    "$tree/scripts/hash-web" "$site" "$BATS_TEST_TMPDIR/same"
    diff -r "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/same"
    echo 2 >"$site/sdk/clasp.js"
    "$tree/scripts/hash-web" "$site" "$BATS_TEST_TMPDIR/two"
    [ "$(ls "$BATS_TEST_TMPDIR/two/assets")" != "$hash" ]
}

@test "with DESTDIR everything goes below it, with the modes it needs" {
    root=$BATS_TEST_TMPDIR/root
    DESTDIR=$root "$release/install.sh"
    cd "$root"
    [ "$(stat -c %a usr/bin/clasp-relay etc/clasp/relay.env etc/clasp/chat.json var/lib/clasp-relay var/backups/clasp-relay | xargs)" = '755 600 644 700 700' ]
    usr/bin/clasp-relay --version
    man --warnings -l usr/share/man/man1/clasp-relay.1 >/dev/null 2>"$BATS_TEST_TMPDIR/man"
    [ ! -s "$BATS_TEST_TMPDIR/man" ]
    bash -n usr/share/bash-completion/completions/clasp-relay
    [ -s usr/share/clasp-relay/web/index.html ]
    no test -e /usr/bin/clasp-relay
}

@test "installing again keeps what the operator changed" {
    root=$BATS_TEST_TMPDIR/root
    DESTDIR=$root "$release/install.sh"
    echo 'RELAY_LOG=debug' >"$root/etc/clasp/relay.env"
    before=$(cd "$root" && find . -type f -exec sha256sum {} + | sort)
    DESTDIR=$root "$release/install.sh"
    [ "$(cat "$root/etc/clasp/relay.env")" = 'RELAY_LOG=debug' ]
    rm "$root/etc/clasp/relay.env.new"
    [ "$(cd "$root" && find . -type f -exec sha256sum {} + | sort)" = "$before" ]
}

@test "credentials are handed over where systemd can, and the service starts where it cannot" {
    root=$BATS_TEST_TMPDIR/root
    mkdir "$BATS_TEST_TMPDIR/bin"
    drop_in=$root/usr/lib/systemd/system/relay.service.d/credentials.conf
    install_with() { # install_with VERSION
        printf '#!/bin/sh\necho "systemd %s (%s.11-0ubuntu3.12)"\n' "$1" "$1" >"$BATS_TEST_TMPDIR/bin/systemctl"
        chmod +x "$BATS_TEST_TMPDIR/bin/systemctl"
        PATH=$BATS_TEST_TMPDIR/bin:$PATH DESTDIR=$root "$release/install.sh"
    }
    for version in 251 252 257~rc1; do
        install_with $version
        grep -x 'LoadCredential=clasp:/etc/clasp/credentials' "$drop_in"
    done
    # Older ones take a directory for a file that cannot be read, and do not start the service.
    run install_with 249
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *'/etc/clasp/credentials'*'251'* ]]
    no grep -r '^LoadCredential' "$root/usr/lib/systemd"
}

@test "by hand the pages come to where the compose file has them, ready to be kept" {
    install -d /srv/chat
    (cd "$tree" && bash -e <<<"$(documented pages)")
    diff -r "$release/web" /srv/chat
    # As another user than root, as whom Caddy is not obliged to run.
    setpriv --reuid 65534 --clear-groups cat /srv/chat/index.html >/dev/null
    rm -r /srv/chat/*
}

@test "uninstalling leaves data and configuration, and nothing else" {
    root=$BATS_TEST_TMPDIR/root
    DESTDIR=$root "$release/install.sh"
    echo kept >"$root/var/lib/clasp-relay/state.json"
    DESTDIR=$root "$release/install.sh" --uninstall
    [ "$(cd "$root" && find . -type f | sort | xargs)" = './etc/clasp/chat.json ./etc/clasp/relay.env ./var/lib/clasp-relay/state.json' ]
}

@test "installed for real, the user and the directories are there and systemd finds nothing to remark" {
    (cd "$release" && bash -e <<<"$(documented install)")
    [ "$(getent passwd clasp | cut -d: -f6,7)" = /var/lib/clasp-relay:/usr/sbin/nologin ]
    [ "$(stat -c '%U %a' /var/lib/clasp-relay)" = 'clasp 700' ]
    [ "$(stat -c '%U %a' /etc/clasp/credentials)" = 'root 700' ]
    run systemd-analyze verify --man=no /usr/lib/systemd/system/relay{.service,.socket,-backup.service,-backup.timer}
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    for unit in relay relay-backup; do
        run systemd-analyze security --offline=true --threshold=20 "/usr/lib/systemd/system/$unit.service"
        echo "${lines[-1]}"
        [ "$status" -eq 0 ]
    done
    systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' /usr/lib/systemd/system/relay-backup.timer)"
    # What the guide says about Caddy of the system puts a whole site in place.
    bash -e <<<"$(documented caddy)"
    [ -s /srv/chat/index.html ]
    RELAY=127.0.0.1 DOMAIN=app.localhost caddy validate --config /etc/caddy/Caddyfile --adapter caddyfile
    # Without Docker and systemd alike, cron runs the same command as the same user.
    [ "$(sed -n 's/^0 2 \* \* \* //p' "$tree/deploy/cron/clasp-relay" | cut -d' ' -f1)" = clasp ]
    "$release/install.sh" --uninstall
    [ ! -e /usr/bin/clasp-relay ]
}
