# Exekra Hub: `make` lists the targets. Runs with GNU make 3.81 and a POSIX shell; everything it installs is in .venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
CODE := services runner scripts tests
TESTS := tests/unit tests/contract tests/integration tests/e2e

.PHONY: help setup setup-dev ui ui-check screenshots up down demo demo-browser test chaos compose-test bench check format format-check lint types proto-style reference-check protos lock clean

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## Make .venv with everything the Hub needs (nothing to do the second time)
	@PYTHON="$(PYTHON)" sh scripts/setup.sh run

setup-dev: ## The same, with the tools for tests and checks
	@PYTHON="$(PYTHON)" sh scripts/setup.sh dev

ui: setup ## Build the browser UI (nothing to do the second time)
	@$(BIN)/python -m scripts.ui build

ui-check: setup-dev ## Format, lint, types and unit tests of the browser UI
	@$(BIN)/python -m scripts.ui check
	@$(BIN)/python -m scripts.ui test

up: setup ## Run the Hub in the foreground; Ctrl-C drains it
	@exec $(BIN)/python -m services.launcher up

down: setup ## Stop the Hub that runs in EXEKRA_HOME
	@exec $(BIN)/python -m services.launcher down

demo: setup ## Start a Hub and a runner, run the demo workflow on real files, check its result
	@$(BIN)/python -m scripts.ui build || echo "demo: the browser UI could not be built (see the line above); going on without its pages" >&2
	@exec $(BIN)/python -m scripts.demo

demo-browser: setup-dev ## The same with a browser: fill in a form that keeps changing, order robots from a moody shop
	@exec $(BIN)/python -m scripts.demo.browser

test: setup-dev ## Run the test suite (PYTEST_ARGS="-n 2": in two processes, where there are cores to spare)
	@exec $(BIN)/python -m pytest $(wildcard $(TESTS)) $(PYTEST_ARGS)

screenshots: setup-dev ui ## Picture every page of the browser UI in both sizes and themes (.build/screenshots)
	@exec $(BIN)/python -m scripts.screenshots

chaos: setup-dev ## Kill, freeze and cut what can be killed, frozen and cut; then check the invariants
	@exec $(BIN)/python -m pytest tests/chaos --timeout 1800 $(PYTEST_ARGS)

compose-test: setup-dev ## Build, start, use, kill and stop the containers of docker-compose.yml
	@exec $(BIN)/python -m pytest tests/compose --timeout 1800 $(PYTEST_ARGS)

bench: setup-dev ## Measure latency, throughput, memory and start
	@exec $(BIN)/python -m tests.bench

check: setup-dev format-check lint types proto-style reference-check ui-check ## Format, lint, types, import rules, protos, written references, browser UI

format: setup-dev ## Rewrite the sources in the house's format
	@$(BIN)/python -m ruff format $(CODE)
	@$(BIN)/python -m ruff check --select I --fix $(CODE)

format-check: setup-dev
	@$(BIN)/python -m ruff format --check $(CODE)

lint: setup-dev ## Lint and import rules
	@$(BIN)/python -m ruff check $(CODE)
	@$(BIN)/lint-imports

types: setup-dev ## Check types
	@$(BIN)/python -m mypy

proto-style: setup-dev
	@$(BIN)/python -m scripts.proto_style

reference-check: setup-dev
	@$(BIN)/python -m scripts.lifecycle_picture --check
	@$(BIN)/python -m scripts.settings_reference --check

protos: setup ## Generate Python from the protos again
	@$(BIN)/python scripts/protos.py

lock: ## Resolve the dependencies again into requirements.lock and requirements-dev.lock (needs uv)
	@uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --no-annotate --generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements.lock
	@uv pip compile pyproject.toml --extra build --extra dev --extra desktop -c requirements.lock --universal --python-version 3.11 --no-annotate --generate-hashes --no-emit-index-url --no-header --quiet -o requirements-dev.lock

clean: ## Remove what make made: .venv, caches, generated code (never the data folder)
	@rm -rf $(VENV) proto/gen services/gateway/ui/dist services/gateway/ui/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find services runner scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +
