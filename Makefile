# Everything runs in .venv, which the first target makes; only Python 3.11+, pip, venv and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STATE ?= run

.PHONY: run test check bench interop clean
.DEFAULT_GOAL := test

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

run: $(VENV)/.ready
	@$(BIN)/evsite run deploy/sil-2evse.yaml --state $(STATE)

test: $(VENV)/.ready
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.ready
	$(BIN)/python -m tests.benchmarks.run

interop: $(VENV)/.ready
	$(BIN)/python -m tests.interop.openssl_chains
	$(BIN)/python -m tests.interop.exi_java --count 20000

clean:
	rm -rf $(VENV) .venv-interop build *.egg-info .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache .benchmarks run
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
