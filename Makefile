# Everything a clone needs: `make demo`, `make test`. Each sets up .venv by itself; Python 3.11+ and make are enough.
#   make test ARGS="-k rollback -x"      options and files for pytest
#   make test PARALLEL=                  one process instead of several
#   make demo ARGS="--only RBK"          options of `pitboss demo`
#   make demo PYTHON=python3.13          another Python (only read when .venv is made)

PYTHON   ?= python3
# Tests often wait, for the programs that they start and for what never comes: three for each core keep it busy.
WORKERS   = $(shell $(PYTHON) -c 'import os; print(min(16, 3 * (os.cpu_count() or 1)))')
PARALLEL ?= -n $(WORKERS) --dist worksteal
ARGS     ?=

VENV  := .venv
BIN   := $(VENV)/bin
RUN   := $(VENV)/.installed-run
DEV   := $(VENV)/.installed-dev
FILES := pyproject.toml constraints.txt
# What is imported is compiled then; pip would compile ten times as much.
PIP   := $(BIN)/python -m pip install -qq --no-compile --disable-pip-version-check --no-input -c constraints.txt

# Compiled modules are kept, whatever is set outside: tests start hundreds of processes, and each would compile again.
export PYTHONDONTWRITEBYTECODE :=

RECENT := import sys; sys.exit(sys.version_info < (3, 11))

# A virtual environment is bound to its folder and its Python: one that was moved, half made or left behind by an
# older Python is made again.
FIT := $(shell $(BIN)/python -c 'import pip; $(RECENT)' 2>/dev/null \
	&& grep -qF '$(CURDIR)/$(VENV)' $(BIN)/activate && echo fit)

.PHONY: help demo test e2e matrix docs lint types imports compiled check bench clean new-venv
.DEFAULT_GOAL := help

help: ## say what each target does
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/make \1|\2/p' Makefile | while IFS='|' read -r target text; do \
		printf '%-14s %s\n' "$$target" "$$text"; done

demo: $(RUN) ## fake OPERATOR, reference CLIENT, all rules and the verdict
	@$(BIN)/pitboss demo $(ARGS)

test: $(DEV) ## tests of every room, and one mutant for each rule
	@$(BIN)/pytest $(PARALLEL) --ignore=tests/end_to_end $(ARGS)

e2e: $(DEV) ## browsers, Locust, other CLIENTs, and every command of the documents
	@$(BIN)/pytest $(PARALLEL) tests/end_to_end $(ARGS)

matrix: $(DEV) ## judge every mutant by the rules it is meant to break
	@$(BIN)/pytest $(PARALLEL) tests/mutants --mutants=all $(ARGS)

lint: $(DEV) ## style and likely mistakes (ruff), formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEV) ## types (mypy, strict)
	@$(BIN)/mypy

imports: $(DEV) ## which room may import which, import cycles, lengths, private names
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.house

compiled: $(DEV) ## compile all that tests import, once: where nothing is, each of their processes does
	@said=$$($(BIN)/pytest --collect-only -qq tests) || { echo "$$said"; exit 1; }

check: lint types imports test ## all of these

bench: $(DEV) ## everything that is claimed to be fast, beside what it is compared to; writes docs/benchmarks.md
	@$(BIN)/python -m loadtests.benchmarks.run $(ARGS)

docs: $(DEV) ## write the pages that are made from the code
	@$(BIN)/python -m tests.documents.generated
	@$(BIN)/python -m tests.simulators.server.openapi_documents

clean: ## remove .venv, caches and reports
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis report reports
	@rm -rf build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

ifneq ($(FIT),fit)
$(RUN) $(DEV): new-venv
endif

new-venv:
	@$(PYTHON) -c '$(RECENT)' || { \
		echo "What came: PYTHON=$(PYTHON) is $$($(PYTHON) --version 2>&1 || true)" >&2; \
		echo "Expected:  Python 3.11 or newer, whose language and library pitboss is written in" >&2; \
		echo "Next:      install one, then name it: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "What came: $(PYTHON) cannot make virtual environments (the module ensurepip or venv is missing)" >&2; \
		echo "Expected:  a complete Python, so that .venv keeps pitboss apart from the system's packages" >&2; \
		echo "Next:      on Debian or Ubuntu run: apt-get install python3-venv" >&2; exit 2; }
	@echo "Setting up $(VENV) (once; about a minute) .." >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) pip # the one that came with Python takes twice as long for all that follows

$(RUN): $(FILES)
	@$(PIP) -e .
	@touch $@

$(DEV): $(FILES)
	@$(PIP) -e '.[dev]'
	@touch $(RUN) $@
