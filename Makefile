# Everything a developer types. Each target makes .venv ready first (tools/prepare), with
# a Python >= 3.13 that it finds by itself; PYTHON=python3.14 asks for another one.

PYTHON ?=
ARGS ?=
CHROMIUM ?= chromium
export PYTHON

prepare := tools/prepare
bin := .venv/bin
# Tests wait more than they compute; the kernel of a file is shared by its tests.
parallel := -n logical --maxprocesses 4 --dist loadfile

.PHONY: help demo test integrations browser lab lint format bench clean

help: ## show this list
	@echo "make TARGET [PYTHON=python3.14] [ARGS='options for the tool']"
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' Makefile | expand -t 16

demo: ## run the quickstart notebook in the terminal; write it and an HTML page
	@$(prepare) demo
	@$(bin)/python notebooks/demo.py $(ARGS)

test: ## run the tests (ARGS='-k fork' for some)
	@$(prepare) test
	@$(bin)/python -m pytest $(parallel) $(ARGS)

integrations: ## run the tests that need packages people use (ARGS="-m 'not slow'": the quick ones)
	@$(prepare) integrations
	@$(bin)/python -m pytest $(parallel) --dist worksteal tests/integrations $(ARGS)

browser: ## drive JupyterLab in Chromium (CHROMIUM=google-chrome: in that)
	@$(prepare) browser
	@CHROMIUM='$(CHROMIUM)' $(bin)/python -m pytest tests/browser $(ARGS)

lab: ## open the quickstart notebook in JupyterLab
	@$(prepare) lab
	@$(bin)/jupyter lab $(ARGS) notebooks/quickstart.ipynb

lint: ## check style, types, layers, spelling and the C++ side
	@$(prepare) browser lint
	@tools/lint $(ARGS)

format: ## rewrite the sources in the project's style
	@$(prepare) lint
	@tools/lint --fix

bench: ## measure against what else one could use
	@$(prepare) bench
	@$(bin)/python benchmarks/run.py $(ARGS)

clean: ## remove everything that make made
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
