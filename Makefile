# Two commands: `make demo` (see it) and `make test` (the whole gate). Needs Python >= 3.11 and make, nothing else.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
SERVE ?= 1
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test bench lock messages format clean

demo: $(VENV)/run.stamp
	@$(BIN)/dangol demo $(if $(filter 0 no,$(SERVE)),--no-serve)

test: $(VENV)/dev.stamp
	@$(BIN)/python -m tools.gate

bench: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.speed.bench $(BENCH)

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Dangol needs Python 3.11 or newer with its venv module (on Debian: apt install python3-venv)."; exit 2; }
	@echo "Making an environment in $(VENV) with $(PYTHON) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Dangol needs (once) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the gate needs (once) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/run.stamp

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet \
		--group pyproject.toml:build pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet \
		--group pyproject.toml:build --group pyproject.toml:dev --constraint requirements.lock pyproject.toml -o requirements-dev.lock

messages: $(VENV)/dev.stamp
	@$(BIN)/python -m tools.messages extract && $(BIN)/python -m tools.messages check

format: $(VENV)/dev.stamp
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) dist
