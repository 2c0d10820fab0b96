"""cli: what `asiokit demo --wine` runs in the Windows Python: PortAudio's ASIO host, which nobody here wrote.

python wine_host.py DRIVER FRAMES RATE_HZ PLAYED.npy FOLDER

Plays PLAYED (frames, channels; float32) and writes recorded.npy and ticks.npy (time of each callback, ns) to FOLDER;
prints one JSON line. Imports nothing of asiokit: to this process the driver is a stranger that COM brings along.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

STALL_S = 3.0


def main(name: str, n_block: int, rate_hz: int, played_file: str, folder: str) -> dict[str, Any]:
    os.environ["SD_ENABLE_ASIO"] = "1"
    # the variable above decides at import which PortAudio is loaded; and only a Windows Python has the package
    import sounddevice as sd  # type: ignore[import-not-found]  # noqa: PLC0415

    apis = sd.query_hostapis()
    devices = [
        i for i, d in enumerate(sd.query_devices()) if d["name"] == name and apis[d["hostapi"]]["name"] == "ASIO"
    ]
    if not devices:
        raise SystemExit(f"PortAudio lists no ASIO device named {name!r}")
    played = np.load(played_file)
    room = len(played) + 8192 + 4 * n_block  # what is under way when the last sample has been played
    source = np.zeros((room, played.shape[1]), np.float32)
    source[: len(played)] = played
    recorded = np.full_like(source, 0)
    ticks = np.full(room // n_block + 2, 0, np.int64)
    position = n_callbacks = n_flagged = 0
    done = threading.Event()

    def on_block(indata: Any, outdata: Any, n_frames: int, _time: object, status: Any) -> None:
        nonlocal position, n_callbacks, n_flagged
        now = time.perf_counter_ns()
        n = min(n_frames, room - position)
        if n <= 0:
            outdata[:] = 0
            done.set()
            return
        ticks[n_callbacks] = now
        n_callbacks += 1
        n_flagged += bool(status.input_overflow or status.output_underflow)
        recorded[position : position + n] = indata[:n]
        outdata[:n] = source[position : position + n]
        outdata[n:] = 0
        position += n

    stream = sd.Stream(
        samplerate=rate_hz,
        blocksize=n_block,
        device=(devices[0], devices[0]),
        channels=played.shape[1],
        dtype="float32",
        latency=n_block / rate_hz,
        clip_off=True,
        dither_off=True,
        callback=on_block,
    )
    with stream:
        if not done.wait(room / rate_hz + STALL_S):
            raise SystemExit(f"the stream stalled after {position} of {room} frames")
        reported = round(sum(stream.latency) * rate_hz)
    np.save(Path(folder) / "recorded.npy", recorded)
    np.save(Path(folder) / "ticks.npy", ticks[:n_callbacks])
    version = sd.get_portaudio_version()[1].split(",")[0]
    return {"reported": reported, "n_callbacks": n_callbacks, "n_flagged": n_flagged, "portaudio": version}


if __name__ == "__main__":
    words = sys.argv[1:]
    print(json.dumps(main(words[0], int(words[1]), int(words[2]), words[3], words[4])))
