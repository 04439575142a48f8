# Each target is a script, so that a laptop and CI run the same thing.
.PHONY: bootstrap build run test interop test-web test-tsan test-asan coverage lint fmt fuzz bench instructions soak soak-crash dist test-deploy clean
SECONDS ?= 60

bootstrap: ; @scripts/bootstrap
build:     ; @scripts/build
run:       ; @scripts/run
test:      ; @scripts/test
interop:   ; @scripts/interop
test-web:  ; @scripts/test-web
test-tsan: ; @scripts/test-sanitized thread
test-asan: ; @scripts/test-sanitized address
coverage:  ; @scripts/coverage
lint:      ; @scripts/lint
fmt:       ; @scripts/fmt
fuzz:      ; @scripts/fuzz $(SECONDS)
bench:     ; @scripts/bench
instructions: ; @scripts/count-instructions
soak:      ; @scripts/soak
soak-crash: ; @ROUNDS=1000 scripts/soak-crash
dist:      ; @scripts/dist
test-deploy: ; @scripts/test-deploy
clean:     ; @rm -rf .build
