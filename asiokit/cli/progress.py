"""cli: a line on stderr that says how far it is; nothing at all unless stderr is a terminal."""

import sys
from typing import Self

_WIDTH = 30
_FULL, _EMPTY = "━", "─"


class Progress:
    """with Progress("playing") as progress: progress(done_s, total_s). The line is gone when the block ends."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._shown = ""
        self._active = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __call__(self, done_s: float, total_s: float) -> None:
        if not self._active or total_s < 1:  # over before it can be read
            return
        full = min(_WIDTH, int(_WIDTH * done_s / total_s))
        self._write(f"  {self.what}  {_FULL * full}{_EMPTY * (_WIDTH - full)}  {done_s:.1f} of {total_s:.1f} s")

    def say(self, what: str) -> None:
        """For a step whose length nobody knows."""
        self.what = what
        if self._active:
            self._write(f"  {what} ...")

    def __exit__(self, *exception: object) -> None:
        if self._shown:
            self._write("")

    def _write(self, line: str) -> None:
        """Over the old line, in characters that this terminal has."""
        try:
            line.encode(sys.stderr.encoding or "ascii")
        except UnicodeEncodeError:
            line = line.replace(_FULL, "#").replace(_EMPTY, "-")
        sys.stderr.write("\r" + line.ljust(len(self._shown)) + ("" if line else "\r"))
        sys.stderr.flush()
        self._shown = line
