"""testing: makes the checks in child processes, so that a driver that crashes or hangs is a finding and not an end.

A child is told which checks to make, says before each one that it begins, and after it what it found. When it dies, or
says nothing for too long, the check that had begun has its finding, and the next child begins with the one after it.
"""

import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TextIO

from asiokit.errors import AsiokitError
from asiokit.host.native import NativeDriver
from asiokit.testing.conformance.bench import Bench
from asiokit.testing.conformance.case import (
    CHECKS,
    Check,
    Finding,
    NothingToSeeError,
    NotMetError,
    Outcome,
    RemarkError,
)

TIMEOUT_S = 60.0  # of one check


def make(check: Check, opener: Callable[[], NativeDriver], seed: int) -> Finding:
    """One check, in this process."""
    begin = time.perf_counter()
    bench = Bench(opener, f"{seed}:{check.id}")
    try:
        outcome, detail = Outcome.PASS, check.look(bench) or ""
    except NothingToSeeError as reason:
        outcome, detail = Outcome.SKIPPED, str(reason)
    except RemarkError as remark:
        outcome, detail = Outcome.WARNING, str(remark)
    except (NotMetError, AsiokitError, OSError, ValueError) as fault:
        outcome, detail = Outcome.FAIL if check.is_must else Outcome.WARNING, str(fault) or type(fault).__name__
    finally:
        bench.close()
    return Finding(check.id, outcome, detail, check.rule, check.source, time.perf_counter() - begin)


def work(ids: Sequence[str], opener: Callable[[], NativeDriver], seed: int, out: TextIO) -> None:
    """The child's part: a line of JSON before and after each check."""
    for id in ids:
        print(json.dumps({"begins": id}), file=out, flush=True)
        print(json.dumps(make(CHECKS[id], opener, seed).as_dict()), file=out, flush=True)


def run(
    ids: Sequence[str], command: Callable[[Sequence[str]], list[str]], timeout_s: float = TIMEOUT_S
) -> Iterator[Finding]:
    """Findings, one for each id, in order. command: what starts a child that makes these checks."""
    left = list(ids)
    while left:
        with _Child(command(left)) as child:
            begun = None
            while left:
                line = child.line(timeout_s)
                if line is None:
                    break
                if "begins" in line:
                    begun = line["begins"]
                    begin_s = time.monotonic()
                    continue
                yield Finding(**line)
                left.remove(line["id"])
                begun = None
            else:
                return
            if begun is None:  # before any check: the child itself does not work
                raise AsiokitError(f"the process that makes the checks has ended: {child.last_words()}")
            check = CHECKS[begun]
            outcome = Outcome.CRASHED if child.has_ended() else Outcome.HUNG
            detail = child.last_words() if outcome == Outcome.CRASHED else f"nothing was heard for {timeout_s:g} s"
            yield Finding(begun, outcome, detail, check.rule, check.source, time.monotonic() - begin_s)
            left.remove(begun)


class _Child:
    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.errors: list[str] = []
        threads = [threading.Thread(target=target, daemon=True) for target in (self._read, self._read_errors)]
        for thread in threads:
            thread.start()
        self.threads = threads

    def __enter__(self) -> "_Child":
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors = [*self.errors[-30:], line.rstrip()]

    def line(self, timeout_s: float) -> dict[str, Any] | None:
        """None: it has ended, or says nothing."""
        try:
            line = self.lines.get(timeout=timeout_s)
        except queue.Empty:
            return None
        answer: dict[str, Any] | None = None if line is None else json.loads(line)
        return answer

    def has_ended(self) -> bool:
        try:
            self.process.wait(1)
        except subprocess.TimeoutExpired:
            return False
        return True

    def last_words(self) -> str:
        self.has_ended()
        self.threads[1].join(1)
        code = self.process.returncode
        said = next((line for line in self.errors if line.startswith("Fatal")), "") or " ".join(self.errors[-1:])
        return f"exit code {code}{f': {said}' if said else ''}"
