# Two commands on a fresh machine: `make run` and `make test`. Both need Python 3.11 or newer and make alone.
# `make test-cluster` needs Slurm as well (Debian: apt-get install slurm-wlm munge) and root.

PYTHON ?= python3
VENV ?= .venv
CORES ?= 8
BIN = $(VENV)/bin
ACTIVATE = . $(BIN)/activate

.PHONY: run test test-cluster lint format docs lock

run: $(VENV)/runtime
	$(ACTIVATE) && snakemake --cores $(CORES) all

test: $(VENV)/development
	$(ACTIVATE) && pytest -n 2 -m "not cluster"

test-cluster: $(VENV)/development
	$(ACTIVATE) && pytest -rs --durations=0 -m cluster

lint: $(VENV)/development
	$(ACTIVATE) && ruff check . && ruff format --check . && snakefmt --check Snakefile rules && snakemake --lint

format: $(VENV)/development
	$(ACTIVATE) && ruff check --fix . && ruff format . && snakefmt Snakefile rules

docs: $(VENV)/development
	$(ACTIVATE) && python -m workflow_scripts.planning.config_reference > docs/config.md

# torch first and alone: a CPU wheel that the machine offers is taken, and nothing else chooses one for us.
$(VENV)/runtime: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	touch $@

$(VENV)/development: $(VENV)/runtime requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	touch $@

# Pins again what requirements.in and requirements-dev.in ask for, in fresh environments.
lock:
	./lock_requirements $(PYTHON)
