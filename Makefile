# Everything a person or a machine does with a checkout. Needs Python 3.11 or newer, git and make.

PY := .venv/bin/python

# Work is divided over processes: threads inside the linear algebra would only get in their way.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1

# What a public site must set: `make check` looks at the settings as such a site has them.
PUBLIC_SITE := \
	SPHEREX_PRODUCTION=1 \
	SPHEREX_SECRET_KEY=a-key-for-this-check-only-4tq9LxVb2ZrUe7Wn0KdYhs5Mgj8PfCa3 \
	SPHEREX_ALLOWED_HOSTS=spherex.example.org

# The checks see the defaults of a new installation and leave the data of this one alone.
IN_NEW_FOLDER := scripts/in_new_folder.sh

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo run dev chromium test lint format check pytest bench screenshots lock upgrade \
	clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## prepare .venv with the pinned packages, and compile the measurement
	@scripts/bootstrap.sh runtime
	@$(PY) -m photometry_core.prepare

demo: setup ## start the site on the simulated sky, with a first job; Ctrl-C stops it
	@exec $(PY) manage.py demo $(ARGS)

run: setup ## start the site without a first job, e.g. ARGS="--port 8080"; Ctrl-C stops it
	@exec $(PY) manage.py run $(ARGS)

dev: ## prepare .venv with what the checks and tests need as well
	@scripts/bootstrap.sh dev
	@$(PY) -m photometry_core.prepare

chromium: dev ## find or install the browser of the browser tests
	@scripts/chromium.sh

test: dev chromium lint check pytest ## run every check and every test

lint: dev ## format, lint, types, direction of imports
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(IN_NEW_FOLDER) $(PY) -m mypy
	$(PY) .venv/bin/lint-imports

format: dev ## format the code and mend what can be mended
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .

check: dev ## migrations are complete, a public site's settings are safe
	$(IN_NEW_FOLDER) $(PY) manage.py makemigrations --check --dry-run
	$(PUBLIC_SITE) $(IN_NEW_FOLDER) $(PY) manage.py check --deploy --fail-level WARNING

pytest: dev ## run tests only, e.g. ARGS="tests/unit -x"
	@scripts/run_tests.sh $(ARGS)

bench: dev ## run every benchmark
	@set -e; for benchmark in benchmarks/*.py; do echo "$(PY) $$benchmark"; $(PY) "$$benchmark"; done

screenshots: chromium ## make the README's pictures anew, or all to look at: ARGS=/tmp/pictures
	$(PY) tests/browser/screenshots.py $(ARGS)

LOCK = $(PY) -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --quiet

lock: dev ## make the locks anew, keeping every version that still fits
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --constraints requirements.lock --output-file requirements-dev.lock

upgrade: LOCK += --upgrade
upgrade: lock ## make the locks anew with the newest versions

clean: ## remove caches; jobs, results and .venv stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +
