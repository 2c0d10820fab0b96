"""Several threads on one driver, several drivers in one process."""

import ctypes
import random
import threading
import time

import numpy as np
import pytest
from com.callers import PlainHost
from com.subjects import CODES, N_FRAMES, STATES, Ours, until

from asiokit.host.raw import ChannelInfo, ClockSource, Samples

STRESS_S = 1.2
EXPECTED = {CODES[name] for name in ("ok", "IM", "IP", "NC", "NP", "SPNA", "SUCCESS")}


def calls_of(ours: Ours, host: PlainHost) -> dict:
    """name: function() -> code, each with good arguments of its own."""
    raw = ours.raw

    def longs(n):
        return [ctypes.byref(ctypes.c_long()) for _ in range(n)]

    return {
        "start": raw.start,
        "stop": raw.stop,
        "create": host.create,
        "dispose": raw.dispose_buffers,
        "init": lambda: raw.init(None) - 1,
        "channels": lambda: raw.get_channels(*longs(2)),
        "latencies": lambda: raw.get_latencies(*longs(2)),
        "size": lambda: raw.get_buffer_size(*longs(4)),
        "can": lambda: raw.can_sample_rate(random.choice([44100.0, -1.0])),
        "rate": lambda: raw.get_sample_rate(ctypes.byref(ctypes.c_double())),
        "set_rate": lambda: raw.set_sample_rate(random.choice([44100.0, 48000.0, 96000.0, float("nan")])),
        "sources": lambda: raw.get_clock_sources(ctypes.byref(ClockSource()), ctypes.byref(ctypes.c_long(1))),
        "source": lambda: raw.set_clock_source(random.choice([0, 1])),
        "position": lambda: raw.get_sample_position(ctypes.byref(Samples()), ctypes.byref(Samples())),
        "info": lambda: raw.get_channel_info(ctypes.byref(ChannelInfo(channel=0, is_input=1))),
        "panel": raw.control_panel,
        "future": lambda: raw.future(random.choice([1, 10, 14, 99, 0x24042012]), None),
        "ready": raw.output_ready,
        "text": lambda: len(ours.native.error_message()) // 124,
        "name": lambda: ours.native.name() != "vtable test",
        "references": lambda: raw.add_ref() and raw.release() and 0,
    }


