"""The host's own callback calls the driver: questions, stop, disposeBuffers, start, the last Release."""

import ctypes
import mmap
from pathlib import Path

import numpy as np
import pytest
from asiokit.engine.engine import undead_count
from com.callers import in_cycle
from com.subjects import CODES, N_FRAMES, Ours, Subject, until

from asiokit.errors import DriverError

CLOCKS = ("manual", "freewheel", "realtime")


def let_run(ours: Ours, n: int) -> None:
    if ours.source.config.clock == "manual":
        ours.engine.step(n, 2.0)
    else:
        ours.session.wait(n, stall_s=0.2)


@pytest.fixture(params=CLOCKS)
def clocked(request, open_ours) -> Ours:
    ours = open_ours(clock=request.param)
    ours.to("initialized")
    return ours


def test_all_questions(clocked: Ours):
    """RtAudio, Live and others ask while running; nothing of it waits or stops the stream."""
    answers = []
    session = clocked.prepare()
    native = clocked.native

    def ask():
        answers.append(
            (
                native.get_channels(),
                native.get_latencies(),
                native.get_buffer_size(),
                native.get_sample_rate(),
                native.can_sample_rate(44100.0),
                native.get_channel_info(0, True),
                native.name(),
                native.get_clock_sources(),
                native.future(10),
                native.output_ready(),
                native.control_panel(),
                native.init(),
                native.get_sample_position()[0],
            )
        )

    in_cycle(session, 2, ask)
    in_cycle(session, 3, ask)
    session.start()
    let_run(clocked, 6)
    assert [a[-1] for a in answers] == [2 * N_FRAMES, 3 * N_FRAMES]
    assert answers[0][:-1] == answers[1][:-1]
    assert clocked.state() == "running"


def test_stop(clocked: Ours):
    """NAudio's users do it (ASIO.md 25). The switch in which it is called is the last one."""
    session = clocked.prepare()
    session.act("stop", at=4)
    session.start()
    let_run(clocked, 50)
    assert until(lambda: clocked.state() == "prepared")
    assert session.n_switches == 5
    assert session.act_results() == [("stop", 1, 0)]
    assert clocked.raw.stop() == CODES["IM"]


def test_stop_then_a_new_start_begins_anew(clocked: Ours):
    session = clocked.prepare()
    played = np.full((2, 20 * N_FRAMES), 0.25, np.float32)
    session.act("stop", at=4)
    for _ in range(3):
        session.load(play=played.view(np.uint8), record_frames=20 * N_FRAMES, log=20)
        session.start()
        let_run(clocked, 5)
        assert until(lambda: session.n_switches == 5 and clocked.state() == "prepared")
        with pytest.raises(DriverError, match="InvalidMode"):
            session.stop()
        rows, recorded = session.callbacks, session.recorded.view(np.float32)
        assert list(rows["position"]) == [k * N_FRAMES for k in range(5)]
        assert not recorded[:, :N_FRAMES].any(), "the last block of the run before came back"
    assert session.n_overlaps == session.n_index_faults == 0


def test_stops_from_inside_keep_no_buffers(open_ours):
    """A host that always stops in its switch: what can't be freed there is freed by the next call that can."""
    n_frames, n_rounds = 8192, 150
    ours = open_ours(buffer_frames=(n_frames, n_frames))
    ours.to("initialized")

    def resident_bytes() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE

    for i in range(n_rounds):
        session = ours.prepare(n_frames)
        session.act("stop", at=0)
        session.start()
        ours.engine.step(1, 2.0)
        assert until(lambda: ours.state() == "prepared")
        session.close()
        if i == 10:
            before = resident_bytes()
    one_stream = 2 * 4 * n_frames * 4
    assert resident_bytes() - before < n_rounds / 4 * one_stream


