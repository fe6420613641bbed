# The same commands everywhere: .ci/run, CONTRIBUTING and the README call these targets.
PYTHON ?= python3
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := $(VENV)/bin

.PHONY: run test lint bench install install-dev format lock clean

run: install  ## install what is missing and serve on http://127.0.0.1:8000
	$(BIN)/python -m app serve --host $(HOST) --port $(PORT)

install: $(VENV)/.installed
# Beside the packages a wheel that is never installed: tests read the photo of six people in it.
install-dev: $(VENV)/.installed-dev $(VENV)/.installed-parity $(VENV)/photos/.fetched

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13) and "Likeness needs Python 3.10 to 3.13: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.installed: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt --requirement requirements-dev.txt
	touch $(VENV)/.installed $@

# The published packages that tests/parity compares with; one of them does not build on Python 3.13.
$(VENV)/.installed-parity: requirements-parity.txt | $(VENV)/.installed-dev
	if $(BIN)/python -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --requirement $<; \
	fi
	touch $@

$(VENV)/photos/.fetched: training/requirements.txt | $(VENV)/.installed-dev
	grep '^insightface==' $< | xargs $(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --dest $(@D)
	touch $@

test: install-dev  ## everything that must hold, with branch coverage
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# BENCH="--quick" and the like; see python -m bench --help.
bench: install-dev  ## speed and memory beside the published tools: a page of tables, and bench/results.json
	$(BIN)/python -m bench $(BENCH)

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# torch pins its own CUDA packages exactly; listing them here would force them on CPU-only builds of torch.
lock: SHELL := /bin/bash -o pipefail
lock:  ## resolve pyproject.toml for Python 3.10 to 3.13 (needs uv)
	for extra in "" dev; do \
	  uv pip compile --quiet --universal --python-version 3.10 --no-header --no-annotate \
	    $${extra:+--extra $$extra} pyproject.toml $${extra:+--constraint requirements.txt} \
	  | grep -vE '^(nvidia-|cuda-|triton)' > lock.tmp \
	  && mv lock.tmp requirements$${extra:+-$$extra}.txt || exit 1; \
	done

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
