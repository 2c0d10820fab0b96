"""The stream thread does one thing a cycle that the system sees: it sleeps once. No allocation, lock or page fault."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import write_entry

HERE = Path(__file__).parent
TESTS = HERE.parent
READS_OF_THE_SESSION = 2  # the host's, when its switch begins and when it ends
ATTEMPTS = 4  # a switch is added by whatever else makes the thread wait; the best of a few runs is our own doing


@pytest.fixture(scope="session")
def counters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("counters") / "counters.so"
    flags = ["-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run(["cc", *flags, str(HERE / "counters.c"), "-o", str(target), "-ldl"], check=True)
    return target


def counted(counters: Path, library: Path, tmp_path: Path, *words: object) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(HERE / "counted.py"), str(library), *map(str, words)],
        env=os.environ | {"LD_PRELOAD": str(counters), "TMPDIR": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("sample_type", "n_frames", "n_channels"), [("float32", 64, 2), ("int24", 64, 64), ("float64_msb", 256, 2)]
)
def test_realtime_sleeps_once_a_cycle_and_nothing_else(
    counters: Path, library: Path, entry_folder: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], sample_type: str, n_frames: int, n_channels: int,
) -> None:  # fmt: skip
    write_entry(entry_folder, "counted", n_channels, sample_type=sample_type)
    for _ in range(ATTEMPTS):
        counts = counted(counters, library, tmp_path, "counted", n_frames, n_channels)
        with capsys.disabled():
            print(f"\n{sample_type}, {n_channels} channels, {n_frames} frames: {counts}")
        assert [counts[what] for what in ("allocations", "locks", "major_faults")] == [0, 0, 0]
        assert counts["syscalls"] <= counts["late"]
        assert counts["clock_reads"] == (1 + READS_OF_THE_SESSION) * counts["cycles"]
        slept = counts["voluntary_switches"] + counts["passed"]
        if counts["minor_faults"] == 0 and abs(slept - counts["cycles"]) <= counts["cycles"] // 200:
            break
    else:
        pytest.fail("it was never one sleep a cycle without a page fault")


def test_freewheel_does_not_even_sleep(counters: Path, library: Path, entry_folder: Path, tmp_path: Path) -> None:
    write_entry(entry_folder, "counted", 2, clock="freewheel")
    counts = [counted(counters, library, tmp_path, "counted", 64, 2) for _ in range(ATTEMPTS)]
    for what in ("allocations", "locks", "syscalls", "major_faults"):
        assert {count[what] for count in counts} == {0}
    assert {count["clock_reads"] for count in counts} == {READS_OF_THE_SESSION * counts[0]["cycles"]}
    assert min(count["minor_faults"] for count in counts) == 0
    assert min(count["voluntary_switches"] for count in counts) == 0


def test_the_counters_count(counters: Path, library: Path, entry_folder: Path, tmp_path: Path) -> None:
    write_entry(entry_folder, "counted", 2)
    counts = counted(counters, library, tmp_path, "counted", 64, 2, "misbehave")
    assert (counts["allocations"], counts["locks"]) == (2 * counts["cycles"], counts["cycles"])


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_strace_sees_sleeping_only(counters: Path, library: Path, entry_folder: Path, tmp_path: Path) -> None:
    write_entry(entry_folder, "counted", 2)
    counts = counted(counters, library, tmp_path, "counted", 256, 2, "trace", 0.5)
    calls = counts["calls"]
    if calls == ["strace: not permitted"]:
        pytest.skip("this user may not trace threads (kernel.yama.ptrace_scope)")
    assert "clock_nanosleep" in calls
    # a sleep that the tracer itself has interrupted goes on by the second
    allowed = {"clock_nanosleep", "restart_syscall"}
    # tracing may well make it late, and then the notifier is woken
    assert set(calls) <= (allowed | {"futex"} if counts["late"] else allowed)
