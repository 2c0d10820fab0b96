"""tests of bench/measure: rounds, ratios, medians, goals, on given numbers."""

import ctypes
import itertools
import os
import sys

import pytest

from asiokit.bench import measure, peers
from asiokit.bench.cycle import exponent, plane
from asiokit.bench.measure import Goal, Result, by_turns, compared, in_rotation, runs_for, spread_of


@pytest.mark.parametrize(
    ("goal", "value", "ratio", "met"),
    [
        (Goal(2.0), None, 2.0, True),
        (Goal(2.0), 1.0, 2.1, False),
        (Goal(2.0), 1.0, None, None),
        (Goal(0.5, at_least=True), None, 0.5, True),
        (Goal(0.5, at_least=True), None, 0.49, False),
        (Goal(1.0, of_value=True), 1.0, 99.0, True),
        (Goal(1.0, of_value=True), 1.1, 0.1, False),
        (Goal(0, of_value=True), 0, None, True),
        (Goal(1.0, of_value=True), None, None, None),
    ],
)
def test_goals(goal: Goal, value: float | None, ratio: float | None, met: bool | None) -> None:
    assert goal.is_met_by(value, ratio) is met


def test_ratios_are_taken_within_a_round() -> None:
    # the machine was half as fast in the second round: the ratio is the same, that of the medians would be, too; but
    # not in the third one, where only the contender was disturbed
    result = compared("cycle", "x", [20.0, 40.0, 100.0], [10.0, 20.0, 11.0], "memcpy", Goal(2.2))
    assert (result.value, result.anchor, result.ratio) == (40.0, 11.0, 2.0)
    assert result.spread == (2.0, pytest.approx(100 / 11))
    assert result.met is True


def test_a_speed_is_the_other_way_round() -> None:
    result = compared("convert", "x", [10.0, 20.0], [5.0, 10.0], "memcpy", Goal(0.45, at_least=True), inverse=True)
    assert (result.ratio, result.met) == (0.5, True)


@pytest.mark.parametrize("anchors", [None, []])
def test_without_its_anchor_a_line_stays_open(anchors: list[float] | None) -> None:
    result = compared("ring", "x", [3.0, 1.0, 2.0], anchors, "JACK", Goal(1.4, at_least=True))
    assert (result.value, result.anchor, result.ratio, result.spread, result.met) == (2.0, None, None, None, None)


def test_a_contender_that_missed_a_round_is_not_compared() -> None:
    with pytest.raises(ValueError):
        compared("ring", "x", [1.0, 2.0], [1.0], "JACK")


def test_a_spread_leaves_out_the_tenth_at_either_end() -> None:
    assert spread_of([float(i) for i in range(11)]) == (1.0, 9.0)
    assert spread_of([3.0, 1.0, 2.0]) == (1.0, 3.0)
    assert spread_of([5.0]) == (5.0, 5.0)


def test_every_round_asks_everybody_and_begins_with_another() -> None:
    order = []

    def says(name: str, count: itertools.count) -> float:  # type: ignore[type-arg]
        order.append(name)
        return float(next(count))

    counts = {name: itertools.count() for name in "abc"}
    ticks: list[tuple[int, int]] = []
    contenders = {name: lambda name=name: says(name, counts[name]) for name in "abc"}
    said = by_turns(contenders, 4, lambda done, total: ticks.append((done, total)))
    assert "".join(order) == "abcbcacababc"
    assert said == {name: [0.0, 1.0, 2.0, 3.0] for name in "abc"}
    assert ticks == [(i, 12) for i in range(12)]


@pytest.mark.parametrize("ns", [0.5, 20.0, 4000.0, 1e6])
def test_a_batch_is_long_enough(ns: float) -> None:
    n = runs_for(lambda n: ns)
    assert 1 <= n <= measure.MAX_RUNS
    assert n * ns >= 100_000
    assert n == 1 or n * ns < 2 * measure.BATCH_NS


