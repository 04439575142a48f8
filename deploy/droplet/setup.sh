#!/usr/bin/env bash
# Turns a fresh Ubuntu 22.04 or Debian 12 with an attached volume into a running relay behind Caddy. Run it again at
# any time: what is done stays as it is, what is missing is done. Where it would have to guess, it stops and says why.
#
# usage: setup.sh --domain NAME [--volume NAME|DEVICE | --no-volume] [OPTION…]
#
#   --domain NAME      the public name; kept in .env, so later runs need it no more
#   --volume NAME      the attached volume, by its name or device; without it the only one there is
#   --no-volume        keep the data on the machine's own disk
#   --mount DIR        where the volume is mounted (default /mnt/data)
#   --web DIR          the pages (default: web at the top of the tree)
#   --image REFERENCE  pull this image instead of building one
#   --rebuild          build the image even when there is one
#   --no-firewall      leave the firewall alone
#   --dry-run          say what would be done, and do nothing
#   --help             this text
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
domain='' volume='' mount_point=/mnt/data web='' image='' rebuild='' dry='' firewall=yes
on_own_disk=''
# The relay's user inside the image, by number: it owns its data outside as well.
relay_user=7330
notes=${CLASP_SETUP_NOTES:-/var/lib/clasp-setup}

main() {
    read_arguments "$@"
    check_machine
    install_docker
    prepare_volume
    make_directories
    fill_web_root
    make_secrets
    set_up_firewall
    get_images
    plan_backups
    start
}

# --- how it speaks -----------------------------------------------------------------------------------------------

say() { printf 'setup: %s\n' "$*"; }
refuse() { # refuse STATUS SENTENCE
    printf 'setup: %s\n' "$2" >&2
    exit "$1"
}
# Everything that changes the machine goes through here.
run() {
    if [ -n "$dry" ]; then printf 'would run: %s\n' "$*"; else "$@"; fi
}

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
        --domain)
            domain=$(value "$@")
            shift
            ;;
        --volume)
            volume=$(value "$@")
            shift
            ;;
        --mount)
            mount_point=$(value "$@")
            shift
            ;;
        --web)
            web=$(value "$@")
            shift
            ;;
        --image)
            image=$(value "$@")
            shift
            ;;
        --no-volume) on_own_disk=yes ;;
        --no-firewall) firewall='' ;;
        --rebuild) rebuild=yes ;;
        --dry-run) dry=yes ;;
        --help)
            sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"
            exit 0
            ;;
        *) refuse 64 "unknown option $1; --help lists them" ;;
        esac
        shift
    done
    if [ -n "$volume" ] && [ -n "$on_own_disk" ]; then refuse 64 "--volume and --no-volume exclude each other"; fi
    case $domain in
    *[!a-z0-9.:/-]*) refuse 64 "$domain is no name of a machine" ;;
    esac
}

value() {
    if [ $# -lt 2 ] || [ -z "$2" ]; then refuse 64 "$1 needs a value"; fi
    printf '%s' "$2"
}

# --- the machine -------------------------------------------------------------------------------------------------

check_machine() {
    [ "$(id -u)" -eq 0 ] || refuse 77 "this changes disks and services: run it as root"
    # shellcheck source=/dev/null
    . "${CLASP_OS_RELEASE:-/etc/os-release}"
    case ${ID-}:${VERSION_ID-} in
    debian:12 | ubuntu:22.04) ;;
    *) refuse 69 "written for Debian 12 and Ubuntu 22.04; this is ${PRETTY_NAME-unknown}" ;;
    esac
    local tool
    for tool in openssl blkid findmnt mkfs.ext4 curl; do
        command -v "$tool" >/dev/null || refuse 69 "$tool is needed and was not found"
    done
    if [ ! -s "$here/.env" ] && [ -z "$domain" ]; then
        refuse 64 "--domain is needed the first time: the public name that points to this machine"
    fi
}

