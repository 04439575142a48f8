#!/usr/bin/env bats
# What containers are made of and how they are put together, as far as it can be read.

load world

@test "compose files, Dockerfile, Traefik and tunnel say what they must" {
    run "$BATS_TEST_DIRNAME/python" "$BATS_TEST_DIRNAME/compose-check"
    echo "$output"
    [ "$status" -eq 0 ]
}
