# Everything that a person or CI does to rekey is a target of this file; "make" alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help

BIN := build/bin
TOOLS := $(addprefix $(BIN)/,buf protoc-gen-go protoc-gen-go-grpc grpcurl golangci-lint workflowcheck gotestsum temporal)
PROGRAMS := $(addprefix $(BIN)/,rekey rekey-server rekey-worker)

# The real Temporal server that the tests start.
export REKEY_TEMPORAL_BIN := $(abspath $(BIN)/temporal)

# How many sequences of steps the property tests try in a test run; property tries more.
export RAPID_CHECKS ?= 20

# What the tests are run with: make test TESTFLAGS='-run TestPause -count=1' PACKAGES=./workflows/...
# They wait for servers and simulated time more than they compute, so more of them run side by side than there are cores.
TESTFLAGS ?=
PACKAGES ?= ./...
TEST := -race -timeout 60m -parallel 4 $(TESTFLAGS) $(PACKAGES)

# What bench, kill-matrix, matrix and mutants are run with: make mutants MUTANTFLAGS='--only trust-a-200'
BENCHFLAGS ?=
KILLFLAGS ?=
MATRIXFLAGS ?=
MUTANTFLAGS ?=

# The version of the API that must not be broken: the newest release, else main.
AGAINST ?= $(shell git describe --tags --abbrev=0 --match 'v*' 2>/dev/null || \
	git rev-parse -q --verify main 2>/dev/null || git rev-parse -q --verify origin/main 2>/dev/null)

# The release of protovalidate whose annotations third_party/proto holds.
PROTOVALIDATE := github.com/bufbuild/protovalidate@v1.2.2

.PHONY: help
help: ## List the targets
	@sed -En 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r target text; do \
		printf '  %-16s %s\n' "$$target" "$$text"; done

.PHONY: check
check: ## Everything that CI runs, the tests last
	@for step in check-generate lint demo bench-small kill-matrix-small faults-small test; do printf '\n== make %s\n' $$step; $(MAKE) $$step; done

##### Build

.PHONY: build
build: $(PROGRAMS) ## Build rekey, rekey-server and rekey-worker into build/bin

.PHONY: $(PROGRAMS)
$(PROGRAMS): $(BIN)/%:
	go build -trimpath -o $@ ./cmd/$*

.PHONY: clean
clean: ## Remove build/ (the tools stay in their cache)
	rm -rf build

##### Generate

.PHONY: generate
generate: $(BIN)/buf $(BIN)/protoc-gen-go $(BIN)/protoc-gen-go-grpc ## Generate gen/ from proto/
	rm -rf build/_generated
	$(BIN)/buf generate -o build/_generated
	$(BIN)/buf build proto --as-file-descriptor-set -o build/_generated/gen/rekey/v1/descriptors.binpb
	@mkdir -p gen && find gen -name '*.pb.go' | while read -r file; do \
		[[ -e build/_generated/$$file ]] || { echo "removing $$file"; rm "$$file"; }; done
	@cp -R build/_generated/gen/. gen/

.PHONY: check-generate
check-generate: ## Check that gen/ is what proto/ generates
	@rm -rf build/_committed && mkdir -p build gen && cp -R gen build/_committed
	@$(MAKE) generate
	@diff -r build/_committed gen >build/generate.diff || { \
		grep -E '^(diff|Only|Binary)' build/generate.diff; echo "gen/ was not up to date; it is now: commit it"; exit 1; }

.PHONY: third-party
third-party: ## Copy the protos of others out of their Go modules into third_party/proto
	@dir=$$(go mod download -json $(PROTOVALIDATE) | sed -n 's/^\t"Dir": "\(.*\)",$$/\1/p'); \
	to=third_party/proto/buf/validate; mkdir -p $$to; \
	install -m 644 "$$dir"/proto/protovalidate/buf/validate/validate.proto "$$dir"/LICENSE $$to

.PHONY: model
model: ## Derive what awssim's inputs may be from botocore's API models: make model DATA=<dir>/botocore/data
	go run ./awssim/model/generate -data $(DATA) -out awssim/model/constraints.json

##### Check

.PHONY: lint
lint: lint-proto lint-go lint-workflows ## Run every linter

.PHONY: lint-proto
lint-proto: $(BIN)/buf ## Lint the API, and compare it with the newest release (or with AGAINST=<ref>)
	$(BIN)/buf lint
	@rm -rf build/_against && mkdir -p build/_against; \
	if git rev-parse -q --verify '$(AGAINST):proto/rekey' >/dev/null 2>&1; then \
		git log -1 --format='buf breaking: against %h %s' '$(AGAINST)'; \
		git archive '$(AGAINST)' buf.yaml proto third_party/proto | tar -x -C build/_against; \
		$(BIN)/buf breaking --against build/_against; \
	else echo "buf breaking: skipped, there is no earlier version of the API"; fi

