# `make annotate` and `make test` set up all they need and may be run in any order.
.PHONY: annotate test test-fast lint bench torture fuzz clean

PYTHON ?= python3
BIN := .venv/bin

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("tagger needs Python 3.11 or newer; name one: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch .venv/installed

annotate: .venv/installed
	$(BIN)/tagger annotate seeds/ -o annotated.jsonl --force

test: .venv/installed lint
	$(BIN)/pytest -n auto

test-fast: .venv/installed
	$(BIN)/pytest -n auto -m 'not slow'

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# beside the peers, up to 2 GB and 100,000 files; takes half an hour and 12 GB of disk.
# `python -m benchmarks` alone leaves the large ones out
bench: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,bench]'
	$(BIN)/python -m benchmarks --large

# kills and starves runs a few thousand times; takes ten to twenty minutes
torture: .venv/installed
	$(BIN)/python tests/torture/torture.py --figures docs/reliability.md

# fuzzes all that reads; takes some twenty minutes
fuzz: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,fuzz]'
	$(BIN)/python -m tests.fuzz all

clean:
	rm -rf .venv annotated.jsonl
