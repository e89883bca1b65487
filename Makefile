# What a person types. Each target makes what it needs and says what is missing.

PYTHONS := python3.13 python3.12 python3.11 python3.14 python3
fits = $(shell $(1) -c 'import sys, venv, ensurepip; print("yes" * (sys.version_info >= (3, 11)))' 2>/dev/null)
PYTHON ?= $(firstword $(foreach name,$(PYTHONS),$(if $(call fits,$(name)),$(name))))
PIP := .venv/bin/python -m pip install -qq --disable-pip-version-check
# Most tests wait for something, so three processes keep two cores busy; each file stays in one of them.
PYTEST := .venv/bin/pytest -n 3 --dist loadfile
UV ?= uv
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-header pyproject.toml

.PHONY: run .venv test test-fast test-long check bench lock clean

run: .venv/product
	@exec .venv/bin/guiche demo

.venv: .venv/product

.venv/product: requirements.lock pyproject.toml
	@test -n "$(if $(PYTHON),$(call fits,$(PYTHON)))" || { \
	  echo "Guichê needs Python 3.11 or newer with venv$(if $(PYTHON),; $(PYTHON) is not that). To install it:"; \
	  echo "  Debian, Ubuntu:  sudo apt-get install python3 python3-venv"; \
	  echo "  Fedora:          sudo dnf install python3"; \
	  echo "  macOS:           brew install python@3.13"; \
	  exit 1; } >&2
	@echo "Making .venv (once, a minute or less) …"
	@$(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

.venv/tests: .venv/product tests/requirements.lock
	@echo "Adding the tools of the tests to .venv …"
	@$(PIP) --require-hashes -r tests/requirements.lock
	@touch $@

# Everything CI runs; pytest's closing line comes last.
test: check
	.venv/bin/python -m tests.services
	$(PYTEST)

# The part that needs no PostgreSQL, RabbitMQ or browser.
test-fast: check
	$(PYTEST) -m "not services"

# Fuzz, property and soak counts in full.
test-long: check
	.venv/bin/python -m tests.services
	$(PYTEST) --full -o faulthandler_timeout=1500  # an outage of ten minutes is among them

check: .venv/tests
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

bench: .venv/tests
	.venv/bin/python -m tests.services
	.venv/bin/python -m benchmarks all

# The two lock files: what the product needs, and the same with the tools of the tests.
lock:
	$(COMPILE) -o requirements.lock
	$(COMPILE) --group dev -c requirements.lock -o tests/requirements.lock

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
