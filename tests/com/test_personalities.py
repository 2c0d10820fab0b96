"""[answers]: one driver made to answer like another; whatever a table says, nothing breaks."""

import ctypes
import random

import pytest
from com.callers import PlainHost
from com.subjects import CODES, STATES
from com.table import CASES, Scratch, answer_of

from asiokit.com.answers import METHODS, answer_table
from asiokit.errors import ConfigError
from asiokit.host.raw import Samples

ALL_OK = dict.fromkeys(METHODS, "ok ok ok ok")
SAMPLE_DRIVER = {  # Steinberg's sample driver, ASIO.md 1a: takes nearly everything in any state
    "start": "IM NotPresent ok ok",
    "stop": "ok ok ok ok",
    "disposeBuffers": "ok ok ok ok",
    "getSamplePosition": "ok ok ok ok",
    "unknownSelector": "NotPresent",
    "badClockSource": "NotPresent",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_nothing_breaks_when_every_call_is_allowed(open_ours, case, state: str):
    """The table lets each call through to what carries it out, in each state: no crash, no memory overrun."""
    ours = open_ours(answers=ALL_OK)
    ours.to(state)
    scratch = Scratch()
    code = answer_of(ours, case, scratch)
    assert code in CODES.values()
    assert not scratch.was_overrun()
    # and it can still be used
    ours.native.init()
    ours.raw.dispose_buffers()
    if ours.session is not None:
        ours.session.close(dispose=False)
        ours.session = None
    session = ours.prepare()
    session.load(log=5)
    session.start()
    ours.step(3)
    assert list(session.callbacks["index"]) == [0, 1, 0]


def test_random_calls_when_every_call_is_allowed(open_ours):
    dice = random.Random(1)
    ours = open_ours(answers=ALL_OK)
    ours.to("initialized")
    hosts = [PlainHost(ours) for _ in range(3)]
    prepared = running = False
    for _ in range(600):
        move = dice.choice(["create", "create", "start", "start", "stop", "dispose_buffers", "rate", "step"])
        if move == "create":  # takes the place of the buffers before
            assert dice.choice(hosts).create() == 0
            prepared, running = True, False
        elif move == "rate":
            assert ours.raw.set_sample_rate(dice.choice([44100.0, 48000.0])) == 0
        elif move == "step":
            if running:
                ours.step(2)
        else:
            assert getattr(ours.raw, move)() == 0
            running = (prepared and move == "start") or (running and move not in ("stop", "dispose_buffers"))
            prepared = prepared and move != "dispose_buffers"
    assert sum(host.n_overlaps for host in hosts) == 0
    assert sum(host.n_switches for host in hosts) > 20


def test_like_the_sample_driver(open_ours):
    ours = open_ours(answers=SAMPLE_DRIVER)
    ours.to("initialized")
    raw = ours.raw
    assert raw.start() == CODES["NP"]
    assert raw.stop() == raw.dispose_buffers() == 0
    assert raw.get_sample_position(ctypes.byref(Samples()), ctypes.byref(Samples())) == 0
    assert raw.future(99, None) == CODES["NP"]
    assert raw.set_clock_source(5) == CODES["NP"]
    session = ours.prepare()
    session.start()
    ours.step(2)
    assert raw.start() == 0
    ours.step(2)
    assert session.n_switches == 4
    assert session.n_index_faults == session.n_overlaps == 0


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ({"start": "IM IM ok"}, "four answers"),
        ({"start": "IM IM fine IM"}, "four answers"),
        ({"strat": "IM IM ok IM"}, "did you mean 'start'?"),
        ({"unsupportedRate": "HWMalfunction"}, "is not one of NoClock, InvalidMode"),
    ],
)
def test_a_wrong_table_is_named(answers, wanted: str):
    with pytest.raises(ConfigError, match=r"key 'answers\.") as caught:
        answer_table(answers)
    assert wanted in str(caught.value)
