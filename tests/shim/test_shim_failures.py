"""tests of the shim: when Python or asiokit can't be had, the driver answers, names the thing and the remedy."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import PYTHONS, Install, Report, built_library

MakeInstall = Callable[..., Install]
RunHost = Callable[..., Report]


def assert_refused(report: Report, *words: str) -> None:
    """init fails, the text holds all the words, fits a host's buffer and stands in the log as well; nothing changed."""
    for answer in report.answers:
        assert answer["driver"] == "1" and answer["init"] == "0"
        assert len(answer["text"].encode()) <= 123
        for word in words:
            assert word in answer["text"], answer["text"]
    assert report.text[:100] in report.log
    assert report.changed == [] and report.stdout == b"" and report.stderr == b""


def test_library_outside_of_any_python(run_host: RunHost, tmp_path: Path) -> None:
    library = tmp_path / "plugins" / "libasiokit.so"
    library.parent.mkdir()
    shutil.copy(built_library(), library)
    assert_refused(run_host(library), "libasiokit.so lies in no Python installation", "asiokit register")


def test_no_shared_libpython(make_install: MakeInstall, run_host: RunHost, tmp_path: Path) -> None:
    install = make_install()
    static = tmp_path / "static" / "bin"
    static.mkdir(parents=True)
    (install.venv / "pyvenv.cfg").write_text(f"home = {static}\n")
    # a version of which no library lies where the system's loader looks
    (install.package / "entry.cpython-398-x86_64-linux-gnu.so").write_text("")
    report = run_host(install.library)
    assert_refused(report, "no libpython3.98.so.1.0", "static", "install libpython3.98")
    assert report.log.count("no such file") >= 3 and "candidate libpython3.98.so.1.0" in report.log


def test_venv_whose_python_is_gone(make_install: MakeInstall, run_host: RunHost, tmp_path: Path) -> None:
    install = make_install()
    (install.venv / "pyvenv.cfg").write_text(f"home = {tmp_path}/gone/bin\nversion = 3.11.0\n")
    assert_refused(run_host(install.library, "again"), "broken venv", "gone/bin is gone", "make the venv anew")


def test_venv_without_a_home(make_install: MakeInstall, run_host: RunHost) -> None:
    install = make_install()
    (install.venv / "pyvenv.cfg").write_text("version = 3.11.0\n")
    assert_refused(run_host(install.library), "pyvenv.cfg names no home", "make the venv anew")


def test_program_of_the_location_file_is_gone(make_install: MakeInstall, run_host: RunHost, tmp_path: Path) -> None:
    install = make_install()
    (install.package / "asiokit.location").write_text(f"program={tmp_path}/moved/bin/python\npath={tmp_path}\n")
    assert_refused(run_host(install.library), "moved/bin/python is gone", "install asiokit again")


def test_libpython_that_is_none(make_install: MakeInstall, run_host: RunHost, tmp_path: Path) -> None:
    install = make_install()
    wrong = tmp_path / "libpython3.11.so.1.0"
    wrong.write_text("not a library")
    (install.venv / "pyvenv.cfg").write_text(f"home = {tmp_path}\n")
    (install.package / "asiokit.location").write_text(f"python_library={wrong}\npath={install.package.parent}\n")
    (install.package / "entry.cpython-398-x86_64-linux-gnu.so").write_text("")
    assert_refused(run_host(install.library), "libpython3.11.so.1.0: ", "file too short")


def test_libpython_of_another_version(make_install: MakeInstall, run_host: RunHost) -> None:
    install = make_install()
    version = install.version
    other = Path(PYTHONS[version]).parents[1] / "lib" / f"libpython{version}.so.1.0"
    (install.package / "asiokit.location").write_text(f"python_library={other}\npath={install.package.parent}\n")
    (install.package / "entry.cpython-398-x86_64-linux-gnu.so").write_text("")
    assert_refused(run_host(install.library), f"is Python {version}", "installed for 3.98", "pip install asiokit")


def test_standard_library_is_gone(make_install: MakeInstall, run_host: RunHost, tmp_path: Path) -> None:
    """Python itself refuses to start: by a status, not by ending the host."""
    install = make_install()
    version = install.version
    real = Path(PYTHONS[version]).parents[1] / "lib" / f"libpython{version}.so.1.0"
    prefix = tmp_path / "prefix"
    (prefix / "bin").mkdir(parents=True)
    stdlib = prefix / "lib" / f"python{version}"
    (stdlib / "lib-dynload").mkdir(parents=True)
    (stdlib / "os.py").write_text("")  # found, so that no other prefix is looked for; but there are no encodings
    (prefix / "bin" / "python3").write_text("")
    shutil.copy(real, prefix / "lib")
    (install.venv / "pyvenv.cfg").write_text(f"home = {prefix}/bin\n")
    report = run_host(install.library, "again")
    # CPython's C code prints its path configuration here, whatever the settings: the one case of noise
    assert report.stderr.startswith(b"Python path configuration:")
    report.stderr = b""
    assert_refused(report, f"Python {version} did not start", "encoding")
    assert report.log.count("Python's start failed in") == 1  # and was not tried a second time