@pytest.mark.parametrize("clock", ["freewheel", "realtime"])
def test_random_calls_from_four_threads(open_ours, clock: str):
    ours = open_ours(clock=clock)
    ours.to("initialized")
    host = PlainHost(ours)
    calls = calls_of(ours, host)
    seen: dict[str, set[int]] = {name: set() for name in calls}
    faults: list[BaseException] = []
    end = time.monotonic() + STRESS_S

    def play(seed: int, names: list[str]) -> None:
        dice = random.Random(seed)
        try:
            while time.monotonic() < end:
                name = dice.choice(names)
                seen[name].add(calls[name]())
        except BaseException as error:
            faults.append(error)

    movers = ["start", "start", "stop", "create", "create", "dispose", "set_rate", "start"]
    threads = [
        threading.Thread(target=play, args=(seed, names))
        for seed, names in enumerate((movers, movers, list(calls), [n for n in calls if n not in movers]))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive(), "a thread hangs"
    assert not faults
    for name, codes in seen.items():
        assert codes <= EXPECTED, f"{name}: {codes}"
    assert host.n_overlaps == 0
    assert {0, CODES["IM"]} <= seen["start"] | seen["stop"]
    assert host.n_switches > 0
    # and it still works
    ours.raw.dispose_buffers()
    session = ours.prepare()
    session.load(log=10)
    session.start()
    assert session.wait(5)
    assert list(session.callbacks["index"][:5]) == [0, 1, 0, 1, 0]


def test_each_call_from_another_thread(open_ours):
    """Stop and release by other threads than start and create (RtAudio, GStreamer with ThreadingModel Both)."""
    ours = open_ours()

    def elsewhere(call, *arguments):
        result = []
        thread = threading.Thread(target=lambda: result.append(call(*arguments)))
        thread.start()
        thread.join()
        return result[0]

    assert elsewhere(ours.native.init) is True
    session = elsewhere(ours.prepare)
    session.load(log=10)
    elsewhere(session.start)
    elsewhere(ours.step, 3)
    assert list(session.callbacks["position"]) == [0, N_FRAMES, 2 * N_FRAMES]
    elsewhere(session.stop)
    elsewhere(session.dispose)
    assert elsewhere(ours.state) == "initialized"
    assert elsewhere(ours.release) == 0


def test_several_instances_do_not_mix(open_ours):
    """Live and Pro Tools hold several drivers open (ASIO.md 41)."""
    clocks = ("manual", "freewheel", "realtime", "manual", "freewheel")
    opened = [open_ours({"inputs": 2 + i, "outputs": 2 + i}, clock=clock) for i, clock in enumerate(clocks)]
    sessions = []
    n_blocks = 12
    for i, ours in enumerate(opened):
        assert ours.native.init()
        assert ours.native.get_channels() == (2 + i, 2 + i)
        ours.native.set_sample_rate(44100.0 + i)
        session = ours.prepare(32 << (i % 3))
        played = np.full((2, n_blocks * session.n_frames), (i + 1) / 8, np.float32)
        session.load(play=played.view(np.uint8), record_frames=n_blocks * session.n_frames, log=n_blocks)
        sessions.append(session)
    for session in sessions:
        session.start()
    for ours, session in zip(opened, sessions, strict=True):
        if ours.source.config.clock == "manual":
            ours.step(n_blocks)
        assert session.wait(n_blocks)
    for i, (ours, session) in enumerate(zip(opened, sessions, strict=True)):
        assert ours.rate_hz() == 44100.0 + i
        recorded = session.recorded.view(np.float32)[:, session.n_frames : n_blocks * session.n_frames]
        assert (recorded == (i + 1) / 8).all()
        session.stop()
        assert session.n_overlaps == session.n_index_faults == 0
    assert len({thread for session in sessions for thread in session.callbacks["thread"]}) == len(opened)


def test_46_instances_made_and_released(open_ours):
    """One host was seen to do that in 36 ms, to find out what there is."""
    opened = [open_ours() for _ in range(46)]
    for ours in opened:
        assert ours.native.init()
        assert ours.native.name() == "vtable test"
    for ours in opened:
        assert ours.release() == 0


@pytest.mark.parametrize("state", STATES)
def test_two_threads_release_at_once(open_ours, state: str):
    """One of them is the last; the object goes once."""
    for _ in range(10):
        ours = open_ours()
        ours.to(state)
        ours.raw.add_ref()
        barrier, left = threading.Barrier(2), []

        def let_go(ours=ours, barrier=barrier, left=left):
            barrier.wait()
            left.append(ours.raw.release())

        threads = [threading.Thread(target=let_go) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(left) == [0, 1]
        forget(ours)


def forget(ours: Ours) -> None:
    """The references are gone already: the wrapper may not release once more."""
    ours.native.detach()
    ours.native = type("Gone", (), {"release": lambda self: 0})()
    if ours.session is not None:
        ours.session.close(dispose=False)
        ours.session = None


def test_the_gil_is_not_needed_for_a_switch(open_ours):
    """A thread of the process that keeps the GIL for 0.3 s does not delay a single block."""
    ours = open_ours(clock="realtime")
    ours.to("initialized")
    session = ours.prepare()
    session.load(log=4000)
    session.start()
    assert session.wait(10)
    before = session.n_switches
    keep_gil(0.3)
    assert session.n_switches - before > 0.25 * 48000 / N_FRAMES
    assert until(lambda: session.n_switches > before + 250)


def keep_gil(seconds: float) -> None:
    libc = ctypes.PyDLL(None)  # PyDLL: with the GIL
    libc.usleep(int(seconds * 1e6))
