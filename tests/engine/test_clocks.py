"""tests of the engine: what the clocks drive: exact steps, exact positions, late cycles, a stop that does not wait."""

import threading
import time
from types import ModuleType

import numpy as np
import pytest
from inprocess import opened, wait_for

from asiokit.config import BufferSizes
from asiokit.errors import DriverError
from asiokit.host.manners import Manners, Message
from asiokit.host.session import Session

FIRST, DISCONTINUITY = 1, 2
OVERLOAD = Message.OVERLOAD
CAN_REPORT_OVERLOAD = 0x24042012


def period_ns(n_frames: int, rate_hz: float, n: int = 1) -> int:
    return n * n_frames * 10**15 // round(rate_hz * 10**6)


def test_manual_runs_exactly_as_many_cycles_as_steps(probe: ModuleType) -> None:
    device = probe.ProbeDevice()
    with opened(device, clock="manual") as driver, Session(driver.native, outputs=[0, 1], n_frames=64) as session:
        session.load(log=200)
        session.start()
        total = 0
        for n in (1, 2, 7, 100):
            driver.step(n)
            total += n
            assert session.n_switches == total
            assert driver.statistics["cycles"] == total
            assert driver.native.get_sample_position()[0] == 64 * (total - 1)
        session.stop()
        rows, blocks = session.callbacks, device.blocks
    assert list(rows["index"]) == [n & 1 for n in range(total)]
    assert list(rows["position"]) == [64 * n for n in range(total)]
    assert [block["position"] for block in blocks] == list(rows["position"])
    assert list(np.diff(rows["system_ns"])) == [
        period_ns(64, 48000, n + 1) - period_ns(64, 48000, n) for n in range(total - 1)
    ]
    assert [block["flags"] for block in blocks] == [FIRST] + [0] * (total - 1)


def test_stepping_needs_a_manual_clock() -> None:
    with opened("loopback") as driver, pytest.raises(DriverError, match='clock = "manual"'):
        driver.engine.step()


def test_freewheel_and_manual_tell_the_same_times(probe: ModuleType) -> None:
    grids = []
    for clock in ("freewheel", "manual"):
        device = probe.ProbeDevice()
        with (
            opened(device, clock=clock, rate_hz=44056.5) as driver,
            Session(driver.native, outputs=[0], n_frames=32) as session,
        ):
            session.load(log=1000)
            session.start()
            if clock == "manual":
                driver.step(1000)
            assert session.wait(1000)
            session.stop()
            rows = session.callbacks[:1000]
        assert list(rows["position"]) == [32 * n for n in range(1000)]
        assert set(rows["rate_hz"]) == {44056.5}
        grids.append(rows["system_ns"] - rows["system_ns"][0])
    assert np.array_equal(*grids)
    assert int(grids[0][-1]) == period_ns(32, 44056.5, 999)


def test_freewheel_does_not_wait(probe: ModuleType) -> None:
    sizes = BufferSizes(min=16, max=8192)
    with (
        opened(probe.ProbeDevice(), clock="freewheel", rate_hz=8000, buffer_frames=sizes) as driver,
        Session(driver.native, outputs=[0], n_frames=8192) as session,
    ):
        session.start()
        before = time.monotonic()
        assert session.wait(1000)
        assert time.monotonic() - before < 60  # of 1024 s of sound
        session.stop()
        assert driver.statistics["late_cycles"] == 0


@pytest.mark.parametrize("rate_hz", [8000, 44100, 768000])
def test_stop_does_not_wait_for_the_next_edge(rate_hz: float) -> None:
    sizes = BufferSizes(min=16, max=8192)
    with (
        opened("loopback", rate_hz=rate_hz, buffer_frames=sizes) as driver,
        Session(driver.native, outputs=[0], n_frames=8192) as session,
    ):
        shortest = 1.0
        for _ in range(5):
            session.start()
            before = time.monotonic()
            session.stop()
            shortest = min(shortest, time.monotonic() - before)
            assert session.n_switches <= 1
    # at 8 kHz the thread sleeps for a second; the limit is for the machine's sake, it takes some 20 us
    assert shortest < 0.1


def test_dispose_and_release_while_the_thread_sleeps() -> None:
    sizes = BufferSizes(min=16, max=8192)
    before = time.monotonic()
    for _ in range(5):
        with opened("loopback", rate_hz=8000, buffer_frames=sizes) as driver:
            session = Session(driver.native, outputs=[0], n_frames=8192)
            session.start()
            driver.native.release()
            session.close()
    assert time.monotonic() - before < 4  # five threads of 1 s each are asleep


