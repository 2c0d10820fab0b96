"""tests of the shim with the real asiokit behind it: from a foreign host's dlopen to a driver whose init said yes."""

import importlib.metadata
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import PYTHONS, Install, Report, built_library

MakeInstall = Callable[..., Install]
RunHost = Callable[..., Report]

ROOT = Path(__file__).parents[2]


def assert_ready(report: Report) -> None:
    assert report.changed == [] and report.stdout == b"" and report.stderr == b""
    for answer in report.answers:
        assert answer["init"] == "1", (answer, report.log)
        assert answer["text"] == "" and answer["name"]


@pytest.fixture
def installed(make_install: MakeInstall) -> Install:
    """This build, in a venv of its own without numpy: the default entry needs none."""
    install = make_install("mein Gerät (2)", entry=None)
    # what is beside the library in the checkout says where the checkout's Python is; an installation has no such file
    shutil.rmtree(install.package)
    ignore = shutil.ignore_patterns("asiokit.location", "__pycache__")
    site = install.package.parent
    shutil.copytree(ROOT / "asiokit", install.package, ignore=ignore)
    shutil.copytree(ROOT / "drivers" / "asiokit_drivers", site / "asiokit_drivers", ignore=ignore)
    metadata = site / "asiokit-0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: asiokit\nVersion: 0\n")
    entry_points = importlib.metadata.distribution("asiokit").read_text("entry_points.txt")
    assert entry_points
    (metadata / "entry_points.txt").write_text(entry_points)
    return install


@pytest.mark.parametrize(
    "words", [[], ["thread"], ["threads=8"], ["again"], ["close"], ["close", "threads=8", "again"]]
)
def test_in_place_build(words: list[str], run_host: RunHost) -> None:
    assert_ready(run_host(built_library(), *words))


@pytest.mark.parametrize("locale", ["C", "de_DE.ISO-8859-1", "C.UTF-8"])
def test_installed_in_a_venv(locale: str, installed: Install, run_host: RunHost, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile"
    (hostile / "asiokit").mkdir(parents=True)
    (hostile / "asiokit" / "__init__.py").write_text("raise SystemExit")
    (hostile / "encodings.py").write_text("raise SystemExit")
    env = {"LC_ALL": locale, "PYTHONHOME": str(hostile), "PYTHONPATH": str(hostile), "PYTHONWARNINGS": "error"}
    assert_ready(run_host(installed.library, "threads=8", env=env, cwd=hostile))


def test_two_installations(installed: Install, run_host: RunHost) -> None:
    report = run_host(installed.library, f"second={built_library()}")
    assert_ready(report)
    assert report.log.count(" started as ") == 1


def test_time_from_dlopen_to_the_driver(run_host: RunHost) -> None:
    """The figure is 500 ms, cold, init included; what is measured here is warm, so it has to be far below."""
    runs = [run_host(built_library()) for _ in range(5)]
    for what, times_ms in (
        ("instantiateDriver's", [run.ms for run in runs]),
        ("init's", [run.ready_ms for run in runs]),
    ):
        print(f"dlopen to {what} return: median {statistics.median(times_ms):.0f} ms, of {times_ms}")
        assert statistics.median(times_ms) < 400


@pytest.mark.skipif(len([v for v in PYTHONS if v.startswith("3.")]) < 2, reason="needs two Pythons with a library")
def test_python_of_another_version(installed: Install, run_host: RunHost) -> None:
    other = next(v for v in sorted(PYTHONS) if v.startswith("3.") and v != installed.version)
    library = Path(PYTHONS[other]).parents[1] / "lib" / f"libpython{other}.so.1.0"
    (installed.venv / "pyvenv.cfg").unlink()  # and the venv's own Python is not found
    (installed.package / "asiokit.location").write_text(
        f"python_library={library}\nprogram={PYTHONS[other]}\npath={installed.package.parent}\n"
    )
    report = run_host(installed.library)
    (answer,) = report.answers
    assert answer["init"] == "0"
    assert f"is Python {other}, but asiokit is installed for {installed.version}" in answer["text"]
