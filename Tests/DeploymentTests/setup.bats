#!/usr/bin/env bats
# setup.sh on real block devices: loop devices under the names that attached volumes have. Docker is played by a script
# that remembers what it was asked for; the engine's own turn comes in `make test-deploy`. Runs inside in-namespace.

load world

setup() {
    [ -n "$CLASP_NAMESPACE" ]
    # A place of its own for the tree's files that setup.sh writes beside itself.
    app=$BATS_TEST_TMPDIR/app
    mkdir -p "$app/scripts" "$app/web/assets" "$app/Sources/clasp-relay" "$BATS_TEST_TMPDIR/bin"
    cp "$tree/Package.swift" "$app/"
    cp "$tree/Sources/clasp-relay/Version.swift" "$app/Sources/clasp-relay/"
    cp -R "$tree/deploy" "$tree/Caddyfile" "$app/"
    cp "$tree/scripts/generate-secrets.sh" "$app/scripts/"
    echo '<h1>SPA</h1>' >"$app/web/index.html"
    echo 1 >"$app/web/assets/a.js"
    export DOCKER_CALLS=$BATS_TEST_TMPDIR/calls
    : >"$DOCKER_CALLS"
    cat >"$BATS_TEST_TMPDIR/bin/docker" <<'SH'
#!/bin/sh
echo "docker $*" >>"$DOCKER_CALLS"
case "$*" in
version*) echo 27.1.0 ;;
'image inspect clasp-relay:latest') [ -e "$DOCKER_CALLS.image" ] ;;
build*) touch "$DOCKER_CALLS.image" ;;
'run --rm --entrypoint caddy'*) echo 'v2.8.4 h1:abc' ;;
*'ps -q relay') echo 1234 ;;
*'up -d')
    # Caddy waits for a healthy relay, so Compose ends with a failure where there is none.
    [ "${RELAY_HEALTH:-healthy}" = healthy ] || exit 1
    [ ! -e "$DOCKER_CALLS.slow" ] || { rm "$DOCKER_CALLS.slow" && exit 1; }
    ;;
inspect*) echo "${RELAY_HEALTH:-healthy}" ;;
*'logs '*) echo 'the last words' ;;
esac
SH
    printf '#!/bin/sh\nexec true\n' >"$BATS_TEST_TMPDIR/bin/sleep"
    chmod +x "$BATS_TEST_TMPDIR/bin/"*
    export PATH=$BATS_TEST_TMPDIR/bin:$PATH
    mount -t tmpfs tmpfs /dev/disk 2>/dev/null || { mkdir -p /dev/disk && mount -t tmpfs tmpfs /dev/disk; }
    mkdir /dev/disk/by-id
    : >/etc/fstab
    volumes=()
}

