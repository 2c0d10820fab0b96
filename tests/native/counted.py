"""tests: a host's process with counters.c preloaded; prints what the stream thread did in N cycles, as JSON.

counted.py LIBRARY ENTRY N_FRAMES N_CHANNELS [misbehave] [trace SECONDS]
"""

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from asiokit.host.open import open_driver
from asiokit.host.session import Session

N_CYCLES, WARM_UP = 500, 50
FIELDS = (
    *("allocations", "locks", "syscalls"),
    *("minor_faults", "major_faults", "voluntary_switches", "involuntary_switches"),
    "clock_reads",
)
Counts = ctypes.c_int64 * len(FIELDS)


def stream_thread() -> str:
    for task in Path("/proc/self/task").iterdir():
        if (task / "comm").read_text().strip() == "asiokit-stream":
            return task.name
    raise SystemExit("there is no stream thread")


def traced(seconds: float) -> list[str]:
    """The names of the system calls of the stream thread, as strace sees them."""
    log = Path(os.environ["TMPDIR"], "strace.txt")
    # to a file: its own summary would mix in what it attached and detached by
    command = ["strace", "-q", "-o", str(log), "-p", stream_thread()]
    strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    strace.terminate()
    said = strace.communicate()[1]
    if "Operation not permitted" in said:
        return ["strace: not permitted"]
    return sorted({line.partition("(")[0].lstrip("<. ") for line in log.read_text().splitlines() if "(" in line})


def main(library: str, entry: str, n_frames: int, n_channels: int, *words: str) -> None:
    counters = ctypes.CDLL(None)
    address = ctypes.cast(counters.counters_mark, ctypes.c_void_p).value or 0
    driver = open_driver(f"{library},{entry}")
    first, last = Counts(), Counts()
    with Session(driver, inputs=range(n_channels), outputs=range(n_channels), n_frames=n_frames) as session:
        session.load(log=WARM_UP + N_CYCLES + 100)
        session.act("hook", at=WARM_UP, hook=address, context=ctypes.addressof(first), owner=first)
        session.act("hook", at=WARM_UP + N_CYCLES, hook=address, context=ctypes.addressof(last), owner=last)
        if "misbehave" in words:
            work = ctypes.cast(counters.counters_misbehave, ctypes.c_void_p).value or 0
            session.act("hook", every=1, hook=work)
        session.start()
        calls = []
        if "trace" in words:
            session.wait(WARM_UP + 2)  # the first mark is a system call of its own
            calls = traced(float(words[-1]))
        assert session.wait(WARM_UP + N_CYCLES + 1, stall_s=10)
        session.stop()
        rows = session.callbacks[WARM_UP : WARM_UP + N_CYCLES]
        # an edge that has passed when the cycle before it ends is served without sleeping
        passed = int((rows["left_ns"][:-1] >= rows["system_ns"][1:]).sum())
        # a late edge moves the grid by a period or more, and wakes the notifier by a system call
        period_ns = n_frames * 10**9 // int(driver.get_sample_rate())
        late = int((np.diff(session.callbacks["system_ns"][WARM_UP - 1 :]) >= 2 * period_ns - 2).sum())
    driver.release()
    counted = {name: last[i] - first[i] for i, name in enumerate(FIELDS)}
    print(json.dumps(counted | {"cycles": N_CYCLES, "passed": passed, "late": late, "calls": calls}))


if __name__ == "__main__":
    library, entry, n_frames, n_channels, *words = sys.argv[1:]
    main(library, entry, int(n_frames), int(n_channels), *words)
