# make demo   the whole road in one command: needs Python 3.11 and the package registry, nothing else
# make test   everything CI checks: adds Node and a browser where they are missing
PYTHON ?= python3
BIN := .venv/bin
NODE_MODULES := hardhat-fork/node_modules/.package-lock.json
AXE := tests/browser/node_modules/.package-lock.json
export PATH := $(CURDIR)/$(BIN):$(PATH)
unexport PYTHONDONTWRITEBYTECODE  # the tests start hundreds of processes, which share what was compiled

.PHONY: setup setup-test demo test test-long audit lint benchmark clean

setup: .venv/.demo
setup-test: .venv/.test $(NODE_MODULES) $(AXE) .venv/.chromium

.venv/.uv: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	@echo "Setting up .venv; the first time this takes about a quarter of a minute."
	@$(PYTHON) -m venv .venv || { echo "The venv module is needed: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@touch $@

.venv/.demo: .venv/.uv pyproject.toml
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable .
	@touch $@

.venv/.test: .venv/.demo
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(NODE_MODULES): .venv/.test hardhat-fork/package-lock.json
	@cd hardhat-fork && npm ci --no-audit --no-fund --silent
	@touch $@

$(AXE): .venv/.test tests/browser/package-lock.json
	@cd tests/browser && npm ci --no-audit --no-fund --silent
	@touch $@

.venv/.chromium: .venv/.test
	@$(BIN)/python scripts/ensure_chromium.py
	@touch $@

demo: setup
	@$(BIN)/attest demo

test: setup-test lint
	@$(BIN)/pytest -n 3 --dist worksteal -m 'not long'

test-long: setup-test
	@ATTEST_TEST_LONG=1 $(BIN)/pytest -n 3 --dist worksteal

AUDIT := hardhat-fork/audit
audit: setup-test .venv-audit/.slither $(AUDIT)/node_modules/.package-lock.json
	@$(BIN)/python scripts/audit.py

.venv-audit/.slither: .venv/.uv $(AUDIT)/requirements.txt
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-audit
	@$(BIN)/uv pip install --quiet --python .venv-audit/bin/python --requirement $(AUDIT)/requirements.txt
	@touch $@

$(AUDIT)/node_modules/.package-lock.json: .venv/.test $(AUDIT)/package-lock.json
	@cd $(AUDIT) && npm ci --no-audit --no-fund --silent
	@touch $@

lint: .venv/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

benchmark: setup
	@$(BIN)/python scripts/benchmark.py

clean:
	@rm -rf build .venv .venv-audit hardhat-fork/node_modules tests/browser/node_modules $(AUDIT)/node_modules
