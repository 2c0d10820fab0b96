"""setSampleRate in every state, from inside the switch, and what hosts see of it."""

import ctypes
import threading

import numpy as np
import pytest
from com.subjects import CODES, N_FRAMES, Subject, until

from asiokit.device import Device

RATE_CHANGED = 16
PERIOD_NS = {rate: N_FRAMES * 1e9 / rate for rate in (44100.0, 48000.0, 96000.0)}


class RateDependent(Device):
    """A converter with a delay in seconds: its frames depend on the rate."""

    def latencies(self, n_frames, rate_hz):
        return n_frames + int(rate_hz // 1000), int(rate_hz // 2000)


class Picky(Device):
    """Can't be prepared at 96 kHz, though it says that any rate will do."""

    def prepare(self, stream):
        if stream.rate_hz == 96000.0:
            raise OSError("the clock does not lock")


def test_before_buffers(subject: Subject):
    subject.to("initialized")
    for rate_hz in (44100.0, 96000.0, 48000.0):
        subject.native.set_sample_rate(rate_hz)
        assert subject.rate_hz() == rate_hz


def test_prepared_changes_nothing_but_the_rate(ours: Subject):
    """JUCE sets it while prepared (ASIO.md 18); the host knows, so no switch is flagged."""
    ours.to("initialized")
    session = ours.prepare()
    session.load(log=10)
    ours.native.set_sample_rate(44100.0)
    assert ours.state() == "prepared"
    session.start()
    ours.step(4)
    rows = session.callbacks
    assert set(rows["rate_hz"]) == {44100.0}
    assert not (rows["flags"] & RATE_CHANGED).any()
    assert np.abs(np.diff(rows["system_ns"]) - PERIOD_NS[44100.0]).max() <= 1


def test_running_goes_on_at_the_new_rate(ours: Subject):
    ours.to("initialized")
    session = ours.prepare()
    session.load(log=30)
    session.start()
    ours.step(5)
    ours.native.set_sample_rate(96000.0)
    assert ours.state() == "running"
    assert ours.native.get_sample_position()[0] == 4 * N_FRAMES
    ours.step(5)
    ours.native.set_sample_rate(96000.0)  # no change
    ours.step(5)
    rows = session.callbacks
    assert list(rows["position"]) == [k * N_FRAMES for k in range(15)]
    assert list(rows["index"]) == [k & 1 for k in range(15)]
    assert list(rows["rate_hz"]) == [48000.0] * 5 + [96000.0] * 10
    assert [bool(flags & RATE_CHANGED) for flags in rows["flags"]] == [k == 5 for k in range(15)]
    assert (np.diff(rows["system_ns"]) > 0).all()
    assert np.abs(np.diff(rows["system_ns"][5:]) - PERIOD_NS[96000.0]).max() <= 1
    assert len(set(rows["thread"])) <= 2
    assert ours.engine.statistics["cycles"] == 15


def test_running_in_realtime_is_short_and_loses_no_state(open_ours):
    ours = open_ours(clock="realtime")
    ours.to("initialized")
    session = ours.prepare()
    session.load(log=4000)
    session.start()
    for rate_hz in (96000.0, 44100.0, 48000.0, 192000.0):
        n = session.n_switches
        ours.native.set_sample_rate(rate_hz)
        assert session.wait(n + 20)
        assert ours.state() == "running"
    session.stop()
    assert session.n_overlaps == session.n_index_faults == session.n_after_stop == 0
    rows = session.callbacks
    assert list(rows["position"]) == [k * N_FRAMES for k in range(len(rows))]
    assert sum(bool(flags & RATE_CHANGED) for flags in rows["flags"]) == 4
    assert (np.diff(rows["system_ns"]) > 0).all()


def test_a_question_while_running_disturbs_nothing(ours: Subject):
    """Max, Cubase, Live and ASIOTest ask (ASIO.md 38, 40)."""
    ours.to("running")
    for rate_hz in (44100.0, 0.0, float("nan"), 1e300):
        ours.raw.can_sample_rate(rate_hz)
        ours.step(1)
    assert ours.rate_hz() == 48000.0
    assert ours.state() == "running"


def test_from_inside_the_switch(ours: Subject):
    ours.to("initialized")
    codes = []

    @ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_long)
    def hook(context, cycle, index):
        codes.append(ours.raw.set_sample_rate(96000.0))
        codes.append(ours.raw.set_sample_rate(-1.0))
        codes.append(ours.rate_hz())

    session = ours.prepare()
    session.act("hook", at=3, hook=ctypes.cast(hook, ctypes.c_void_p).value, owner=hook)
    session.load(log=20)
    session.start()
    ours.step(4)
    ours.step(4)
    assert codes == [0, CODES["NC"], 96000.0]
    rows = session.callbacks
    assert list(rows["position"]) == [k * N_FRAMES for k in range(8)]
    assert [bool(flags & RATE_CHANGED) for flags in rows["flags"]] == [k == 4 for k in range(8)]
    assert ours.state() == "running"
    session.stop()
    assert session.n_overlaps == session.n_index_faults == session.n_after_stop == 0


