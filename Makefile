# Every command of the repository. `make` alone lists them.
# Nothing is needed beforehand but Python 3.11 or newer and make: environments are made on first use.

PYTHON ?= python3
NAME   ?= fraud_detector
ARGS   ?=
TESTS  ?=
ENGINE ?= local
# Some tests wait for a terminal or for time to pass: three at once keep two processors at work.
SPREAD ?= -n $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$(( cores > 8 ? 12 : cores * 3 / 2 ))) --dist worksteal

VENV   := .venv
OLD    := .venv-openai2
CLASSIC := .venv-classic
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test test-openai2 chaos check format bench docs wheel constraints clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@printf '\n  PYTHON=python3.12 chooses the interpreter (now: %s), NAME= and ARGS= the demo, TESTS= the tests.\n' '$(PYTHON)'

demo: $(VENV)/.core  ## run an example (NAME=fraud_detector ARGS="--random 20"), offline unless a key is configured
	@$(BIN)/convagent demo $(NAME) $(ARGS)

test: $(VENV)/.dev $(if $(TESTS),,test-openai2)  ## run every test, on openai 3.x, and those of the models on openai 2.x too
	$(BIN)/python -m pytest $(or $(TESTS),$(SPREAD))

test-openai2: $(OLD)/.test  ## run the tests of the models on openai 2.x with litellm
	@if [ -d tests/models ]; then \
	    echo "tests/models on $$($(OLD)/bin/python -c 'import importlib.metadata as m; print("openai", m.version("openai"), "and litellm", m.version("litellm"))'):"; \
	    $(OLD)/bin/python -m pytest $(SPREAD) tests/models; \
	fi

chaos: $(VENV)/.dev  ## kill, freeze, race, unplug for some minutes and count what is lost (ENGINE=dbos ARGS="--seed 7 --only kills")
	$(BIN)/python -m tests.chaos --engine $(ENGINE) $(ARGS)

check: $(VENV)/.dev  ## formatting, lint, types (pyright strict) and the rules of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/python -m pytest tests/house

format: $(VENV)/.dev  ## format the code and repair what the linter can
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: $(VENV)/.dev $(if $(BENCH_CLASSIC_PYTHON),,$(CLASSIC)/.ag2)  ## measure, beside the bare openai client and the classic (ARGS="--quick")
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(VENV)/.dev  ## run every piece of Python in the documentation and follow its links
	$(BIN)/python -m pytest tests/test_docs.py

wheel: $(VENV)/.dev  ## build the source archive and the wheel into dist/
	$(BIN)/python -m build --no-isolation

constraints:  ## resolve anew and write the constraints files (then run the tests)
	@set -e; for pair in dev:constraints.txt test,litellm:constraints-openai2.txt; do \
	    extras=$${pair%%:*}; file=$${pair#*:}; \
	    rm -rf .venv-freeze; $(PYTHON) -m venv .venv-freeze; \
	    .venv-freeze/bin/python -m pip install --quiet -e ".[$$extras]"; \
	    .venv-freeze/bin/python -m pip freeze --exclude-editable > $$file; \
	    echo "$$file: $$(wc -l < $$file) packages"; \
	done; rm -rf .venv-freeze

clean:  ## remove the environments, caches and built files
	rm -rf $(VENV) $(OLD) $(CLASSIC) .venv-freeze dist build .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- environments

# A stamp file says what an environment holds; it is made anew when its stamp's causes change.

$(VENV)/.python $(OLD)/.python $(CLASSIC)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    found=$$($(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null); \
	    echo "convagent needs Python 3.11 or newer; '$(PYTHON)' is $${found:-not a Python that starts}."; \
	    echo "Name another one: make $(firstword $(filter-out $(VENV)% $(OLD)%,$(MAKECMDGOALS)) demo) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(@D) || { \
	    echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu its package is python3-venv."; rm -rf $(@D); exit 1; }
	@touch $@

$(VENV)/.core: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing convagent into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing convagent and its development tools into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(VENV)/.core $@

# `make bench BENCH_CLASSIC_PYTHON=/path/to/python` takes an interpreter that has ag2 already.
export BENCH_CLASSIC_PYTHON

$(CLASSIC)/.ag2: $(CLASSIC)/.python
	@echo "Installing the classic, ag2 0.14.0, into $(CLASSIC) (once) ..."
	@$(CLASSIC)/bin/python -m pip install --quiet --disable-pip-version-check 'ag2[openai]==0.14.0'
	@touch $@

$(OLD)/.test: $(OLD)/.python pyproject.toml constraints-openai2.txt
	@echo "Installing convagent with openai 2.x and litellm into $(OLD) (once) ..."
	@$(OLD)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-openai2.txt -e '.[test,litellm]'
	@touch $@
