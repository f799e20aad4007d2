# Two commands do everything on a fresh machine with Python 3.11+ and make:
#   make run     sets up, starts Heed on SQLite as a demo, says what to try next
#   make test    sets up, runs every test

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/bin/uv
BIN := .venv/bin
STAMP := .venv/.heed-setup

export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1

.PHONY: setup run test check format lock bench faults soak train pictures clean

setup: $(STAMP)

$(UV):
	@echo "heed: fetching uv $(UV_VERSION) into .tools"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "heed: Python 3.11 or newer is needed; say which with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(STAMP): pyproject.toml requirements.lock | $(UV)
	@echo "heed: setting up .venv from requirements.lock"
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

run: $(STAMP)
	@$(BIN)/heed serve

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)
	$(BIN)/python -m tests.bench

# Pulls plugs under load: at least fifty kills on each database. Same order again: ARGS="--seed 7"
faults: $(STAMP)
	$(BIN)/python -m tests.faults $(ARGS)

# About two hours: load while memory is watched, faults under load, a million made-up mails.
soak: $(STAMP)
	$(BIN)/python -m tests.soak $(ARGS)

# Fits the reader's weights anew from the text in the repository.
train: $(STAMP)
	$(BIN)/python -m tests.train

# Draws every layout of Slack anew into docs/pictures; needs the distribution's Chromium.
pictures: $(STAMP)
	$(BIN)/python -m tests.pictures

# Names and hashes only; where packages come from is each machine's own setting.
lock: | $(UV)
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .tools
