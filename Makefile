# ionbench. `make check` is all that CI runs; `make help` lists the rest.

GO        ?= go
PACKAGES  ?= ./...
FUZZTIME  ?= 10s
FUZZFLOOR ?= 1000
ARTIFACTS ?= artifacts

PLATFORMS ?= linux/amd64 linux/arm64 linux/arm linux/386 darwin/amd64 darwin/arm64 windows/amd64

.DEFAULT_GOAL := help
.PHONY: help build engine cross test test-386 outside pages page-none page-panel page-story page-reports pictures race scenarios realtime sweep proxied compare bench bench-once fuzz format lint update-golden check rest clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: engine ## the three programs, into bin/; ionbench with the engine that the pages of runs carry
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-X ionbench/simulator/story/page.made=$$({ sha256sum || shasum -a 256; } 2>/dev/null < $(ENGINE)/engine.wasm.gz | cut -d ' ' -f 1)" -o bin/ ./cmd/ion...

# The bench as WebAssembly, for the pages of runs. A program takes it only if it was made with it: the
# sum of the engine is written into both.
ENGINE = simulator/story/page/engine
engine:
	@CGO_ENABLED=0 GOOS=js GOARCH=wasm $(GO) build -trimpath -ldflags '-s -w' -o $(ENGINE)/engine.wasm ./cmd/internal/engine
	@gzip -9nf $(ENGINE)/engine.wasm
	@cp "$$($(GO) env GOROOT)/lib/wasm/wasm_exec.js" $(ENGINE)/

# That they compile is all that is asked, which takes a quarter less without optimisation. What
# test-386 has compiled for its tests is compiled once.
cross: ## the three programs for every platform, to see that they compile: a Raspberry Pi, a Mac, Windows
	@set -e; for platform in $(PLATFORMS); do \
		echo "$$platform"; \
		case $$platform in linux/386) set --;; *) set -- '-gcflags=all=-N -l';; esac; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) build "$$@" ./cmd/...; \
	done
	CGO_ENABLED=0 GOOS=windows $(GO) vet '-gcflags=all=-N -l' $(WINDOWSVET) $(PACKAGES)

test-386: ## the core's tests with integers of 32 bits, as a Raspberry Pi has them
	CGO_ENABLED=0 GOARCH=386 $(GO) test -short -vet=off ./simulator ./simulator/ion/... ./simulator/machine/... ./simulator/flash ./simulator/meter ./simulator/line \
		./simulator/bench ./simulator/fault ./simulator/modbus ./simulator/circuit ./simulator/tree ./simulator/pcapng ./simulator/story/... ./simulator/xmodem ./simulator/disk/... \
		./client/... ./scenarios/world/... ./scenarios/fields ./scenarios/cases ./scenarios/rig ./scenarios/trial ./cmd/internal/files

test: ## all tests
	$(GO) test $(PACKAGES)

outside: ## the suite of a module of its own, which knows of this one what everybody can import
	cd fixtures/outside && $(GO) vet ./... && $(GO) test ./...

pages: build ## all pages: the types of their scripts, what a person does in a browser, the OpenAPI document linted
	@$(MAKE) --no-print-directory -j3 --output-sync=target $(BROWSED)

BROWSED = $(shell if command -v npm >/dev/null && command -v $${CHROMIUM:-chromium} >/dev/null; then echo page-panel page-story page-reports; else echo page-none; fi)
page-none:
	@echo "NOT TESTED: the pages in a browser: npm or chromium is missing"; test -z "$$CI"

# They wait more than they work, so all are tried at once.
page-panel: AT = simulator/control/web
page-story: AT = simulator/story/page/web
page-reports: AT = fixtures/pages
page-panel page-story page-reports:
	@cd $(AT) && npm ci --silent --no-fund --no-audit && npm run --silent types && PROGRAMS=$(CURDIR)/bin npm test --silent

pictures: build ## the pictures of the README, anew
	cd fixtures/pages && npm ci --silent --no-fund --no-audit && PROGRAMS=$(CURDIR)/bin npm run --silent pictures

# What the race detector has little to say about: packages of one goroutine, those whose goroutines have
# copies that share nothing (atlas, which stays, deals them out in the same way), and commands on top of
# packages that are tried themselves. make race ALONE='-e none' leaves nothing out. What stays waits more
# than it works, so three packages are at it on two cores; lint has vetted them.
ALONE ?= -e ionbench/scenarios/reproduce -e ionbench/scenarios/atlas/page -e ionbench/scenarios/storm \
	-e ionbench/scenarios/mutants -e ionbench/scenarios/worlds -e ionbench/scenarios/trial -e ionbench/scenarios/shrink \
	-e ionbench/scenarios/whatif -e ionbench/scenarios/cases -e ionbench/cmd/ionbench