.PHONY: lint-go
lint-go: $(BIN)/golangci-lint ## Lint the Go code
	$(BIN)/golangci-lint run

.PHONY: lint-workflows
lint-workflows: $(BIN)/workflowcheck ## Check that the workflows are deterministic
	$(BIN)/workflowcheck -config tools/workflowcheck.yaml ./workflows/...

# A busy machine is no deadlock: a coroutine of a workflow may take longer than the second that Temporal's SDK gives it in tests.
test test-summary: export TEMPORAL_DEBUG := 1

.PHONY: test
test: build $(BIN)/temporal $(BIN)/grpcurl ## Run the tests, with the race detector, against a real Temporal server
	go test $(TEST)

# How many random worlds property tries, and how many sequences of steps.
SEEDS ?= 50
CHECKS ?= 1000

.PHONY: property
property: $(BIN)/temporal ## Try SEEDS=50 random fleets and scripts: no live canary loses its key
	go test ./workflows/registry -count=1 -timeout 60m -run TestRevokeStrandsNobody -rapid.checks=$(CHECKS)
	REKEY_SEEDS=$(SEEDS) go test ./e2e -count=1 -timeout 120m -parallel 8 -run TestNoConsumerLosesItsKey

# What faults is run with: make faults SEEDS=17-17 FAULTFLAGS=--verbose
FAULTFLAGS ?=

.PHONY: faults
faults: $(BIN)/temporal ## Play SEEDS=50 campaigns of faults (or SEEDS=17,20-30), and judge them; FAULTFLAGS=--verbose tells all
	@mkdir -p build/durable
	go run ./durable/faults --seeds $(SEEDS) --out build/durable $(FAULTFLAGS)

.PHONY: faults-small
faults-small: $(BIN)/temporal ## The same for a few fixed seeds, to see that it works
	@mkdir -p build/durable-small
	go run ./durable/faults --seeds 4,5 --parallel 2 --out build/durable-small $(FAULTFLAGS)

.PHONY: test-summary
test-summary: build $(BIN)/temporal $(BIN)/grpcurl $(BIN)/gotestsum ## Run the tests, shortly told, with a report in build/junit.xml
	$(BIN)/gotestsum --format pkgname-and-test-fails --junitfile build/junit.xml -- $(TEST)

.PHONY: matrix
matrix: build $(BIN)/temporal $(BIN)/gotestsum ## Migrate from everything to everything by every method, in every world; counts by system
	@mkdir -p build && rm -f build/matrix.txt
	@trap 'cat build/matrix.txt' EXIT; REKEY_MATRIX=full REKEY_REPORT=$(abspath build/matrix.txt) \
		$(BIN)/gotestsum --format testname -- ./e2e -count=1 -timeout 90m -run '^(TestMatrix|TestWorlds)$$' $(MATRIXFLAGS)

.PHONY: kill-matrix
kill-matrix: build $(BIN)/temporal ## Kill worker, server and Temporal at every point, and compare what is left; KILLFLAGS='--points call/*/after'
	go run ./durable/kill $(KILLFLAGS)

.PHONY: kill-matrix-small
kill-matrix-small: ## The same for a few points of the way forth, chosen by a seed
	@$(MAKE) kill-matrix KILLFLAGS='--stages 1 --undisturbed 2 --cases 6 --parallel 6 --mixed --out build/durable-small $(KILLFLAGS)'

.PHONY: mutants
mutants: build $(BIN)/temporal ## Seed bugs into rekey one by one, and see that the tests catch them
	go run ./mutants $(MUTANTFLAGS)

# How long each fuzz test runs.
FUZZTIME ?= 20s

