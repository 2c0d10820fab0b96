"""Hosts that stop while they hold the lock which their own callback waits for, and other ways not to say goodbye."""

import ctypes
import threading
import time

import pytest
from asiokit.engine.engine import undead_count
from com.callers import PlainHost
from com.subjects import CODES, Ours, until

from asiokit.device import Device

BOUND_S = 0.45  # 0.25 are promised; the rest is this machine's
CLOCKS = ("manual", "freewheel", "realtime")


class Locked:
    """A running stream whose switch hangs on a lock that the test holds."""

    def __init__(self, ours: Ours) -> None:
        self.ours, self.host = ours, PlainHost(ours)
        self.lock, self.inside = threading.Lock(), threading.Event()
        self.stepper: threading.Thread | None = None

        def switch(index: int) -> None:
            self.inside.set()
            with self.lock:
                pass

        self.host.on_switch = switch
        assert self.host.create() == 0
        self.hang()

    def hang(self) -> None:
        self.lock.acquire()
        self.inside.clear()
        assert self.ours.raw.start() == 0
        if self.is_manual:
            self.stepper = threading.Thread(target=self.ours.engine.step, args=(1, 5.0))
            self.stepper.start()
        assert self.inside.wait(5)

    @property
    def is_manual(self) -> bool:
        return self.ours.source.config.clock == "manual"

    def let_go(self) -> None:
        self.lock.release()
        if self.stepper is not None:
            self.stepper.join()


@pytest.fixture(params=CLOCKS)
def hanging(request, open_ours) -> Locked:
    ours = open_ours(clock=request.param)
    ours.to("initialized")
    return Locked(ours)


def timed(call, *arguments) -> tuple[int, float]:
    begin = time.monotonic()
    code = call(*arguments)
    return code, time.monotonic() - begin


def test_stop_under_the_lock_of_the_switch(hanging: Locked):
    """JUCE's close(), RS_ASIO (ASIO.md 21, 33). Then the stream can be started again, and no two switches overlap."""
    ours, host = hanging.ours, hanging.host
    code, seconds = timed(ours.raw.stop)
    assert code == 0
    assert 0.2 < seconds < BOUND_S
    assert ours.state() == "prepared"
    assert ours.raw.start() == 0  # while the old switch is still inside
    time.sleep(0.03)  # the time in which a wrong driver would call
    assert (host.n_switches, host.n_overlaps) == (1, 0)
    hanging.let_go()
    if hanging.is_manual:
        ours.step(3)
    assert until(lambda: host.n_switches >= 4)
    assert ours.raw.stop() == 0
    assert host.n_overlaps == 0
    assert host.indices[:4] == [0, 0, 1, 0]


def test_stopped_and_started_again_and_again_while_it_hangs(hanging: Locked):
    """The run that hangs may not be forgotten by one that never came to a switch of its own."""
    ours, host = hanging.ours, hanging.host
    for _ in range(3):
        assert ours.raw.stop() == 0
        assert ours.raw.start() == 0
    time.sleep(0.03)
    assert host.n_overlaps == 0
    hanging.let_go()
    if hanging.is_manual:
        ours.step(2)
    assert until(lambda: host.n_switches >= 3)
    assert ours.raw.stop() == 0
    assert host.n_overlaps == 0


@pytest.mark.parametrize("ending", ["stop", "dispose_buffers", "release", "set_sample_rate"])
def test_every_way_out_is_bounded(hanging: Locked, ending: str):
    ours = hanging.ours
    arguments = (96000.0,) if ending == "set_sample_rate" else ()
    code, seconds = timed(getattr(ours.native if ending == "release" else ours.raw, ending), *arguments)
    assert code == 0
    assert seconds < BOUND_S
    # the buffers live as long as the switch: what the host writes into them late hits nobody
    for info in hanging.host.infos:
        for half in range(2):
            ctypes.memset(info.buffers[half], 0x55, 64 * 4)
    hanging.let_go()
    assert until(lambda: undead_count() == 0)
    if ending == "set_sample_rate":
        assert ours.state() == "running"
        assert ours.rate_hz() == 96000.0
    assert hanging.host.n_overlaps == 0


