"""The buffer switches: order, positions, times, which of the two callbacks, and what getSamplePosition says with it."""

import ctypes
import threading

import numpy as np
import pytest
from asiokit.rt.system import host_clock_ns
from com.subjects import N_FRAMES, Subject, until

from asiokit.host.raw import Samples
from asiokit.host.session import CALLBACK_DTYPE

FLAGS = 1 | 2 | 4 | 8  # system time, sample position, sample rate, speed: all valid
RATE_CHANGED = 16
TIME_INFO = 7
YES = {TIME_INFO: 1}


def rows_of(subject: Subject, n: int, n_frames: int = N_FRAMES, record: bool = False, **manners) -> np.ndarray:
    session = subject.prepare(n_frames, **manners)
    session.load(log=n + 64)
    session.start()
    run(subject, n)
    session.stop()
    rows = session.callbacks
    assert rows.dtype == CALLBACK_DTYPE
    return rows


def run(subject: Subject, n: int) -> None:
    if subject.kind == "ours":
        subject.step(n)
    else:
        assert subject.session.wait(n)


@pytest.mark.parametrize("n_frames", [32, 64, 2048])
def test_first_switch_and_what_follows(subject: Subject, n_frames: int):
    subject.to("initialized")
    rows = rows_of(subject, 12, n_frames)
    k = np.arange(len(rows))
    assert list(rows["index"]) == list(k & 1)
    assert list(rows["position"]) == list(k * n_frames)
    assert set(rows["flags"] & 7) == {7}
    assert set(rows["rate_hz"]) == {48000.0}
    period_ns = n_frames * 1e9 / 48000
    assert np.abs(np.diff(rows["system_ns"]) - period_ns).max() <= (1.0 if subject.kind == "ours" else 5e6)
    assert (np.diff(rows["system_ns"]) > 0).all()
    assert len(set(rows["thread"])) == 1
    assert rows["thread"][0] != threading.get_native_id()


@pytest.mark.parametrize("rate_hz", [8000.0, 44100.0, 47999.9, 192000.0, 768000.0])
def test_times_keep_the_rate_exactly(open_ours, rate_hz: float):
    """No drift: the n-th time is the first one plus n periods, to the nanosecond."""
    ours = open_ours(clock="freewheel")
    ours.to("initialized")
    ours.native.set_sample_rate(rate_hz)
    session = ours.prepare(64)
    session.load(log=4000)
    session.start()
    assert session.wait(4000)
    session.stop()
    rows = session.callbacks[:4000]
    ideal = np.arange(len(rows)) * 64 * 1e9 / rate_hz
    assert np.abs(rows["system_ns"] - rows["system_ns"][0] - ideal).max() <= 1.001
    assert list(rows["position"]) == list(np.arange(len(rows)) * 64)
    assert set(rows["flags"]) == {FLAGS}
    assert set(rows["rate_hz"]) == {rate_hz}


def test_realtime_is_on_the_hosts_clock(open_ours):
    """Hosts subtract their own reading of the clock from it (ASIO.md 10, 18)."""
    ours = open_ours(clock="realtime")
    ours.to("initialized")
    session = ours.prepare(64)
    session.load(log=100)
    before_ns = host_clock_ns()
    session.start()
    assert session.wait(100)
    session.stop()
    rows = session.callbacks[:100]
    assert (rows["system_ns"] > before_ns).all()
    late_ns = rows["host_ns"] - rows["system_ns"]
    assert late_ns.min() >= 0, "a switch came before its time"
    assert np.median(late_ns) < 2e6


@pytest.mark.parametrize("manners", [{}, {"time_info": False}, {"answers": {}}], ids=["time-info", "plain", "silent"])
def test_get_sample_position_inside_is_the_pair_of_this_switch(open_ours, manners):
    seen = []
    ours = open_ours()
    ours.to("initialized")
    session = ours.prepare(**manners)
    position, t = Samples(), Samples()

    @ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_long)
    def hook(context, cycle, index):
        assert ours.raw.get_sample_position(ctypes.byref(position), ctypes.byref(t)) == 0
        seen.append((position.value, t.value))

    session.act("hook", every=1, hook=ctypes.cast(hook, ctypes.c_void_p).value, owner=hook)
    session.load(log=20)
    session.start()
    ours.step(20)
    rows = session.callbacks
    assert seen == [(int(row["position"]), int(row["system_ns"])) for row in rows]
    assert [position for position, _ in seen] == [k * N_FRAMES for k in range(20)]


