# The same commands everywhere: .ci/run, CONTRIBUTING and the README call these targets.
PYTHON ?= python3
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := $(VENV)/bin
TOOLS ?= $(VENV)/tools

.PHONY: run test lint bench install install-dev format lock lock-cpu audit sbom clean

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

# One resolution, split: what every installation needs (with hashes, for the Dockerfile, and without, for pip install),
# and the CUDA packages, which torch pins exactly and which CPU-only builds of torch must not be given.
UV_COMPILE := uv pip compile --quiet --universal --python-version 3.10 --no-header --no-annotate
lock: SHELL := /bin/bash -o pipefail
lock:  ## resolve pyproject.toml for Python 3.10 to 3.13 (needs uv)
	$(UV_COMPILE) --generate-hashes pyproject.toml > lock.tmp
	awk '/^[^ ]/ { cuda = /^(nvidia-|cuda-|triton)/ } \
	  { print > (cuda ? "requirements-cuda.lock" : "requirements.lock") }' lock.tmp
	sed '/^ /d; s/ \\$$//' requirements.lock > requirements.txt
	$(UV_COMPILE) --extra dev --constraint requirements.txt pyproject.toml \
	  | grep -vE '^(nvidia-|cuda-|triton)' > lock.tmp
	mv lock.tmp requirements-dev.txt
	$(UV_COMPILE) --generate-hashes --group tools > lock.tmp
	mv lock.tmp requirements-tools.lock

# The CPU image takes torch from PyTorch's own index; with this file beside them its hashes are held too.
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
lock-cpu: SHELL := /bin/bash -o pipefail
lock-cpu: requirements.lock  ## the hashes of torch's CPU wheels into requirements-cpu.lock (needs uv)
	sed -nE 's/^((torch|torchvision)==[^\\]*).*/\1/p' $< \
	  | $(UV_COMPILE) --generate-hashes --no-deps --index-url $(TORCH_CPU_INDEX) - > lock.tmp
	mv lock.tmp requirements-cpu.lock

# Apart from everything else: what looks after the dependencies is none of them.
$(TOOLS)/.installed: requirements-tools.lock
	$(PYTHON) -m venv --clear $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes --requirement $<
	touch $@

# Strict: a package that PyPI cannot tell about is no clean one. Of what goes to standard error the last line says all.
audit: SHELL := /bin/bash -o pipefail
audit: $(TOOLS)/.installed  ## vulnerabilities that are known of what is pinned
	{ $(TOOLS)/bin/pip-audit --strict --disable-pip --progress-spinner off \
	    --requirement requirements.lock --requirement requirements-cuda.lock 2>&1 >&3 \
	  | tail -n 1 | cut -c -300; } 3>&1

sbom: $(TOOLS)/.installed $(VENV)/.installed  ## what runs, with licences, and the embedded models: sbom.json (CycloneDX)
	$(TOOLS)/bin/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --output-reproducible \
	  | PYTHONPATH=. $(TOOLS)/bin/python .ci/sbom.py requirements.lock requirements-cuda.lock > sbom.tmp
	mv sbom.tmp sbom.json

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage sbom.json
