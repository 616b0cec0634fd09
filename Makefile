# Zimu's commands. Each says what it does; a second run takes seconds.
#   make run    install, build, fetch the default model, start Zimu
#   make test   install, build, run every test that needs no container
#   make deploy-test   the containers, end to end, on a real Docker engine
SHELL := /bin/bash
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc)
PRESET ?= dev

.PHONY: help run test deploy-test setup setup-test setup-deploy whisper build web fmt lint fuzz bench test-unit test-web test-functional check clean

help:            ## this list
	@awk -F'##' '/^[a-z-]+:.*##/ {sub(/:.*/,"",$$1); printf "  make %-16s %s\n", $$1, $$2}' Makefile

run: setup       ## install what is missing, build, fetch the model, start on http://127.0.0.1:8080
	@tools/run.sh

test: setup-test ## install what is missing, build, run every test that needs no container
	@tools/test.sh

deploy-test: setup-deploy build ## the containers, end to end, on a real Docker engine
	@tools/deploy_test.sh

setup:           ## install the packages that building needs
	@tools/bootstrap_debian.sh build

setup-test:
	@tools/bootstrap_debian.sh test

setup-deploy:
	@tools/bootstrap_debian.sh deploy

whisper: setup
	@tools/node.sh tools/build_whisper.sh
	@tools/build_silero.sh

build: whisper   ## compile (PRESET=dev with sanitizers, or release)
	@cmake --preset $(PRESET) -DZIMU_WERROR=ON >build/configure-$(PRESET).log || { tail -20 build/configure-$(PRESET).log; exit 1; }
	@cmake --build --preset $(PRESET) -j $(JOBS)

web: setup       ## build the web app into web/dist
	@tools/build_web.sh

test-unit: build ## the C++ tests
	@ctest --preset dev -j $(JOBS)

test-web: web    ## the web app's unit tests
	@cd web && ../tools/node.sh npm test

test-functional: build web ## pytest against the real programs
	@tools/functional.sh

check:           ## layers, links, line counts
	@python3 tools/check_layers.py

fmt:             ## format the C++ sources
	@tools/format.sh

lint: check
	@tools/format.sh --check

fuzz:            ## T=<target> SECONDS=60: run a libFuzzer target (needs clang-19)
	@tools/fuzz.sh "$(T)" "$(SECONDS)"

bench:           ## side by side with peers, as ratios
	@bench/run.sh

clean:           ## delete what was built (models and data stay)
	@rm -rf build/dev build/release build/tsan build/fuzz web/dist
