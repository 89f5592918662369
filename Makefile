# Two commands: `make demo` and `make test`. Everything they need, they install.
SHELL := /bin/bash
BIN := .venv/bin
DATA ?=
AS_OF ?=
WORKERS ?= 2

# Simulated and real answers never share a warehouse: a home of its own for each file.
DREAMSEED_HOME ?= .dreamseed/$(if $(DATA),$(firstword $(subst ., ,$(notdir $(DATA)))),demo)
demo: export DREAMSEED_HOME := $(DREAMSEED_HOME)

.PHONY: demo test test-slow test-changed test-python test-r lint lock setup clean

demo: setup
	@$(BIN)/dreamseed demo $(if $(DATA),--data $(DATA)) $(if $(AS_OF),--as-of $(AS_OF))

test: setup lint test-r test-python

# For pull requests: the dbt models that differ from the main branch, and all that depends on them.
test-changed: setup
	@scripts/test_changed.sh

# Two workers, each with a Postgres and R services of its own; files in their order, the long ones of tests/e2e first.
test-python:
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder

test-slow: setup
	@scripts/setup.sh test-slow
	@R_LIBS=.r-library DREAMSEED_SLOW=true Rscript --vanilla r-services/run-tests.R
	@$(BIN)/pytest -m slow

test-r:
	@R_LIBS=.r-library Rscript --vanilla r-services/run-tests.R

lint:
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@shellcheck scripts/*.sh k8s/*.sh .ci/run
	@R_LIBS=.r-library Rscript --vanilla scripts/lint.R
	@$(BIN)/python scripts/lint_sql.py

# The second lock is what the image installs: no development dependency, but what builds the package itself; its
# versions are those of the first.
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
