# Two commands matter to a newcomer: `make demo` and `make test`. Each installs what it needs into .venv by itself.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install install-dev demo demo-reset test bench lint types contracts docs docs-fresh check lock clean
.NOTPARALLEL:

VENV := .venv
BIN := $(VENV)/bin
# The first Python from 3.11 on, unless another one is named: make install PYTHON=/usr/bin/python3.13
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Every package is checked against its hash; our own is linked, so that an edit needs no new install.
LINK := $(PIP) install --no-deps --no-build-isolation --editable .

help:
	@echo 'make demo        start with two clinics of sample patients; prints the address and the logins'
	@echo 'make demo-reset  the same, from the beginning'
	@echo 'make test        run the test suite on a real PostgreSQL that it starts by itself'
	@echo 'make check       lint, types, import contracts and fresh reference pages'
	@echo 'make install     make $(VENV) with the openward command'
	@echo 'make bench       measure speed and size'
	@echo 'make lock        pin the newest versions that pyproject.toml allows (make lock FRESH=1), or only what is missing'
	@echo 'make clean       remove $(VENV), caches and the demo'

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

# A folder that was moved, or made by a Python that is gone, is made anew. Debian keeps `ensurepip` in a package of its
# own: root gets it, everybody else is told.
$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'Openward needs Python 3.11 or newer (apt-get install python3).' >&2; exit 1; }
	@if [ "$$(id -u)" = 0 ] && ! $(PYTHON) -c 'import ensurepip' 2>/dev/null && command -v apt-get >/dev/null; then \
		echo 'Installing python3-venv ...'; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			"$$($(PYTHON) -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')" >/dev/null \
			|| DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; fi
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv --clear $(VENV); \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then \
		$(PYTHON) -m venv --clear --without-pip $(VENV) \
		&& $(PYTHON) -m pip --disable-pip-version-check --quiet --python $(BIN)/python install pip; \
	else echo 'Python cannot make environments here. Ask root to run: apt-get install python3-venv' >&2; exit 1; fi

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(BIN)/python -c '' 2>/dev/null || rm -rf $(VENV)
	@$(MAKE) --no-print-directory $(BIN)/python
	@echo 'Installing into $(VENV) ...'
	@$(PIP) install --require-hashes -r requirements.lock
	@$(LINK)
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo 'Installing what tests and checks need into $(VENV) ...'
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

demo: install
	@exec $(BIN)/openward demo

demo-reset: install
	@exec $(BIN)/openward demo --reset

test: install-dev
	@$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

bench: install
	@$(BIN)/openward bench $(ARGS)

lint: install-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: install-dev
	@$(BIN)/mypy

contracts: install-dev
	@$(BIN)/lint-imports

docs: install
	@$(BIN)/python -m openward.config > docs/reference/settings.md
	@$(BIN)/python -m openward.cli.reference command-line > docs/reference/command-line.md
	@$(BIN)/python -m openward.cli.reference operations > docs/reference/operations.md

docs-fresh: install-dev
	@$(BIN)/python -m pytest -n 0 tests/architecture

check: lint types contracts docs-fresh

# No address, host or folder of this machine gets into the lock files.
COMPILE = $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host \
	--no-emit-find-links --no-annotate --no-header --allow-unsafe $(if $(FRESH),--upgrade,)

lock: install
	@test -x $(BIN)/pip-compile || $(PIP) install pip-tools
	@$(COMPILE) --build-deps-for editable --output-file requirements.lock pyproject.toml
	@$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:
	@rm -rf $(VENV) var/demo build .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	@find openward tests -name __pycache__ -type d -prune -exec rm -rf {} +
