"""cli: the demo in Wine: the Windows driver, registered in a Wine prefix of its own, played through by PortAudio.

Needs a checkout: the Windows Python, the prefix and the wheel are made by tools/windows, which is not installed.
"""

import contextlib
import importlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import asiokit
from asiokit.cli import wine_host
from asiokit.cli.progress import Progress
from asiokit.errors import AsiokitError
from asiokit.host.samples import SAMPLE_TYPES, Array, encode
from asiokit.host.session import CALLBACK_DTYPE, MESSAGE_DTYPE
from asiokit.host.stream import Recording

ROOT = Path(asiokit.__file__).resolve().parents[1]
BUILT_BY = "make wheel"
DRIVER = "asiokit Loopback"
FLOAT32 = SAMPLE_TYPES[19]
START_S = 240.0  # a cold Wine prefix, Python, registration


def play(data: Array, rate_hz: int, n_frames: int, progress: Progress) -> tuple[Recording, dict[str, str]]:
    """Plays `data` (frames, channels). The second value: who the host was."""
    progress.say("looking for the Windows build")
    wheel, environment, wine = _tools()
    samples = data if data.dtype.kind == "f" else data / float(1 << (8 * data.dtype.itemsize - 1))
    samples = samples.astype(np.float32)
    with tempfile.TemporaryDirectory(prefix="asiokit-demo-") as name:
        folder = Path(name)
        np.save(folder / "played.npy", samples)
        shutil.copy(wine_host.__file__, folder / "wine_host.py")  # alone: its neighbours are not for that Python
        progress.say("making a Wine prefix")
        python = _install(environment, wheel, folder / "python")
        with wine.copy_prefix(environment.prefix_template, folder / "prefix") as prefix:
            progress.say("registering the driver in it")
            _run(prefix, [python, "-m", "asiokit", "create", DRIVER, "--device", "loopback", "--register"])
            progress.say(f"playing for {len(samples) / rate_hz:.0f} s")
            words = [DRIVER, str(n_frames), str(rate_hz), _windows(folder / "played.npy"), _windows(folder)]
            result = json.loads(_run(prefix, [python, _windows(folder / "wine_host.py"), *words]).splitlines()[-1])
        recorded, ticks = np.load(folder / "recorded.npy"), np.load(folder / "ticks.npy")
    host = {"host": f"{result['portaudio']} in {_wine_version()}", "library": f"asiokit.dll of {wheel.name}"}
    return _recording(samples, recorded, ticks, rate_hz, n_frames, result), host


def _tools() -> tuple[Path, Any, Any]:
    """(the newest wheel, the environment, tools.windows.wine); AsiokitError when they have not been made."""
    if not (ROOT / "tools" / "windows" / "environment.py").is_file():
        raise AsiokitError("demo --wine works in a checkout of asiokit only: the Windows build is made there")
    sys.path.insert(0, str(ROOT))
    try:
        environment, wine = (importlib.import_module(f"tools.windows.{name}") for name in ("environment", "wine"))
    finally:
        sys.path.remove(str(ROOT))
    tag = f"cp{environment.PYTHONS['3.11'].digits}-win_amd64.whl"
    wheels = [file for folder in ("dist", "build/windows/dist") for file in (ROOT / folder).glob(f"asiokit-*-{tag}")]
    if not wheels or not (environment.CACHE / "prefix").is_dir():
        raise AsiokitError(f"the Windows build and its Wine environment are not there: {BUILT_BY} makes them")
    with contextlib.redirect_stderr(io.StringIO()):  # it says of each part that it is there
        windows = environment.ensure()
    return max(wheels, key=lambda file: file.stat().st_mtime), windows, wine


def _install(environment: Any, wheel: Path, folder: Path) -> Path:
    """A Windows Python of our own with the wheel in it; the shared one stays as it is."""
    shutil.copytree(environment.python_home, folder)
    shutil.unpack_archive(wheel, folder / "Lib" / "site-packages", "zip")
    return folder / "python.exe"


def _windows(path: Path) -> str:
    """As Windows programs see it: Wine's drive Z is the root."""
    return "Z:" + str(path.resolve()).replace("/", "\\")


def _run(prefix: Any, words: list[object]) -> str:
    done = prefix.run(words, timeout_s=START_S)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no word of why"]
        raise AsiokitError(f"in Wine, {Path(str(words[0])).name} ended with {done.returncode}: {lines[-1]}")
    return str(done.stdout)


def _wine_version() -> str:
    done = subprocess.run(["wine", "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip().replace("wine-", "Wine ") or "Wine"


def even_grid(ticks_ns: Array, period_ns: float) -> Array:
    """When each callback was due, if they are due every period and none comes early.

    One that comes a whole period late begins a new grid, as drivers do that do not run after lost time.
    """
    even = ticks_ns - np.arange(len(ticks_ns)) * period_ns  # level where all is well
    grid = np.empty(len(ticks_ns), np.int64)
    first, due = 0, even[0]
    for k, value in enumerate([*even[1:], np.inf], start=1):
        if value - due >= period_ns:
            grid[first:k] = np.rint(even[first:k].min() + np.arange(first, k) * period_ns)
            first = k
            due = value
        due = min(due, value)
    return grid


def _recording(
    played: Array, recorded: Array, ticks: Array, rate_hz: int, n_frames: int, result: dict[str, Any]
) -> Recording:
    """PortAudio hides the driver's time stamps, so the callbacks are held against even_grid()."""
    rows = np.zeros(len(ticks), CALLBACK_DTYPE)
    k = np.arange(len(ticks))
    rows["t_ns"] = rows["host_ns"] = rows["left_ns"] = ticks
    rows["system_ns"] = even_grid(ticks, 1e9 * n_frames / rate_hz)
    rows["position"], rows["rate_hz"], rows["index"], rows["flags"] = k * n_frames, rate_hz, -1, -1
    return Recording(
        planes=encode(recorded, FLOAT32),
        played=encode(played, FLOAT32),
        sample_type=FLOAT32,
        play_type=FLOAT32,
        rate_hz=float(rate_hz),
        buffer_frames=n_frames,
        latencies=(result["reported"], 0),
        n_switches=result["n_callbacks"],
        n_index_faults=0,
        n_overlaps=0,
        callbacks=rows,
        messages=np.zeros(0, MESSAGE_DTYPE),
    )
