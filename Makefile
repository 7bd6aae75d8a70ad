# Every target is a function of dev.py, which needs only Python's standard library. `make help` lists them.
PYTHON ?= python3
TARGETS := $(shell $(PYTHON) dev.py names)
ARGS ?=

.DEFAULT_GOAL := run
.PHONY: $(TARGETS)

$(TARGETS):
	@$(PYTHON) dev.py $@ $(ARGS)

.DEFAULT:
	@$(PYTHON) dev.py $@
