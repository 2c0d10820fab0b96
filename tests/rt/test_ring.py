"""tests of rt/ring: what comes out is what went in, in order, whatever the sizes and however often it goes round."""

import threading
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

PAGE = 4096
SIZES = st.one_of(st.integers(0, 20), st.integers(0, PAGE + 10))


class Model(RuleBasedStateMachine):
    """The ring beside a bytearray that does the same."""

    rt: ModuleType

    @initialize(power=st.integers(0, 12), begin=st.sampled_from([0, 1, 4095, 2**31 - 1, 2**32 - 5, 2**62 - 3]))
    def make(self, power: int, begin: int) -> None:
        self.ring: Any = self.rt.Ring(1 << power, begin)
        self.model = bytearray()
        self.n_made = 0

    def bytes_of(self, n: int) -> bytes:
        """Never the same twice within a ring's length."""
        made = bytes((self.n_made + i) % 251 for i in range(n))
        self.n_made += n
        return made

    @property
    def room(self) -> int:
        return int(self.ring.capacity) - len(self.model)

    @rule(n=SIZES)
    def write(self, n: int) -> None:
        data = self.bytes_of(n)
        fits = n <= self.room
        assert self.ring.write(data) == fits
        if fits:
            self.model += data

    @rule(n=SIZES)
    def read(self, n: int) -> None:
        if n <= len(self.model):
            assert self.ring.read(n) == bytes(self.model[:n])
            del self.model[:n]
        else:
            assert self.ring.read(n) is None

    @rule(n=SIZES, share=st.floats(0, 1))
    def write_in_place(self, n: int, share: float) -> None:
        """One piece at a time: at the end of the memory it is a shorter one."""
        data = self.bytes_of(n)
        commit = int(share * n)
        got = self.ring.put(data, commit)
        assert 0 <= got <= min(n, self.room)
        assert got > 0 or min(n, self.room) == 0
        self.model += data[: min(commit, got)]

    @rule(n=SIZES, share=st.floats(0, 1))
    def read_in_place(self, n: int, share: float) -> None:
        seen = self.ring.peek(n)
        assert seen == bytes(self.model[: len(seen)])
        assert len(seen) <= n
        assert seen or min(n, len(self.model)) == 0
        used = int(share * len(seen))
        self.ring.consume(used)
        del self.model[:used]

    @invariant()
    def the_counts_agree(self) -> None:
        if hasattr(self, "ring"):
            # what is asked for has to be known; of more there may be more than a side has looked up
            assert self.ring.filled(len(self.model)) == len(self.model)
            assert self.ring.space(self.room) == self.room


def test_a_ring_is_a_queue_of_bytes(rt: ModuleType) -> None:
    machine = type("Machine", (Model,), {"rt": rt})
    run_state_machine_as_test(machine, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))


def test_a_side_looks_across_only_when_it_has_to(rt: ModuleType) -> None:
    ring = rt.Ring(64)
    assert ring.write(bytes(48)) and ring.read(32)
    assert ring.space(16) == 16  # enough is known, though the reader has gone on
    assert ring.space(17) == 48


@pytest.mark.parametrize("capacity", [64, 512, 65536])
def test_two_threads_at_full_speed_lose_nothing(rt: ModuleType, capacity: int) -> None:
    ring = rt.Ring(capacity)
    # two that wait for more than half of it each would wait for ever
    n, largest = 200_000, min(64, capacity // 8 // 2)
    writer = threading.Thread(target=ring.write_numbers, args=(n, largest), daemon=True)
    reader = threading.Thread(target=ring.read_numbers, args=(n, largest), daemon=True)
    writer.start()
    reader.start()
    writer.join(60)
    reader.join(60)
    assert not writer.is_alive() and not reader.is_alive()
    assert ring.n_wrong == 0
    assert ring.filled(1) == 0
