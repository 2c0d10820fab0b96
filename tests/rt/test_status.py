"""tests of rt/status: the pair of position and time is never torn, lateness is counted in its bucket."""

import threading
from types import ModuleType

from hypothesis import given
from hypothesis import strategies as st


def test_the_pair_is_never_torn(rt: ModuleType) -> None:
    status = rt.Status()
    n = 2_000_000
    results: list[tuple[int, int, int]] = []
    readers = [threading.Thread(target=lambda: results.append(status.read_until(n - 1))) for _ in range(2)]
    for reader in readers:
        reader.start()
    status.publish_many(n)
    for reader in readers:
        reader.join(60)
    assert len(results) == 2
    assert [(torn, backwards) for _, torn, backwards in results] == [(0, 0)] * 2


@given(st.lists(st.integers(-(10**6), 10**10), max_size=50))
def test_each_wake_up_is_counted_in_its_microsecond(rt: ModuleType, lateness_ns: list[int]) -> None:
    status = rt.Status()
    expected = [0] * rt.BUCKETS
    for late_ns in lateness_ns:
        status.wake(late_ns)
        expected[min(max(late_ns, 0) // 1000, rt.BUCKETS - 1)] += 1
    assert status.buckets == expected
    assert status.wake_max_ns == max([0, *lateness_ns])
