# Everything starts here; `make` alone lists what there is.
SHELL := /bin/sh
SERVE ?= 1
PORT ?= 8501
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test gate lock bench

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

setup: .venv/.ready ## Create .venv with everything that is locked

.venv/.ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed: install it, or say make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "This Python cannot make environments: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps -e .
	@touch $@

demo: .venv/.ready ## Crawl, run and show the sample incident (SERVE=0 ends after publishing, PORT=8501)
	@$(BIN)/chengqing demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve,--serve)

test: .venv/.ready gate ## The gate and all tests
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

gate: .venv/.ready ## Format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.ready ## Every bench, beside its peers (DATA=../shared/data)
	$(BIN)/python -m pip install -qq --disable-pip-version-check -e ".[bench]"
	$(BIN)/chengqing bench all $(if $(DATA),--data $(DATA))

lock: ## Resolve the dependencies anew into requirements.lock, in an environment of its own
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install -qq --disable-pip-version-check -e ".[dev]"
	.venv-lock/bin/python -m pip freeze --exclude-editable | sed "s/+cpu//" > requirements.lock
	rm -rf .venv-lock
