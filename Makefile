# make demo   a mock survey, five methods and the dashboard in your browser
# make test   the whole test suite, in two processes of one thread each
# make lint   ruff, check and format
# Each first makes an environment in .venv, anew only when pyproject.toml has changed.

VENV ?= .venv
PYTHON := $(firstword $(foreach name,python3.13 python3.12 python3.11 python3 python,\
	$(if $(shell $(name) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null | grep True),$(name))))

demo: $(VENV)/installed
	$(VENV)/bin/photoz demo

test: $(VENV)/installed-test
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n 2 --dist loadfile

lint: $(VENV)/installed-test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

$(VENV)/bin/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; install it and try again" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(VENV)/bin/pip
	$(VENV)/bin/pip install -e .
	touch $@

$(VENV)/installed-test: pyproject.toml | $(VENV)/bin/pip
	$(VENV)/bin/pip install -e ".[test]"
	touch $(VENV)/installed $@

.PHONY: demo test lint
