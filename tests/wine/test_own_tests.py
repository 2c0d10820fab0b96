"""tests: the hot layers' own tests once more, in the Windows Python: 32-bit longs, packed structs, other clocks."""

import re
from pathlib import Path

import pytest
from reference.build import build_reference

from tools.windows import wheel
from tools.windows.environment import ROOT, Environment
from tools.windows.python import Donor
from tools.windows.steps import run
from wine.machine import Machine

# group: what does not hold in Wine (and why), and how many pass at least: fewer would mean that some skipped themselves
GROUPS = {
    "rt": (
        [
            "pointers_write or pointers_of or pointers_refuse",  # compile C as they go
            "pythons_monotonic",  # a Windows Python's own steps by 15.6 ms
        ],
        250,
    ),
    "engine": (
        [
            "on_the_way_out or logged_once",  # look for the log where Linux has it
            "edges_are_the_hosts_switches",  # takes the host's clock for the monotonic one
        ],
        80,
    ),
}
PROBES = ("rt/rt_probe.pyx", "rt/blocks_probe.pyx", "engine/probe_device.pyx")
COMPILE = "import sys; sys.path.insert(0, 'tests'); from pathlib import Path; from compiled import compile_module; \
compile_module(Path(sys.argv[1]), Path(sys.argv[2]))"


@pytest.fixture(scope="module")
def brought(windows: Environment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What those tests would compile, compiled here; the variables by which they find it."""
    folder = tmp_path_factory.mktemp("brought")
    with wheel.cross_environment(windows) as env:
        for probe in PROBES:
            run(
                [Donor(windows.version.dotted).command, "-c", COMPILE, ROOT / "tests" / probe, folder],
                cwd=ROOT,
                env=env,
            )
    return {"ASIOKIT_TEST_REFERENCE": str(build_reference(folder, windows=True)), "ASIOKIT_TEST_MODULES": str(folder)}


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_group_passes_on_windows(machine: Machine, brought: dict[str, str], tmp_path: Path, group: str) -> None:
    unfit, n_least = GROUPS[group]
    done = machine.python(
        *("-m", "pytest", "-q", "--tb=short", "-r", "fE", "-m", "not slow and not sanitizer", "-p", "no:cacheprovider"),
        *("-k", " and ".join(f"not ({words})" for words in unfit)),
        *("-o", "pythonpath=", "--basetemp", str(tmp_path / group), ROOT / "tests" / group),
        timeout_s=500,
        env=brought,
    )
    assert done.returncode == 0, done.stdout[-30000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed and int(passed[1]) >= n_least, done.stdout[-500:]
