# The one list of commands. Each target works on a fresh clone by itself: it makes .venv, installs what it needs, runs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt
BASE   := $(VENV)/.installed-base
DEV    := $(VENV)/.installed-dev
CODE   := src tests benchmarks docs examples
DEMO   := demo-output
BESIDE := -n logical --maxprocesses 4 --dist loadfile  # test files side by side; each process holds PyTorch

.PHONY: help demo test check coverage fmt fmt-check lint types layers spell docs bench tables clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

# --- Environment: a stamp is newer than what it was installed from, or the installation runs again.

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "p3m needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)." >&2; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "No virtual environment could be made; on Debian: apt install python3-venv" >&2; exit 1; }

$(BASE): pyproject.toml constraints.txt | $(PY)
	@echo "Installing p3m into $(VENV) ..."
	@$(PIP) -e .
	@$(PY) -c 'import cv2' || { echo "OpenCV needs system libraries; on Debian: apt install libgl1 libglib2.0-0" >&2; exit 1; }
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(PY)
	@echo "Installing p3m and what its tests need into $(VENV) (torch is large) ..."
	@$(PIP) -e '.[dev]'
	@touch $(BASE) $@

# --- For everybody

demo: $(BASE) ## Matte examples/portrait.jpg; the pictures land in demo-output/
	@mkdir -p $(DEMO)
	@$(VENV)/bin/p3m matte examples/portrait.jpg -o $(DEMO)/cutout.png --output cutout --overwrite
	@$(VENV)/bin/p3m matte examples/portrait.jpg -o $(DEMO)/alpha.png --output alpha --overwrite
	@$(VENV)/bin/p3m matte examples/portrait.jpg -o $(DEMO)/teal.png --background teal --overwrite
	@echo "Look at $(DEMO)/cutout.png, $(DEMO)/alpha.png and $(DEMO)/teal.png"

test: $(DEV) ## All tests and doctests but the slow ones
	@$(PY) -m pytest $(BESIDE)

check: fmt-check lint types layers spell docs coverage ## All that CI checks

# --- For developers

coverage: $(DEV) ## The tests again, with branch coverage
	@$(PY) -m pytest $(BESIDE) --quiet --cov --cov-report=term:skip-covered

fmt: $(DEV) ## Format and sort imports
	@$(VENV)/bin/ruff format $(CODE)
	@$(VENV)/bin/ruff check --fix $(CODE)

fmt-check: $(DEV)
	@$(VENV)/bin/ruff format --check $(CODE)

lint: $(DEV) ## ruff
	@$(VENV)/bin/ruff check $(CODE)

types: $(DEV) ## mypy, strict
	@$(VENV)/bin/mypy

layers: $(DEV) ## Who may import whom
	@$(VENV)/bin/lint-imports

spell: $(DEV)
	@$(VENV)/bin/codespell

docs: $(DEV) ## The documentation, warnings as errors, into site/
	@$(VENV)/bin/mkdocs build --strict --quiet

bench: $(BASE) ## Speed and start-up on this machine, about ten minutes
	@$(PY) benchmarks/speed.py
	@$(PY) benchmarks/startup.py
	@$(PY) benchmarks/tables.py

tables: $(BASE) ## Write the tables of README and card again from benchmarks/results
	@$(PY) benchmarks/tables.py

clean: ## Remove what the other targets made, .venv included
	@rm -rf $(VENV) $(DEMO) site build dist .coverage .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
