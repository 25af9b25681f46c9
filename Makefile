# One vocabulary for people, hooks and CI. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# `make demo` builds the default run of every track, and one run alone where RUN is given.
DEMO := $(or $(RUN),cities recommendation transfer)
RUN ?= cities
VENV ?= .venv
PYTHON ?= python3.11
BIN := $(abspath $(VENV))/bin
export PATH := $(BIN):$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true
# Named by content, so a fresh checkout with the same lock does not rebuild the environment.
STAMP := $(VENV)/.talentflow-$(shell cat requirements.lock pyproject.toml | sha256sum | cut -c1-16)
UV_VERSION := $(shell grep -oE '^uv==[0-9.]+' requirements.lock)
COMPILE = uv pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate --no-header \
  --exclude-newer "$$(date -u -d '7 days ago' +%F)"
# A machine may offer its own builds (a CPU build of torch, say) in a folder or on a page.
FIND_LINKS := $(if $(PIP_FIND_LINKS),--find-links "$(PIP_FIND_LINKS)")

TORCH := torch==2.13.0
# What looks like a secret and is none: lines that ruff was told of, names of tests, example ids.
HARMLESS := noqa: S105|^def test_|secretName:|3f9a1c77e02b|"request":"

.PHONY: help setup demo release serve image train test test-slow test-image accept prove paper lint types fmt secrets sbom audit mlflow lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 14
	@echo "  RUN=name  which run of params.yaml to build (now: $(RUN))"

setup: $(STAMP) ## Build .venv from the lock (torch first, from your index; see README)

$(STAMP):
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(UV_VERSION)"
	$(BIN)/uv pip install --quiet --compile-bytecode --no-config --python $(BIN)/python $(FIND_LINKS) --constraints requirements.lock $(TORCH)
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python $(FIND_LINKS) --no-deps --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## Build the three default runs, or RUN; release them, say where the reports are and how they are served
	@for run in $(DEMO); do talentflow runs show "$$run" > /dev/null || exit; done  # DVC takes a pattern that fits no run for all
	dvc repro --glob $(DEMO:%='*@%')
	@for run in $(DEMO); do $(MAKE) --no-print-directory release RUN="$$run" || exit; done
	@for run in $(DEMO); do talentflow runs show "$$run"; done
	@talentflow runs index

release: $(STAMP) ## Release what RUN packaged: version, bento, decision, ledger, champion
	@talentflow registry release "$(RUN)" || [ $$? -eq 3 ]  # 3: refused, which is an answer and no failure

serve: $(STAMP) ## Serve RUN's champion on http://127.0.0.1:3000
	@talentflow serve "$(RUN)"

image: $(STAMP) ## Build a container image of RUN's champion with docker, podman or buildah (BUILD_OPTIONS="what it is told besides")
	@talentflow registry image "$(RUN)" $(if $(BUILD_OPTIONS),-- $(BUILD_OPTIONS))

train: $(STAMP) ## Build RUN up to its trained models
	@talentflow runs show "$(RUN)" > /dev/null
	dvc repro --glob 'train@$(RUN)'

test: $(STAMP) ## Run the whole test suite (drills apart)
	@OMP_NUM_THREADS=1 pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 20

test-slow: $(STAMP) ## Run the full drills one after another, about an hour, and write docs/reliability.md
	@OMP_NUM_THREADS=1 pytest -m drill --durations 20 --junitxml .scratch/drills.xml; \
	  result=$$?; python benchmarks/reliability.py .scratch/drills.xml && exit $$result

test-image: $(STAMP) ## Build a real image with buildah, run it and replay the golden requests (as root, Debian)
	@OMP_NUM_THREADS=1 pytest -m drill tests/serving/containers

accept: $(STAMP) ## Full size: RUN, a second time with nothing to do, then its proof
	dvc repro --glob '*@$(RUN)'
	dvc repro --glob '*@$(RUN)' | grep "up to date"
	$(MAKE) prove

prove: $(STAMP) ## Rebuild RUN in a clean clone and compare every output's hash
	@talentflow prove $(RUN)

paper: $(STAMP) ## Regenerate the tables of the recommendation paper (docs/results-paper.md), under an hour of CPU time
	python benchmarks/paper.py --parallel 2

lint: $(STAMP) ## Check style, formatting, and that only safe calls are made
	ruff check .
	ruff format --check .

types: $(STAMP) ## mypy, strict
	mypy

fmt: $(STAMP) ## Format and apply safe fixes
	ruff format .
	ruff check --fix .

secrets: $(STAMP) ## Look for secrets in what git has
	@git ls-files -z | xargs -0 detect-secrets-hook --exclude-files '\.lock$$|^benchmarks/gold/' --exclude-lines '$(HARMLESS)'

sbom: $(STAMP) ## Write bills of materials (CycloneDX) of the environment and of the images to sbom/
	@mkdir -p sbom
	@for lock in requirements.lock serving/requirements.lock serving/transfer/requirements.lock; do \
	  name=$$(dirname $$lock | sed 's|^\.$$|environment|; s|/|-|'); \
	  (cat $$lock && echo "$(TORCH)") | PYTHONWARNINGS=ignore cyclonedx-py requirements - --pyproject pyproject.toml --output-reproducible \
	    --output-file "sbom/$$name.json" && echo "sbom/$$name.json" || exit; \
	done

audit: $(STAMP) ## Ask for known vulnerabilities of what is locked (needs a network)
	@pip-audit --strict --disable-pip --no-deps --progress-spinner off --requirement <(cat requirements.lock && echo "$(TORCH)") \
	  || { echo "audit: vulnerabilities, or a database that does not answer (it needs a network): see above" >&2; exit 1; }

mlflow: $(STAMP) ## Open the MLflow UI on http://127.0.0.1:5000
	talentflow mlflow

lock: $(STAMP) ## Resolve the lock anew (only releases older than a week)
	$(COMPILE) --all-extras --group serve-text pyproject.toml -o requirements.lock
	$(COMPILE) --group serve --constraints requirements.lock -o serving/requirements.lock
	$(COMPILE) --group serve-text --constraints requirements.lock -o serving/transfer/requirements.lock

clean: ## Remove what the graph made; keep the environment and the DVC cache
	rm -rf .scratch runs/*/{raw,gold,extracted,validation,split,tune,model,artefact,evaluation,report}
