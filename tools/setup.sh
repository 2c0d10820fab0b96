#!/usr/bin/env bash
# tools: sets up a Debian or Ubuntu machine and the virtual environment for `make`. Usage: tools/setup.sh PURPOSE
# PURPOSE: build, test, lint, docs or bench.
#
# As root it installs the Debian packages that are missing; otherwise it prints the command and stops. Without root,
# Wine and mingw are not insisted upon, except in CI: their tests then say why they were skipped. What the benchmark
# compares with is never insisted upon: lines without an anchor stay open.
# PYTHON=... names the Python to use, VENV=... the virtual environment (.venv).
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-build}
venv=${VENV:-.venv}

say() { printf 'setup: %s\n' "$*" >&2; }

# A Python that the library can start inside another program: 3.11 or newer, headers, venv, a shared libpython.
fit() {
    command -v "$1" >/dev/null && "$1" - <<'PYTHON' 2>/dev/null
import ctypes, sys, sysconfig, venv, ensurepip
from pathlib import Path
assert (3, 11) <= sys.version_info[:2] <= (3, 14)
assert Path(sysconfig.get_path("include"), "Python.h").is_file()
name, folder = sysconfig.get_config_var("INSTSONAME"), sysconfig.get_config_var("LIBDIR")
assert sysconfig.get_config_var("Py_ENABLE_SHARED")
ctypes.CDLL(str(Path(folder, name)) if Path(folder, name).is_file() else name)
PYTHON
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 /usr/bin/python3}; do
        if fit "$candidate"; then command -v "$candidate"; return; fi
    done
    return 1
}

missing_packages() {
    find_python >/dev/null || echo python3 python3-venv python3-dev
    command -v gcc >/dev/null || echo gcc libc6-dev
    if [ "$purpose" = test ]; then
        command -v wine >/dev/null && command -v wineserver >/dev/null || echo wine wine64
        command -v x86_64-w64-mingw32-gcc >/dev/null || echo gcc-mingw-w64-x86-64
        command -v gendef >/dev/null || echo mingw-w64-tools
        command -v strace >/dev/null || echo strace
    fi
    if [ "$purpose" = bench ]; then
        command -v cyclictest >/dev/null || echo rt-tests
        # its shared library keeps the converters and the ring to itself: they are taken out of the static one
        compgen -G '/usr/lib/*/libportaudio.a' >/dev/null || echo portaudio19-dev
        command -v jackd >/dev/null || echo jackd2
    fi
}

missing=$(missing_packages | tr '\n' ' ')
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing Debian packages: $missing"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        # shellcheck disable=SC2086  # a list of words
        apt-get install -y -qq --no-install-recommends $missing >/dev/null
    else
        say "missing: $missing"
        say "please run:  sudo apt-get install --no-install-recommends $missing"
        if { [ -n "${CI:-}" ] && [ "$purpose" != bench ]; } || ! find_python >/dev/null || ! command -v gcc >/dev/null; then exit 1; fi
        if [ "$purpose" = bench ]; then
            say "going on without: what would be compared with these stays open"
        else
            say "going on without: the tests of the Windows build will be skipped"
        fi
    fi
fi

python=$(find_python) || {
    say "no Python from 3.11 to 3.14 with headers, venv and a shared libpython (${PYTHON:-python3, python3.11 ...})."
    say "Remedy: a newer Debian or Ubuntu, or PYTHON=/path/to/python (pyenv: --enable-shared)"
    exit 1
}

if [ ! -x "$venv/bin/python" ]; then
    say "making $venv with $("$python" --version) ($python)"
    "$python" -m venv "$venv"
fi
# once for each state of pyproject.toml and purpose
stamp=$venv/.asiokit-$purpose
if [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
    case $purpose in lint | docs | bench) group=$purpose ;; *) group=test ;; esac
    say "installing build tools and the $group group into $venv"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --upgrade 'pip>=25.1'
    "$venv/bin/python" -m pip install -q 'setuptools>=77' 'cython>=3.1,<4' wheel --group "$group"
    touch "$stamp"
fi
