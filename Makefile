# Each target is one line over a Python module. `make run` and `make test` set up what is missing first.
PYTHON ?= python3
VENV := .venv/bin/python
SPACE ?= footsteps
BENCH ?= $(basename $(notdir $(shell grep -l __main__ benchmarks/$(SPACE)/*.py)))

.PHONY: run test bench deploy weights setup

run: setup      ## the launcher on port 7860; ARGS="--only footsteps"
	$(VENV) app_launcher.py $(ARGS)

test:           ## lint and every test; ARGS="tests/common -k media"
	$(PYTHON) -m common.install --tests && $(VENV) -m ruff check && $(VENV) -m pytest -n 2 $(ARGS)

bench: setup    ## every benchmark of a Space; SPACE=footsteps BENCH="speed" ARGS="--json FILE"
	for name in $(BENCH); do $(VENV) -m benchmarks.$(SPACE).$$name $(ARGS) || exit; done

deploy: setup   ## a Space to the Hub; SPACE=footsteps REPO=user/name, token in HF_TOKEN
	$(VENV) -m common.deploy push $(SPACE) --repo $(REPO) $(ARGS)

weights: setup  ## model files; ARGS="verify", ARGS="fetch clip-vit-b-32"
	$(VENV) -m common.weights $(or $(ARGS),fetch)

setup:          ## .venv and what goes into it
	$(PYTHON) -m common.install
