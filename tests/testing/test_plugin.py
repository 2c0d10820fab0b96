"""tests of the pytest plug-in, in a pytest of its own."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from reference.library import Reference

ROOT = Path(__file__).resolve().parents[2]


def pytest_of(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)


def test_the_example_in_the_documents(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docs" / "examples" / "test_a_host.py", tmp_path)
    done = pytest_of(tmp_path)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr
    (quoted,) = re.findall(
        r"<!-- (?:\S+) -->\n```python\n(.*?)```", (ROOT / "docs" / "testing-a-host.md").read_text(), re.DOTALL
    )
    assert quoted in (tmp_path / "test_a_host.py").read_text(encoding="utf-8")


def test_nothing_is_imported_before_a_test_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import sys\n"
        "def test_a():\n"
        "    ours = sorted(name for name in sys.modules if name.startswith('asiokit'))\n"
        "    assert ours == ['asiokit', 'asiokit.testing', 'asiokit.testing.plugin']\n"
        "    assert 'numpy' not in sys.modules\n"
    )
    done = pytest_of(tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("fault", "code"), [(False, 0), (True, 1)])
def test_the_suite_as_items(tmp_path: Path, reference: Reference, fault: bool, code: int) -> None:
    """A driver that is not there fails each check."""
    driver = str(reference.path) if not fault else "no such driver"
    done = pytest_of(tmp_path, "--asio-driver", driver, "-k", "name or get-channels or first-index")
    assert done.returncode == code, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    failed = re.search(r"(\d+) failed", done.stdout)
    n = int((failed if fault else passed)[1])  # type: ignore[index]
    assert n >= 8 and bool(failed) == fault and bool(passed) != fault
    if fault:
        assert "no ASIO driver named 'no such driver'" in done.stdout
