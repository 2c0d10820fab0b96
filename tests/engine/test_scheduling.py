"""tests of the engine: what the stream thread is granted, what is held for it, and when both end."""

import ctypes
import os
import sys
import threading
import time
from pathlib import Path
from types import ModuleType

import pytest
from asiokit.engine.engine import undead_count
from asiokit.rt.system import sleep_method
from inprocess import may_be_realtime, opened, wait_for

from asiokit.host.session import Session

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="looks into /proc")

HOOK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_long)
LATENCY_FILE = "/dev/cpu_dma_latency"


def stream_threads() -> list[int]:
    tasks = Path("/proc/self/task")
    return [int(task.name) for task in tasks.iterdir() if (task / "comm").read_text().strip() == "asiokit-stream"]


def held_files() -> int:
    files = Path("/proc/self/fd")
    return sum(os.readlink(file) == LATENCY_FILE for file in list(files.iterdir()) if file.is_symlink())


def test_the_statistics_tell_what_was_granted(probe: ModuleType) -> None:
    with (
        opened(probe.ProbeDevice(), spin_us=150) as driver,
        Session(driver.native, outputs=[0], n_frames=32) as session,
    ):
        assert driver.statistics["scheduling"] == "ordinary"
        session.start()
        assert session.wait(5)
        statistics = driver.statistics
        driver.native.stop()
    assert statistics["sleep"] == f"{sleep_method()}, the last 150 us spun"
    words = {"SCHED_FIFO": "realtime", "nice": "raised", "SCHED_OTHER,": "normal"}
    assert words[statistics["scheduling"].split()[0]] == statistics["priority"]


def test_a_longer_spin_than_the_period_allows_is_cut(probe: ModuleType) -> None:
    with opened(probe.ProbeDevice(), spin_us=200, rate_hz=192000.0) as driver:
        with Session(driver.native, outputs=[0], n_frames=32) as session:
            session.start()
            assert session.wait(5)
            driver.native.stop()
        assert driver.statistics["sleep"].endswith("the last 83 us spun")


def test_what_the_host_starts_in_its_callback_is_ordinary(probe: ModuleType) -> None:
    """Neither a process nor a thread inherits the stream thread's priority."""
    policies: list[int] = []

    def work() -> None:
        # Linux tells the policy of a thread; that of the caller is 0
        policies.append(os.sched_getscheduler(0))

    def in_callback(context: int, cycle: int, index: int) -> None:
        policies.append(os.sched_getscheduler(0))
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    hook = HOOK(in_callback)
    with (
        opened(probe.ProbeDevice()) as driver,
        Session(driver.native, outputs=[0], n_frames=256) as session,
    ):
        session.act("hook", at=2, hook=ctypes.cast(hook, ctypes.c_void_p).value or 0, owner=hook)
        session.start()
        assert session.wait(4)
        is_realtime = driver.statistics["priority"] == "realtime"
        driver.native.stop()
    own, childs = policies
    assert own == (os.SCHED_FIFO if is_realtime else os.SCHED_OTHER) | os.SCHED_RESET_ON_FORK
    assert childs == os.SCHED_OTHER


@pytest.mark.skipif(not os.access(LATENCY_FILE, os.W_OK), reason=f"{LATENCY_FILE} can't be written")
def test_the_cpu_is_kept_awake_while_a_realtime_run_lives_and_no_longer(probe: ModuleType) -> None:
    assert wait_for(lambda: held_files() == 0)
    with (
        opened(probe.ProbeDevice()) as driver,
        Session(driver.native, outputs=[0], n_frames=64) as session,
    ):
        assert held_files() == 0
        for _ in range(3):
            session.start()
            assert session.wait(2)
            assert held_files() == 1 and driver.statistics["wakeful"]
            driver.native.stop()
            assert wait_for(lambda: held_files() == 0)
    with (
        opened(probe.ProbeDevice(), clock="freewheel") as driver,
        Session(driver.native, outputs=[0], n_frames=64) as session,
    ):
        session.start()
        assert session.wait(2)
        assert held_files() == 0
        driver.native.stop()


def test_a_callback_that_outlives_the_stop_loses_its_priority(probe: ModuleType) -> None:
    inside, let_go = threading.Event(), threading.Event()

    def hang(context: int, cycle: int, index: int) -> None:
        inside.set()
        let_go.wait(20)

    hook = HOOK(hang)
    with opened(probe.ProbeDevice()) as driver:
        session = Session(driver.native, outputs=[0], n_frames=64)
        session.act("hook", at=2, hook=ctypes.cast(hook, ctypes.c_void_p).value or 0, owner=hook)
        session.start()
        assert inside.wait(10)
        if driver.statistics["priority"] == "realtime":
            [thread] = stream_threads()
            assert os.sched_getscheduler(thread) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO
            driver.native.stop()
            assert os.sched_getscheduler(thread) & ~os.SCHED_RESET_ON_FORK == os.SCHED_OTHER
            assert driver.statistics["scheduling"] == "SCHED_OTHER, lowered: a callback did not come back"
        else:
            driver.native.stop()
        let_go.set()
        session.close()
    assert wait_for(lambda: undead_count() == 0)


@pytest.mark.skipif(not may_be_realtime(), reason="needs real-time priority")
def test_a_callback_that_never_returns_is_found_by_the_notifier(probe: ModuleType, log_file: Path) -> None:
    with opened(probe.ProbeDevice()) as driver:
        session = Session(driver.native, outputs=[0], n_frames=64)
        until = [0.0]

        def burn(context: int, cycle: int, index: int) -> None:
            until[0] = time.monotonic() + 20
            while time.monotonic() < until[0]:
                pass

        hook = HOOK(burn)
        session.act("hook", at=2, hook=ctypes.cast(hook, ctypes.c_void_p).value or 0, owner=hook)
        session.start()
        assert wait_for(lambda: "lowered" in driver.statistics["scheduling"], 15)
        until[0] = 0.0
        assert session.wait(10)  # and the stream goes on
        driver.native.stop()
        session.close()
    assert wait_for(lambda: undead_count() == 0)
    assert "has run for over a second" in log_file.read_text()
