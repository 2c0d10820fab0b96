# Each target sets up what it needs: Debian packages as root (otherwise it prints the command), .venv, the build.
# Variables: PYTHON (which Python makes .venv), VENV, ARGS (for pytest, asiokit demo, asiokit bench)
VENV ?= .venv
ARGS ?=
export VENV
PY := $(VENV)/bin/python
HAVE_WINE := command -v wine >/dev/null && command -v x86_64-w64-mingw32-gcc >/dev/null && command -v gendef >/dev/null

.PHONY: demo bench build docs test test-all test-wine test-sanitizers lint wheel windows-wheel clean

demo: build ## play a sound through a driver loaded as a foreign host would load it
	$(PY) -m pip install -q --no-build-isolation -e '.[report]'
	$(VENV)/bin/asiokit demo $(ARGS)

bench: build ## how fast is it, against others in the same run? Figures and report in build/bench; fails on a missed goal
	tools/setup.sh bench
	$(VENV)/bin/asiokit bench --json build/bench/bench.json --report build/bench/bench.html $(ARGS)

build: ## .venv and an editable install
	tools/setup.sh build
	$(PY) -m pip install -q --no-build-isolation -e .

test: prepare-tests ## everything but the tests of a minute and more; the Wine group with it where Wine is
	$(PY) -m pytest -m "not slow" $(ARGS)

test-all: prepare-tests ## the slow ones too
	$(PY) -m pytest $(ARGS)

test-wine: prepare-tests ## the Windows build, in Wine
	$(PY) -m pytest -m "wine and not slow" $(ARGS)

test-sanitizers: prepare-tests
	$(PY) -m pytest -m sanitizer $(ARGS)

# Assembling the Windows side takes a minute the first time: here it says what it does, in a fixture it would not.
.PHONY: prepare-tests
prepare-tests:
	tools/setup.sh test
	$(PY) -m pip install -q --no-build-isolation -e .
	if $(HAVE_WINE); then $(PY) -m tools.windows wheel --dist build/windows/dist >/dev/null; fi

lint: build
	tools/setup.sh lint
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy --strict -p tools
	PATH=$(abspath $(VENV)/bin):$$PATH cython-lint asiokit drivers tests
	$(VENV)/bin/clang-format --dry-run --Werror sdk_shim/*.[ch] tests/*/*.[ch]

docs: build ## the API reference, from the docstrings, in build/docs
	tools/setup.sh docs
	$(PY) -m tools.api_docs build/docs

wheel: build ## sdist and wheels for Linux and Windows in dist/
	$(PY) -m pip install -q build
	$(PY) -m build
	if $(HAVE_WINE); then $(PY) -m tools.windows wheel --dist dist; fi

clean: ## what was built; not .venv, and not the downloads and assembled parts of build/windows
	find asiokit drivers \( -name '*.so' -o -name '*.pyd' -o -name '*.dll' \) -delete
	rm -rf build/cython build/lib* build/temp* build/bdist* build/windows/source* build/windows/dist dist
