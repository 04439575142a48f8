#!/bin/sh
# Makes what nobody else may know, once: an Ed25519 key pair for signed tokens, with the file for --signing-keys that
# names it, and an .env with random values.
# A second run changes nothing; what is missing is added.
# usage: scripts/generate-secrets.sh [DIRECTORY]      (default: the top of the tree)
set -eu

case ${1-} in
-h | --help)
    sed -n '2,5s/^# //p' "$0"
    exit 0
    ;;
-*)
    echo "generate-secrets: unknown option $1" >&2
    exit 64
    ;;
esac
tree=$(cd "$(dirname "$0")/.." && pwd)
directory=${1-$tree}
command -v openssl >/dev/null || {
    echo "generate-secrets: openssl is needed and was not found" >&2
    exit 69
}
[ -d "$directory" ] || {
    echo "generate-secrets: $directory is not a directory" >&2
    exit 66
}
cd "$directory"
umask 077
made=

# Everything is written beside its place and moved there, so that a run that is cut off leaves nothing half done.
put() { # put MODE FILE, from standard input
    cat >"$2.part"
    chmod "$1" "$2.part"
    mv "$2.part" "$2"
}

random_hex() { openssl rand -hex "$1"; }

[ -d secrets ] || mkdir -m 700 secrets
# What verifies has a directory of its own, which can be shown to the relay while keys in it change. Earlier versions kept
# it beside the private key: it moves, and what it names comes along.
[ -d secrets/verify ] || mkdir secrets/verify
if [ -s secrets/signing_keys.json ] && [ ! -e secrets/verify/signing_keys.json ]; then
    sed 's/"file"/\
&/g' secrets/signing_keys.json | sed -n 's/^"file"[[:space:]]*:[[:space:]]*"\([^"/]*\)".*/\1/p' | sort -u |
        while IFS= read -r file; do
            [ ! -f "secrets/$file" ] || mv "secrets/$file" secrets/verify/
        done
    mv secrets/signing_keys.json secrets/verify/
    made="$made secrets/verify/signing_keys.json"
fi
if [ ! -s secrets/jwt_private.pem ]; then
    if [ -s secrets/verify/jwt_public.pem ]; then
        echo "generate-secrets: secrets/verify/jwt_public.pem is there without its private key; move it away or bring that back" >&2
        exit 65
    fi
    openssl genpkey -algorithm ed25519 | put 600 secrets/jwt_private.pem
    made="$made secrets/jwt_private.pem"
fi
if [ ! -s secrets/verify/jwt_public.pem ]; then
    openssl pkey -in secrets/jwt_private.pem -pubout | put 644 secrets/verify/jwt_public.pem
    made="$made secrets/verify/jwt_public.pem"
fi
if [ ! -s secrets/verify/signing_keys.json ]; then
    # The id of a key is never used for another one; the day it was made does for that.
    printf '{"keys": [{"kid": "%s", "alg": "EdDSA", "file": "jwt_public.pem"}]}\n' "$(date -u +%Y-%m-%d)" |
        put 644 secrets/verify/signing_keys.json
    made="$made secrets/verify/signing_keys.json"
fi
if [ ! -s .env ]; then
    # `@random@` in the example stands for a value of its own.
    while IFS= read -r line; do
        case $line in
        *@random@*) printf '%s%s%s\n' "${line%%@random@*}" "$(random_hex 16)" "${line#*@random@}" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$tree/deploy/droplet/.env.example" | put 600 .env
    made="$made .env"
fi

# Modes may have been widened by a copy.
chmod 600 secrets/jwt_private.pem .env
chmod 755 secrets/verify
chmod 644 secrets/verify/jwt_public.pem secrets/verify/signing_keys.json
if [ -n "$made" ]; then
    echo "made in $directory:$made"
    echo "Keep a copy of them in a safe place, away from this machine; git ignores them."
else
    echo "nothing to do in $directory"
fi
