"""Every slot, in every state, with good and bad arguments: the code, the text, and what must not change."""

import ctypes
from itertools import product
from typing import Any

import pytest
from com.subjects import CODES, NAMES, STATES, Subject
from com.table import CASES, Case, Scratch, answer_of

from asiokit.host.raw import SLOTS

# asked of the object itself, tested by name below and in test_object.py
ELSEWHERE = {
    "query_interface",
    "add_ref",
    "release",
    "init",
    "get_driver_name",
    "get_driver_version",
    "get_error_message",
    "future",
}


def method_name(slot: str) -> str:
    """get_channels -> getChannels, as the interface calls it."""
    first, *rest = slot.split("_")
    return first + "".join(word.capitalize() for word in rest)


def error_text(subject: Subject) -> str:
    return subject.native.error_message()


def clear_error(subject: Subject) -> str:
    """Leaves a text that no case of the table produces, and returns it."""
    subject.raw.future(0x7FFFFFFF, None)
    return error_text(subject)


def test_the_table_misses_no_slot():
    assert {case.slot for case in CASES} | ELSEWHERE == set(SLOTS)
    assert len(SLOTS) == 24


def runs() -> list[Any]:
    """(driver, case, state) for all that is to be asked."""
    return [
        pytest.param(kind, case, state, id=f"{kind}-{case.id}-{state}")
        for case, (number, state), kind in product(CASES, enumerate(STATES), ("ours", "reference"))
        if case.answers(number) != ("-",) and (kind == "ours" or not case.only_ours)
    ]


@pytest.mark.parametrize(("subject", "case", "state"), runs(), indirect=["subject"])
def test_answer(subject: Subject, case: Case, state: str):
    number = STATES.index(state)
    allowed = case.answers(number)
    subject.to(state)
    rate_hz = subject.rate_hz() if number else 0.0
    before = clear_error(subject)
    scratch = Scratch()
    code = answer_of(subject, case, scratch)
    text = error_text(subject)  # before the questions below make texts of their own
    name = NAMES.get(code, str(code))
    assert name in (allowed[:1] if subject.is_strict else allowed), f"{name}: {text}"
    assert not scratch.was_overrun()
    if code == CODES["ok"]:
        assert subject.state() == (case.then or state)
        assert text == before, "a text without a failure"
        return
    assert not scratch.was_written(), "the call failed, but has written to the host's memory"
    assert subject.state() == state
    if number:
        assert subject.rate_hz() == rate_hz
    # outputReady's NotPresent is an answer that some hosts get a thousand times a second, not an event
    if subject.is_strict and case.slot != "output_ready":
        assert text.startswith(f"{method_name(case.slot)}: "), text
        assert text != before


@pytest.mark.parametrize("state", STATES)
def test_init_again_is_true_and_changes_nothing(subject: Subject, state: str):
    subject.to(state)
    for handle in (None, 1, 0xDEADBEEF, 2**64 - 1):
        assert subject.raw.init(handle) == 1
        assert subject.state() == (state if state != "loaded" else "initialized")


@pytest.mark.parametrize("state", STATES)
def test_names_and_null_buffers(subject: Subject, state: str):
    subject.to(state)
    subject.raw.get_driver_name(None)
    subject.raw.get_error_message(None)
    assert 0 < len(subject.native.name()) <= 31
    assert subject.native.version() == subject.raw.get_driver_version() >= 1
    assert subject.state() == state


@pytest.mark.parametrize("state", STATES)
def test_query_interface(subject: Subject, state: str):
    subject.to(state)
    unknown = bytes(8) + bytes.fromhex("c000000000000046")
    found = ctypes.c_void_p(1)
    assert subject.raw.query_interface(unknown, ctypes.byref(found)) == 0
    assert found.value == subject.raw.address
    assert subject.raw.release() == 1
    # COM asks for IMarshal and others; a yes to these kills the process (semantics 1)
    for iid in (bytes(16), bytes(range(16)), bytes.fromhex("0300000000000000c000000000000046")):
        found = ctypes.c_void_p(1)
        assert subject.raw.query_interface(iid, ctypes.byref(found)) & 0xFFFFFFFF == 0x80004002
        assert found.value is None
    assert subject.raw.query_interface(unknown, None) & 0xFFFFFFFF == 0x80004003
    assert subject.raw.add_ref() == 2
    assert subject.raw.release() == 1
    assert subject.state() == state


@pytest.mark.parametrize("state", STATES)
def test_release_ends_every_state(subject: Subject, state: str):
    subject.to(state)
    assert subject.release() == 0
