"""tests of rt/clock: where the edges lie, for any rate and any time, and what a late one costs."""

import threading
import time
from fractions import Fraction
from types import ModuleType

import pytest
from asiokit.rt.system import monotonic_ns
from hypothesis import given, settings
from hypothesis import strategies as st

DAY_S = 24 * 3600
EDGES = st.fixed_dictionaries(
    {
        "n_frames": st.integers(16, 8192),
        # what engine_rate can hold: whole millionths of a Hz
        "rate_uhz": st.one_of(
            st.integers(8_000_000_000, 768_000_000_000),
            st.sampled_from([44_056_500_000, 44_055_944_056, 44_100_000_000, 47_952_047_952, 11_025_000_000]),
        ),
        "anchor_ns": st.integers(0, 2**60),
    }
)


def edge_ns(n_frames: int, rate_uhz: int, anchor_ns: int, n: int) -> int:
    """The n-th edge, counted from 0, in whole numbers of any length."""
    return anchor_ns + n * n_frames * 10**15 // rate_uhz


@given(EDGES)
def test_edges_lie_on_the_grid_exactly(rt: ModuleType, grid: dict[str, int]) -> None:
    clock = rt.Clock("freewheel", grid["n_frames"], grid["rate_uhz"] / 1e6, grid["anchor_ns"])
    assert clock.edges(300) == [edge_ns(**grid, n=n) for n in range(300)]


@pytest.mark.parametrize(
    ("n_frames", "rate_hz"),
    [(64, 44056.5), (16, 44100), (32, 48000), (256, Fraction(44100 * 1000, 1001)), (64, 768000)],
)
def test_a_day_later_not_a_nanosecond_is_lost(rt: ModuleType, n_frames: int, rate_hz: float | Fraction) -> None:
    rate_uhz = round(rate_hz * 10**6)
    n = DAY_S * rate_uhz // 10**6 // n_frames if rate_hz < 100_000 else 3600 * rate_uhz // 10**6 // n_frames
    clock = rt.Clock("freewheel", n_frames, rate_uhz / 1e6, 12345)
    assert clock.skip(n + 1) == edge_ns(n_frames, rate_uhz, 12345, n)


@given(EDGES)
def test_the_period_is_its_whole_part(rt: ModuleType, grid: dict[str, int]) -> None:
    clock = rt.Clock("realtime", grid["n_frames"], grid["rate_uhz"] / 1e6, 0)
    assert clock.period_ns == grid["n_frames"] * 10**15 // grid["rate_uhz"]


def test_the_first_edge_is_a_period_after_the_anchor(rt: ModuleType) -> None:
    before = monotonic_ns()
    clock = rt.Clock("realtime", 480, 48000.0)
    assert before + 10_000_000 <= clock.next_ns <= monotonic_ns() + 10_000_000


def test_realtime_never_wakes_before_its_edge(rt: ModuleType) -> None:
    clock = rt.Clock("realtime", 48, 48000.0)
    first = clock.next_ns
    for n in range(50):
        edge = clock.wait()
        assert monotonic_ns() >= edge
        if clock.n_late == 0:
            assert edge == first + n * 1_000_000


def test_an_edge_less_than_a_period_late_is_caught_up(rt: ModuleType) -> None:
    clock = rt.Clock("realtime", 8192, 8000.0)  # 1.024 s: no machine is that slow
    clock.next_ns = planned = monotonic_ns() - 500_000_000
    assert clock.wait() == planned
    assert (clock.n_late, clock.take_discontinuity()) == (0, False)
    assert clock.next_ns == planned + 1_024_000_000


@given(periods=st.floats(1.0, 1e6))
def test_a_late_edge_is_counted_once_and_moves_the_grid_to_now(rt: ModuleType, periods: float) -> None:
    clock = rt.Clock("realtime", 512, 8000.0)
    before = monotonic_ns()
    clock.next_ns = before - int(periods * 64_000_000)
    edge = clock.wait()
    assert before <= edge <= monotonic_ns()
    assert clock.n_late == 1
    assert clock.take_discontinuity() is True
    assert clock.next_ns == edge + 64_000_000


@pytest.mark.parametrize(("asked_ns", "taken_ns"), [(0, 0), (50_000, 50_000), (500_000, 500_000), (10**12, 500_000)])
def test_at_most_half_a_period_is_spun(rt: ModuleType, asked_ns: int, taken_ns: int) -> None:
    assert rt.Clock("realtime", 48, 48000.0, None, asked_ns).spin_ns == taken_ns


def test_a_spinning_clock_serves_the_same_edges(rt: ModuleType) -> None:
    clock = rt.Clock("realtime", 48, 48000.0, None, 100_000)
    first = clock.next_ns
    for n in range(20):
        edge = clock.wait()
        assert clock.late_ns >= 0 and clock.n_waits == n + 1
        if clock.n_late == 0:
            assert edge == first + n * 1_000_000


def test_a_spinning_clock_that_is_late_does_not_spin(rt: ModuleType) -> None:
    clock = rt.Clock("realtime", 8192, 8000.0, None, 200_000)
    clock.next_ns = planned = monotonic_ns() - 100_000_000
    assert clock.wait() == planned
    assert 100_000_000 <= clock.late_ns < 1_024_000_000


def test_manual_takes_as_many_edges_as_were_granted(rt: ModuleType) -> None:
    clock = rt.Clock("manual", 64, 48000.0, 0)
    seen: list[int] = []

    def run() -> None:
        while (edge := clock.wait()) != -1:
            seen.append(edge)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        for n in (1, 1, 3, 10, 1000):
            # the edge counts as done when the next one is waited for
            assert clock.step(n, 10.0)
        assert len(seen) == 1015
        assert seen == [edge_ns(64, 48000 * 10**6, 0, n) for n in range(1015)]
    finally:
        clock.close()
        thread.join(10)
    assert not thread.is_alive()


def test_stepping_a_clock_that_nobody_waits_for_is_bounded(rt: ModuleType) -> None:
    clock = rt.Clock("manual", 64, 48000.0)
    before = time.monotonic()
    assert clock.step(1, 0.05) is False
    assert time.monotonic() - before < 5


@settings(max_examples=20)
@given(EDGES)
def test_freewheel_does_not_look_at_the_time(rt: ModuleType, grid: dict[str, int]) -> None:
    far = {**grid, "anchor_ns": monotonic_ns() + DAY_S * 10**9}
    clock = rt.Clock("freewheel", far["n_frames"], far["rate_uhz"] / 1e6, far["anchor_ns"])
    assert clock.skip(1000) == edge_ns(**far, n=999)
    assert clock.n_late == 0
