# The one door: every command sets up what it needs and runs.
#   make demo [FILES="a.mp3 'my song.ogg'"]   compose, train, judge, tag; your files, too
#   make test                                 lint, types, import contracts, tests
#   make lint | bench | docs | clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint bench docs clean

demo: $(VENV)/.train
	@$(BIN)/python -m earmark demo $(FILES)

test: lint
	@$(BIN)/python -m pytest -q -n auto

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.tagging
	@$(BIN)/python -m benchmarks.features

docs: $(VENV)/.dev
	@$(BIN)/python docs/generate.py
	@$(BIN)/python docs/generate_recipes.py

clean:
	rm -rf $(VENV) build dist demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Earmark needs Python 3.11 or newer as '$(PYTHON)'; name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python's venv is missing; on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/.train: pyproject.toml | $(BIN)/python
	@echo "installing Earmark into $(VENV) (once) ..." >&2
	@$(BIN)/python -m pip install -q -e '.[train]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "installing Earmark and its test tools into $(VENV) (once) ..." >&2
	@$(BIN)/python -m pip install -q -e '.[dev]'
	@touch $@ $(VENV)/.train
