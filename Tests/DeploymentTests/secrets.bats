#!/usr/bin/env bats
# Keys are made once, kept private, and never committed.

load world

setup() {
    directory=$BATS_TEST_TMPDIR/app
    mkdir "$directory"
}

generate() { "$tree/$(documented secrets)" "$directory"; }
state() { (cd "$directory" && find . -type f -exec sha256sum {} + -exec stat -c '%n %a %Y' {} + | sort); }

@test "keys are Ed25519, files have the modes 600, 644, 644 and 600" {
    generate
    openssl pkey -in "$directory/secrets/jwt_private.pem" -noout -text | grep ED25519
    [ "$(openssl pkey -in "$directory/secrets/jwt_private.pem" -pubout)" = "$(cat "$directory/secrets/verify/jwt_public.pem")" ]
    [ "$(cd "$directory" && stat -c %a secrets/jwt_private.pem secrets/verify/jwt_public.pem secrets/verify/signing_keys.json .env | xargs)" = '600 644 644 600' ]
    # Mounted into the container, where another user than root reads it.
    [ "$(cd "$directory" && stat -c %a secrets secrets/verify | xargs)" = '700 755' ]
    [ "$(cd "$directory/secrets/verify" && echo *)" = 'jwt_public.pem signing_keys.json' ]
    no grep @random@ "$directory/.env"
    grep -E '^RELAY_ADMIN_TOKEN=cpsk_[0-9a-f]{32}$' "$directory/.env"
}

@test "a second run changes no byte" {
    generate
    before=$(state)
    run generate
    [[ "$output" == 'nothing to do'* ]]
    [ "$(state)" = "$before" ]
}

@test "keys of an earlier version move to where only those are that verify" {
    generate
    cd "$directory/secrets"
    echo '{"keys": [{"kid": "a", "alg": "EdDSA", "file": "jwt_public.pem"}, {"kid": "b","alg":"HS256","file":"b"}]}' >signing_keys.json
    mv verify/jwt_public.pem .
    echo secret >b
    echo mine >unnamed
    rm -r verify
    cp signing_keys.json "$BATS_TEST_TMPDIR/named"
    key=$(cat jwt_public.pem)
    generate
    [ "$(find . -type f | sort | xargs)" = './jwt_private.pem ./unnamed ./verify/b ./verify/jwt_public.pem ./verify/signing_keys.json' ]
    [ "$(cat verify/jwt_public.pem)" = "$key" ]
    cmp verify/signing_keys.json "$BATS_TEST_TMPDIR/named"
}

@test "two runs make different secrets" {
    generate
    mkdir "$BATS_TEST_TMPDIR/other"
    "$tree/scripts/generate-secrets.sh" "$BATS_TEST_TMPDIR/other"
    no cmp -s "$directory/.env" "$BATS_TEST_TMPDIR/other/.env"
    no cmp -s "$directory/secrets/jwt_private.pem" "$BATS_TEST_TMPDIR/other/secrets/jwt_private.pem"
}

@test "a run that was cut off is completed by the next, and keeps what is there" {
    generate
    key=$(cat "$directory/secrets/jwt_private.pem")
    rm "$directory/.env" "$directory/secrets/verify/jwt_public.pem" "$directory/secrets/verify/signing_keys.json"
    echo half >"$directory/.env.part"
    generate
    [ "$(cat "$directory/secrets/jwt_private.pem")" = "$key" ]
    [ -s "$directory/.env" ]
    [ -s "$directory/secrets/verify/signing_keys.json" ]
    [ ! -e "$directory/.env.part" ]
}

@test "a public key that lost its private one is not overwritten" {
    generate
    rm "$directory/secrets/jwt_private.pem"
    run generate
    [ "$status" -eq 65 ]
    [ -s "$directory/secrets/verify/jwt_public.pem" ]
}

@test "without openssl it says so" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    for tool in sh dirname cat sed; do ln -s "$(command -v $tool)" "$BATS_TEST_TMPDIR/bin/"; done
    run env PATH="$BATS_TEST_TMPDIR/bin" "$tree/scripts/generate-secrets.sh" "$directory"
    [ "$status" -eq 69 ]
    [[ "$output" == *openssl* ]]
}

@test "git ignores them all" {
    cd "$tree"
    for file in secrets/jwt_private.pem secrets/verify/jwt_public.pem .env deploy/droplet/.env deploy/droplet/secrets/jwt_private.pem; do
        git check-ignore "$file"
    done
    no git check-ignore deploy/droplet/.env.example
}

@test "a key, a token or an .env in a commit is caught, the example is not" {
    cd "$directory"
    git init -q
    git config user.email test@example.com
    git config user.name test
    cp "$tree/deploy/droplet/.env.example" .
    git add -f .env.example
    "$tree/scripts/check-secrets"
    git commit -qm example
    generate >/dev/null
    for planted in secrets/jwt_private.pem .env; do
        git add -f "$planted"
        run "$tree/scripts/check-secrets"
        [ "$status" -eq 1 ]
        [[ "$output" == *"$planted"* ]]
        git commit -qm planted
        run "$tree/scripts/check-secrets" HEAD~1..HEAD
        [ "$status" -eq 1 ]
        git rm -q --cached "$planted"
        git commit -qm 'take it back'
    done
    # What was taken back is still in the history.
    run "$tree/scripts/check-secrets" --all
    [ "$status" -eq 1 ]
    printf 'token = "%s"\n' "cpsk_$(openssl rand -hex 16)" >notes.txt
    git add notes.txt
    run "$tree/scripts/check-secrets"
    [ "$status" -eq 1 ]
}

@test "there is no secret in the history of this repository" {
    cd "$tree"
    scripts/check-secrets --all
}
