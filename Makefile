# Two commands: `make demo` and `make test`. They install everything they need.
SHELL := /bin/bash
BIN := .venv/bin
DATA ?=
AS_OF ?=
WORKERS ?= 3
# CI also runs the slow tests that concern a file the branch (on main: the last commit) changed.
BRANCHED = $(shell git merge-base origin/main HEAD 2>/dev/null | grep -vxF "$$(git rev-parse HEAD)")
SLOW_TOO = $(if $(CI),--slow-since $(or $(BRANCHED),HEAD~1))

# Simulated and real answers never share a warehouse: each file has its own home.
DREAMSEED_HOME ?= .dreamseed/$(if $(DATA),$(firstword $(subst ., ,$(notdir $(DATA)))),demo)
demo: export DREAMSEED_HOME := $(DREAMSEED_HOME)

.PHONY: demo test test-unit test-slow test-changed test-python test-r lint lock setup clean

demo: setup
	@$(BIN)/dreamseed demo $(if $(DATA),--data $(DATA)) $(if $(AS_OF),--as-of $(AS_OF))

# The three parts run side by side: R's tests and lint fill the time in which pytest waits for a fit.
test: setup
	@$(MAKE) --no-print-directory -j 3 test-python test-r lint

# Without a database: seconds.
test-unit: setup
	@$(BIN)/pytest tests/unit

# For pull requests: builds the dbt models that differ from the main branch, and everything downstream.
test-changed: setup
	@scripts/test_changed.sh

# Workers share one Postgres and one set of R services. Three keep two cores busy: each also waits for fits and processes.
test-python:
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder --durations 20 --durations-min 1 $(SLOW_TOO)

test-slow: setup
	@scripts/setup.sh test-slow
	@R_LIBS=.r-library DREAMSEED_SLOW=true Rscript --vanilla r-services/run-tests.R
	@$(BIN)/pytest --slow -n $(WORKERS) --dist loadgroup --no-loadscope-reorder

test-r:
	@R_LIBS=.r-library Rscript --vanilla r-services/run-tests.R

lint:
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@shellcheck scripts/*.sh k8s/*.sh k8s/lib/*.sh tests/cluster/scripts/bin/* .ci/run
	@R_LIBS=.r-library Rscript --vanilla scripts/lint.R
	@$(BIN)/python scripts/lint_sql.py

# The image installs the second lock. It has no development dependencies, only the packages that build this package, and
# the same versions as the first lock.
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links \
	--no-emit-options --no-emit-trusted-host --no-strip-extras
lock:
	@$(COMPILE) --extra dev -o requirements.lock pyproject.toml
	@$(COMPILE) --constraint requirements.lock --build-deps-for editable \
		-o requirements-runtime.lock pyproject.toml

setup:
	@scripts/setup.sh

clean:
	rm -rf .venv .r-library target logs
