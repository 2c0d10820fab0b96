"""tests of rt/blocks: what comes out is what went in, in order; what is left out is left out."""

import threading
from collections import deque
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from compiled import compiled
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test


@pytest.fixture(scope="module")
def queue() -> ModuleType:
    return compiled(Path(__file__).with_name("blocks_probe.pyx"))


class Model(RuleBasedStateMachine):
    """The queue beside a deque that does the same."""

    queue: ModuleType

    @initialize(n=st.integers(1, 9), begin=st.sampled_from([0, 1, 2**31 - 1, 2**32 - 5, 2**62 - 3]))
    def make(self, n: int, begin: int) -> None:
        self.n_blocks = n
        self.blocks: Any = self.queue.Blocks(n, 9, begin)
        self.model: deque[int] = deque()
        self.n_made = 0
        self.marks: list[tuple[int, int]] = []  # (position, what is the next number there)

    @rule()
    def write(self) -> None:
        fits = len(self.model) < self.n_blocks
        assert self.blocks.write(self.n_made) == fits
        if fits:
            self.model.append(self.n_made)
            self.n_made += 1

    @rule()
    def read(self) -> None:
        assert self.blocks.read() == (self.model.popleft() if self.model else None)

    @rule()
    def mark(self) -> None:
        self.marks.append((self.blocks.written, self.n_made))

    @rule()
    def skip_to_the_oldest_mark(self) -> None:
        """The reader may be beyond it already."""
        if self.marks:
            position, number = self.marks.pop(0)
            self.blocks.skip_to(position)
            while self.model and self.model[0] < number:
                self.model.popleft()

    @invariant()
    def the_counts_agree(self) -> None:
        if hasattr(self, "blocks"):
            assert self.blocks.filled() == len(self.model)


def test_blocks_are_a_queue(queue: ModuleType) -> None:
    machine = type("Machine", (Model,), {"queue": queue})
    run_state_machine_as_test(machine, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))


@pytest.mark.parametrize("n_numbers", [1, 8, 9, 512])
def test_each_block_has_its_own_cache_lines(queue: ModuleType, n_numbers: int) -> None:
    assert queue.Blocks(3, n_numbers).stride == -(-n_numbers * 8 // 64) * 64


@pytest.mark.parametrize("n_blocks", [1, 7, 1000])
@pytest.mark.parametrize("skip_each", [0, 11])
def test_two_threads_at_full_speed_lose_nothing(queue: ModuleType, n_blocks: int, skip_each: int) -> None:
    blocks = queue.Blocks(n_blocks)
    n = 200_000 if n_blocks > 1 else 2_000  # one block: hand in hand, on one CPU a time slice each
    # the reader may end up to five beyond n, so it has to be given them
    writer = threading.Thread(target=blocks.write_numbers, args=(n + 5,), daemon=True)
    reader = threading.Thread(target=blocks.read_numbers, args=(n, skip_each), daemon=True)
    writer.start()
    reader.start()
    reader.join(60)
    while blocks.read() is not None or writer.is_alive():
        pass
    assert not reader.is_alive()
    assert blocks.n_wrong == 0
