# Everything a developer does has a target here; CI runs `make test` and nothing else.
GO     ?= go
SEEDS  ?= 100
BUDGET ?= 60s
TIME   ?= 60s
NODES  ?= 3
PORT   ?= 7000
DATA   ?= understudy-data

.PHONY: help build dev test fmt vet static unit interop race sim marks zoo fastzoo fuzz record bench

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-8s %s\n", $$1, $$2}' Makefile

build: ## build bin/understudy
	$(GO) build -trimpath -o bin/understudy ./cmd/understudy

dev: build ## start NODES nodes in one process; Redis clients connect to PORT
	bin/understudy dev --nodes $(NODES) --port $(PORT) --data $(DATA)

test: fmt vet static unit interop race sim fastzoo ## everything CI checks

fmt: ## fail if a file is not formatted
	@files=$$(gofmt -l .); test -z "$$files" || { echo "not formatted: $$files"; exit 1; }

vet:
	$(GO) vet ./...

static: ## run staticcheck
	$(GO) tool staticcheck ./...

unit: ## all tests
	$(GO) test ./...

interop: ## rehearse other Raft libraries, and groups that mix them with ours
	@for module in raft/interop raft/interop/etcd36; do \
		echo "$$module"; (cd $$module && $(GO) vet ./... && \
			$(GO) tool -modfile=$(CURDIR)/go.mod staticcheck ./... && $(GO) test ./...) || exit 1; done

# The deterministic packages hold no goroutine, as a test in docs sees to, so there is nothing
# in them for the race detector to find.
CONCURRENT = ./actors/... ./client/... ./kv/resp/... ./cmd/...

race: ## the packages that have goroutines under the race detector, which needs a C compiler
	@if [ "$$($(GO) env CGO_ENABLED)" = 1 ]; then echo "$(GO) test -race -short $(CONCURRENT)"; $(GO) test -race -short $(CONCURRENT); \
	else echo "race: skipped, because the race detector needs a C compiler and there is none"; fi

sim: build ## SEEDS seeds of every scenario; SEEDS=5000 make sim for a long rehearsal
	bin/understudy sim run --seeds $(SEEDS)

zoo: build ## plant every known bug and hunt each for BUDGET of CPU time
	bin/understudy sim zoo --budget $(BUDGET)

fastzoo: build ## hunt the known bugs that are caught soon
	bin/understudy sim zoo --fast --budget $(BUDGET)

fuzz: ## run every fuzz target for TIME
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(TIME) $$package || exit 1; done; done

record: ## record golden traces and summaries anew; read the diff before committing
	$(GO) test ./raft ./sim/campaign ./scenarios/zoo -rewrite

bench: build ## drive a 3-node cluster of real processes over RESP
	bin/understudy bench

marks: build ## count which rare branches SEEDS seeds of every scenario reach, into docs/simulation.md
	bin/understudy sim run --seeds $(SEEDS) --repeat 0 --json > bin/marks.json
	$(GO) test ./docs -run TestTableOfMarks -marks ../bin/marks.json
