# Everything runs in .venv, which the first command makes and later ones find ready.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: demo test lint bench translations clean

demo: $(INSTALLED)
	$(BIN)/gradtwin check
	$(BIN)/gradtwin train digits

test: $(INSTALLED)
	$(BIN)/python -m pytest

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(INSTALLED)
	mkdir -p build
	env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE $(BIN)/python -m benchmarks \
		--markdown build/bench.md --json build/bench.json --plot build/bench.png

# New texts of the exercises into the Spanish catalogue, which a person then completes, and compiled.
TEXTS := gradtwin/exercises/locale
translations: $(INSTALLED)
	$(BIN)/pybabel -q extract -k N_ -k say:2 --add-location file -o $(TEXTS)/gradtwin.pot gradtwin/exercises
	$(BIN)/pybabel -q update -D gradtwin -l es -d $(TEXTS) -i $(TEXTS)/gradtwin.pot --ignore-obsolete --no-fuzzy-matching
	$(BIN)/pybabel -q compile -D gradtwin -l es -d $(TEXTS)
	rm $(TEXTS)/gradtwin.pot

clean:
	rm -rf .venv

# The stamp is written last: an interrupted install starts again.
$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("gradtwin needs Python 3.11 or newer; name one: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	PIP_CONSTRAINT= $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[all]'
	touch $@
