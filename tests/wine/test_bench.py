"""The benchmark runs in Wine, and leaves open what can't be told there."""

import json
import os
from pathlib import Path

from wine.machine import Machine

# cyclictest, thread counters and other people's libraries are of the Linux outside
GROUPS = ("convert", "cycle", "dispatch", "freewheel", "ring", "proof", "wake")


def test_benchmark(machine: Machine) -> None:
    """With ASIOKIT_BENCH_WINE=FILE it is the long run, and its figures are kept there."""
    keep = os.environ.get("ASIOKIT_BENCH_WINE")
    words = () if keep else ("--quick", "--rounds", "1")
    done = machine.python("-m", "asiokit", "bench", *GROUPS, *words, "--json", timeout_s=550)
    assert done.returncode in (0, 1), done.stderr
    rows = json.loads(done.stdout)
    if keep:
        Path(keep).write_text(json.dumps(rows, indent=1) + "\n")
    assert {row["name"].partition("/")[0] for row in rows} == {"machine", *GROUPS}
    by_name = {row["name"]: row for row in rows}
    for name in ("int16", "int24", "int32"):
        assert by_name[f"convert/{name} codes changed by the way to float32 and back"]["value"] == 0
    assert by_name["proof/page faults a cycle"]["value"] is None
    assert by_name["cycle/loopback by one copy + stamp, 64 x 32"]["ratio"] > 0
    assert by_name["wake/1 ms, realtime, p50"]["value"] > 0
