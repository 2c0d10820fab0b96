"""tests of rt/journal: many writers, one reader; a text is whole or dropped and counted."""

import threading
from types import ModuleType

from hypothesis import given
from hypothesis import strategies as st


@given(st.binary(max_size=400).filter(lambda text: b"\0" not in text))
def test_a_text_comes_back_cut_to_its_room(rt: ModuleType, text: bytes) -> None:
    journal = rt.Journal()
    journal.put(text)
    assert journal.take() == text[: rt.TEXT - 1]
    assert journal.take() is None


@given(st.lists(st.integers(0, 40), max_size=20))
def test_what_does_not_fit_is_counted(rt: ModuleType, bursts: list[int]) -> None:
    journal = rt.Journal()
    n_dropped = 0
    for burst in bursts:
        for n in range(burst):
            journal.put(b"%d" % n)
        taken = list(iter(journal.take, None))
        # what was kept is the first of the burst: the reader learns how the trouble began
        assert taken == [b"%d" % n for n in range(min(burst, rt.SLOTS))]
        n_dropped += max(0, burst - rt.SLOTS)
    assert journal.n_dropped == n_dropped


def test_the_count_of_texts_may_wrap(rt: ModuleType) -> None:
    journal = rt.Journal()
    journal.wind(2**31 - 3)
    for n in range(6):
        journal.put(b"%d" % n)
    assert sorted(iter(journal.take, None)) == [b"%d" % n for n in range(6)]


def test_writers_at_full_speed_never_mix_their_texts(rt: ModuleType) -> None:
    journal, n_writers, n_texts = rt.Journal(), 4, 50_000
    writers = [threading.Thread(target=journal.put_many, args=(i, n_texts)) for i in range(n_writers)]
    taken: list[bytes] = []
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        if (text := journal.take()) is not None:
            taken.append(text)
    taken.extend(iter(journal.take, None))
    assert len(taken) + journal.n_dropped == n_writers * n_texts
    seen = set()
    for text in taken:
        assert text[:150] == text[:1] * 150, text
        number = int(text[150:])
        assert 0 <= number < n_texts
        seen.add((text[0], number))
    assert len(seen) == len(taken)
