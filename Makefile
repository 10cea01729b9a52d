# The project's own commands. `make demo` and `make test` set up what they need; both are quick the second time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST_ARGS ?=

# What was compiled is kept, whatever the environment says: else each process compiles the tests and all commands anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick check format bench serve lock train clean

help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "claimline needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $(STAMP)

setup: $(STAMP)  ## install into .venv

demo: $(STAMP)  ## track a claim over a small newsroom, from nothing to its history
	$(BIN)/claimline demo

# What needs a Prefect server runs one after another in one process, all else that is slow in another; properties are held
# against more examples than in the quick part.
test: quick  ## the whole suite
	$(BIN)/python -m pytest -m "slow or hypothesis" --hypothesis-profile thorough --no-loadscope-reorder $(PYTEST_ARGS)

quick: $(STAMP)  ## the suite without what takes long
	$(BIN)/python -m pytest -m "not slow" $(PYTEST_ARGS)

check: $(STAMP)  ## ruff, strict types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)  ## let ruff write
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)  ## the README's figures
	$(BIN)/python -m benchmarks

serve: $(STAMP)  ## the review page on http://127.0.0.1:8765
	$(BIN)/claimline serve

lock: $(STAMP)  ## write requirements.lock anew (needs uv: pip install uv)
	$(BIN)/python -m uv export --quiet --no-header --no-annotate --no-emit-project --all-groups -o requirements.lock
	rm -f uv.lock

train:  ## make the stance model again (needs training/requirements.txt, see training/README.md)
	sh training/run.sh

clean:  ## remove what was installed and cached
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