def test_stop_and_start_within_one_switch(clocked: Ours):
    """The new run begins when the switch has returned, at 0, with index 0, and not on top of it."""
    codes = []
    session = clocked.prepare()
    session.load(log=100)
    in_cycle(session, 4, lambda: codes.extend([clocked.raw.stop(), clocked.raw.start()]))
    session.start()
    if clocked.source.config.clock == "manual":
        clocked.engine.step(5, 2.0)
        clocked.step(4)
    else:
        assert session.wait(9)
    assert codes == [0, 0]
    rows = session.callbacks[:9]
    assert list(rows["position"]) == [k * N_FRAMES for k in (0, 1, 2, 3, 4, 0, 1, 2, 3)]
    assert list(rows["index"]) == [0, 1, 0, 1, 0, 0, 1, 0, 1]
    assert session.n_overlaps == 0
    assert clocked.state() == "running"


def test_dispose(clocked: Ours):
    """Buffers stay while the switch is inside: it writes to them after the call."""
    session = clocked.prepare()
    session.act("dispose_buffers", at=3)
    session.load(play=np.zeros((2, 4 * 10 * N_FRAMES), np.uint8), record_frames=10 * N_FRAMES)
    written = []

    def write_everywhere():
        for place in range(2):
            for half in range(2):
                for is_input in (True, False):
                    ctypes.memset(session.half(is_input, place, half), 0x7F, 4 * N_FRAMES)
        written.append(True)

    in_cycle(session, 3, write_everywhere)
    session.start()
    let_run(clocked, 50)
    assert until(lambda: written and clocked.state() == "initialized")
    assert session.n_switches <= 4
    assert session.act_results()[0] == ("dispose_buffers", 1, 0)
    session.close(dispose=False)
    # and once more, with other buffers
    session = clocked.prepare(128)
    session.load(log=10, record_frames=256)
    session.start()
    let_run(clocked, 2)
    assert list(session.callbacks["position"][:2]) == [0, 128]
    assert not session.recorded.any()


def test_dispose_create_start_within_one_switch(clocked: Ours):
    """A host that reopens from its audio thread: the new stream waits for the old switch."""
    codes = []
    first = clocked.prepare()
    second = []

    def reopen():
        codes.append(clocked.raw.dispose_buffers())
        clocked.session = None
        second.append(clocked.prepare(32))
        second[0].load(log=100)
        second[0].start()

    in_cycle(first, 3, reopen)
    first.start()
    let_run_of(clocked, first, 4)
    assert until(lambda: bool(second))
    let_run_of(clocked, second[0], 3)
    assert codes == [0]
    assert list(second[0].callbacks["position"][:3]) == [0, 32, 64]
    assert first.n_switches == 4
    first.close(dispose=False)


def let_run_of(ours: Ours, session, n: int) -> None:
    if ours.source.config.clock == "manual":
        ours.engine.step(n, 2.0)
    assert session.wait(n)


def test_the_last_release(clocked: Ours):
    """The object is gone when the call returns; the switch that called comes to its end all the same."""
    session = clocked.prepare()
    left = []
    in_cycle(session, 3, lambda: left.append(clocked.native.release()))
    session.start()
    engine = clocked.engine
    if clocked.source.config.clock == "manual":
        engine.step(50, 1.0)
    assert until(lambda: left == [0])
    assert until(lambda: session.n_switches == 4)
    assert until(lambda: undead_count() == 0)
    clocked.release()


@pytest.mark.parametrize("method", ["stop", "dispose_buffers"])
def test_the_device_is_not_called_after_it_was_stopped(open_ours, method: str):
    """A device that takes its output after the switch would otherwise get one more block."""
    from com.test_selectors import console  # noqa: PLC0415 - compiles on first use

    device = console().EarlyDevice()
    ours = open_ours(device=device)
    ours.to("initialized")
    session = ours.prepare()
    session.act(method, at=3)
    session.start()
    ours.engine.step(10, 2.0)
    assert until(lambda: ours.state() in ("prepared", "initialized"))
    assert device.n_blocks == 3
    assert device.n_after_stop == 0


def test_start_refused_inside_leaves_all_as_it_is(subject: Subject):
    subject.to("initialized")
    session = subject.prepare()
    session.act("start", at=2)
    session.start()
    if subject.kind == "ours":
        subject.step(6)
    else:
        assert session.wait(6)
    assert session.act_results() == [("start", 1, CODES["IM"])]
    assert session.n_index_faults == session.n_overlaps == 0
    session.stop()
