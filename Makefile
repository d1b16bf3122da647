# Needs Linux, python3 >= 3.11 with venv, and make; everything else comes from requirements.lock.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup run down clean test prove story check audit lock strike faults bench fuzz
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-$(shell cat requirements.lock requirements-bootstrap.lock pyproject.toml | sha256sum | cut -c1-16)
WORLD ?=
FAULTS ?= 100
SEED ?= 1
AS_OF ?=

help: ## show this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

setup: $(STAMP) ## install everything into .venv

$(STAMP): 
	@PYTHON=$(PYTHON) VENV=$(VENV) .ci/install
	@touch $@

run: $(STAMP) ## all set-up, then the main job; WORLD=<dir> AS_OF=<date> choose another world and date
	@$(BIN)/tidu run --world "$(WORLD)" --as-of "$(AS_OF)"

down: ## stop everything that was started; the state stays in .tidu
	@if [ -x $(BIN)/tidu ]; then $(BIN)/tidu down; fi

clean: down ## stop everything and remove its state
	rm -rf "$${TIDU_HOME:-.tidu}"

# One file, one worker: what a file sets up is made once. (xdist's groups have no effect with pytest 9.2, which no longer reads _nodeid.)
test: $(STAMP) ## all set-up, then every check and test
	@$(MAKE) --no-print-directory -j 2 --output-sync=line units storyline

.PHONY: units storyline
units: $(STAMP)
	$(BIN)/pytest -q -n 3 --dist loadfile --no-loadscope-reorder -m "not airflow and not faults and not proof"

# Airflow mostly waits: beside the other tests it costs little time
storyline: check
	@$(MAKE) --no-print-directory story

prove: $(STAMP) ## what only many builds show: lasting ids, history, decisions, releases, odd worlds, a gate that holds, tiers
	$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m proof

story: $(STAMP) ## the main job end to end through a real Airflow
	$(BIN)/pytest -q -m "airflow and not faults"

check: $(STAMP) ## style, types, SQL, import arrows, known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models
	$(BIN)/python .ci/audit

audit: $(STAMP) ## known vulnerabilities of the pinned packages
	$(BIN)/python .ci/audit

lock: $(STAMP) ## resolve requirements.in again into requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet -o requirements.lock requirements.in
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet --extra spark --constraint requirements.lock -o requirements-spark.lock pyproject.toml
	{ echo "# The installer itself; $$(tr '\n' ' ' <<<'renewed by make lock')"; \
	  awk '/^uv==/{p=1} p&&!/^(uv==|    --hash)/{p=0} p' requirements.lock; } > requirements-bootstrap.lock

strike: $(STAMP) ## ten random faults, the short version of faults
	$(BIN)/pytest -q -m faults

faults: $(STAMP) ## disturb the main job at random and compare; FAULTS=100 SEED=1
	@$(BIN)/python -m tests.faults --faults $(FAULTS) --seed $(SEED)

bench: $(STAMP) ## measure the whole path on a world of 100,000 enterprises
	@$(BIN)/tidu bench load

fuzz: $(STAMP) ## read 20,000 bad inputs with every reader, settle what they accept
	$(BIN)/python -W ignore -m tests.fuzz run
	$(BIN)/python -W ignore -m tests.fuzz readings
