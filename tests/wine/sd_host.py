"""tests: pa_host.c's measurement through python-sounddevice: an ASIO host whose process is a Python already.

python sd_host.py NAME FRAMES RATE_HZ SECONDS float32|int32   (in the Windows Python; prints one JSON line)
"""

import json
import os
import sys
import threading
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

os.environ["SD_ENABLE_ASIO"] = "1"  # before the import: it chooses the DLL
import sounddevice as sd  # type: ignore[import-untyped]  # noqa: E402

N_CHANNELS = 2
PROBE_FRAMES = 64
EXTRA_SECONDS = 5
FLAGS = ("input_underflow", "input_overflow", "output_underflow", "output_overflow", "priming_output")


def signal(n_frames: int, sample_type: str) -> NDArray[Any]:
    """A pseudo-random signal of 24 bits, which float32 holds exactly; other numbers in each channel."""
    bits = np.random.default_rng(20261123).integers(-(2**23), 2**23, (n_frames, N_CHANNELS), dtype=np.int32)
    return (bits / np.float32(2**23)).astype(np.float32) if sample_type == "float32" else bits << 8


def find_lag(played: NDArray[Any], recorded: NDArray[Any]) -> int:
    probe = played[:PROBE_FRAMES]
    for lag in np.flatnonzero(recorded[: len(recorded) - PROBE_FRAMES, 0] == probe[0, 0]):
        if np.array_equal(recorded[lag : lag + PROBE_FRAMES], probe):
            return int(lag)
    return -1


def asio_device(name: str) -> int:
    apis = sd.query_hostapis()
    for index, device in enumerate(sd.query_devices()):
        if device["name"] == name and apis[device["hostapi"]]["name"] == "ASIO":
            return index
    raise SystemExit(f"no ASIO device is named {name!r}")


def main(name: str, n_block: int, rate_hz: int, seconds: float, sample_type: str) -> dict[str, Any]:
    n_wanted = int(seconds * rate_hz)
    room = n_wanted + EXTRA_SECONDS * rate_hz
    played = signal(room, sample_type)
    recorded = np.zeros((room, N_CHANNELS), sample_type)
    ticks = np.zeros(room // n_block + 1, np.int64)
    counts = dict.fromkeys(FLAGS, 0)
    position = n_callbacks = n_other_sizes = 0
    done = threading.Event()

    def on_block(indata: NDArray[Any], outdata: NDArray[Any], n_frames: int, _time: object, status: Any) -> None:
        nonlocal position, n_callbacks, n_other_sizes
        if position + n_frames > room:
            raise sd.CallbackStop
        ticks[n_callbacks] = time.perf_counter_ns()
        n_callbacks += 1
        n_other_sizes += n_frames != n_block
        if status:
            for flag in FLAGS:
                counts[flag] += getattr(status, flag)
        recorded[position : position + n_frames] = indata
        outdata[:] = played[position : position + n_frames]
        position += n_frames
        if position >= n_wanted:
            done.set()

    device = asio_device(name)
    stream = sd.Stream(
        samplerate=rate_hz,
        blocksize=n_block,
        device=(device, device),
        channels=N_CHANNELS,
        dtype=sample_type,
        latency=n_block / rate_hz,
        clip_off=True,
        dither_off=True,
        callback=on_block,
    )
    with stream:
        if not done.wait(seconds + EXTRA_SECONDS):
            raise SystemExit(f"the stream stalled after {position} frames")
        reported = round(sum(stream.latency) * rate_hz)
    played, recorded = played[:n_wanted], recorded[:n_wanted]
    lag = find_lag(played, recorded)
    compared = recorded[lag:] != played[: n_wanted - lag] if lag >= 0 else np.zeros((0, N_CHANNELS), bool)
    intervals_us = np.diff(ticks[:n_callbacks]) / 1000
    p50, p99 = np.percentile(intervals_us, [50, 99])
    return {
        "host": "PortAudio ASIO, sounddevice",
        "driver": name,
        "format": sample_type,
        "frames": n_block,
        "rate_hz": rate_hz,
        "channels": N_CHANNELS,
        "samples_compared": compared.size,
        "differing_samples": int(compared.sum()),
        "samples_before_signal": int(np.count_nonzero(recorded[: max(lag, 0)])),
        "reported_round_trip_frames": reported,
        "measured_round_trip_frames": lag,
        "callbacks": n_callbacks,
        "callbacks_of_other_size": n_other_sizes,
        "status": counts,
        "interval_us": {"p50": round(p50, 1), "p99": round(p99, 1), "max": round(float(intervals_us.max()), 1)},
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), sys.argv[5])))
