"""The native tests once more, in a build with AddressSanitizer and UBSan, and in one with ThreadSanitizer."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .build import ROOT, build, is_there, run

TESTS = ROOT / "tests"
REPORT = re.compile(r"(?:ERROR|WARNING): \w+Sanitizer|runtime error:")

pytestmark = [pytest.mark.sanitizer, pytest.mark.slow, pytest.mark.timeout(900)]

# what pytest runs; the shim has sanitizer tests of its own (tests/shim)
UNDER_ADDRESS = ("engine", "rt", "drivers", "com", "native/test_matrix.py")
# what program.py runs
UNDER_THREAD = (
    *("test_runs", "test_own_clock", "test_clocks", "test_gate", "test_status", "test_journal", "test_system"),
    *("test_scheduling", "test_blocks"),
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    folders: dict[str, Path] = {}

    def folder_of(sanitizer: str) -> Path:
        if not is_there(sanitizer):
            pytest.skip(f"the compiler has no {sanitizer} sanitizer here")
        if sanitizer not in folders:
            folders[sanitizer] = tmp_path_factory.mktemp(sanitizer)
            begin = time.monotonic()
            build(sanitizer, folders[sanitizer])
            print(f"built with the {sanitizer} sanitizer in {time.monotonic() - begin:.0f} s")
        return folders[sanitizer]

    yield folder_of


CANARY = "import sys; sys.path.insert(0, {tests!r}); from pathlib import Path; from compiled import compiled; " \
    "compiled(Path({source!r})).{fault}()"  # fmt: skip


@pytest.mark.parametrize(("fault", "said"), [("too_late", "heap-use-after-free"), ("too_far", "shift exponent 40")])
def test_address_and_undefined_would_be_seen(built: Callable[[str], Path], fault: str, said: str) -> None:
    source = str(Path(__file__).with_name("canary.pyx"))
    done = run("address", built("address"), "-c", CANARY.format(tests=str(TESTS), source=source, fault=fault))
    assert done.returncode != 0 and said in done.stderr


def test_a_race_would_be_seen(built: Callable[[str], Path]) -> None:
    done = run("thread", built("thread"), str(Path(__file__).with_name("program.py")), "canary")
    assert "data race" in done.stderr and "canary" in done.stderr


def test_it_is_that_build_which_runs(built: Callable[[str], Path]) -> None:
    done = run("address", built("address"), "-c", "import asiokit.entry; print(asiokit.entry.__file__)")
    assert done.stdout.startswith(str(built("address"))), done.stdout + done.stderr


def test_address_and_undefined(built: Callable[[str], Path]) -> None:
    words = [str(TESTS / name) for name in UNDER_ADDRESS]
    # 17 GB of disk, and nothing that the shorter recordings do not do
    words += ["--ignore", str(TESTS / "drivers" / "test_long_recording.py")]
    # -s: a report ends the process, and what pytest had captured with it
    done = run("address", built("address"), "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *words)
    assert not REPORT.search(done.stderr), done.stderr[-20000:]
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-5000:]


def test_thread(built: Callable[[str], Path]) -> None:
    done = run("thread", built("thread"), str(Path(__file__).with_name("program.py")), *UNDER_THREAD)
    print(done.stdout)
    assert not REPORT.search(done.stderr), done.stderr[:20000]
    assert done.returncode == 0 and "FAILED" not in done.stdout, done.stdout + done.stderr[-5000:]