def test_dispose_create_start_under_the_lock(hanging: Locked):
    """Jamulus changes its buffer size so (ASIO.md 29)."""
    ours, host = hanging.ours, hanging.host
    begin = time.monotonic()
    assert ours.raw.dispose_buffers() == 0
    second = PlainHost(ours)
    assert second.create(128) == 0
    assert ours.raw.start() == 0
    assert time.monotonic() - begin < BOUND_S
    time.sleep(0.03)
    assert second.n_switches == 0
    hanging.let_go()
    if hanging.is_manual:
        ours.step(3)
    assert until(lambda: second.n_switches >= 3)
    assert host.n_switches == 1
    assert host.n_overlaps == second.n_overlaps == 0


def test_questions_are_answered_while_it_hangs(hanging: Locked):
    """No question takes a lock that stop holds: a host's window thread asks while its audio thread is stuck."""
    ours = hanging.ours
    stopping = threading.Thread(target=ours.raw.stop)
    stopping.start()
    time.sleep(0.02)
    begin = time.monotonic()
    ours.native.get_channels(), ours.native.get_latencies(), ours.native.get_channel_info(0, True), ours.rate_hz()
    ours.raw.can_sample_rate(44100.0), ours.native.name(), ours.native.error_message(), ours.raw.output_ready()
    assert time.monotonic() - begin < 0.1
    stopping.join()
    hanging.let_go()


def test_stop_from_inside_the_switch_that_another_stop_waits_for(open_ours):
    ours = open_ours()
    ours.to("initialized")
    host, codes, inside = PlainHost(ours), [], threading.Event()

    def switch(index):
        inside.set()
        outer.join(0.05)  # by now it waits for us
        codes.append(ours.raw.stop())
        codes.append(ours.raw.dispose_buffers())

    host.on_switch = switch
    outer = threading.Thread(target=lambda: (inside.wait(), codes.append(ours.raw.stop())))
    assert host.create() == 0
    assert ours.raw.start() == 0
    outer.start()
    begin = time.monotonic()
    ours.engine.step(1, 2.0)
    outer.join()
    assert time.monotonic() - begin < 0.2, "the two have waited for each other"
    # stop is being done already; disposing has to wait until the other one has finished
    assert codes == [0, CODES["IM"], 0]
    assert ours.state() == "prepared"


def test_a_harmless_call_elsewhere_does_not_swallow_a_stop(open_ours):
    """setClockSource of a slow device holds the control lock, but waits for nobody: stop inside waits for it."""
    began = threading.Event()

    class Slow(Device):
        clock_sources = ("Internal", "Word clock")

        def set_clock_source(self, index):
            began.set()
            time.sleep(0.1)

    ours = open_ours(device=Slow())
    ours.to("initialized")
    host, codes = PlainHost(ours), []

    def switch(index):
        other.start()
        began.wait()
        codes.append(ours.raw.stop())

    host.on_switch = switch
    other = threading.Thread(target=lambda: codes.append(ours.raw.set_clock_source(1)))
    assert host.create() == 0
    assert ours.raw.start() == 0
    ours.engine.step(5, 2.0)
    other.join()
    assert codes == [0, 0]
    assert ours.state() == "prepared"
    assert host.n_switches == 1


@pytest.mark.parametrize("clock", CLOCKS)
def test_release_while_running(open_ours, clock: str):
    """GStreamer's and cwASIO's players, and everybody that crashes half way (ASIO.md 25, 37)."""
    for _ in range(20):
        ours = open_ours(clock=clock)
        ours.to("initialized")
        session = ours.prepare()
        session.start()
        if clock != "manual":
            session.wait(2)
        assert ours.release() == 0
    assert undead_count() == 0


@pytest.mark.parametrize("clock", CLOCKS)
def test_dispose_without_stop(open_ours, clock: str):
    ours = open_ours(clock=clock)
    ours.to("initialized")
    for _ in range(10):
        session = ours.prepare()
        session.start()
        if clock != "manual":
            assert session.wait(2)
        session.dispose()
        assert ours.state() == "initialized"
        assert session.n_after_stop == 0
        assert ours.raw.dispose_buffers() == CODES["IM"]  # JUCE does it once more


def test_references_of_a_host_that_counts_wrong_upwards(open_ours):
    """A leaked reference keeps the driver alive and usable; nothing else happens."""
    ours = open_ours()
    ours.to("running")
    assert ours.raw.add_ref() == 2
    assert ours.raw.release() == 1
    assert ours.state() == "running"
    ours.step(1)
