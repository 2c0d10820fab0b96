"""tests of rt/system: the operating system's part, through the functions that every layer uses."""

import mmap
import threading
import time
from types import ModuleType

import pytest
from asiokit.rt.system import host_clock_ns, monotonic_ns, sleep_method


def test_the_clock_is_pythons_monotonic_one() -> None:
    before, now, after = time.monotonic_ns(), monotonic_ns(), time.monotonic_ns()
    assert before <= now <= after


def test_the_hosts_clock_does_not_step_back() -> None:
    times = [host_clock_ns() for _ in range(1000)]
    assert times == sorted(times)


def test_the_hosts_clock_runs_at_the_monotonic_clocks_rate() -> None:
    t = monotonic_ns()
    assert host_clock_ns(t + 1_000_000) - host_clock_ns(t) == pytest.approx(1_000_000, abs=2000)


@pytest.mark.parametrize("spin_ns", [0, 100_000, 10**15])
def test_sleep_ends_at_its_time_or_later_and_says_when(rt: ModuleType, spin_ns: int) -> None:
    for end in (monotonic_ns() + 5_000_000, monotonic_ns() - 10**9, -(10**12)):
        before = monotonic_ns()
        woke = rt.sleep(end, spin_ns)
        assert max(before, end) <= woke <= monotonic_ns()
    assert sleep_method()


@pytest.mark.parametrize(
    ("t_ns", "from_ns", "spin_ns", "end_ns", "reads"),
    [
        (500, 0, 1000, 500, 5),  # as planned
        (1 << 60, 0, 1000, 1000, 10),  # the sleep ended far too early: the spin ends after its time all the same
        (1 << 62, -(1 << 61), 1000, 1000 - (1 << 61), 10),
        (0, 5000, 1000, 5000, 0),  # too late
        (500, 0, 0, 0, 0),
    ],
)
def test_the_spin_is_bounded(rt: ModuleType, t_ns: int, from_ns: int, spin_ns: int, end_ns: int, reads: int) -> None:
    assert rt.spin(t_ns, from_ns, spin_ns, 100) == (end_ns, reads)


def test_an_event_lets_one_wait_through_for_each_set(rt: ModuleType) -> None:
    event = rt.Event()
    assert event.wait(0.01) is False
    event.set()
    event.set()  # twice is once
    assert event.wait(0) is True
    assert event.wait(0.01) is False


def test_a_set_wakes_a_waiting_thread(rt: ModuleType) -> None:
    event, answers = rt.Event(), []
    thread = threading.Thread(target=lambda: answers.append(event.wait(-1)))
    thread.start()
    time.sleep(0.02)
    event.set()
    thread.join(10)
    assert answers == [True]


def test_ten_thousand_sets_and_waits_lose_none(rt: ModuleType) -> None:
    ping, pong = rt.Event(), rt.Event()

    def answer() -> None:
        for _ in range(10_000):
            assert ping.wait(10)
            pong.set()

    thread = threading.Thread(target=answer)
    thread.start()
    for _ in range(10_000):
        ping.set()
        assert pong.wait(10)
    thread.join(10)
    assert not thread.is_alive()


def test_the_mutex_is_recursive_and_a_threads_own(rt: ModuleType) -> None:
    mutex, others = rt.Mutex(), []
    mutex.lock()
    assert mutex.try_lock()
    thread = threading.Thread(target=lambda: others.append(mutex.try_lock()))
    thread.start()
    thread.join(10)
    assert others == [False]
    mutex.unlock()
    mutex.unlock()


@pytest.mark.parametrize("n_bytes", [1, 4096, 4097, 10_000_000])
def test_pages_are_aligned_zeroed_and_ours(rt: ModuleType, n_bytes: int) -> None:
    address, zero, writable = rt.pages(n_bytes)
    assert address and address % mmap.PAGESIZE == 0
    assert zero and writable


def test_living_threads_have_different_ids(rt: ModuleType) -> None:
    ids, barrier = [], threading.Barrier(8)

    def work() -> None:
        ids.append(rt.own_thread())
        barrier.wait(10)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(set(ids)) == 8 and 0 not in ids
