"""tests: the setup side's own Windows tests, run by the Windows Python: the registry API itself, not what is left."""

import re
import shutil
from pathlib import Path

from wine.machine import Machine

SETUP_SIDE = Path(__file__).resolve().parents[1] / "setup_side"


def test_the_windows_tests_of_the_setup_side_pass(machine: Machine, tmp_path: Path) -> None:
    # away from the checkout, whose unbuilt asiokit would be imported, and whose pytest settings are for Linux
    for name in ("conftest.py", "test_install_windows.py", "test_paths.py"):
        shutil.copy(SETUP_SIDE / name, tmp_path)
    done = machine.python("-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path, timeout_s=300)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None and int(passed[1]) >= 15, done.stdout
