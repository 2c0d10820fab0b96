"""tests of rt/gate: nobody is inside behind a closed gate, and whoever closes it waits no longer than he said."""

import threading
import time
from types import ModuleType

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule


def elsewhere(work) -> object:  # type: ignore[no-untyped-def]
    """The result of work(), called on a thread of its own."""
    result: list[object] = []
    thread = threading.Thread(target=lambda: result.append(work()))
    thread.start()
    thread.join(10)
    assert result, "the thread did not end"
    return result[0]


def test_against_a_model(rt: ModuleType) -> None:
    class GateMachine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.gate = rt.Gate(False)
            self.is_open = self.is_inside = False

        @precondition(lambda self: not self.is_inside)
        @rule()
        def enter(self) -> None:
            assert self.gate.enter() is self.is_open
            self.is_inside = self.is_open

        @precondition(lambda self: self.is_inside)
        @rule()
        def nobody_else_enters(self) -> None:
            assert not self.gate.enter()

        @precondition(lambda self: self.is_inside)
        @rule()
        def leave(self) -> None:
            self.is_inside = False
            assert self.gate.leave() is self.is_open

        @rule()
        def close(self) -> None:
            self.is_open = False
            assert self.gate.close() is not self.is_inside

        @rule()
        def open(self) -> None:
            self.is_open = True
            self.gate.open()

        @invariant()
        def tells_the_truth(self) -> None:
            assert self.gate.is_closed is not self.is_open
            assert self.gate.is_busy is self.is_inside
            assert self.gate.is_mine is self.is_inside

    GateMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=30)
    case = GateMachine.TestCase()
    case.runTest()


def test_only_the_visitor_is_recognised(rt: ModuleType) -> None:
    gate = rt.Gate()
    assert gate.enter()
    assert gate.is_mine
    assert elsewhere(lambda: gate.is_mine) is False
    gate.leave()
    assert not gate.is_mine


def test_the_visitor_himself_is_not_waited_for(rt: ModuleType) -> None:
    gate = rt.Gate()
    gate.enter()
    before = time.monotonic()
    assert gate.close(30) is False
    assert time.monotonic() - before < 5
    assert gate.leave() is False
    assert gate.close(0) is True


def test_close_waits_until_the_visitor_has_left(rt: ModuleType) -> None:
    gate, inside, go = rt.Gate(), threading.Event(), threading.Event()
    told: list[bool] = []

    def visit() -> None:
        assert gate.enter()
        inside.set()
        go.wait(10)
        told.append(gate.leave())

    thread = threading.Thread(target=visit)
    thread.start()
    assert inside.wait(10)
    assert gate.close(0.05) is False  # bounded
    threading.Timer(0.05, go.set).start()
    assert gate.close(30) is True
    thread.join(10)
    assert told == [False]
    assert not gate.enter()


def test_opened_while_the_visitor_is_inside(rt: ModuleType) -> None:
    gate = rt.Gate()
    gate.enter()
    assert elsewhere(gate.close) is False
    gate.open()
    assert gate.leave() is True
    assert gate.enter()


def test_several_may_wait_for_one_departure(rt: ModuleType) -> None:
    gate, answers = rt.Gate(), []
    gate.enter()
    threads = [threading.Thread(target=lambda: answers.append(gate.close(30))) for _ in range(4)]
    for thread in threads:
        thread.start()
    while not gate.is_closed:
        time.sleep(0)
    gate.leave()
    for thread in threads:
        thread.join(10)
    assert answers == [True] * 4


@pytest.mark.parametrize("timeout_ns", [0, 1_000_000_000])
def test_visitor_and_closer_at_full_speed(rt: ModuleType, timeout_ns: int) -> None:
    gate = rt.Gate()
    visitor = threading.Thread(target=gate.visit_until_told)
    visitor.start()
    while gate.n_visits == 0:
        time.sleep(0)
    # a visitor who is put to sleep inside makes each waiting round as long as his sleep, so those are fewer
    gate.close_and_open(2_000_000 if timeout_ns == 0 else 20_000, timeout_ns)
    visitor.join(30)
    assert not visitor.is_alive()
    assert gate.n_visits > 10
    assert (gate.n_together, gate.n_intruders, gate.n_stuck) == (0, 0, 0)
    if timeout_ns:
        assert gate.n_timeouts == 0
    assert not gate.is_closed and not gate.is_busy
