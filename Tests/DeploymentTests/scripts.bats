#!/usr/bin/env bats
# Every script of the repository, by what its first line says it is.

load world

scripts() { # scripts PATTERN, of the first line
    git -C "$tree" grep -InE "$1" | sed -n 's/:1:.*//p'
}

@test "shellcheck has nothing to say" {
    mapfile -t files < <(scripts '^#!.*(/sh|bash)$')
    [ ${#files[@]} -gt 15 ]
    cd "$tree"
    shellcheck "${files[@]}" Tests/DeploymentTests/*.bash
    mapfile -t files < <(scripts '^#!.*bats$')
    # Variables of bats, and functions that it calls, are not visible to shellcheck.
    shellcheck --shell=bats --exclude=SC1091,SC2030,SC2031,SC2034,SC2143,SC2154,SC2314,SC2315 "${files[@]}"
}

@test "Python compiles them all" {
    mapfile -t files < <(scripts '^#!.*python3$')
    [ ${#files[@]} -gt 3 ]
    cd "$tree"
    for file in "${files[@]}"; do python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$file"; done
}

@test "each script can be run and explains itself" {
    mapfile -t files < <(scripts '^#!')
    cd "$tree"
    for file in "${files[@]}"; do
        [ -x "$file" ] || [[ "$file" == *.bats ]]
    done
    for file in deploy/droplet/setup.sh deploy/firewall/firewall install.sh scripts/generate-secrets.sh; do
        "./$file" --help | grep -q usage
        run "./$file" --no-such-option
        [ "$status" -eq 64 ]
    done
}

@test "an index that nothing has checked is found, a checked one is not" {
    "$tree/scripts/check-indexes"
    printf 'guard parts.count == 2 else { return }\nlet name = parts[0]\n' >"$BATS_TEST_TMPDIR/good.swift"
    "$tree/scripts/check-indexes" "$BATS_TEST_TMPDIR/good.swift"
    printf 'let parts = text.split(separator: ":")\nlet name = parts[0]\n' >"$BATS_TEST_TMPDIR/bad.swift"
    run "$tree/scripts/check-indexes" "$BATS_TEST_TMPDIR/bad.swift"
    [ "$status" -eq 1 ]
    [[ "$output" == *'parts[0]'* ]]
}
