# Lastword: everything a checkout needs. Each target does the set-up it needs; nothing is installed outside .venv and .venv-peers.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.12 python3.13 python3.14 python3 python; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && { command -v $$p; break; }; done)
BIN := .venv/bin
DEMO ?= lastword-demo
NOTEBOOKS ?= 01_data 02_train 03_disagreements 04_backtest
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header

export DO_NOT_TRACK := true
export MLFLOW_DISABLE_TELEMETRY := true
export OMP_WAIT_POLICY := passive
export PREFECT_LOGGING_LEVEL := WARNING
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export PREFECT_SERVER_LOGGING_LEVEL := ERROR

.PHONY: setup demo notebooks pictures test test-unit test-all bench bench-check bench-explaining bench-features bench-peers bench-publish \
  bench-rescore bench-scale bench-train bench-web evidence lint lock system-packages clean

setup: .venv/.ready

# --require-hashes: what is installed is what the lock names. Compiled at once: start-up is a feature.
.venv/.ready: requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Lastword needs Python 3.12 or newer on PATH (or: make PYTHON=/path/to/python3.12 setup)" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q features models overrides flows expectations lastword
	@touch $@

demo: setup
	$(BIN)/lastword demo $(DEMO)

# with their outputs into the project's notebooks/; those of the checkout stay without
notebooks: setup
	@test -f $(DEMO)/lastword.toml || $(BIN)/lastword demo $(DEMO)
	@mkdir -p $(DEMO)/notebooks
	@for name in $(NOTEBOOKS); do \
	  echo "$(DEMO)/notebooks/$$name.ipynb"; \
	  $(BIN)/jupytext --quiet --to ipynb --output $(DEMO)/notebooks/$$name.ipynb notebooks/$$name.py && \
	  LASTWORD_PROJECT=$(abspath $(DEMO)) $(BIN)/jupyter-execute --inplace $(DEMO)/notebooks/$$name.ipynb || exit 1; \
	done

# the pictures of the documentation, of a demo of 2,000 accounts that is made once into .pictures/; Chromium takes them
pictures: setup
	$(BIN)/python -m tests.pictures $(PICTURES)

test: setup system-packages
	$(BIN)/python -m pytest -n 2 -m "not slow" tests

test-unit: setup
	$(BIN)/python -m pytest -n 2 tests/unit

test-all: setup system-packages
	$(BIN)/python -m pytest -n 2 tests

bench: setup
	$(BIN)/python benchmarks/run.py

# whether something has become slower, beside what it stands, since benchmarks/ratios.json was kept: five minutes on an idle machine
bench-check: setup
	$(BIN)/python benchmarks/run.py --accounts 4000 --check

# a million rows into SQLite and PostgreSQL beside the same rows into a bare table, and how long a reader waits meanwhile
bench-publish: setup system-packages
	$(BIN)/python -m benchmarks.publish
	$(BIN)/python -m benchmarks.publish_changes

# scoring and explaining beside LightGBM's own predict and pred_contrib, in one run: ten minutes
bench-explaining: setup
	$(BIN)/python -m benchmarks.explaining

bench-web: setup system-packages
	$(BIN)/python -m benchmarks.web

# fitting on a million at-risk rows beside bare LightGBM and logistic regression
bench-train: setup
	$(BIN)/python -m benchmarks.train --whole

# what building features costs beside a query written by hand, and what the gate is of a whole score: a million accounts
bench-features: setup
	$(BIN)/python -m benchmarks.features

# what scoring costs by the number of accounts: an hour on an idle machine
bench-scale: setup
	$(BIN)/python -m benchmarks.scale $(SCALE)

# what rescoring one account in a hundred costs beside scoring all of a million
bench-rescore: setup
	$(BIN)/python -m benchmarks.rescore

bench-peers: setup
	@$(MAKE) --no-print-directory .venv-peers/.ready || echo "the peers could not be installed: they are left out" >&2
	$(BIN)/python benchmarks/peers.py

# the tools that Lastword is compared with: no dependencies of it, so they have an environment of their own
.venv-peers/.ready: benchmarks/peers-requirements.txt
	@test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	$(BIN)/uv pip sync --quiet --python .venv-peers/bin/python --require-hashes benchmarks/peers-requirements.txt
	@touch $@

# every check against the generator's truth: about an hour; EVIDENCE="--seeds 1-2 --accounts 700" measures a part, --resume goes on
evidence: setup
	$(BIN)/python -m benchmarks.evidence $(EVIDENCE)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# renews the locks, two from pyproject.toml and one of the benchmarks; the development lock never disagrees with the other
lock: setup
	$(UV_COMPILE) --upgrade pyproject.toml --output-file requirements.lock
	$(UV_COMPILE) --upgrade pyproject.toml --group dev --constraints requirements.lock --output-file requirements-dev.lock
	$(UV_COMPILE) --upgrade benchmarks/peers-requirements.in --output-file benchmarks/peers-requirements.txt

# PostgreSQL is needed by tests of the store, Chromium by tests of pages, Java by tests of Spark; they skip, saying why, where these can't be had
system-packages:
	@missing=""; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing="$$missing postgresql"; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || missing="$$missing chromium fonts-dejavu-core"; \
	command -v java >/dev/null || missing="$$missing openjdk-17-jre-headless"; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing) >/dev/null 2>&1 \
	      || echo "could not be installed:$$missing; their tests will skip" >&2; \
	  else echo "not here:$$missing; their tests will skip" >&2; fi; fi

clean:
	rm -rf .venv .venv-peers dist .pictures .pytest_cache .mypy_cache .ruff_cache lastword-demo lastword-demo-truth