def test_stop_from_inside_a_switch_that_a_rate_change_waits_for(ours: Subject):
    """The stop may not get lost between the pause and the new beginning."""
    ours.to("initialized")
    inside, codes = threading.Event(), []

    @ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_long)
    def hook(context, cycle, index):
        inside.set()
        changing.join(0.1)  # it waits for us by now
        codes.append(ours.raw.stop())

    changing = threading.Thread(target=lambda: (inside.wait(), codes.append(ours.raw.set_sample_rate(96000.0))))
    session = ours.prepare()
    session.act("hook", at=2, hook=ctypes.cast(hook, ctypes.c_void_p).value, owner=hook)
    session.start()
    changing.start()
    ours.engine.step(3, 2.0)
    changing.join()
    assert codes == [0, 0]
    assert until(lambda: ours.state() == "prepared")
    assert session.n_switches == 3
    assert ours.rate_hz() == 96000.0


def test_what_only_the_device_refuses(open_ours):
    """The old rate stays, in every state, and the stream goes on."""
    ours = open_ours(device=Picky())
    ours.to("initialized")
    session = ours.prepare()
    for state in ("prepared", "running"):
        if state == "running":
            session.start()
            ours.step(2)
        assert ours.raw.set_sample_rate(96000.0) == CODES["HW"]
        assert ours.native.error_message() == "setSampleRate: OSError: the clock does not lock"
        assert ours.rate_hz() == 48000.0
        assert ours.state() == state
    ours.step(2)
    assert session.n_switches == 4
    assert session.n_index_faults == 0


def test_latencies_follow_and_are_told(open_ours):
    ours = open_ours(device=RateDependent())
    ours.to("initialized")
    assert ours.native.get_latencies() == (256 + 48, 24)
    session = ours.prepare()
    assert ours.native.get_latencies() == (N_FRAMES + 48, 24)
    ours.native.set_sample_rate(96000.0)
    assert ours.native.get_latencies() == (N_FRAMES + 96, 48)
    assert until(lambda: 6 in session.messages["selector"])
    ours.native.set_sample_rate(48000.0)
    assert until(lambda: list(session.messages["selector"]).count(6) == 2)
    assert threading.get_native_id() not in session.messages["thread"][session.messages["selector"] == 6]


def test_a_list_of_rates(open_ours):
    ours = open_ours(rates_hz=(44100.0, 48000.0), rate_hz=44100.0)
    ours.to("initialized")
    assert ours.rate_hz() == 44100.0
    for rate_hz, name in {44100.0: "ok", 48000.0: "ok", 44101.0: "NC", 46000.0: "NC", 8000.0: "NC"}.items():
        assert ours.raw.can_sample_rate(rate_hz) == CODES[name]
        assert ours.raw.set_sample_rate(rate_hz) == CODES[name]


@pytest.mark.parametrize("word", ["InvalidMode", "InvalidParameter", "NotPresent"])
def test_the_code_for_a_bad_rate_is_an_entry_s_choice(open_ours, word: str):
    ours = open_ours(answers={"unsupportedRate": word})
    ours.to("initialized")
    code = {"InvalidMode": CODES["IM"], "InvalidParameter": CODES["IP"], "NotPresent": CODES["NP"]}[word]
    assert ours.raw.can_sample_rate(-1.0) == ours.raw.set_sample_rate(-1.0) == code
