# Every target works from a clean clone: it installs what is missing (Debian or Ubuntu), builds below build/,
# and writes nowhere else. `make help` lists them.

PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 30
# Or it would be make's own: lint.
LINT =

# The benchmarks make a network namespace of their own.
AS_ROOT = $(if $(filter 0,$(shell id -u)),,sudo)
CONFIGURE = scripts/configure.sh
SOURCES = git ls-files --cached --others --exclude-standard '*.h' '*.cpp'

.DEFAULT_GOAL := help
.PHONY: help demo build test bench fuzz lint format install clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

build: ## the libraries and the command, optimised, in build/release
	@scripts/setup.sh build
	@$(CONFIGURE) build/release -DCMAKE_BUILD_TYPE=Release -DBOWLINE_BUILD_TESTS=OFF -DBOWLINE_BUILD_EXAMPLES=OFF
	@cmake --build build/release --parallel $(JOBS)

demo: build ## build and run `bowline demo`
	@build/release/src/cli/bowline demo

test: ## every test: sanitizers, threads, release, installation, tidy
	@scripts/setup.sh build test
	@JOBS=$(JOBS) scripts/run_tests.sh

bench: ## the benchmarks, against their peers (BENCH_ARGS=--quick)
	@scripts/setup.sh build bench
	@$(CONFIGURE) build/bench -DCMAKE_BUILD_TYPE=Release -DBOWLINE_BUILD_TESTS=OFF -DBOWLINE_BUILD_BENCH=ON
	@cmake --build build/bench --parallel $(JOBS)
	@$(AS_ROOT) python3 -B bench/run.py all --build build/bench $(BENCH_ARGS)
	@$(AS_ROOT) python3 -B bench/names.py --build build/bench
	@python3 -B bench/secure.py --build build/bench

fuzz: ## each fuzz target for FUZZ_SECONDS (30)
	@scripts/setup.sh build test
	@JOBS=$(JOBS) scripts/run_fuzz.sh $(FUZZ_SECONDS)

lint: ## clang-format and clang-tidy over all of ours (LINT=src/cli for a part)
	@scripts/setup.sh build lint
	@JOBS=$(JOBS) scripts/run_lint.sh $(LINT)

format: ## rewrite all of ours in the house format
	@scripts/setup.sh lint
	@$(SOURCES) | xargs clang-format-19 -i

install: build ## into PREFIX (/usr/local), below DESTDIR
	@DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)"

clean: ## remove build/
	@rm -rf build