race: ## tests under the race detector, with smaller atlases
	CGO_ENABLED=1 $(GO) test -race -short -vet=off -p 3 $$($(GO) list $(PACKAGES) | grep -v -x $(ALONE))

scenarios: ## the Ginkgo suite alone, in parallel, with reports in artifacts/; `make test` plays it too
	mkdir -p $(ARTIFACTS)
	$(GO) tool ginkgo -p --no-color --randomize-all --fail-on-pending --fail-on-empty --keep-going --trace \
		--timeout=5m --poll-progress-after=60s --output-dir=$(ARTIFACTS) --junit-report=scenarios.xml --json-report=scenarios.json ./scenarios

realtime: ## the scenarios over a PTY and over TCP alone
	$(GO) test ./scenarios -ginkgo.label-filter=realtime -ginkgo.v

sweep: ## the whole atlas of a 256 KiB image, into artifacts/, and the specs that take minutes
	mkdir -p $(ARTIFACTS)
	$(GO) run ./cmd/ionbench sweep --image-size 256KiB --json $(ARTIFACTS)/atlas.json --html $(ARTIFACTS)/atlas.html --png $(ARTIFACTS)/atlas.png
	$(GO) run ./cmd/ionbench storm --runs 20000
	$(GO) run ./cmd/ionbench storm --worlds triples --runs 2000
	$(GO) run ./cmd/ionbench storm --histories --cases --runs 2000
	$(GO) test ./scenarios -timeout 60m -ginkgo.label-filter=full -ginkgo.v
	$(GO) test ./scenarios/atlas -timeout 60m -run FullRun -full
	$(GO) test ./scenarios/reproduce -timeout 60m -run 'Sample|Mangled|AnySingle|BefallsCalls' -v -sample-singles 180 -sample-doubles 80 -sample-draws 200
	$(GO) test ./fixtures/wireshark -run FourHundred -v -large
	$(GO) test ./scenarios/bootload -timeout 60m -v -whole
	$(GO) test ./scenarios/dialling -v -whole

proxied: ## 200 random plans through real programs, a pair of PTYs and a proxy, against the meter itself; ends killed at random
	$(GO) test ./cmd/ionsim -timeout 30m -run 'RandomPlan|KilledAtAnyTime' -v -proxied 200 -killed 200

compare: ## what another commit's ionbench says and this one does not: make compare BASE=COMMIT
	$(GO) run ./cmd/internal/compare $(BASE)

bench: ## the benchmarks; each prints its ratio to a floor measured in the same run; and when the bytes of an answer come
	$(GO) test -run '^$$' -bench . -benchmem ./scenarios/rig ./scenarios/atlas ./simulator/... ./cmd/ionsim
	$(GO) test ./cmd/ionsim -run TimingsOfALine -v -timings

bench-once: ## each benchmark once, to see that it runs
	$(GO) test -run '^$$' -bench . -benchtime 1x -short ./scenarios/rig ./scenarios/atlas ./simulator/... ./cmd/ionsim > /dev/null

fuzz: ## every fuzz target for FUZZTIME (10s), or until it has tried FUZZFLOOR (1000) inputs
	$(GO) run ./cmd/internal/fuzzing -time $(FUZZTIME) -floor $(FUZZFLOOR)

format: ## rewrite the sources as gofmt has them
	gofmt -w $$(git ls-files '*.go')

lint: ## gofmt, vet and staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "not gofmt'ed (make format):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet $(PACKAGES)
	$(GO) tool staticcheck $(PACKAGES)

update-golden: ## rewrite the expected outputs; read the difference before you commit it
	$(GO) test ./cmd/ionbench ./simulator/fault ./scenarios/duty ./scenarios/reproduce ./fixtures/schemas ./fixtures/wireshark -update

check: test rest ## all that must hold before a commit lands

# One platform for each size of a word, each system and each family of processors; make cross has all.
DIFFERENT = linux/386 darwin/arm64 windows/amd64

# One analysis is enough to see that tests compile for Windows too. Only files for Windows alone go without
# the others, which make cross has.
# Pages wait while the compiler works, so both are at it at once; the programs are there before.
rest: lint build ## what `make check` does beside the tests
	@$(MAKE) --no-print-directory -j4 --output-sync=target WINDOWSVET=-bools PLATFORMS='$(DIFFERENT)' cross $(BROWSED)
	@$(MAKE) --no-print-directory test-386 outside race bench-once

clean: ## what the other targets made
	rm -rf bin $(ARTIFACTS)
