# rflow: `make demo` and `make test` do all the set-up on a machine with only Python 3.11+, make and git.
PYTHON ?= python3
VENV := .venv
SEED ?= $(shell date +%s)
# By group: what shares a small disk or a browser runs in one worker. By file takes as much time of the processor.
PYTEST = $(BIN)/python -m pytest -n auto --dist loadgroup
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
# Most of a test's process is imports: compiled once, not by each, even where the environment says not to.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo check test nightly lint types bench faults docs manual walkthroughs clean
.DEFAULT_GOAL := help

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "rflow needs Python 3.11 or newer; try: make PYTHON=python3.12 …")'
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/python pyproject.toml
	@echo "Installing rflow into $(VENV) …"
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml
	@echo "Installing rflow and what its tests need into $(VENV) …"
	@$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo ## Set up and play the main job from end to end
	@$(BIN)/rflow demo --keep demo

check: $(VENV)/.test ## Style, and the tests that are not marked slow: under a minute
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@RFLOW_TEST_QUICK=1 $(PYTEST) -m 'not slow' $(ARGS)

test: $(VENV)/.test ## Set up and run every test that can run here
	@$(PYTEST) $(ARGS)

nightly: $(VENV)/.test ## The long runs, with examples that no run before has tried
	@echo "SEED=$(SEED)"
	@RFLOW_TEST_HEAVY=1 $(PYTEST) --hypothesis-seed=$(SEED) $(ARGS)

lint: $(VENV)/.test ## Style, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(VENV)/.test ## Types
	@$(BIN)/mypy

bench: $(VENV)/.test ## Measure, as ratios of one run (benchmarks/README.md)
	@$(BIN)/python -m compileall -q src $(VENV)
	@$(BIN)/python -m benchmarks

faults: $(VENV)/.test ## Kill the primary of a PostgreSQL cluster under writers (docs/scaling.md)
	@$(BIN)/python -m benchmarks.faults

docs: $(VENV)/.test ## Build the documentation as a site, in build/docs
	@$(BIN)/sphinx-build -W --keep-going -q docs build/docs
	@echo "Open build/docs/index.html"

manual: $(VENV)/.test ## Renew the manual page, docs/rflow.1, after a change of the commands
	@$(BIN)/python docs/generate.py
	@$(BIN)/sphinx-build -W -q -b man docs build/man
	@cp build/man/rflow.1 docs/rflow.1

walkthroughs: $(VENV)/.test ## Renew the output that the documentation shows for its commands
	@PYTHONPATH=tests $(BIN)/python -m support.walkthrough

clean: ## Remove what was made
	@rm -rf $(VENV) .venv-* demo demo-* dist build
