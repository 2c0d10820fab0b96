"""tests of the shim: a Python that is in the process already is joined, and the wrong one is told apart by name."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import PYTHONS, SANITIZED, Install, Report

MakeInstall = Callable[..., Install]
RunHost = Callable[..., Report]

VERSIONS = sorted(v for v in PYTHONS if v.startswith("3."))

# A host in Python: threads that hold the GIL while they call in (PyDLL) and threads that do not (CDLL).
PYTHON_HOST = """
import ctypes, sys, threading
texts = []
def ask(loader):
    library = loader(sys.argv[1])
    library.instantiateDriver.restype = ctypes.c_void_p
    driver = library.instantiateDriver()
    vtable = ctypes.cast(driver, ctypes.POINTER(ctypes.c_void_p))[0]
    slot = ctypes.cast(vtable, ctypes.POINTER(ctypes.c_void_p))[6]
    text = ctypes.create_string_buffer(256)
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)(slot)(driver, text)
    texts.append(text.value.decode())
threads = [threading.Thread(target=ask, args=(ctypes.PyDLL if i % 2 else ctypes.CDLL,)) for i in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(set(texts)) == 1, texts
print(texts[0])
"""


def ask_in_python(python: str, library: Path, home: Path, flags: tuple[str, ...] = ("-I",)) -> str:
    if SANITIZED:
        pytest.skip("a Python without the sanitizer can't load a library with it")
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([python, *flags, "-c", PYTHON_HOST, str(library)], env=environment, capture_output=True,
                          text=True, timeout=60, check=False)  # fmt: skip
    assert done.returncode == 0 and not done.stderr, (done.returncode, done.stderr)
    return done.stdout.strip()


@pytest.mark.parametrize("python", sorted(PYTHONS))
def test_joins_a_python_host_that_has_no_asiokit(python: str, make_install: MakeInstall, tmp_path: Path) -> None:
    install = make_install(python=PYTHONS[python])
    assert ask_in_python(PYTHONS[python], install.library, tmp_path) == f"probe of Python {install.version}"
    told = json.loads((install.package / "told.json").read_text())
    assert told["path"][-1] == str(install.package.parent) and told["path"].count(str(install.package.parent)) == 1
    log = (tmp_path / ".local/state/asiokit/asiokit.log").read_text()
    assert log.count(" joins Python ") == 1 and " started as " not in log


def test_takes_the_asiokit_that_the_host_has(make_install: MakeInstall, tmp_path: Path) -> None:
    ours, theirs = make_install("ours"), make_install("theirs")
    assert ask_in_python(str(theirs.venv / "bin" / "python"), ours.library, tmp_path).startswith("probe of")
    assert (theirs.package / "told.json").exists() and not (ours.package / "told.json").exists()


@pytest.mark.skipif(len(VERSIONS) < 2, reason="needs two Pythons with a shared library")
def test_python_host_of_another_version(make_install: MakeInstall, tmp_path: Path) -> None:
    install = make_install(python=PYTHONS[VERSIONS[0]])
    (install.package / f"entry.cpython-{VERSIONS[0].replace('.', '')}-x86_64-linux-gnu.so").write_text("")
    (install.package / "entry.py").unlink()
    text = ask_in_python(PYTHONS[VERSIONS[1]], install.library, tmp_path)
    assert text.startswith(f"this process runs Python {VERSIONS[1]}, but asiokit is installed for {VERSIONS[0]}")
    assert "pip install asiokit" in text and len(text.encode()) <= 123


def libpython(version: str) -> Path:
    return Path(PYTHONS[version]).parents[1] / "lib" / f"libpython{version}.so.1.0"


def test_joins_a_python_that_a_plug_in_keeps_to_itself(make_install: MakeInstall, run_host: RunHost) -> None:
    """libpython loaded RTLD_LOCAL and started by somebody else, who went on without the GIL."""
    install = make_install()
    embedder = f"""
#include <dlfcn.h>
#include <stdlib.h>
void start(int unused) {{
    void *python = dlopen("{libpython(install.version)}", RTLD_NOW | RTLD_LOCAL);
    void (*initialize)(int);
    void *(*save)(void);
    (void)unused;
    *(void **)&initialize = dlsym(python, "Py_InitializeEx");
    *(void **)&save = dlsym(python, "PyEval_SaveThread");
    initialize(0);
    save();
}}
"""
    source = install.venv / "embedder.c"
    source.write_text(embedder)
    subprocess.run(["cc", "-shared", "-fPIC", str(source), "-o", str(install.venv / "embedder.so"), "-ldl"], check=True)
    path = {"PATH": str(Path(PYTHONS[install.version]).parent)}  # that embedder finds its standard library by it
    report = run_host(install.library, f"preload={install.venv}/embedder.so", "start=start", "thread", env=path)
    assert report.text.startswith("probe of"), report.log
    assert " joins Python " in report.log and " started as " not in report.log
    assert report.changed == []


def test_a_libpython_that_lies_idle_is_started(make_install: MakeInstall, run_host: RunHost) -> None:
    install = make_install()
    report = run_host(install.library, f"preload={libpython(install.version)}")
    assert report.text.startswith("probe of"), report.log
    assert "has not been started: it is taken" in report.log
    assert json.loads((install.package / "told.json").read_text())["prefix"] == str(install.venv)


@pytest.mark.skipif(len(VERSIONS) < 2, reason="needs two Pythons with a shared library")
def test_an_idle_libpython_of_another_version_is_left_alone(make_install: MakeInstall, run_host: RunHost) -> None:
    install = make_install(python=PYTHONS[VERSIONS[0]])
    (install.package / f"entry.cpython-{VERSIONS[0].replace('.', '')}-x86_64-linux-gnu.so").write_text("")
    report = run_host(install.library, f"preload={libpython(VERSIONS[1])}")
    # the file that gave the version away is no module; that Python of the right version got as far as it counts
    assert f"Python {VERSIONS[0]} started as" in report.log


def test_two_installations_in_one_process_share_one_python(make_install: MakeInstall, run_host: RunHost) -> None:
    first, second = make_install("first"), make_install("second")
    report = run_host(first.library, f"second={second.library}")
    assert [a["text"][:8] for a in report.answers] == ["probe of"] * 2
    assert report.log.count(" started as ") == 1 and report.log.count(" joins Python ") == 1
    assert json.loads((first.package / "told.json").read_text())["calls"] == 2
    assert report.changed == []


@pytest.mark.skipif(len(VERSIONS) < 2, reason="needs two Pythons with a shared library")
def test_two_installations_of_different_versions(make_install: MakeInstall, run_host: RunHost) -> None:
    first = make_install("first", python=PYTHONS[VERSIONS[0]], entry="raise RuntimeError('first')")
    second = make_install("second", python=PYTHONS[VERSIONS[1]], entry=None)
    (second.package / f"entry.cpython-{VERSIONS[1].replace('.', '')}-x86_64-linux-gnu.so").write_text("")
    shutil.move(first.package, first.package.with_name("kept"))  # the first has a Python, but no asiokit to share
    (first.package.with_name("kept") / "asiokit.location").write_text(f"program={first.venv}/bin/python\n")
    report = run_host(first.package.with_name("kept") / "libasiokit.so", f"second={second.library}")
    assert report.answers[1]["text"].startswith(f"this process runs Python {VERSIONS[0]}, but asiokit is installed for")
    assert VERSIONS[1] in report.answers[1]["text"]
