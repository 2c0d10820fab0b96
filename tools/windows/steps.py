"""tools: one step of the assembly: made once, in a folder of its own, finished or absent but never half there."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.windows.versions import DEBIAN_PACKAGES

STAMP = ".made-from"
CC = "x86_64-w64-mingw32-gcc"
TOOLS = ("wine", "wineserver", CC, "x86_64-w64-mingw32-objdump", "x86_64-w64-mingw32-dlltool", "gendef")


class Missing(RuntimeError):
    """Something that this machine lacks. The text names the remedy."""


class Failed(RuntimeError):
    """A command ended with an error. The text holds the command and what it printed."""


def missing_tools() -> list[str]:
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def require_tools() -> None:
    absent = missing_tools()
    if absent:
        raise Missing(
            f"not installed: {', '.join(absent)}. Remedy (Debian, Ubuntu): "
            f"apt-get install --no-install-recommends {' '.join(DEBIAN_PACKAGES)}"
        )


def run(command: Sequence[str | Path], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Runs a build command; returns its stdout. Raises Failed with everything it printed."""
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode != 0:
        text = f"{done.stdout}\n{done.stderr}".strip()
        raise Failed(f"{' '.join(str(word) for word in command)}\nended with {done.returncode}:\n{text}")
    return done.stdout


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Two assemblies in one cache folder wait for each other."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def step(folder: Path, sources: object, make: Callable[[Path], None]) -> Path:
    """Makes `folder` by `make(empty folder)` unless it stands already and came from the same `sources` (a repr)."""
    key = hashlib.sha256(repr(sources).encode()).hexdigest()
    stamp = folder / STAMP
    if stamp.is_file() and stamp.read_text() == key:
        say(f"{folder.name}: ready")
        return folder
    started = time.monotonic()
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    make(part)
    (part / STAMP).write_text(key)
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(part, folder)
    say(f"{folder.name}: made in {time.monotonic() - started:.1f} s")
    return folder


def say(line: str) -> None:
    print(f"windows: {line}", file=sys.stderr, flush=True)
