# Every target installs what it needs first (make deps), configures and builds. `make help` lists them.
JOBS   ?= $(shell nproc)
PRESET ?= $(if $(filter-out 0 false,$(CI)),ci,release)
RUN     = build/$(PRESET)/experiments/twostage
STUDIES = $(notdir $(patsubst %/,%,$(dir $(wildcard experiments/studies/*/study.toml))))
QUIET   = $(if $(VERBOSE),,>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help deps build program paper smoke test attack bench page page-test lint format coverage compilers clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

deps: ## install missing Debian packages (as root or through sudo)
	@.ci/deps

build: deps ## configure and build everything
	@cmake --preset $(PRESET) $(QUIET)
	@cmake --build --preset $(PRESET) -j $(JOBS)

program: deps ## configure and build the command line alone
	@cmake --preset $(PRESET) $(QUIET)
	@cmake --build --preset $(PRESET) -j $(JOBS) --target twostage

paper: program ## every study at full size: results, figures, report, verdicts
	@.ci/laboratory $(RUN) paper $(STUDIES)

smoke: program ## the same in half a minute, with few replicates
	@.ci/laboratory $(RUN) smoke $(STUDIES)

test: build ## build and run the tests, in two minutes (SLOW=1: every test, in ten)
	@ctest --preset $(PRESET) $(if $(filter-out 0 false,$(CI) $(SLOW)),,-LE slow) -j $(JOBS)

attack: build ## the long attacks: fuzzed files, kills, coverage of intervals (tests/attack/long)
	@ctest --preset $(PRESET) -C attack -L attack-long -j $(JOBS)

bench: deps ## measure speed as ratios within one run (BENCH=--paper adds the ten studies)
	@cmake --preset bench $(QUIET)
	@cmake --build --preset bench -j $(JOBS)
	@.ci/bench build/bench $(BENCH)

page: deps ## build the lesson's page, results/teaching/lesson.html (needs emscripten and terser)
	@cmake --preset $(PRESET) $(QUIET)
	@cmake --build --preset $(PRESET) -j $(JOBS) --target twostage twostage_replay
	@/usr/bin/python3 sim/web/build.py build/web/laboratory.wasm
	@/usr/bin/python3 sim/web/data.py build/$(PRESET) results/teaching/hashes.json build/web/data.json
	@/usr/bin/python3 sim/web/page.py build/web/laboratory.wasm build/web/data.json results/teaching/lesson.html

page-test: build ## test the page, in a browser as well (npm installs playwright-core for that)
	@ctest --preset $(PRESET) -L web
	@cd tests/web && npm ci --silent && node browser_test.mjs
	@for browser in firefox webkit; do /usr/bin/python3 tests/web/$${browser}_test.py results/teaching/lesson.html || [ $$? -eq 77 ] || exit 1; done

lint: deps ## clang-format, clang-tidy and the project's own rules
	@cmake --preset ci -B build/lint -D TWOSTAGE_UNITY=OFF $(QUIET)
	@.ci/lint build/lint $(JOBS)

format: deps ## reformat every C++ file
	@git ls-files '*.hpp' '*.cpp' | xargs clang-format -i

coverage: deps ## line coverage of sim, theory and results
	@cmake --preset coverage $(QUIET)
	@cmake --build --preset coverage -j $(JOBS)
	@ctest --preset coverage -j $(JOBS) $(QUIET)
	@gcovr --root . --filter 'sim/' --filter 'theory/' --filter 'results/' --exclude 'tests/' build/coverage

compilers: deps ## the same bits from g++ and clang, -O0 and -O3
	@.ci/compilers $(JOBS)

clean: ## remove builds and results
	@rm -rf build results/out