.PHONY: fuzz
fuzz: ## Fuzz whatever parses foreign text, each for FUZZTIME
	@grep -rlE --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r package; do \
		grep -hoE '^func Fuzz[A-Za-z]+' "$$package"/*_test.go | cut -c6- | while read -r name; do \
			echo "$$package $$name"; go test "$$package" -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME); done; done

# Which AWS is held against the facts: sim, aws (by the SDK's default credentials) or a URL. docs/awssim.md tells what to
# name before MUTATE=1 lets it be changed.
ENDPOINT ?= sim
MUTATE ?=

.PHONY: conformance
conformance: ## Ask the simulated AWS for each fact that a migration relies on; ENDPOINT=aws asks the real one, reading only
	@cd awssim/conformance && REKEY_CONFORMANCE_ENDPOINT='$(ENDPOINT)' REKEY_CONFORMANCE_MUTATE='$(MUTATE)' \
		go test -count=1 -timeout 12h $(TESTFLAGS)

.PHONY: demo
demo: build $(BIN)/temporal ## Migrate a simulated fleet, from the first call to the evidence
	$(BIN)/rekey demo

.PHONY: dev
dev: build $(BIN)/temporal $(BIN)/grpcurl ## Serve rekey, Temporal and a simulated AWS until interrupted
	$(BIN)/rekey dev

.PHONY: bench
bench: build $(BIN)/temporal ## Measure everything at its documented size; BENCHFLAGS='--part peers' for a part of it
	go run ./bench all --out build/bench $(BENCHFLAGS)

.PHONY: bench-small
bench-small: build $(BIN)/temporal ## The same in sizes that only show that everything works
	go run ./bench all --small --out build/bench-small $(BENCHFLAGS)

.PHONY: bench-scale
bench-scale: build $(BIN)/temporal ## Migrate fleets of 1,000, 10,000 and 100,000 canaries, which takes hours, and compare their costs
	go run ./bench migrate --out build/bench --canaries 1000,10000,100000 --per-cell 25 --regions 4 --time-scale 10 \
		--no-dry-runs --most-growth 1.2 --most-memory 512 $(BENCHFLAGS)

# Whether performance takes over what bench, kill-matrix and faults have measured since.
COLLECT ?=

.PHONY: performance
performance: ## Make docs/performance.md from the results beside it; COLLECT=1 takes over those of build/ first
	go run ./bench performance $(if $(COLLECT),--collect build/bench --collect build/durable)

# The version whose workflows' histories are recorded, for the replay test of later ones: the coming release. What a release
# recorded stays as it is, so that this is raised after each.
VERSION ?= v0.8

# The tests that record what they did.
RECORDING := TestFiveSteps|TestHandingOn|TestWhatIsInTheWay|TestRollBack|TestKeyPolicyHasOneOwner|TestFleetIsReadWithoutAMigration|$\
	TestBudgetIsStrict|TestPauseEverything|TestRetry|TestCancelPutsBackWhatIsInFlight|TestSelections

.PHONY: record-histories
record-histories: $(BIN)/temporal ## Record workflow histories as fixtures of the replay test, from committed code
	rm -rf workflows/worker/testdata/replay/$(VERSION)
	REKEY_RECORD=$(abspath workflows/worker/testdata/replay)/$(VERSION) go test ./e2e -count=1 -run '^($(RECORDING))$$'
	go test ./workflows/worker -count=1 -run TestReplay -update

# The commit from whose worker upgrade upgrades: the newest whose histories are a release's.
FROM ?= $(shell git log -1 --format=%h -- 'workflows/worker/testdata/replay/v*' ':!workflows/worker/testdata/replay/$(VERSION)' 2>/dev/null)

.PHONY: upgrade
upgrade: $(BIN)/temporal ## Let the worker of this tree take over from an older one, built from FROM=<ref>, in mid-flight
	@rm -rf build/_older && mkdir -p build/_older && git archive '$(FROM)' | tar -x -C build/_older
	@git log -1 --format='upgrade: from the worker of %h %s' '$(FROM)'
	cd build/_older && go build -trimpath -o rekey-worker ./cmd/rekey-worker
	REKEY_OLDER_WORKER=$(abspath build/_older/rekey-worker) \
		REKEY_OLDER_VERSION=$$(cd build/_older/workflows/worker/testdata/replay && printf '%s\n' v* | sort -V | tail -n1) \
		go test ./e2e -count=1 -timeout 20m -parallel 4 -run TestUpgradeFromOlderWorker $(TESTFLAGS)

.PHONY: transcripts
transcripts: build $(BIN)/temporal $(BIN)/grpcurl ## Write the transcripts of the documentation anew, by running them
	go test ./docs -count=1 -run TestTranscripts -update

##### Tools: pinned in modules of their own, built once per machine (see tools/install)

.PHONY: tools
tools: $(TOOLS) ## Build the pinned tools into build/bin

$(BIN)/protoc-gen-go: PACKAGE := google.golang.org/protobuf/cmd/protoc-gen-go
$(BIN)/protoc-gen-go-grpc: PACKAGE := google.golang.org/grpc/cmd/protoc-gen-go-grpc
$(BIN)/grpcurl: PACKAGE := github.com/fullstorydev/grpcurl/cmd/grpcurl
$(BIN)/workflowcheck: PACKAGE := go.temporal.io/sdk/contrib/tools/workflowcheck
$(BIN)/gotestsum: PACKAGE := gotest.tools/gotestsum
$(addprefix $(BIN)/,protoc-gen-go protoc-gen-go-grpc grpcurl workflowcheck gotestsum): $(wildcard tools/go.* tools/install)
	@tools/install $@ tools $(PACKAGE)

$(BIN)/buf: $(wildcard tools/buf/go.* tools/install)
	@tools/install $@ tools/buf github.com/bufbuild/buf/cmd/buf

$(BIN)/golangci-lint: $(wildcard tools/lint/go.* tools/install)
	@tools/install $@ tools/lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(BIN)/temporal: $(wildcard tools/temporal/go.* tools/temporal/*.go tools/install)
	@tools/install $@ tools/temporal .
