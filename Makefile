# Short names for the commands of start.py and of the checks. On Windows use `python start.py` itself.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: app test check bench soak pins setup

app:
	$(PYTHON) start.py

test:
	$(PYTHON) start.py test

setup:
	$(PYTHON) start.py setup

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python -m benchmarks

soak: setup
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest tests/properties tests/faults/test_fuzz.py tests/faults/test_builds.py \
		tests/faults/test_commands.py tests/app/test_reruns.py tests/real/test_hotspots_real.py tests/soak

pins:
	$(PYTHON) start.py pins
