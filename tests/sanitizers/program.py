"""tests: a program without pytest, for ThreadSanitizer, which under pytest loses sight of what happened before what.

program.py canary: two threads race. program.py MODULE ...: runs the test functions of these test modules that need
no more fixtures than the compiled ones.
"""

import importlib
import inspect
import itertools
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
for folder in ("", "engine", "rt"):
    sys.path.insert(0, str(TESTS / folder))

# found beside the tests, which is known only now
from compiled import compiled  # noqa: E402

FIXTURES = {
    "probe": TESTS / "engine" / "probe_device.pyx",
    "rt": TESTS / "rt" / "rt_probe.pyx",
    "queue": TESTS / "rt" / "blocks_probe.pyx",
}

# They take what a sanitizer makes ten times slower, and touch no second thread, or measure time.
LEFT_OUT = {
    *("test_a_day_later_not_a_nanosecond_is_lost", "test_every_size_from_the_smallest_to_the_largest"),
    *("test_stop_does_not_wait_for_the_next_edge", "test_from_one_channel_to_the_most"),
}


def combinations(function: Any) -> Iterator[dict[str, Any]]:
    """The parameters of pytest.mark.parametrize, multiplied out."""
    axes = []
    for mark in getattr(function, "pytestmark", []):
        if mark.name == "parametrize":
            names = [n.strip() for n in mark.args[0].split(",")] if isinstance(mark.args[0], str) else mark.args[0]
            axes.append([dict(zip(names, v if len(names) > 1 else (v,), strict=True)) for v in mark.args[1]])
    for combination in itertools.product(*axes):
        yield {name: value for part in combination for name, value in part.items()}


def run(module_name: str) -> int:
    n_run = 0
    for name, function in inspect.getmembers(importlib.import_module(module_name), inspect.isfunction):
        if not name.startswith("test_") or name in LEFT_OUT or hasattr(function, "hypothesis"):
            continue
        for parameters in combinations(function):
            missing = inspect.signature(function).parameters.keys() - parameters.keys()
            if missing <= FIXTURES.keys():
                begin = time.monotonic()
                try:
                    function(**parameters, **{fixture: compiled(FIXTURES[fixture]) for fixture in missing})
                except BaseException:
                    print(f"FAILED {module_name}.{name} {parameters}\n{traceback.format_exc()}", flush=True)
                n_run += 1
                if (took_s := time.monotonic() - begin) > 3:
                    print(f"{module_name}.{name} {parameters}: {took_s:.1f} s", flush=True)
    print(f"{module_name}: {n_run} run", flush=True)
    return n_run


def canary() -> None:
    race, barrier = compiled(Path(__file__).with_name("canary.pyx")).race, threading.Barrier(2)
    threads = [threading.Thread(target=lambda: (barrier.wait(), race(10_000_000))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    if sys.argv[1:] == ["canary"]:
        canary()
    else:
        assert all([run(module) for module in sys.argv[1:]])
