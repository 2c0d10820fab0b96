"""The figure: a thousand lives of a driver leave nothing behind: no memory, no file, no thread."""

import ctypes
import gc
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from asiokit.engine.engine import undead_count
from inprocess import wait_for

from asiokit import entry
from asiokit.host.open import open_driver
from asiokit.host.session import Session

from .conftest import write_entry

N_LIVES = 1000
N_WARM_UP = 100
N_BATCHES = 4


class MallInfo(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks"),
            *("fordblks", "keepcost"),
        )
    ]


class Belongings(NamedTuple):
    """What the process has: bytes from malloc, Python's own blocks, resident bytes, mappings, files, threads."""

    heap_bytes: int
    python_blocks: int
    resident_bytes: int
    n_mappings: int
    n_files: int
    n_threads: int


# looked up once: what looking up leaves behind would count as the lives'
MALLINFO2 = ctypes.CDLL(None).mallinfo2
MALLINFO2.restype = MallInfo


def belongings() -> Belongings:
    gc.collect()
    info = MALLINFO2()
    return Belongings(
        heap_bytes=info.uordblks + info.hblkhd,
        python_blocks=sys.getallocatedblocks(),
        resident_bytes=int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE"),
        n_mappings=Path("/proc/self/maps").read_text().count("\n"),
        n_files=len(os.listdir("/proc/self/fd")),
        n_threads=len(os.listdir("/proc/self/task")),
    )


def live(library: Path, clock: str, how: str) -> None:
    driver = open_driver(f"{library},{clock}")
    session = Session(driver, inputs=[0, 1], outputs=[0, 1], n_frames=32)
    session.start()
    if how == "runs":
        assert session.wait(2)
    if how == "released while running":
        assert session.wait(1)
        assert driver.release() == 0
        session.close()
        return
    session.stop()
    session.dispose()
    session.close()
    assert driver.release() == 0


# A thread's cache and an arena for every few threads are malloc's, not ours, and keep growing for thousands of threads.
EXACT_MALLOC = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1"}


@pytest.mark.parametrize("clock", ["realtime", "freewheel"])
def test_a_thousand_lives(
    library: Path,
    entry_folder: Path,
    clock: str,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if EXACT_MALLOC.items() - os.environ.items():
        again = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{request.path}::{request.node.name}"]
        done = subprocess.run(again, env=os.environ | EXACT_MALLOC, capture_output=True, text=True, timeout=100)
        with capsys.disabled():
            print("".join(line for line in done.stdout.splitlines(keepends=True) if "lives" in line), end="")
        assert done.returncode == 0, done.stdout
        return
    write_entry(entry_folder, clock, clock=clock)
    threads_before = len(os.listdir("/proc/self/task"))
    lives: Callable[[int], str] = lambda n: "released while running" if n % 10 == 0 else ("runs", "")[n % 2]  # noqa: E731
    for n in range(N_WARM_UP):
        live(library, clock, lives(n))
    settle(threads_before)
    stages, begin = [belongings()], time.monotonic()
    for n in range(N_LIVES):
        live(library, clock, lives(n))
        if (n + 1) % (N_LIVES // N_BATCHES) == 0:
            settle(threads_before)
            stages.append(belongings())
    took_s = time.monotonic() - begin
    # the allocators' own books move a little, now and then; what each life leaves behind is in every batch
    batches = [[b - a for a, b in zip(*pair, strict=True)] for pair in itertools.pairwise(stages)]
    grown = dict(zip(Belongings._fields, map(min, zip(*batches, strict=True)), strict=True))
    total = dict(zip(Belongings._fields, map(sum, zip(*batches, strict=True)), strict=True))
    with capsys.disabled():
        print(f"\n{N_LIVES} lives, {clock}, {took_s / N_LIVES * 1e3:.2f} ms each; grown by {total}")
    assert entry.drivers() == []
    assert undead_count() == 0
    assert grown["n_threads"] <= 0 and grown["n_files"] <= 0
    assert grown["heap_bytes"] < 8 * N_LIVES // N_BATCHES
    assert grown["python_blocks"] < N_LIVES // N_BATCHES // 10
    assert grown["n_mappings"] < N_LIVES // N_BATCHES // 10
    assert total["resident_bytes"] < 1 << 20


def settle(n_threads: int) -> None:
    """The last runs' threads still sleep to their next edge, and see there that they are not wanted any more."""
    assert wait_for(lambda: len(os.listdir("/proc/self/task")) <= n_threads)
