"""tests of the shim: Python is found and started inside a host that knows nothing of it, and nothing else changes."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import PYTHONS, SHIM_SOURCES, Install, Report, built_library

MakeInstall = Callable[..., Install]
RunHost = Callable[..., Report]


def told(install: Install) -> dict[str, Any]:
    """What the probe package in this installation saw of its interpreter."""
    return dict(json.loads((install.package / "told.json").read_text(encoding="utf-8")))


def assert_quiet(report: Report) -> None:
    assert report.changed == []
    assert report.stdout == b"" and report.stderr == b""


@pytest.mark.parametrize("python", sorted(PYTHONS))
def test_starts_the_python_of_its_venv(python: str, make_install: MakeInstall, run_host: RunHost) -> None:
    install = make_install(python=PYTHONS[python])
    report = run_host(install.library)
    assert_quiet(report)
    assert report.text == f"probe of Python {install.version}"
    seen = told(install)
    assert seen["prefix"] == str(install.venv)
    assert seen["executable"] == str(install.venv / "bin" / "python")
    assert seen["isolated"] and seen["ignore_environment"] and seen["utf8_mode"]
    print(f"Python {install.version}: dlopen to instantiateDriver's return {report.ms:.0f} ms")
    assert report.ms < 500


def test_a_hosts_second_thread(make_install: MakeInstall, run_host: RunHost) -> None:
    report = run_host(make_install().library, "thread", "again")
    assert_quiet(report)
    assert [a["text"] for a in report.answers] == [report.text] * 2 and report.text.startswith("probe of")


def test_eight_threads_at_once_start_one_python(make_install: MakeInstall, run_host: RunHost) -> None:
    install = make_install()
    report = run_host(install.library, "threads=8")
    assert_quiet(report)
    assert len(report.answers) == 8
    assert all(a["text"].startswith("probe of") for a in report.answers)
    assert report.log.count(" started as ") == 1
    assert told(install)["calls"] == 8  # one module, asked eight times


def test_the_environment_and_the_working_directory_have_no_say(
    make_install: MakeInstall, run_host: RunHost, tmp_path: Path
) -> None:
    hostile = tmp_path / "hostile"
    (hostile / "asiokit").mkdir(parents=True)
    for name in (
        "encodings.py",
        "site.py",
        "sitecustomize.py",
        "usercustomize.py",
        "os.py",
        "traceback.py",
        "startup.py",
    ):
        (hostile / name).write_text("raise SystemExit('taken from the host')")
    for name in ("__init__.py", "entry.py"):
        (hostile / "asiokit" / name).write_text("raise SystemExit('taken from the host')")
    poison = {
        "PYTHONHOME": str(hostile), "PYTHONPATH": str(hostile), "PYTHONSTARTUP": str(hostile / "startup.py"),
        "PYTHONWARNINGS": "error", "PYTHONVERBOSE": "1", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ebcdic",
        "PYTHONEXECUTABLE": "/nowhere", "PYTHONMALLOC": "nonsense", "PYTHONDEVMODE": "1", "PYTHONPLATLIBDIR": "nowhere",
        "PYTHONINSPECT": "1", "PYTHONUSERBASE": str(hostile), "VIRTUAL_ENV": str(hostile), "PATH": str(hostile),
    }  # fmt: skip
    install = make_install()
    report = run_host(install.library, env=poison, cwd=hostile)
    assert_quiet(report)
    assert report.text.startswith("probe of"), report.log
    assert not [p for p in told(install)["path"] if str(hostile) in p or p == ""]
    assert told(install)["warnings"] == []


@pytest.mark.parametrize("python", sorted(PYTHONS))
def test_without_standard_streams(python: str, make_install: MakeInstall, run_host: RunHost) -> None:
    install = make_install(python=PYTHONS[python])
    report = run_host(install.library, "close")
    assert_quiet(report)
    assert report.text.startswith("probe of"), report.log
    assert told(install)["streams"] == [False, False, False]


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1", "C.UTF-8"])
def test_any_locale_and_any_path(locale: str, make_install: MakeInstall, run_host: RunHost) -> None:
    install = make_install("Meine Geräte 音 (neu)")
    report = run_host(install.library, env={"LC_ALL": locale})
    assert_quiet(report)
    assert report.text.startswith("probe of"), report.log
    assert told(install)["prefix"] == str(install.venv)


def test_opened_by_a_relative_name(make_install: MakeInstall, run_host: RunHost) -> None:
    install = make_install()
    assert run_host("./libasiokit.so", cwd=install.package).text.startswith("probe of")


def test_opened_through_a_link(make_install: MakeInstall, run_host: RunHost, tmp_path: Path) -> None:
    install = make_install()
    (install.package / "asiokit.location").write_text(
        f"python_library=\nprogram={install.venv}/bin/python\npath={install.package.parent}\n"
    )
    (tmp_path / "elsewhere.so").symlink_to(install.library)
    report = run_host(tmp_path / "elsewhere.so")
    assert report.text.startswith("probe of"), report.log
    assert told(install)["prefix"] == str(install.venv)


def test_released_closed_and_opened_again(make_install: MakeInstall, run_host: RunHost) -> None:
    report = run_host(make_install().library, "again")
    assert_quiet(report)
    assert len(report.answers) == 2
    assert report.log.count(" started as ") == 1
    assert float(report.answers[1]["ms"]) < report.ms  # it had stayed: nothing was started


def test_location_file_of_an_in_place_build(make_install: MakeInstall, run_host: RunHost, tmp_path: Path) -> None:
    install = make_install()
    tree = tmp_path / "checkout"
    shutil.move(install.package, tree / "asiokit")
    (tree / "asiokit" / "asiokit.location").write_text(f"program={install.venv}/bin/python\npath={tree}\n")
    report = run_host(tree / "asiokit" / "libasiokit.so")
    assert_quiet(report)
    assert report.text.startswith("probe of"), report.log
    seen = json.loads((tree / "asiokit" / "told.json").read_text())
    assert seen["prefix"] == str(install.venv) and seen["path"][-1] == str(tree)


def test_library_has_no_python_in_it() -> None:
    library = built_library()
    symbols = subprocess.run(["nm", "-D", str(library)], check=True, capture_output=True, text=True).stdout
    names = {line.split()[-1] for line in symbols.splitlines() if " T " in line}
    assert names == {"instantiateDriver", "releaseDriver", "registerDriver", "unregisterDriver"}
    assert not [line for line in symbols.splitlines() if line.split()[-1].startswith(("Py", "_Py"))]
    needed = subprocess.run(["readelf", "-d", str(library)], check=True, capture_output=True, text=True).stdout
    assert "libpython" not in needed


def test_register_and_unregister_are_forwarded(make_install: MakeInstall, run_host: RunHost) -> None:
    install = make_install()

    def call(word: str) -> int:
        return int(run_host(install.library, f"call={word}").answers[0]["code"])

    assert call("registerDriver:A name") == 0
    assert call("unregisterDriver") == 0
    assert call("registerDriver:refused") > 0
    assert (install.package / "enrolled").read_text().splitlines() == ["b'A name' 1", "None 0", "b'refused' 1"]
    (install.package / "entry.py").write_text("raise RuntimeError('broken')")
    report = run_host(install.library, "call=unregisterDriver:A name")
    assert int(report.answers[0]["code"]) > 0
    assert "registerDriver refused: enroll refuses" in report.log and "unregisterDriver: asiokit.entry:" in report.log


def test_compiles_without_a_warning_anywhere(tmp_path: Path) -> None:
    compilers = [["cc", "-fPIC", "-Wshadow"], ["x86_64-w64-mingw32-gcc"]]
    for compiler in compilers:
        if not shutil.which(compiler[0]):
            continue
        for source in sorted(SHIM_SOURCES.glob("shim_*.c")):
            flags = [
                "-std=c11",
                "-O2",
                "-Wall",
                "-Wextra",
                "-Wpedantic",
                "-Werror",
                "-c",
                "-o",
                str(tmp_path / "out.o"),
            ]
            subprocess.run([*compiler, *flags, str(source)], check=True)