def overloads(session: Session) -> int:
    return int((session.messages["selector"] == OVERLOAD).sum())


@pytest.mark.parametrize("asks", [True, False])
def test_a_late_cycle_is_counted_flagged_and_reported(probe: ModuleType, asks: bool) -> None:
    # periods of 64 ms: of what this machine does by itself nothing is late
    device = probe.ProbeDevice(stall_at=3, stall_ns=200_000_000)
    with opened(device, rate_hz=8000) as driver, Session(driver.native, outputs=[0], n_frames=512) as session:
        if asks:
            driver.native.future(CAN_REPORT_OVERLOAD)
        session.load(log=64)
        session.start()
        assert session.wait(8)
        assert driver.statistics["late_cycles"] == 1
        # only a host that asked is told
        assert not asks or wait_for(lambda: overloads(session) == 1)
        session.stop()
        assert overloads(session) == int(asks)
        rows, blocks = session.callbacks, device.blocks
    n = len(rows)
    assert list(rows["position"]) == [512 * k for k in range(n)]  # no block is left out
    # the late one is the one after the stall: its time jumped, so it carries the flag
    assert [block["flags"] for block in blocks[:n]] == [FIRST, 0, 0, 0, DISCONTINUITY] + [0] * (n - 5)
    gaps = np.diff(rows["system_ns"])
    assert [int(gap) for gap in np.delete(gaps, 3)] == [64_000_000] * (n - 2)  # anchored anew, and on the grid again
    assert gaps[3] >= 200_000_000


def test_a_cycle_less_than_a_period_late_is_caught_up(probe: ModuleType) -> None:
    device = probe.ProbeDevice(stall_at=3, stall_ns=150_000_000)
    with opened(device, rate_hz=8000) as driver, Session(driver.native, outputs=[0], n_frames=1024) as session:
        session.load(log=64)
        session.start()
        assert session.wait(7)
        session.stop()
        rows = session.callbacks
        assert driver.statistics["late_cycles"] == 0
    assert set(np.diff(rows["system_ns"])) == {128_000_000}


def test_many_short_manual_runs_each_take_their_steps() -> None:
    with opened("loopback", clock="manual") as driver, Session(driver.native, outputs=[0], n_frames=64) as session:
        for n in range(2000):
            session.start()
            if n % 3:
                driver.step(n % 3)
            session.stop()
        assert driver.statistics["cycles"] == sum(n % 3 for n in range(2000))


def test_realtime_keeps_its_pace_over_many_starts() -> None:
    with opened("loopback") as driver, Session(driver.native, outputs=[0], n_frames=32) as session:
        session.load(log=64)
        for _ in range(50):
            session.start()
            assert session.wait(3)
            session.stop()
            rows = session.callbacks
            assert list(rows["position"]) == [32 * k for k in range(len(rows))]
            assert (rows["host_ns"] >= rows["system_ns"]).all()
        assert (session.n_index_faults, session.n_overlaps, session.n_after_stop) == (0, 0, 0)


@pytest.mark.parametrize("how", ["outside", "inside"])
def test_steps_that_a_stop_overtakes_are_forgotten(how: str) -> None:
    with opened("loopback", clock="manual") as driver, Session(driver.native, outputs=[0], n_frames=64) as session:
        session.act("stop", at=3) if how == "inside" else session.act("sleep", every=1, value=20e6)
        answers: list[bool] = []
        session.start()
        stepper = threading.Thread(target=lambda: answers.append(driver.engine.step(1000)))
        stepper.start()
        assert session.wait(3)
        if how == "outside":
            session.stop()
        stepper.join(8)  # it does not wait for its 10 s to pass
        assert answers == [False]
        n = driver.statistics["cycles"]
        assert n < 20
        driver.native.start()
        assert driver.statistics["cycles"] == n
        driver.step(2)
        assert driver.statistics["cycles"] == n + 2


@pytest.mark.parametrize("clock", ["manual", "freewheel", "realtime"])
def test_times_come_by_get_sample_position_as_well(clock: str) -> None:
    with (
        opened("loopback", clock=clock) as driver,
        Session(driver.native, outputs=[0], n_frames=64, manners=Manners(time_info=False)) as session,
    ):
        session.load(log=20)
        session.start()
        if clock == "manual":
            driver.step(20)
        assert session.wait(20)
        session.stop()
        rows = session.callbacks
    assert list(rows["position"]) == [64 * k for k in range(20)]
    assert (np.diff(rows["system_ns"]) > 0).all()
