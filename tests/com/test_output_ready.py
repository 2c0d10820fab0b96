"""outputReady with a device that takes its output early: called in the switch, later by another thread, or never."""

import ctypes
import threading
import time

import numpy as np
import pytest
from com.callers import PlainHost
from com.subjects import CODES, N_FRAMES, STATES, Ours, until
from com.test_selectors import console


@pytest.fixture
def early(open_ours) -> Ours:
    return open_ours(device=console().EarlyDevice())


@pytest.mark.parametrize("state", STATES[1:])
def test_the_same_answer_in_every_state(early: Ours, state: str):
    early.to(state)
    assert early.raw.output_ready() == CODES["ok"]
    assert early.raw.output_ready() == CODES["ok"]
    assert early.state() == state


@pytest.mark.parametrize("output_ready", [True, False])
def test_in_the_switch_or_never(early: Ours, output_ready: bool):
    """A host that never calls it is not waited for; a host that does costs nothing either."""
    early.to("initialized")
    session = early.prepare(output_ready=output_ready)
    played = np.arange(2 * 10 * N_FRAMES, dtype=np.float32).reshape(2, -1)
    session.load(play=played.view(np.uint8), record_frames=12 * N_FRAMES, log=12)
    session.start()
    early.step(12)
    session.stop()
    recorded = session.recorded.view(np.float32)
    assert sum(early.native.get_latencies()) == N_FRAMES
    np.testing.assert_array_equal(recorded[:, N_FRAMES : 11 * N_FRAMES], played)
    assert not recorded[:, :N_FRAMES].any()
    statistics = early.engine.statistics
    assert (statistics["output_waits"], statistics["output_timeouts"]) == (0, 0)
    assert early.source.device.n_after_stop == 0


def test_from_another_thread_after_the_switch(open_ours):
    """OpenMPT and others fill the block on a thread of their own: what they write until outputReady is taken."""
    ours = open_ours(device=console().EarlyDevice(), clock="realtime", buffer_frames=(512, 512))
    ours.to("initialized")
    ours.native.set_sample_rate(8000.0)  # 64 ms a period
    host, wake, heard = PlainHost(ours), threading.Semaphore(0), []

    def switch(index: int) -> None:
        heard.append(np.ctypeslib.as_array((ctypes.c_float * 512).from_address(host.infos[0].buffers[index])).copy())
        wake.release()

    def worker() -> None:
        for k in range(4):
            wake.acquire()
            time.sleep(0.005)
            block = (ctypes.c_float * 512).from_address(host.infos[1].buffers[k & 1])
            block[:] = [k + 1.0] * 512
            ours.raw.output_ready()

    host.on_switch = switch
    assert host.create(512) == 0
    ours.raw.output_ready()  # the probe, before start: does not count as use
    filler = threading.Thread(target=worker)
    filler.start()
    assert ours.raw.start() == 0
    assert until(lambda: host.n_switches >= 5)
    assert ours.raw.stop() == 0
    filler.join()
    # the first block is taken at once, as nobody has used outputReady yet; then the driver waits
    assert [float(block[0]) for block in heard[2:5]] == [2.0, 3.0, 4.0]
    statistics = ours.engine.statistics
    assert statistics["output_waits"] >= 3
    assert statistics["late_cycles"] == 0


def test_once_and_then_never_again(open_ours):
    """VB's bridge; Max 8 at its last block (ASIO.md 40): the wait ends with the period."""
    ours = open_ours(device=console().EarlyDevice(), clock="realtime")
    ours.to("initialized")
    session = ours.prepare()
    session.act("output_ready", at=2)
    session.load(log=300)
    session.start()
    assert session.wait(200, stall_s=1.0)
    session.stop()
    rows = session.callbacks[:200]
    assert list(rows["position"]) == [k * N_FRAMES for k in range(200)]
    assert ours.engine.statistics["output_timeouts"] >= 190
    # the wait may not make every other edge late
    seconds = (rows["t_ns"][-1] - rows["t_ns"][0]) / 1e9
    assert seconds < 1.5 * 200 * N_FRAMES / 48000


def test_before_start_only_is_no_wait(early: Ours):
    early.to("initialized")
    session = early.prepare()
    early.raw.output_ready()
    session.start()
    early.step(20)
    assert early.engine.statistics["output_waits"] == 0


def test_stop_does_not_wait_for_it(open_ours):
    """With 1 s a period, a stop that let the wait run out would take that long."""
    ours = open_ours(device=console().EarlyDevice(), clock="freewheel", buffer_frames=(8192, 8192))
    ours.to("initialized")
    ours.native.set_sample_rate(8000.0)
    session = ours.prepare(8192)
    session.act("output_ready", at=0)
    session.start()
    assert until(lambda: ours.engine.statistics["output_waits"] == 1)
    begin = time.monotonic()
    session.stop()
    assert time.monotonic() - begin < 0.1
    assert session.n_switches == 2
    assert ours.source.device.n_after_stop == 0


def test_freewheel_does_not_wait_for_its_virtual_edges(open_ours):
    """After 1000 blocks the virtual time is a second ahead of the wall clock; the wait is one period all the same."""
    ours = open_ours(device=console().EarlyDevice(), clock="freewheel")
    ours.to("initialized")
    session = ours.prepare()
    session.act("output_ready", at=1000)
    session.start()
    assert session.wait(1020, stall_s=1.0)


def test_a_device_that_does_not_care(ours: Ours):
    """GStreamer calls it in every switch, whatever the answer was."""
    ours.to("initialized")
    session = ours.prepare(output_ready=True)
    session.start()
    ours.step(10)
    assert ours.raw.output_ready() == CODES["NP"]
    assert ours.engine.statistics["output_waits"] == 0
