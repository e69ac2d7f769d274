# The project's commands; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test ui setup setup-azure lint lock clean bench benchreading

PORT ?= 3000
ROWS ?= 1000000
export RECON_HOME ?= $(CURDIR)/.recon
export DAGSTER_HOME ?= $(RECON_HOME)/dagster

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# Make turns every failure into exit code 2; `recon run` itself tells an unexpected verdict (1) from an error (2).
run: .venv/ready  ## reconcile the examples and print their verdicts (RECON_EXAMPLE_ROWS=… for more rows)
	@.venv/bin/python -m recon_assets.targets.delta_jars
	@.venv/bin/recon example-data
	@.venv/bin/recon run

test: .venv/ready-dev  ## install what the tests need and run them all
	@.venv/bin/python -m recon_assets.targets.delta_jars
	@scripts/install-browser
	@scripts/install-odbc
	@scripts/install-azurite
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/python -m pytest -n 2 --dist loadfile

ui: .venv/ready  ## browse the runs at http://127.0.0.1:3000 (PORT=… for another port)
	@.venv/bin/recon ui --port $(PORT)

bench: .venv/ready .venv-bench/ready  ## measure `recon compare` beside its peers (ROWS=…; BENCH="--spark …" for options)
	@.venv/bin/python -m benchmarks --rows $(ROWS) $(BENCH)

benchreading: .venv/ready-dev  ## measure reading from SQL Server over ODBC (BENCH="--rows …" for options)
	@scripts/install-odbc
	@.venv/bin/python -m benchmarks.reading $(BENCH)

setup: .venv/ready  ## install the locked packages into .venv
	@.venv/bin/python -m recon_assets.targets.delta_jars

setup-azure: .venv/ready  ## add what the azure deployment needs (docs/azure.md)
	@scripts/install requirements-azure.lock

lock:  ## write the lock files anew from pyproject.toml
	@scripts/lock

clean:  ## remove everything that runs wrote
	@rm -rf .recon

.venv/ready: requirements.lock pyproject.toml scripts/install
	@scripts/install requirements.lock
	@touch $@

.venv/ready-dev: .venv/ready requirements-dev.lock
	@scripts/install requirements-dev.lock
	@touch $@

.venv-bench/ready: benchmarks/requirements.lock scripts/install-bench
	@scripts/install-bench
	@touch $@