install_docker() {
    if docker compose version >/dev/null 2>&1; then
        local major
        major=$(docker version --format '{{.Server.Version}}' 2>/dev/null | cut -d. -f1) ||
            refuse 69 "Docker is installed, but its engine does not answer: systemctl status docker"
        [ "${major:-0}" -ge 20 ] || refuse 69 "Docker $major is too old; 20.10 or newer is needed"
        return
    fi
    if command -v docker >/dev/null; then
        refuse 69 "there is a Docker without Compose v2; install docker-compose-plugin, or remove it and run this again"
    fi
    say "installing Docker from its own repository"
    # shellcheck source=/dev/null
    . "${CLASP_OS_RELEASE:-/etc/os-release}"
    local key=/etc/apt/keyrings/docker.asc
    run install -d -m 755 /etc/apt/keyrings
    run curl -fsSL "https://download.docker.com/linux/$ID/gpg" -o "$key"
    run chmod 644 "$key"
    write /etc/apt/sources.list.d/docker.list \
        "deb [arch=$(dpkg --print-architecture) signed-by=$key] https://download.docker.com/linux/$ID $VERSION_CODENAME stable"
    run apt-get update -qq
    run env DEBIAN_FRONTEND=noninteractive apt-get install -qqy \
        docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin
}

