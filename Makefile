# What a contributor types; `make` alone lists it. Nothing but Go and bash has to
# be installed: go fetches and builds what else is needed, in fixed versions.
# Tests that need a browser are skipped where there is none.

VERSION  ?=
FUZZTIME ?= 10s

tool       = go tool -modfile=tools/go.mod
buildflags = $(if $(VERSION),-trimpath -ldflags "-X main.release=$(VERSION)")

.DEFAULT_GOAL := help
.PHONY: help build test torture lint fmt bench bench-peers demo fuzz cross clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s  %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build: ## build bin/herald (VERSION=1.2.3 for a release)
	go build $(buildflags) -o bin/ ./cmd/herald

test: ## run all tests, with the race detector; where it can, install the browser that some need
	@tools/browser.sh
	go test -race -timeout 30m ./...
	@# The race detector allocates too: what a message and a row may allocate is held without it.
	go test -run Allocations ./pkg/...

torture: ## the long forms of the tests that kill processes and break disks
	HERALD_TORTURE=1 go test -timeout 60m -run 'TestHistories|TestEveryByte|TestEveryCall' ./pkg/ledger
	HERALD_TORTURE=1 go test -timeout 60m -run TestSkimmedRuns ./pkg/sender
	HERALD_TORTURE=1 HERALD_FULL=1 go test -timeout 60m -v -run 'TestKill' ./cmd/herald

lint: ## check format, go vet, staticcheck, the rules of this repository, known vulnerabilities
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted, run make fmt:"; echo "$$unformatted"; exit 1; }
	go vet ./...
	$(tool) staticcheck ./...
	go test ./internal/architecture
	@tools/vulncheck.sh

fmt: ## format all Go files
	gofmt -w .

bench: ## measure: messages/s, CPU and memory of a campaign; rows/s; renders/s
	go run ./bench

bench-peers: ## the same beside other tools (wrk and curl where installed), and with more workers; keeps bench/RESULTS.md
	go run ./bench -only peers,scaling,syscalls -into bench

demo: ## see the whole thing in a minute, nothing to configure
	go run ./cmd/herald demo

fuzz: ## fuzz every target for a while (FUZZTIME=10s)
	tools/fuzz.sh $(FUZZTIME)

cross: ## build dist/herald-OS-ARCH for Linux, macOS and Windows
	tools/cross.sh $(buildflags)

clean: ## remove what build and cross made
	rm -rf bin/herald bin/herald.exe dist
