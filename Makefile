# `make run` and `make test` do all set-up themselves on a fresh Debian/Ubuntu machine with Python 3.11+.
.DEFAULT_GOAL := help
.PHONY: help install run test lint bench

PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(shell command -v $(p))))
BIN := .venv/bin
SCREEN := xvfb-run -a -s "-screen 0 1600x1000x24 +extension GLX -nolisten tcp"

help:  ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/ready: pyproject.toml constraints.txt .ci/system-libraries
	@.ci/system-libraries
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Foresight needs Python 3.11 or newer, found " + sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing Python packages into .venv (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch numpy
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

install: .venv/ready  ## fill .venv with everything Foresight needs

run: .venv/ready  ## open the studio on the simulated bench
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
	  $(BIN)/foresight; \
	else \
	  echo "No display here: running the short demo instead (for the full one: $(BIN)/foresight demo)."; \
	  $(BIN)/foresight demo --quick; \
	fi

lint: .venv/ready  ## style, types and the dependency rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright

test: lint  ## everything that must hold, under a virtual screen
	$(SCREEN) $(BIN)/python -m pytest

bench: .venv/ready  ## every benchmark, one JSON object each
	@for b in tests/bench/bench_*.py; do echo "# $$b"; $(SCREEN) $(BIN)/python $$b; done
