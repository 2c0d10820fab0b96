"""tests: in Wine, the Linux below is asked for the wake-up and the priority; where it can't be, Wine's own will do."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wine.machine import Machine

HERE = Path(__file__).parent
PROGRAM = """
import json, sys
from asiokit.rt.clock import measure_wake
measured = measure_wake(1_000_000, int(sys.argv[1]))
late_ns = sorted(memoryview(measured.pop("late_ns")).cast("q"))
print(json.dumps({**measured, "min_ns": late_ns[0], "p50_us": late_ns[len(late_ns) // 2] / 1000}))
"""
LATENCY_FILE = "/dev/cpu_dma_latency"


def policies() -> set[int]:
    """The scheduling of all threads of Wine's Pythons."""
    found = set()
    for task in Path("/proc").glob("[0-9]*/task/[0-9]*"):
        try:
            if b"python.exe" in (task / "cmdline").read_bytes():
                found.add(os.sched_getscheduler(int(task.name)))
        except (OSError, ProcessLookupError):
            pass
    return found


def may_be_realtime() -> bool:
    before = os.sched_getscheduler(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, before, os.sched_param(0))
    except PermissionError:
        return False
    return True


def test_the_linux_below_is_used(machine: Machine) -> None:
    program = machine.prefix.start([machine.python_exe, "-c", PROGRAM, "2000"])
    seen: set[int] = set()
    end = time.monotonic() + 20
    while os.SCHED_FIFO | os.SCHED_RESET_ON_FORK not in seen and time.monotonic() < end:
        seen |= policies()
        if may_be_realtime():
            time.sleep(0.02)
        else:
            break
    done = program.result(timeout_s=60)
    print(done.stdout)
    measured = json.loads(done.stdout)
    assert measured["sleep"] == "clock_nanosleep (Linux below Wine)"
    assert measured["min_ns"] >= 0 and 0 < measured["cpu_share"] < 1
    assert measured["wakeful"] == os.access(LATENCY_FILE, os.W_OK)
    assert measured["scheduling"].endswith(" (Linux below Wine)")
    if may_be_realtime():
        assert os.SCHED_FIFO | os.SCHED_RESET_ON_FORK in seen
        assert measured["scheduling"] == "SCHED_FIFO 70 (Linux below Wine)"


@pytest.fixture
def strange_wine(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment in which `wine` traps what it does not know."""
    real = shutil.which("wine")
    source, target = HERE / "strange_wine.c", tmp_path / "wine"
    subprocess.run(["cc", "-Wall", "-Werror", f'-DREAL_WINE="{real}"', str(source), "-o", str(target)], check=True)
    yield {"PATH": f"{tmp_path}:{os.environ['PATH']}"}


def test_a_wine_that_traps_system_calls_gets_none(machine: Machine, strange_wine: dict[str, str]) -> None:
    done = machine.python("-c", PROGRAM, "20", env=strange_wine)
    if done.returncode == 99:
        pytest.skip(f"no seccomp here: {done.stderr}")
    measured = json.loads(done.stdout)
    assert (measured["sleep"], measured["scheduling"]) == ("NtDelayExecution", "as Wine schedules it")
    assert measured["wakeful"] is False and measured["min_ns"] >= 0


def test_the_doctor_says_what_is_used(machine: Machine, strange_wine: dict[str, str]) -> None:
    version = subprocess.run(["wine", "--version"], capture_output=True, text=True).stdout.partition("-")[2].split()[0]
    for env, words, status in ((None, "used:", "ok"), (strange_wine, "not used:", "warn")):
        done = machine.python("-m", "asiokit", "doctor", "--json", env=env)
        checks = {check["check"]: check for check in json.loads(done.stdout)["checks"]}
        if env and checks["wait"]["status"] == "ok":
            pytest.skip("no seccomp here")
        assert checks["wait"]["status"] == status
        assert checks["wait"]["text"].startswith(f"Wine {version}, Linux below {words}\n")
        # never a failure
        assert {checks[name]["status"] for name in ("priority", "cpu-wakeful", "wake-up")} <= {"ok", "warn"}
        print("\n".join(f"{check['check']}: {check['text']}" for check in checks.values()))
