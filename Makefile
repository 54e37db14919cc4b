# Every target first installs what is missing (third_party/setup.sh: quiet when nothing is).
#
#   make              build/release/leitai
#   make demo         from here to a leaderboard of two settings of a small model; no key, no GPU
#   make test         builds and runs all tests; `make test-full` adds the long campaigns
#   make bench        builds and runs the benchmarks of tests/bench
#   make fuzz         runs each fuzz target of tests/fuzz for FUZZ_SECONDS (30)
#   make format       clang-format over all sources
#   make install      PREFIX=/usr/local
#   make clean        removes build/; answers under runs/ stay

PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
TEST_JOBS ?= 1
FUZZ_SECONDS ?= 30
LEITAI := build/release/leitai
# Runs a command; its output is shown only if it fails.
QUIETLY = quietly() { log=$$(mktemp); if "$$@" >$$log 2>&1; then rm -f $$log; else cat $$log; rm -f $$log; exit 1; fi; }; quietly

.PHONY: all demo test test-full bench fuzz format install clean setup setup-dev configure

all: configure
	@cmake --build build/release -j $(JOBS)

setup:
	@third_party/setup.sh

setup-dev:
	@third_party/setup.sh --dev

configure: setup
	@$(QUIETLY) cmake --preset release

demo: configure
	@echo "Building $(LEITAI) (some minutes the first time, seconds after)"
	@cmake --build build/release -j $(JOBS) --target leitai
	@harness/cli/demo.sh $(LEITAI)

test: all
	@tests/run_tests.sh build/release $(TEST_JOBS)

test-full: all
	@LEITAI_FULL=1 tests/run_tests.sh build/release $(TEST_JOBS)

bench: setup
	@$(QUIETLY) cmake --preset release -DLEITAI_BENCH=ON
	@cmake --build build/release -j $(JOBS)
	@for bench in build/release/bench_*; do \
	  test -x $$bench || { echo "make bench: tests/bench holds no benchmark" >&2; exit 1; }; \
	  echo "== $${bench##*/}"; $$bench || exit 1; done

fuzz: setup-dev
	@$(QUIETLY) cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DCMAKE_C_COMPILER=clang-14 \
	  -DCMAKE_CXX_COMPILER=clang++-14 -DLEITAI_FUZZ=ON -DLEITAI_TESTS=OFF
	@cmake --build build/fuzz -j $(JOBS) --target fuzz_targets
	@for fuzz in build/fuzz/fuzz_*; do \
	  test -x $$fuzz || { echo "make fuzz: tests/fuzz holds no fuzz target" >&2; exit 1; }; \
	  corpus=build/fuzz/corpus/$${fuzz##*/fuzz_}; log=build/fuzz/logs/$${fuzz##*/}; mkdir -p $$corpus build/fuzz/logs; \
	  echo "== $${fuzz##*/}, $(FUZZ_SECONDS) s"; \
	  kept=tests/fuzz/corpus/$${fuzz##*/fuzz_}; test -d $$kept || kept=; \
	  if $$fuzz $$corpus $$kept -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/ >$$log 2>&1; then grep -E "executed_units|peak_rss" $$log; \
	  else tail -n 60 $$log; exit 1; fi; done

format: setup-dev
	@git ls-files -z -- '*.h' '*.cpp' | xargs -0 clang-format-14 -i

install: configure
	@cmake --build build/release -j $(JOBS) --target leitai
	@cmake --install build/release --prefix $(PREFIX)

clean:
	rm -rf build
