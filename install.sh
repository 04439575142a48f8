#!/bin/sh
# Installs clasp-relay on a machine with systemd, from an unpacked release or from a tree where `make build` was run.
#
# usage: [DESTDIR=DIRECTORY] ./install.sh [--uninstall] [--no-web]
#
# With DESTDIR everything goes below that directory and the machine itself is left alone, as packagers need it. Files
# that an operator may have changed are kept, and the new ones put beside them as FILE.new. --uninstall removes what was
# installed and keeps the data, the backups and what lies in /etc/clasp.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=${DESTDIR-}
uninstall='' web=yes
for argument; do
    case $argument in
    --uninstall) uninstall=yes ;;
    --no-web) web='' ;;
    --help)
        sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p;}' "$0"
        exit 0
        ;;
    *)
        echo "install: unknown option $argument" >&2
        exit 64
        ;;
    esac
done

say() { echo "install: $*"; }
refuse() {
    echo "install: $2" >&2
    exit "$1"
}

bin=$root/usr/bin
etc=$root/etc/clasp
units=$root/usr/lib/systemd/system
share=$root/usr/share
drop_in=$units/relay.service.d/credentials.conf
unit_names='relay.service relay.socket relay-backup.service relay-backup.timer'

if [ -z "$root" ] && [ "$(id -u)" -ne 0 ]; then refuse 77 "run it as root, or with DESTDIR"; fi
live() { [ -z "$root" ] && [ -d /run/systemd/system ]; }

if [ -n "$uninstall" ]; then
    if live; then
        for unit in $unit_names; do systemctl disable --quiet --now "$unit" 2>/dev/null || true; done
    fi
    for unit in $unit_names; do rm -f "$units/$unit"; done
    rm -f "$drop_in"
    rmdir "$units/relay.service.d" 2>/dev/null || true
    rm -f "$bin/clasp-relay" "$root/usr/lib/sysusers.d/clasp-relay.conf" "$root/usr/lib/tmpfiles.d/clasp-relay.conf" \
        "$share/man/man1/clasp-relay.1" "$share/bash-completion/completions/clasp-relay" \
        "$share/zsh/vendor-completions/_clasp-relay" "$share/fish/vendor_completions.d/clasp-relay.fish"
    rm -rf "$share/clasp-relay" "$share/doc/clasp-relay"
    if live; then systemctl daemon-reload; fi
    say "removed; data in /var/lib/clasp-relay, backups in /var/backups/clasp-relay and /etc/clasp are still there"
    exit 0
fi

binary=$here/bin/clasp-relay
[ -x "$binary" ] || binary=$here/.build/release/clasp-relay
[ -x "$binary" ] || refuse 66 "there is no clasp-relay to install: bin/clasp-relay of a release, or run make build first"
# Before anything is touched: a machine without the libraries would be left with a service that cannot start.
version=$("$binary" --version) || refuse 69 "clasp-relay does not run here; its libraries are named in docs/deployment.md"

put() { # put MODE FILE TARGET: beside it first, then moved, so a running relay keeps the file it has open
    mkdir -p "$(dirname "$3")"
    cp "$2" "$3.part"
    chmod "$1" "$3.part"
    mv "$3.part" "$3"
}
keep() { # keep MODE FILE TARGET: what is there stays
    if [ ! -e "$3" ]; then
        put "$1" "$2" "$3"
    elif ! cmp -s "$2" "$3"; then
        put "$1" "$2" "$3.new"
        say "kept $3; the new one is $3.new"
    fi
}
generate() { # generate TARGET ARGUMENT…: what the program prints about itself
    target=$1
    shift
    mkdir -p "$(dirname "$target")"
    "$binary" "$@" >"$target.part"
    chmod 644 "$target.part"
    mv "$target.part" "$target"
}

put 755 "$binary" "$bin/clasp-relay"
for unit in $unit_names; do put 644 "$here/deploy/systemd/$unit" "$units/$unit"; done
systemd=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
if [ "${systemd:-0}" -ge 251 ]; then
    put 644 "$here/deploy/systemd/relay.credentials.conf" "$drop_in"
else
    rm -f "$drop_in"
    say "files in /etc/clasp/credentials are not handed to the relay: that needs systemd 251, here is ${systemd:-none}"
fi
put 644 "$here/deploy/systemd/relay.sysusers.conf" "$root/usr/lib/sysusers.d/clasp-relay.conf"
put 644 "$here/deploy/systemd/relay.tmpfiles.conf" "$root/usr/lib/tmpfiles.d/clasp-relay.conf"
generate "$share/man/man1/clasp-relay.1" man
generate "$share/bash-completion/completions/clasp-relay" completions bash
generate "$share/zsh/vendor-completions/_clasp-relay" completions zsh
generate "$share/fish/vendor_completions.d/clasp-relay.fish" completions fish
mkdir -p "$etc"
keep 644 "$here/deploy/relay/config/chat.json" "$etc/chat.json"
keep 600 "$here/deploy/systemd/relay.env.example" "$etc/relay.env"
mkdir -p "$share/doc/clasp-relay"
cp -R "$here/Caddyfile" "$here/deploy/caddy" "$here/deploy/nginx" "$here/deploy/fail2ban" "$here/deploy/firewall" \
    "$here/deploy/cron" "$share/doc/clasp-relay/"
if [ -n "$web" ] && [ -d "$here/web" ]; then
    rm -rf "$share/clasp-relay/web"
    mkdir -p "$share/clasp-relay"
    cp -R "$here/web" "$share/clasp-relay/web"
fi

if [ -z "$root" ]; then
    systemd-sysusers clasp-relay.conf
    systemd-tmpfiles --create clasp-relay.conf
else
    # The user does not exist there yet; systemd-tmpfiles gives it the directories on the machine itself.
    mkdir -p "$root/var/lib/clasp-relay" "$root/var/backups/clasp-relay" "$etc/keys" "$etc/credentials"
    chmod 700 "$root/var/lib/clasp-relay" "$root/var/backups/clasp-relay" "$etc/credentials"
fi
say "installed $version"
if live; then
    systemctl daemon-reload
    if systemctl --quiet is-active relay; then
        say "next: systemctl restart relay"
    else
        say "next: edit /etc/clasp/relay.env, then systemctl enable --now relay.socket relay.service relay-backup.timer"
    fi
fi
