# The recipes; CI calls the same ones.
#
#   make run [PORT=8123] [DATA=some/folder]   the whole network, until Ctrl-C
#   make demo                                 the same with a small community in it
#   make setup                                only .venv and in it the command folkmoot
#   make fast | check | test                  quick tests | style and types | everything, as CI does
#   make bench | docs                         measure | write the generated pages
#   make model DATA_FOLDER=some/folder        make the screening model from corpora, one to three hours
#   make screen-report DATA_FOLDER=…          measure it

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?=
DATA ?=
DATA_FOLDER ?=
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
OPTIONS := $(if $(PORT),--port '$(PORT)') $(if $(DATA),--data '$(DATA)')
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Building the package needs flit_core, which both lock files hold: nothing is fetched unchecked.
OURSELVES := $(PIP) install --no-deps --no-build-isolation --editable .

.PHONY: setup setup-dev run demo test fast check bench docs lock

setup: $(VENV)/.installed

setup-dev: $(VENV)/.installed-dev

run: setup
	@exec $(BIN)/folkmoot serve $(OPTIONS) $(ARGS)

demo: setup
	@exec $(BIN)/folkmoot serve --demo $(OPTIONS) $(ARGS)

# Two workers; a file stays with one, since its tests share a server. The browser has a process of its own: Playwright
# keeps an event loop running where it was started, and the other tests bring their own.
test: setup-dev browser check
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore tests/browser $(ARGS)
	$(BIN)/python -m pytest tests/browser $(ARGS)

fast: setup-dev
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup-dev
	$(BIN)/python -m bench $(ARGS)

docs: setup
	$(BIN)/folkmoot settings --markdown > docs/settings.md
	$(BIN)/folkmoot database schema --fresh > docs/schema.sql

# The screening model and its card, from the corpora in DATA_FOLDER, which are no part of this repository.
.PHONY: model screen-report corpora
model: corpora $(VENV)/.installed-model
	$(BIN)/python -m training make --data-folder '$(DATA_FOLDER)' $(ARGS)

screen-report: corpora setup
	$(BIN)/python -m training report --data-folder '$(DATA_FOLDER)' $(ARGS)

corpora:
	@test -d '$(DATA_FOLDER)' || { echo 'Give the folder with the corpora: make model DATA_FOLDER=some/folder' >&2; exit 1; }

# Write the lock files anew from pyproject.toml (the only recipe that chooses versions).
lock: setup-dev
	$(BIN)/uv pip compile pyproject.toml --extra build --universal --python-version 3.11 \
		--generate-hashes --no-strip-extras --no-emit-index-url --no-header --upgrade -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra build --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-strip-extras --no-emit-index-url --no-header -q -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile pyproject.toml --extra build --extra model --universal --python-version 3.11 \
		--generate-hashes --no-strip-extras --no-emit-index-url --no-header -q -c requirements.lock -o requirements-model.lock

# What runs a network, from the lock, every file checked against its hash; skipped when nothing changed.
$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing Folkmoot into $(VENV)"
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(OURSELVES)
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need into $(VENV)"
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

$(VENV)/.installed-model: requirements-model.lock $(VENV)/.installed
	@echo "Installing what making the screening model needs into $(VENV)"
	@$(PIP) install --require-hashes --requirement requirements-model.lock
	@touch $@

# Debian keeps the part of Python that makes environments in a package of its own.
$(VENV)/bin/pip:
	@if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3 python3-venv; \
		fi; \
	fi; \
	python="$(PYTHON)"; [ -n "$$python" ] || python=$$(command -v python3) || true; \
	if [ -z "$$python" ] || ! "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo "Folkmoot needs Python 3.11 or newer; install it, or name it: make setup PYTHON=/path/to/python3.11" >&2; exit 1; \
	fi; \
	if "$$python" -c 'import ensurepip, venv' 2> /dev/null; then \
		"$$python" -m venv $(VENV); \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo "Installing python3-venv"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv > /dev/null && \
		"$$python" -m venv $(VENV); \
	elif "$$python" -m pip --version > /dev/null 2>&1 && "$$python" -m venv --without-pip $(VENV); then \
		"$$python" -m pip --quiet --python $(BIN)/python install pip; \
	else \
		echo "This Python cannot make virtual environments: ask root for 'apt-get install python3-venv' once, then run make again." >&2; \
		exit 1; \
	fi

# A browser and axe-core, for the tests that look at pages.
.PHONY: browser
browser: setup-dev
	@if ! command -v chromium > /dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
			echo "Installing chromium"; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium > /dev/null; \
		else \
			echo "The browser tests need chromium: ask root for 'apt-get install chromium' once, then run make again." >&2; exit 1; \
		fi; \
	fi
	@if [ ! -f tests/browser/node_modules/.installed ] || [ tests/browser/package-lock.json -nt tests/browser/node_modules/.installed ]; then \
		if ! command -v npm > /dev/null; then \
			if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
				echo "Installing npm"; \
				apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm > /dev/null; \
			else \
				echo "The browser tests need npm: ask root for 'apt-get install npm' once, then run make again." >&2; exit 1; \
			fi; \
		fi; \
		cd tests/browser && npm ci --silent --no-audit --no-fund && touch node_modules/.installed; \
	fi