write() { # write FILE TEXT, whole or not at all
    if [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; then return; fi
    if [ -n "$dry" ]; then
        printf 'would write %s\n' "$1"
        return
    fi
    printf '%s\n' "$2" >"$1.part"
    mv "$1.part" "$1"
}

# --- the volume --------------------------------------------------------------------------------------------------

prepare_volume() {
    if [ -n "$on_own_disk" ]; then return; fi
    if findmnt -n "$mount_point" >/dev/null; then
        if [ -n "$volume" ]; then
            local device source
            device=$(find_device "$volume")
            source=$(findmnt -n -o SOURCE "$mount_point")
            [ "$(realpath "$source")" = "$device" ] || refuse 73 "$mount_point is already $source, not $device"
            remember_mount "$device"
        fi
        return
    fi
    local device
    device=$(find_device "$volume")
    local elsewhere
    elsewhere=$(findmnt -n -o TARGET --source "$device" || true)
    [ -z "$elsewhere" ] || refuse 73 "$device is mounted at $elsewhere already; --mount $elsewhere uses it there"
    format_if_blank "$device"
    run mkdir -p "$mount_point"
    if [ -z "$dry" ] && [ -n "$(ls -A "$mount_point")" ]; then
        refuse 73 "$mount_point holds files, which a volume mounted over them would hide; move them away first"
    fi
    remember_mount "$device"
    say "mounting $device at $mount_point"
    run mount -o noatime "$device" "$mount_point"
}

find_device() { # find_device NAME|DEVICE|'', prints the device
    local found=()
    case $1 in
    '')
        local link
        for link in /dev/disk/by-id/scsi-0DO_Volume_*; do
            if [ -e "$link" ] && [[ $link != *-part* ]]; then found+=("$link"); fi
        done
        if [ ${#found[@]} -eq 0 ]; then
            refuse 69 "no volume is attached; --volume names a device, --no-volume does without"
        elif [ ${#found[@]} -gt 1 ]; then
            refuse 64 "several volumes are attached, --volume says which: ${found[*]##*_Volume_}"
        fi
        ;;
    /*) found=("$1") ;;
    *) found=("/dev/disk/by-id/scsi-0DO_Volume_$1") ;;
    esac
    [ -b "${found[0]}" ] || refuse 66 "${found[0]} is not a block device"
    realpath "${found[0]}"
}

# Formats what is provably blank, and what an earlier run found blank and could not finish. Nothing else, ever.
format_if_blank() { # format_if_blank DEVICE
    local device=$1 kind note size
    size=$(blockdev --getsize64 "$device")
    size+=" $(lsblk -dn -o SERIAL "$device" | xargs)"
    note=$notes/formatting
    # blkid tells "nothing found" (2) from "could not look" (everything else).
    local status=0
    kind=$(blkid -p -o value -s TYPE -s PTTYPE "$device") || status=$?
    if [ -f "$note" ] && [ "$(cat "$note")" = "$device $size" ] && [[ ${kind:-ext4} = ext4 ]]; then
        if [ "$kind" = ext4 ] && holds_files "$device"; then
            run rm "$note"
            return
        fi
        say "an earlier run was cut off while it formatted $device; doing it again"
    elif [ "$status" -eq 0 ]; then
        [ "$kind" = ext4 ] || refuse 65 "$device holds ${kind:-something} and is left alone; wipe it yourself, or name another volume"
        if [ -n "$(lsblk -n -r -o NAME "$device" | tail -n +2)" ]; then refuse 65 "$device has partitions and is left alone"; fi
        return
    elif [ "$status" -ne 2 ]; then
        refuse 74 "$device cannot be examined (blkid: $status)"
    elif ! begins_with_zeros "$device"; then
        refuse 65 "$device holds data of no known kind and is left alone; wipe it yourself, or name another volume"
    fi
    say "formatting $device, which is blank"
    run mkdir -p "$notes"
    write "$note" "$device $size"
    run mkfs.ext4 -q -F -L clasp-data "$device"
    run sync
    run rm -f "$note"
}

begins_with_zeros() { cmp -s -n $((4 << 20)) "$1" /dev/zero; }

# Whether a file system has more in it than a new one; when it cannot be mounted, it was never finished.
holds_files() {
    local peek found
    peek=$(mktemp -d)
    if ! mount -o ro,noload "$1" "$peek" 2>/dev/null; then
        rmdir "$peek"
        return 1
    fi
    found=$(find "$peek" -mindepth 1 -maxdepth 1 ! -name lost+found | head -1)
    umount "$peek"
    rmdir "$peek"
    [ -n "$found" ]
}

remember_mount() { # remember_mount DEVICE, in fstab
    local id line
    id=$(blkid -p -o value -s UUID "$1" || true)
    line="UUID=$id $mount_point ext4 noatime,nofail 0 2"
    if grep -qs "^UUID=${id}[[:space:]]" /etc/fstab; then return; fi
    if grep -Eqs "^[^#]+[[:space:]]${mount_point}[[:space:]]" /etc/fstab; then
        refuse 73 "/etc/fstab has another line for $mount_point; remove it first"
    fi
    [ -n "$id" ] || [ -n "$dry" ] || refuse 74 "$1 has no UUID after formatting"
    write /etc/fstab "$(cat /etc/fstab 2>/dev/null && echo "$line")"
}

# --- what lies on it ---------------------------------------------------------------------------------------------

make_directories() {
    if [ -z "$on_own_disk" ] && [ -z "$dry" ] && ! findmnt -n "$mount_point" >/dev/null; then
        refuse 74 "nothing is mounted at $mount_point"
    fi
    directory 700 "$relay_user" "$mount_point/relay"
    directory 700 0 "$mount_point/caddy"
    directory 700 "$relay_user" "$mount_point/backups"
    directory 755 0 /srv/chat
}

directory() { # directory MODE OWNER PATH
    if [ -d "$3" ] && [ "$(stat -c '%a %u %g' "$3")" = "$1 $2 $2" ]; then return; fi
    run install -d -m "$1" -o "$2" -g "$2" "$3"
}

fill_web_root() {
    local from=$web
    if [ -z "$from" ]; then
        from=$tree/web
        # Before there is an application, its place is taken by a page that says whether the relay is well.
        [ -s "$from/index.html" ] || from=$tree/web/status
    fi
    [ -s "$from/index.html" ] || refuse 66 "there is no index.html in $from; --web says where the pages are"
    # A release has its pages ready; from a tree they are made so here, with a hash of what they load in its path.
    if [ -x "$tree/scripts/hash-web" ] && ! compgen -G "$from/assets/????????????????" >/dev/null; then
        command -v python3 >/dev/null || refuse 69 "python3 is needed to copy the pages and was not found"
        scratch=$(mktemp -d)
        trap 'rm -rf "$scratch"' EXIT
        "$tree/scripts/hash-web" "$from" "$scratch/web"
        from=$scratch/web
    fi
    if diff -rq "$from" /srv/chat >/dev/null 2>&1; then return; fi
    say "copying $from to /srv/chat"
    # New files first, then the pages that name them, then what nothing names any more: a visitor in between finds a
    # whole application. Times are not kept, because they are part of the ETag.
    run cp -R --no-preserve=all "$from/." /srv/chat/
    local path
    while IFS= read -r path; do
        if [ ! -e "$from/$path" ]; then run rm -rf "/srv/chat/$path"; fi
    done < <(cd /srv/chat 2>/dev/null && find . -mindepth 1 -depth)
}

make_secrets() {
    if [ ! -s "$here/.env" ] || [ ! -s "$here/secrets/verify/signing_keys.json" ]; then
        run "$tree/scripts/generate-secrets.sh" "$here"
    fi
    if [ -n "$domain" ]; then
        set_in_env DOMAIN "$domain"
        set_in_env CLIENT_ORIGIN "https://${domain#*://}"
    fi
    if [ "$mount_point" != /mnt/data ]; then set_in_env DATA_DIR "$mount_point"; fi
    if [ -z "$dry" ] && grep -q '^DOMAIN=chat\.example\.com$' "$here/.env"; then
        refuse 78 "DOMAIN in $here/.env is still the example; --domain sets it"
    fi
}

set_in_env() { # set_in_env NAME VALUE
    local file=$here/.env text
    if grep -qsxF "$1=$2" "$file"; then return; fi
    if [ -n "$dry" ]; then
        printf 'would set %s=%s in %s\n' "$1" "$2" "$file"
        return
    fi
    text=$(grep -v "^$1=" "$file" || true)
    (umask 077 && printf '%s\n%s=%s\n' "$text" "$1" "$2" >"$file.part")
    mv "$file.part" "$file"
}

set_up_firewall() {
    if [ -z "$firewall" ]; then return; fi
    if [ -n "$dry" ]; then
        "$tree/deploy/firewall/firewall" --print
    else
        "$tree/deploy/firewall/firewall" --apply
    fi
}

# --- containers --------------------------------------------------------------------------------------------------

compose() { docker compose --project-directory "$here" -f "$here/docker-compose.yml" "$@"; }

get_images() {
    if [ -n "$image" ]; then
        run docker pull -q "$image"
        run docker tag "$image" clasp-relay:latest
    elif [ -n "$rebuild" ] || ! docker image inspect clasp-relay:latest >/dev/null 2>&1; then
        [ -f "$tree/Package.swift" ] ||
            refuse 66 "a release has no source to build an image from; run this from a clone, or name one with --image"
        local free revision version
        free=$(df --output=avail -k "$tree" | tail -1)
        [ "$free" -ge $((4 << 20)) ] || refuse 73 "building needs 4 GB of free disk; --image pulls one instead"
        say "building the image, which takes some minutes"
        revision=$(git -C "$tree" rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
        version=$(sed -n 's/.*static let number = "\(.*\)"/\1/p' "$tree/Sources/clasp-relay/Version.swift")
        # The second name stays when the next version takes the first, so one can go back to it.
        run docker build -q -f "$tree/deploy/relay/Dockerfile" -t clasp-relay:latest -t "clasp-relay:$revision" \
            --build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
            --build-arg "CREATED=$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$tree"
    fi
    docker image inspect caddy:2 >/dev/null 2>&1 || run docker pull -q caddy:2
    choose_caddyfile
}

# Newer versions keep sockets open across a reload, but only when told, by a line that older ones refuse.
choose_caddyfile() {
    if [ -n "$dry" ]; then return; fi
    local version file=../../Caddyfile
    version=$(docker run --rm --entrypoint caddy caddy:2 version 2>/dev/null | sed -nE 's/^v?([0-9]+\.[0-9]+).*/\1/p' || true)
    if [ -n "$version" ] && [ "$(printf '%s\n' 2.7 "$version" | sort -V | head -1)" = 2.7 ]; then
        file=../caddy/Caddyfile.close-delay
    fi
    set_in_env CADDYFILE "$file"
    # A container keeps the file it was made with, also when git has put another in its place.
    set_in_env CADDYFILE_SUM "$(sha256sum <"$here/$file" | cut -d' ' -f1)"
}

start() {
    say "starting"
    # Compose ends with a failure when the relay is not healthy in time; why, the relay itself says below.
    local all=yes
    run compose up -d || all=''
    if [ -n "$dry" ]; then return; fi
    local id health=''
    for _ in $(seq 120); do
        id=$(compose ps -q relay)
        health=$(docker inspect -f '{{.State.Health.Status}}' "$id" 2>/dev/null || true)
        if [ "$health" = healthy ]; then
            # What waited for the relay, and gave up.
            [ -n "$all" ] || compose up -d
            show_jail_the_log
            say "the relay is well; https://$(sed -n 's/^DOMAIN=//p' "$here/.env" | sed 's,.*://,,') is yours"
            return
        fi
        sleep 1
    done
    say "the relay is not well after two minutes (${health:-no answer}); its last words:" >&2
    compose logs --no-color --tail 50 relay >&2
    exit 75
}

# A new container has a log of a new name, which a jail looks for only when it starts.
show_jail_the_log() {
    if command -v fail2ban-client >/dev/null && fail2ban-client status clasp-relay >/dev/null 2>&1; then
        fail2ban-client reload clasp-relay >/dev/null || say "fail2ban does not see the relay's log: fail2ban-client reload"
    fi
}

plan_backups() {
    [ -d /etc/cron.d ] || return 0
    write /etc/cron.d/clasp-backup "# Written by setup.sh.
PATH=/usr/local/bin:/usr/bin:/bin
0 2 * * * root docker compose --project-directory $here -f $here/docker-compose.yml run --rm --no-deps -T -v $mount_point/backups:/backups relay backup --data-dir /data --to /backups --keep-days 7"
}

main "$@"