def test_get_sample_position_from_other_threads_is_never_torn(open_ours):
    """A position that belongs to another time would be off by a whole period at least."""
    ours = open_ours(clock="freewheel")
    ours.to("initialized")
    session = ours.prepare()
    session.load(log=1)
    session.start()
    assert session.wait(2)
    pairs: list[list[tuple[int, int]]] = [[], []]

    def look(into):
        position, t = Samples(), Samples()
        for _ in range(30000):
            assert ours.raw.get_sample_position(ctypes.byref(position), ctypes.byref(t)) == 0
            into.append((position.value, t.value))

    threads = [threading.Thread(target=look, args=(into,)) for into in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.stop()
    start_ns = int(session.callbacks[0]["system_ns"])
    for into in pairs:
        frames, times = np.array(into, np.int64).T
        assert (frames % N_FRAMES == 0).all()
        assert np.abs(times - start_ns - frames * 1e9 / 48000).max() <= 2
        assert (np.diff(frames) >= 0).all()
    assert len({pair for into in pairs for pair in into}) > 10, "the stream did not move meanwhile"


def test_position_after_start_is_zero_until_the_first_switch(ours: Subject):
    ours.to("initialized")
    session = ours.prepare()
    for _ in range(2):
        before_ns = host_clock_ns()
        session.start()
        position, t_ns = ours.native.get_sample_position()
        assert position == 0
        assert t_ns >= before_ns - 1_000_000
        ours.step(5)
        assert ours.native.get_sample_position()[0] == 4 * N_FRAMES
        session.stop()


# (offers bufferSwitchTimeInfo, offers bufferSwitch, asioMessage: None or {selector: value}, SelectorSupported)
#   -> which one is called
CHOICES = [
    (True, True, {7: 1}, {7: 1}, "time-info"),  # PortAudio
    (True, True, {7: 1}, {}, "time-info"),  # Jamulus: supports nothing, it says
    (True, True, {7: 0}, {7: 1}, "plain"),  # JUCE, the other way round
    (True, True, {7: 0}, {}, "plain"),
    (True, True, {}, {}, "plain"),  # RS_ASIO, cwASIO
    (True, True, {7: 2}, {7: 1}, "plain"),  # 1 is yes, anything else is not
    (True, True, {7: -1}, {7: 1}, "plain"),
    (True, True, None, None, "plain"),
    (False, True, {7: 0}, {7: 1}, "plain"),  # RtAudio
    (False, True, {7: 1}, {7: 1}, "plain"),  # a liar: there is no pointer (rtaudio issue 485)
    (False, True, {}, {}, "plain"),
    (False, True, None, None, "plain"),
    (True, False, {7: 1}, {7: 1}, "time-info"),
    (True, False, {7: 0}, {}, "time-info"),  # there is nothing else to call
    (True, False, None, None, "time-info"),
]


@pytest.mark.parametrize(("time_info", "plain", "answers", "supported", "expected"), CHOICES)
def test_which_switch_is_called(subject: Subject, time_info, plain, answers, supported, expected):
    subject.to("initialized")
    manners = {"time_info": time_info, "plain": plain, "message": answers is not None, "ask_position": False}
    rows = rows_of(subject, 3, answers=answers or {}, supported=supported or {}, **manners)
    assert [bool(flags >= 0) for flags in rows["flags"][:3]] == [expected == "time-info"] * 3


def test_restart_begins_at_0_with_silence(ours: Subject):
    ours.to("initialized")
    session = ours.prepare()
    played = np.full((2, 20 * N_FRAMES), 0.5, np.float32)
    for n in (5, 8, 7):  # ends in either half
        session.load(play=played.view(np.uint8), record_frames=20 * N_FRAMES, log=20)
        session.start()
        ours.step(n)
        session.stop()
        rows, recorded = session.callbacks, session.recorded.view(np.float32)
        assert list(rows["index"]) == [k & 1 for k in range(n)]
        assert list(rows["position"]) == [k * N_FRAMES for k in range(n)]
        assert not recorded[:, :N_FRAMES].any(), "what was played before the stop came back after the start"
        assert (recorded[:, N_FRAMES : n * N_FRAMES] == 0.5).all()


def test_what_the_host_writes_before_start_is_played(ours: Subject):
    """Both halves may be filled in advance; the driver plays the one that comes first (ASIOUtil, BUFFERS)."""
    ours.to("initialized")
    session = ours.prepare()
    for half in range(2):
        ctypes.memset(session.half(False, 0, half), 0x3F, 4 * N_FRAMES)
    session.load(record_frames=2 * N_FRAMES)
    session.start()
    ours.step(1)
    assert (session.recorded[0] == 0x3F).all()


def test_active_channels_are_told(subject: Subject):
    subject.to("initialized")

    def active() -> tuple[list[bool], list[bool]]:
        info = subject.native.get_channel_info
        return [info(c, True)[0] for c in range(4)], [info(c, False)[0] for c in range(4)]

    assert active() == ([False] * 4, [False] * 4)
    session = subject.prepare()
    assert active() == ([True, True, False, False],) * 2
    session.start()
    assert active() == ([True, True, False, False],) * 2
    session.stop()
    session.dispose()
    assert active() == ([False] * 4, [False] * 4)


@pytest.mark.parametrize("n_frames", [32, 256, 2048])
@pytest.mark.parametrize("rate_hz", [44100.0, 192000.0])
def test_reported_latency_is_what_is_measured(subject: Subject, n_frames: int, rate_hz: float):
    subject.to("initialized")
    subject.native.set_sample_rate(rate_hz)
    before = subject.native.get_latencies()
    assert before == (256, 0)  # of the preferred size
    session = subject.prepare(n_frames)
    latencies = subject.native.get_latencies()
    click = np.zeros((2, 4 * n_frames), np.float32)
    click[:, 7] = 1.0
    session.load(play=click.view(np.uint8), record_frames=4 * n_frames)
    session.start()
    run(subject, 4)
    session.stop()
    (found,) = np.flatnonzero(session.recorded.view(np.float32)[1])
    assert found - 7 == sum(latencies)
    session.dispose()
    assert subject.native.get_latencies() == before


def test_start_and_stop_at_once(subject: Subject):
    """Some hosts stop a millisecond after start, before the first switch."""
    subject.to("initialized")
    session = subject.prepare()
    for _ in range(20):
        session.start()
        session.stop()
        assert session.n_after_stop == 0
    session.start()
    run(subject, 3)
    assert session.n_index_faults == session.n_overlaps == 0


@pytest.mark.parametrize("clock", ["realtime", "freewheel"])
def test_no_switch_after_stop_has_returned(open_ours, clock: str):
    ours = open_ours(clock=clock)
    ours.to("initialized")
    session = ours.prepare(32)
    for _ in range(100):
        session.start()
        session.wait(1)
        session.stop()
    assert session.n_after_stop == session.n_overlaps == session.n_index_faults == 0
    assert until(lambda: ours.state() == "prepared")
