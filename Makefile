# Every target installs what it needs, starts what it needs, and cleans up. What each check runs: tools/checks/stages.py.
PYTHON ?= python3
CHECKS := $(PYTHON) -m tools.checks
.DEFAULT_GOAL := help

.PHONY: help
help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS='|' read -r name text; do printf '  %-14s %s\n' "$$name" "$$text"; done

.PHONY: demo
demo: ## Build the real librespot, deploy it to a throwaway host, audit it; DEPLOYMENT=container in a container
	@$(PYTHON) -m tools.lab.demo $(DEPLOYMENT)

.PHONY: demo-clean
demo-clean: ## Remove containers, images and the cache, that of the checks included
	@$(PYTHON) -m tools.lab clean

.PHONY: test
test: ## What CI runs
	@$(CHECKS) test

.PHONY: test-unit
test-unit: ## Unit tests: no root, no network, no Docker
	@$(CHECKS) unit

.PHONY: test-lint
test-lint: ## Style and types
	@$(CHECKS) lint

.PHONY: test-sanity
test-sanity: ## ansible-test sanity, nothing ignored
	@$(CHECKS) sanity

.PHONY: test-docs
test-docs: ## Documentation of the modules and roles; the tarball, built and installed
	@$(CHECKS) docs

.PHONY: test-molecule
test-molecule: ## Container scenarios
	@$(CHECKS) molecule

.PHONY: test-package
test-package: ## Each role alone, from the installed tarball
	@$(CHECKS) package

.PHONY: test-containers
test-containers: ## Instances in containers, on the oldest and the newest engine, and on Podman
	@$(CHECKS) containers

.PHONY: test-machine
test-machine: ## Long scenarios on a virtual machine with its own kernel
	@$(CHECKS) machine

.PHONY: test-attacks
test-attacks: ## Each attack succeeds against upstream's unit and fails against ours
	@$(CHECKS) attacks

.PHONY: test-mutants
test-mutants: ## Each control removed in turn: the declared findings turn red, no others
	@$(CHECKS) mutants

.PHONY: test-reproducible
test-reproducible: ## Two builds of librespot in two places give the same bytes
	@$(CHECKS) reproducible

.PHONY: test-supply
test-supply: ## What is known of real releases, by a real scanner; needs all of RustSec's database
	@$(CHECKS) supply

.PHONY: test-engines
test-engines: ## The same by scanners that are compiled first; needs it as well
	@$(CHECKS) engines

.PHONY: test-monitoring
test-monitoring: ## Rules, judged by the tools that read them, and from a cause to an alert that is delivered
	@$(CHECKS) monitoring

.PHONY: test-kill
test-kill: ## Fifty runs killed at random moments
	@$(CHECKS) kill

.PHONY: test-rollout
test-rollout: ## Rollouts over six hosts: good ones, failing ones, and ten whose controller is killed
	@$(CHECKS) rollout

.PHONY: test-matrix
test-matrix: ## ansible-core 2.18 to 2.21
	@$(CHECKS) matrix

.PHONY: test-full
test-full: ## All of them, in one table
	@$(CHECKS) full

.PHONY: docs
docs: ## Write the parts of the documentation that are generated
	@$(PYTHON) -m tools.lab run --kind test -- python -m tools.readme

.PHONY: bench
bench: ## Ratios measured side by side in one run
	@$(CHECKS) bench

.PHONY: clean
clean: ## Remove what the checks left in the checkout
	@rm -rf .ansible .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/output
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
