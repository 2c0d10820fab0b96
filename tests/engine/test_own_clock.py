"""tests of the engine: a device that drives the stream from a thread of its own, through the edge's address."""

import ctypes
import threading
import time
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from asiokit.rt.system import monotonic_ns
from inprocess import opened, wait_for

from asiokit.errors import DriverError
from asiokit.host.session import Session

EDGE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_longlong)


def own_clock_device(probe: ModuleType, **fields: Any) -> Any:
    class OwnClock(probe.ProbeDevice):  # type: ignore[misc, name-defined]
        """Calls the edge as fast as it is served, at times of its own."""

        def __init__(self) -> None:
            super().__init__(own_clock=True, **fields)
            self.thread: threading.Thread | None = None
            self.answers: list[int] = []
            self.times: list[int] = []

        def prepare(self, stream: Any) -> None:
            super().prepare(stream)
            self.edge, self.context = EDGE(stream.edge_address), stream.edge_context

        def tick(self) -> int:
            self.times.append(monotonic_ns())
            self.answers.append(self.edge(self.context, self.times[-1]))
            return self.answers[-1]

        def start(self) -> None:
            super().start()
            self.ends = False
            self.thread = threading.Thread(target=self.run)
            self.thread.start()

        def run(self) -> None:
            while not self.ends and self.tick() == 0:
                time.sleep(0.0002)

        def stop(self) -> None:
            super().stop()
            self.ends = True
            if self.thread is not None and self.thread is not threading.current_thread():
                self.thread.join()

    return OwnClock()


@pytest.mark.parametrize("output_ready", [False, True])
@pytest.mark.parametrize("sample_type", ["float32", "int24"])
def test_the_devices_edges_are_the_hosts_switches(probe: ModuleType, sample_type: str, output_ready: bool) -> None:
    device = own_clock_device(probe, output_ready=output_ready)
    width = 3 if sample_type == "int24" else 4
    played = np.random.default_rng(1).integers(0, 120, (2, 64 * width * 100), dtype=np.uint8)
    # whatever the entry says of the clock: the device has its own
    with (
        opened(device, clock="freewheel", sample_type=sample_type) as driver,
        Session(driver.native, inputs=[0, 1], outputs=[0, 1], n_frames=64) as session,
    ):
        session.load(play=played, record_frames=64 * 101, log=101)
        session.start()
        assert session.wait(101)
        session.stop()
        rows, recorded = session.callbacks, session.recorded.copy()
        n = session.n_switches
        time.sleep(0.005)
        assert session.n_switches == n and session.n_overlaps == session.n_after_stop == 0
        assert driver.statistics["cycles"] == n
        with pytest.raises(DriverError):
            driver.engine.step()
    assert np.array_equal(recorded[:, 64 * width :], played)
    assert list(rows["position"]) == [64 * k for k in range(101)]
    assert list(rows["index"]) == [k & 1 for k in range(101)]
    assert list(rows["system_ns"]) == device.times[:101]
    assert set(device.answers[:-1]) == {0}


def test_started_many_times_each_begins_at_zero(probe: ModuleType) -> None:
    device = own_clock_device(probe)
    with opened(device) as driver, Session(driver.native, inputs=[0], outputs=[0], n_frames=32) as session:
        session.load(log=20)
        for _ in range(30):
            session.start()
            assert session.wait(5)
            session.stop()
            rows = session.callbacks
            assert list(rows["position"]) == [32 * k for k in range(len(rows))]
        assert session.n_index_faults == 0
    assert device.hooks == ["open", "prepare", *["start", "stop"] * 30, "close"]


def test_an_edge_outside_of_a_run_is_refused(probe: ModuleType) -> None:
    class Idle(probe.ProbeDevice):  # type: ignore[misc, name-defined]
        pass

    device = Idle(own_clock=True)
    with opened(device) as driver, Session(driver.native, outputs=[0], n_frames=64) as session:
        edge, context = EDGE(device.stream.edge_address), device.stream.edge_context
        assert edge(context, monotonic_ns()) == 1
        session.start()
        assert [edge(context, monotonic_ns()) for _ in range(3)] == [0, 0, 0]
        session.stop()
        assert edge(context, monotonic_ns()) == 1
        assert session.n_switches == 3


def test_stopped_from_inside_the_callback(probe: ModuleType) -> None:
    device = own_clock_device(probe)
    with opened(device) as driver, Session(driver.native, outputs=[0], n_frames=64) as session:
        session.act("stop", at=5)
        session.start()
        assert wait_for(lambda: device.answers[-1:] == [1])
        assert session.n_switches == 6
        assert device.answers == [0] * 5 + [1]
        assert session.act_results() == [("stop", 1, 0)]
        device.thread.join(10)
        driver.native.start()
        assert session.wait(12)
        driver.native.stop()


def test_stop_and_start_from_inside_the_callback(probe: ModuleType) -> None:
    device = own_clock_device(probe)
    with opened(device) as driver, Session(driver.native, outputs=[0], n_frames=64) as session:
        session.load(log=40)
        session.act("stop", at=5)
        session.act("start", at=5)
        session.start()
        assert session.wait(6)
        # the device's old thread is told to end, and its new one may have been refused while the old one was inside
        driver.native.stop()
        driver.native.start()
        n = session.n_switches
        assert session.wait(n + 5)
        driver.native.stop()
        assert session.n_overlaps == 0
        positions = list(session.callbacks["position"])
        assert positions[:6] == [64 * k for k in range(6)]
        assert positions[6] == 0
    assert device.n_together == 0


@pytest.mark.parametrize("how", ["stop", "dispose_buffers", "release"])
def test_ended_while_edges_come_as_fast_as_they_can(probe: ModuleType, how: str) -> None:
    for _ in range(10):
        device = own_clock_device(probe)
        with opened(device) as driver:
            session = Session(driver.native, outputs=[0], n_frames=64)
            session.start()
            assert session.wait(2)
            getattr(driver.native, how)()
            n = session.n_switches
            assert not device.thread.is_alive()
            assert session.n_switches == n
            session.close(dispose=how == "stop")