def test_what_takes_no_time_does_not_run_for_ever() -> None:
    assert runs_for(lambda n: 0.0) == measure.MAX_RUNS


def test_in_rotation_runs_batches() -> None:
    asked: dict[str, list[int]] = {"fast": [], "slow": []}

    def contender(name: str, ns: float):  # type: ignore[no-untyped-def]
        return lambda n: (asked[name].append(n), ns)[1]

    taken = in_rotation({"fast": contender("fast", 10.0), "slow": contender("slow", 1000.0)}, 3)
    assert taken == {"fast": [10.0] * 3, "slow": [1000.0] * 3}
    assert [asked["fast"][-1], asked["slow"][-1]] == [15000, 150]


def test_json_has_what_was_promised() -> None:
    row = compared("cycle", "x, y", [2.0], [1.0], "memcpy", Goal(2.2), detail={"a": 1}).fields()
    assert row == {
        "name": "cycle/x, y", "group": "cycle", "value": 2.0, "unit": "ns", "anchor": 1.0, "anchor_name": "memcpy",
        "ratio": 2.0, "spread": [2.0, 2.0], "goal": "<= 2.2 x memcpy", "met": True, "detail": {"a": 1},
    }  # fmt: skip
    assert Result("cpu", "x", 5.04321, "%", goal=Goal(8, of_value=True)).fields()["goal"] == "<= 8 %"
    assert Result("cpu", "x", 5.04321, "%").fields()["value"] == 5.043


def test_quantiles_of_a_histogram() -> None:
    histogram = {10: 50, 20: 49, 900: 1}
    assert peers.quantile_us(histogram, 0.5) == 10.5
    assert peers.quantile_us(histogram, 0.99) == 20.5
    assert peers.quantile_us(histogram, 1.0) == 900.5
    with pytest.raises(ValueError):
        peers.quantile_us({}, 0.5)


def test_the_plane_through_cycles_is_found() -> None:
    rows = [(c, f, 30 + 2.0 * c + 0.1 * c * f) for c in (2, 8, 64, 512) for f in (16, 64, 256)]
    fit, residuals = plane(rows)
    assert fit == pytest.approx([30, 2.0, 0.1])
    assert residuals == pytest.approx([0] * len(rows), abs=1e-9)


def test_no_term_of_the_plane_is_negative() -> None:
    rows = [(c, f, 0.1 * c * f - 0.5 * c + 100) for c in (2, 8, 64) for f in (16, 64, 256)]
    fit, residuals = plane(rows)
    assert min(fit) >= 0 and fit[1] == 0
    assert max(map(abs, residuals)) > 0.001


def test_an_exponent_of_one_is_in_proportion() -> None:
    assert exponent([(2, 10, 20.0), (4, 10, 40.0), (4, 100, 400.0)]) == pytest.approx(1.0)
    assert exponent([(1, 10, 1.0), (10, 10, 100.0)]) == pytest.approx(2.0)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="threads can't be pinned here")
def test_pinning_ends() -> None:
    before = os.sched_getaffinity(0)
    with measure.pinned():
        assert len(os.sched_getaffinity(0)) == 1
        with measure.unpinned():
            assert os.sched_getaffinity(0) == measure.ALL_CPUS
        assert len(os.sched_getaffinity(0)) == 1
    with pytest.raises(KeyError), measure.pinned():
        raise KeyError
    assert os.sched_getaffinity(0) == before


@pytest.mark.skipif(sys.platform != "linux", reason="timer slack is Linux's")
def test_sleeps_are_rounded_again_afterwards() -> None:
    def slack_ns() -> int:
        return int(ctypes.CDLL(None).prctl(30, 0, 0, 0, 0))  # PR_GET_TIMERSLACK

    before = slack_ns()
    with measure.sleeps_not_rounded():
        assert slack_ns() == 1
    assert slack_ns() == before
