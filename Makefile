# Two commands: `make run` and `make test`. Both bring everything they need: see scripts/bootstrap.py.
PYTHON3 ?= python3
VENV := .venv/bin
BOOTSTRAP := $(PYTHON3) scripts/bootstrap.py
PYTEST := $(VENV)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help run test test-ledger test-line test-unit test-faults bench screenshots lint lock assets dev clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

run: ## the whole system with its worked example, on http://127.0.0.1:8000 (YUANSHOU_PORT), until Ctrl-C
	@$(BOOTSTRAP) run
	@$(VENV)/python scripts/node.py assets
	@exec $(VENV)/yuanshou up

test: dev lint ## every check and test but the fault matrix, with engines of its own
	@$(PYTEST) tests/unit -n 2
	@echo "integration tests beside pages and workflows: each is shown when it has ended"
	@$(MAKE) --no-print-directory --jobs=2 --keep-going --output-sync=line test-ledger test-line

test-ledger: # what reads and writes the engines, beside the next, which has engines of its own
	@$(PYTEST) tests/integration

test-line: # pages, workflows, replay and whatever else there is; then workflows without a cache
	@$(PYTEST) --ignore=tests/unit --ignore=tests/faults --ignore=tests/integration
	@YUANSHOU_TEST_CACHED=0 $(PYTEST) tests/workflow tests/integration/test_lines.py

test-unit: dev ## the rules alone, in seconds
	@$(PYTEST) tests/unit -n 2

test-faults: dev ## kill each process at each point and see that nothing is lost, doubled or forgotten
	@$(PYTEST) tests/faults || { status=$$?; [ $$status -ne 5 ] || echo "tests/faults holds no test: nothing was shown"; exit $$status; }

bench: dev ## how fast and how big, each figure beside its peer, into docs/performance.md; about an hour on a quiet machine
	@$(VENV)/python -m bench

screenshots: dev ## pictures of the pages in both languages, on a desk and on a phone, into docs/pictures and docs/pages.md; some three minutes
	@$(VENV)/python scripts/screenshots.py

lint: dev ## style, imports, types
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/lint-imports
	@$(VENV)/python scripts/node.py run pyright

lock: ## make the locked requirements anew, Python's and npm's
	@$(BOOTSTRAP) dev
	@$(BOOTSTRAP) lock
	@$(VENV)/python scripts/node.py lock

assets: ## what the pages load, into web/static/vendor, and the papers' font of rare characters, into documents/fonts
	@$(BOOTSTRAP) run
	@$(VENV)/python scripts/node.py assets

dev: # .venv with the development tools, and the front-end packages
	@$(BOOTSTRAP) dev
	@$(VENV)/python scripts/node.py tools

clean: ## take away what was built here; ./var and the user's cache stay
	@rm -rf .venv node_modules web/static/vendor documents/fonts build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