def test_package_is_missing(make_install: MakeInstall, run_host: RunHost) -> None:
    install = make_install(entry=None)
    (install.package / "libasiokit.so").rename(install.package.parent / "libasiokit.so")
    install.package.rmdir()
    (install.package.parent / "asiokit.location").write_text(
        f"program={install.venv}/bin/python\npath={install.package.parent}\n"
    )
    assert_refused(run_host(install.package.parent / "libasiokit.so"), "package asiokit is not in", "install it again")


def test_entry_is_missing(make_install: MakeInstall, run_host: RunHost) -> None:
    install = make_install()
    (install.package / "entry.py").unlink()
    assert_refused(run_host(install.library), "asiokit.entry is not in", install.version, "install asiokit again")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("raise RuntimeError('out of\\ncheese')", ["RuntimeError: out of cheese"]),
        ("import no_such_module", ["ModuleNotFoundError", "no_such_module"]),
        ("raise SystemExit(3)", ["SystemExit: 3"]),
        ("raise KeyboardInterrupt", ["KeyboardInterrupt"]),
        ("raise ValueError('\\ud800' + 'é' * 300)", ["ValueError: ?éé"]),
        ("def", ["SyntaxError"]),
        ("class E(Exception):\n    def __str__(self): raise TypeError\nraise E", ["asiokit.entry"]),
        ("x = 1", ["has no capsule asiokit.entry/1"]),
    ],
)
def test_entry_raises(source: str, words: list[str], make_install: MakeInstall, run_host: RunHost) -> None:
    install = make_install(entry=source)
    report = run_host(install.library, "again")
    assert_refused(report, *words)
    assert "entry.py" in report.log


def test_every_thread_hears_the_same_reason(make_install: MakeInstall, run_host: RunHost) -> None:
    """While the first thread's import is under way the others wait for it; the pause makes sure that they do."""
    source = "import time\ntime.sleep(0.2)\nraise RuntimeError('seen')"
    assert_refused(run_host(make_install(entry=source).library, "threads=8"), "RuntimeError: seen")


def test_a_repaired_package_is_taken_without_a_restart_of_the_host(
    make_install: MakeInstall, run_host: RunHost
) -> None:
    install = make_install(entry="import pathlib, shutil\n"
                           "here = pathlib.Path(__file__)\n"
                           "here.write_text(here.with_name('good').read_text())\n"
                           "raise RuntimeError('first time')\n")  # fmt: skip
    good = make_install("other")
    shutil.copy(good.package / "entry.py", install.package / "good")
    report = run_host(install.library, "again")
    assert "first time" in report.text
    assert report.answers[1]["text"].startswith("probe of"), report.log


def test_every_slot_of_the_fallback_survives_nothing(make_install: MakeInstall, run_host: RunHost) -> None:
    assert_refused(run_host(make_install(entry="raise RuntimeError").library, "nulls"), "RuntimeError")


def test_the_instance_name_is_kept_for_the_host(make_install: MakeInstall, run_host: RunHost) -> None:
    report = run_host(
        make_install(entry="raise RuntimeError").library, "name=My Interface with a name that is too long"
    )
    assert report.answers[0]["name"] == "My Interface with a name that i"
    assert "RuntimeError" in report.text


def test_the_log_is_bounded(make_install: MakeInstall, run_host: RunHost, tmp_path: Path) -> None:
    log = tmp_path / "state" / "asiokit" / "asiokit.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"x" * (4 << 20) + b"\n")
    report = run_host(make_install(entry="raise RuntimeError").library)
    assert log.with_name("asiokit.log.old").stat().st_size > 4 << 20
    assert len(report.log) < 10_000 and "RuntimeError" in report.log


def test_no_log_to_write_to(make_install: MakeInstall, run_host: RunHost) -> None:
    report = run_host(make_install(entry="raise RuntimeError").library, env={"XDG_STATE_HOME": "/proc/nowhere"})
    assert "RuntimeError" in report.text and report.changed == [] and report.stderr == b""