teardown() {
    umount -q /mnt/data /mnt/other "$BATS_TEST_TMPDIR/peek" 2>/dev/null || true
    local device
    for device in "${volumes[@]}"; do losetup -d "$device"; done
    umount /dev/disk
    rm -rf --one-file-system /etc/cron.d/clasp-backup /srv/chat/* /mnt/data /var/lib/clasp-setup
}

attach() { # attach NAME, prints nothing and sets $device
    truncate -s 64M "$BATS_TEST_TMPDIR/$1"
    device=$(losetup -f --show "$BATS_TEST_TMPDIR/$1")
    volumes+=("$device")
    ln -s "$device" "/dev/disk/by-id/scsi-0DO_Volume_$1"
}

setup_sh() { "$app/deploy/droplet/setup.sh" --no-firewall "$@"; }

# What a second run must not change: the device's identity, the tree's files, the machine's files.
state() {
    blkid -p -o value -s UUID "$device"
    cat /etc/fstab
    find /mnt/data /srv/chat "$app" -type f -exec stat -c '%n %a %u %Y %i' {} + | sort
}

@test "a blank volume is formatted, mounted and filled; a second run changes nothing" {
    attach data
    run setup_sh --domain chat.example.org
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(findmnt -n -o SOURCE,FSTYPE /mnt/data | xargs)" = "$device ext4" ]
    [ "$(stat -c '%a %u %g' /mnt/data/relay)" = '700 7330 7330' ]
    grep -x "UUID=$(blkid -p -o value -s UUID "$device") /mnt/data ext4 noatime,nofail 0 2" /etc/fstab
    grep -x DOMAIN=chat.example.org "$app/deploy/droplet/.env"
    grep -x CLIENT_ORIGIN=https://chat.example.org "$app/deploy/droplet/.env"
    grep -x CADDYFILE=../caddy/Caddyfile.close-delay "$app/deploy/droplet/.env"
    [ "$(stat -c %a "$app/deploy/droplet/.env")" = 600 ]
    diff -r "$app/web" /srv/chat
    grep -xE 'docker build .*-t clasp-relay:latest .*VERSION=[0-9]+\.[0-9]+\.[0-9]+ .*' "$DOCKER_CALLS"
    grep "up -d" "$DOCKER_CALLS"
    grep -E '^0 2 \* \* \* root docker compose .* backup ' /etc/cron.d/clasp-backup
    echo kept >/mnt/data/relay/state.json

    before=$(state)
    : >"$DOCKER_CALLS"
    /usr/bin/sleep 1
    run setup_sh
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(state)" = "$before" ]
    no grep 'docker build' "$DOCKER_CALLS"
}

@test "after a restart of the machine the volume is mounted again, not formatted" {
    attach data
    setup_sh --domain chat.example.org
    echo kept >/mnt/data/relay/state.json
    umount /mnt/data
    run setup_sh
    [ "$status" -eq 0 ]
    [ "$(cat /mnt/data/relay/state.json)" = kept ]
    [ "$(wc -l </etc/fstab)" -eq 1 ]
}

@test "an ext4 with files is used as it is, anything else is refused" {
    attach data
    mkfs.ext4 -q "$device"
    mkdir "$BATS_TEST_TMPDIR/peek"
    mount "$device" "$BATS_TEST_TMPDIR/peek"
    echo precious >"$BATS_TEST_TMPDIR/peek/file"
    umount "$BATS_TEST_TMPDIR/peek"
    setup_sh --domain chat.example.org
    [ "$(cat /mnt/data/file)" = precious ]
    umount /mnt/data

    attach swap
    mkswap -q "$device" >/dev/null
    sum=$(sha256sum <"$device")
    run setup_sh --volume swap --mount /mnt/other
    [ "$status" -eq 65 ]
    [[ "$output" == *'holds swap'* ]]
    [ "$(sha256sum <"$device")" = "$sum" ]

    attach table
    # One Linux partition, as the last 66 bytes of a master boot record say it.
    printf '\0\0\1\0\203\0\0\0\0\10\0\0\0\100\0\0' | dd of="$device" bs=1 seek=446 conv=notrunc status=none
    printf '\125\252' | dd of="$device" bs=1 seek=510 conv=notrunc status=none
    run setup_sh --volume table --mount /mnt/other
    [ "$status" -eq 65 ]

    attach raw
    echo 'a database on a raw device' | dd of="$device" bs=4096 seek=7 conv=notrunc status=none
    run setup_sh --volume raw --mount /mnt/other
    [ "$status" -eq 65 ]
    [[ "$output" == *'no known kind'* ]]
}

@test "killed at any step, another run completes" {
    for step in mkfs.ext4 sync rm mount install cp; do
        attach "volume-$step"
        # The step is reached and then the whole script is killed, as by a power cut.
        cat >"$BATS_TEST_TMPDIR/bin/$step" <<SH
#!/bin/sh
[ -e '$BATS_TEST_TMPDIR/cut-$step' ] && exec $(PATH=${PATH#*:} command -v $step) "\$@"
touch '$BATS_TEST_TMPDIR/cut-$step'
[ $step = mkfs.ext4 ] && dd if=/dev/urandom of='$device' bs=4096 count=64 conv=notrunc status=none
kill -9 \$PPID
SH
        chmod +x "$BATS_TEST_TMPDIR/bin/$step"
        run setup_sh --domain chat.example.org --volume "volume-$step"
        [ "$status" -eq 137 ]
        rm "$BATS_TEST_TMPDIR/bin/$step"
        run setup_sh --domain chat.example.org --volume "volume-$step"
        echo "$step: $output"
        [ "$status" -eq 0 ]
        [ "$(findmnt -n -o SOURCE /mnt/data)" = "$device" ]
        diff -r "$app/web" /srv/chat
        [ ! -e /var/lib/clasp-setup/formatting ]
        before=$(state)
        setup_sh
        [ "$(state)" = "$before" ]
        umount /mnt/data
        rm -rf /srv/chat/* "$app/deploy/droplet/.env"
        : >/etc/fstab
    done
}

@test "the note of a run that was cut off never lets another volume be formatted" {
    attach data
    mkfs.ext4 -q "$device"
    mkdir "$BATS_TEST_TMPDIR/peek" /var/lib/clasp-setup
    mount "$device" "$BATS_TEST_TMPDIR/peek"
    echo precious >"$BATS_TEST_TMPDIR/peek/file"
    umount "$BATS_TEST_TMPDIR/peek"
    echo "$device $(blockdev --getsize64 "$device") " >/var/lib/clasp-setup/formatting
    setup_sh --domain chat.example.org
    [ "$(cat /mnt/data/file)" = precious ]
    umount /mnt/data
    attach swap
    mkswap -q "$device" >/dev/null
    echo "$device $(blockdev --getsize64 "$device") " >/var/lib/clasp-setup/formatting
    run setup_sh --volume swap --mount /mnt/other
    [ "$status" -eq 65 ]
}

@test "--dry-run does nothing" {
    attach data
    before=$(sha256sum <"$device")
    files=$(find "$app" /etc /srv /mnt /var/lib -type f -newer "$BATS_TEST_TMPDIR/data" | sort)
    run setup_sh --domain chat.example.org --dry-run
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *'would run: mkfs.ext4'* ]]
    [[ "$output" == *'would run: docker build'* ]]
    [[ "$output" == *'up -d'* ]]
    [ "$(sha256sum <"$device")" = "$before" ]
    [ "$(find "$app" /etc /srv /mnt /var/lib -type f -newer "$BATS_TEST_TMPDIR/data" | sort)" = "$files" ]
    no findmnt /mnt/data
    no grep -vE '^docker (compose version|version|image inspect)' "$DOCKER_CALLS"
}

@test "where it would have to guess it refuses and says why" {
    run setup_sh
    [ "$status" -eq 64 ]
    [[ "$output" == *--domain* ]]
    run setup_sh --domain chat.example.org
    [ "$status" -eq 69 ]
    [[ "$output" == *'no volume is attached'* ]]
    run setup_sh --domain chat.example.org --volume nothing
    [ "$status" -eq 66 ]
    attach one
    attach two
    run setup_sh --domain chat.example.org
    [ "$status" -eq 64 ]
    [[ "$output" == *'--volume says which'* ]]
    run setup_sh --domain 'chat.example.org;reboot'
    [ "$status" -eq 64 ]
    run setup_sh --domain
    [ "$status" -eq 64 ]
    run setup_sh --volme two
    [ "$status" -eq 64 ]
    mkdir /mnt/data
    echo mine >/mnt/data/file
    run setup_sh --domain chat.example.org --volume one
    [ "$status" -eq 73 ]
    [[ "$output" == *'holds files'* ]]
    rm -r /mnt/data
    printf 'ID=fedora\nVERSION_ID=40\nPRETTY_NAME="Fedora 40"\n' >"$BATS_TEST_TMPDIR/os"
    CLASP_OS_RELEASE=$BATS_TEST_TMPDIR/os run setup_sh --domain chat.example.org
    [ "$status" -eq 69 ]
    [[ "$output" == *'Fedora 40'* ]]
    run setpriv --reuid 65534 "$app/deploy/droplet/setup.sh" --domain chat.example.org
    [ "$status" -ne 0 ]
}

@test "a release without source says where an image can come from" {
    rm "$app/Package.swift"
    run setup_sh --domain chat.example.org --no-volume
    [ "$status" -eq 66 ]
    [[ "$output" == *--image* ]]
    setup_sh --no-volume --image registry.example.org/clasp-relay:1
    grep -x 'docker pull -q registry.example.org/clasp-relay:1' "$DOCKER_CALLS"
    grep -x 'docker tag registry.example.org/clasp-relay:1 clasp-relay:latest' "$DOCKER_CALLS"
}

@test "Caddy gets a Caddyfile that changed, and is left alone when none did" {
    setup_sh --domain chat.example.org --no-volume
    sum() { sed -n 's/^CADDYFILE_SUM=//p' "$app/deploy/droplet/.env"; }
    first=$(sum)
    [ "$first" = "$(sha256sum <"$app/deploy/caddy/Caddyfile.close-delay" | cut -c1-64)" ]
    setup_sh --no-volume
    [ "$(sum)" = "$first" ]
    echo '# another line' >>"$app/deploy/caddy/Caddyfile.close-delay"
    setup_sh --no-volume
    [ "$(sum)" = "$(sha256sum <"$app/deploy/caddy/Caddyfile.close-delay" | cut -c1-64)" ]
    [ "$(grep -c CADDYFILE_SUM "$app/deploy/droplet/.env")" -eq 1 ]
}

@test "a relay that does not get well: exit 75 and its last words" {
    RELAY_HEALTH=unhealthy run setup_sh --domain chat.example.org --no-volume
    [ "$status" -eq 75 ]
    [[ "$output" == *'the last words'* ]]
    # What there is of a state is worth a backup all the same.
    grep -q ' backup ' /etc/cron.d/clasp-backup
}

@test "a relay that gets well later than Compose waits: the rest is started then" {
    touch "$DOCKER_CALLS.slow"
    run setup_sh --domain chat.example.org --no-volume
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c 'up -d' "$DOCKER_CALLS")" -eq 2 ]
}

@test "a jail that is there is shown the log of the new container" {
    # shellcheck disable=SC2016
    printf '#!/bin/sh\necho "fail2ban $*" >>"$DOCKER_CALLS"\n' >"$BATS_TEST_TMPDIR/bin/fail2ban-client"
    chmod +x "$BATS_TEST_TMPDIR/bin/fail2ban-client"
    setup_sh --domain chat.example.org --no-volume
    [ "$(tail -n 1 "$DOCKER_CALLS")" = 'fail2ban reload clasp-relay' ]
}

@test "pages are replaced whole: new ones come, old ones go" {
    setup_sh --domain chat.example.org --no-volume
    rm "$app/web/assets/a.js"
    echo 2 >"$app/web/assets/b.js"
    setup_sh --no-volume
    diff -r "$app/web" /srv/chat
}

@test "pages of a tree get the hash in their path, those of a release have it" {
    cp "$tree/scripts/hash-web" "$app/scripts/"
    echo '<script src="assets/a.js"></script>' >"$app/web/index.html"
    setup_sh --domain chat.example.org --no-volume
    place=$(cd /srv/chat && ls -d assets/????????????????)
    grep -F "src=\"$place/assets/a.js\"" /srv/chat/index.html
    before=$(find /srv/chat -exec stat -c '%n %i %Y' {} + | sort)
    /usr/bin/sleep 1
    setup_sh --no-volume
    [ "$(find /srv/chat -exec stat -c '%n %i %Y' {} + | sort)" = "$before" ]
    cp -R /srv/chat "$BATS_TEST_TMPDIR/release"
    setup_sh --no-volume --web "$BATS_TEST_TMPDIR/release"
    [ "$(cd /srv/chat && ls -d assets/????????????????)" = "$place" ]
}
