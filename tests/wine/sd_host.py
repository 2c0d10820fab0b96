"""tests: pa_host.c's measurement through python-sounddevice: an ASIO host whose process is a Python already.

python sd_host.py NAME FRAMES RATE_HZ SECONDS float32|int32   (in the Windows Python; prints one JSON line)

No numpy: the newest that Wine 8 can run does not exist for every Python.
"""

import json
import os
import random
import sys
import threading
import time
from array import array
from typing import Any

os.environ["SD_ENABLE_ASIO"] = "1"  # before the import: it chooses the DLL
import sounddevice as sd  # type: ignore[import-untyped,import-not-found,unused-ignore]

N_CHANNELS = 2
FRAME_BYTES = 4 * N_CHANNELS
PROBE_FRAMES = 64
EXTRA_SECONDS = 5
FLAGS = ("input_underflow", "input_overflow", "output_underflow", "output_overflow", "priming_output")


def signal(n_frames: int, sample_type: str) -> bytes:
    """A pseudo-random signal of 24 bits, which float32 holds exactly; interleaved."""
    bits = bytearray(random.Random(20261123).randbytes(n_frames * FRAME_BYTES))
    bits[0::4] = bytes(n_frames * N_CHANNELS)
    if sample_type == "int32":
        return bytes(bits)
    return array("f", (value / 2**31 for value in array("i", bytes(bits)))).tobytes()


def find_lag(played: bytes, recorded: bytes) -> int:
    """Frames from playing to recording; -1 if the start of the signal is not to be found."""
    at = recorded.find(played[: PROBE_FRAMES * FRAME_BYTES])
    return at // FRAME_BYTES if at >= 0 and at % FRAME_BYTES == 0 else -1


def count_differing(played: bytes, recorded: bytes) -> int:
    if played == recorded:
        return 0
    return sum(a != b for a, b in zip(array("I", played), array("I", recorded), strict=True))


def asio_device(name: str) -> int:
    apis = sd.query_hostapis()
    for index, device in enumerate(sd.query_devices()):
        if device["name"] == name and apis[device["hostapi"]]["name"] == "ASIO":
            return index
    raise SystemExit(f"no ASIO device is named {name!r}")


def main(name: str, n_block: int, rate_hz: int, seconds: float, sample_type: str) -> dict[str, Any]:
    n_wanted = int(seconds * rate_hz) * FRAME_BYTES
    room = n_wanted + EXTRA_SECONDS * rate_hz * FRAME_BYTES
    played = signal(room // FRAME_BYTES, sample_type)
    recorded = bytearray(room)
    ticks = array("q", bytes(8 * (room // FRAME_BYTES // n_block + 1)))
    counts = dict.fromkeys(FLAGS, 0)
    position = n_callbacks = n_other_sizes = 0
    done = threading.Event()

    def on_block(indata: Any, outdata: Any, n_frames: int, _time: object, status: Any) -> None:
        nonlocal position, n_callbacks, n_other_sizes
        end = position + n_frames * FRAME_BYTES
        if end > room:
            raise sd.CallbackStop
        ticks[n_callbacks] = time.perf_counter_ns()
        n_callbacks += 1
        n_other_sizes += n_frames != n_block
        if status:
            for flag in FLAGS:
                counts[flag] += getattr(status, flag)
        recorded[position:end] = indata
        outdata[:] = played[position:end]
        position = end
        if position >= n_wanted:
            done.set()

    device = asio_device(name)
    stream = sd.RawStream(
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
            raise SystemExit(f"the stream stalled after {position // FRAME_BYTES} frames")
        reported = round(sum(stream.latency) * rate_hz)
    heard = bytes(recorded[:n_wanted])
    lag = find_lag(played, heard)
    start = max(lag, 0) * FRAME_BYTES
    n_compared = (n_wanted - start) // 4 if lag >= 0 else 0
    intervals_us = sorted((ticks[i + 1] - ticks[i]) / 1000 for i in range(n_callbacks - 1))
    return {
        "host": "PortAudio ASIO, sounddevice",
        "driver": name,
        "format": sample_type,
        "frames": n_block,
        "rate_hz": rate_hz,
        "channels": N_CHANNELS,
        "samples_compared": n_compared,
        "differing_samples": count_differing(played[: n_wanted - start], heard[start:]) if n_compared else 0,
        "samples_before_signal": sum(value != 0 for value in array("I", heard[:start])),
        "reported_round_trip_frames": reported,
        "measured_round_trip_frames": lag,
        "callbacks": n_callbacks,
        "callbacks_of_other_size": n_other_sizes,
        "status": counts,
        "interval_us": {
            "p50": round(intervals_us[len(intervals_us) // 2], 1),
            "p99": round(intervals_us[len(intervals_us) * 99 // 100], 1),
            "max": round(intervals_us[-1], 1),
        },
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), sys.argv[5])))
