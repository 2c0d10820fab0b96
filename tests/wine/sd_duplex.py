"""tests: python-sounddevice as an ASIO host that plays one raw file and records another. No numpy, as in sd_host.py.

python sd_duplex.py NAME FRAMES RATE_HZ SECONDS PLAYED HEARD   (in the Windows Python; float32, interleaved; PLAYED "-":
silence; HEARD: the inputs; prints one JSON line)
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

os.environ["SD_ENABLE_ASIO"] = "1"  # before the import: it chooses the DLL
import sounddevice as sd  # type: ignore[import-untyped,import-not-found,unused-ignore]
from sd_host import asio_device


def main(name: str, n_block: int, rate_hz: int, seconds: float, played_file: str, heard_file: str) -> dict[str, Any]:
    device = asio_device(name)
    facts = sd.query_devices(device)
    n_in, n_out = facts["max_input_channels"], facts["max_output_channels"]
    played = b"" if played_file == "-" else Path(played_file).read_bytes()
    n_wanted = int(seconds * rate_hz)
    heard = bytearray()
    position = 0
    done = threading.Event()

    def on_block(indata: Any, outdata: Any, n_frames: int, _time: object, _status: Any) -> None:
        nonlocal position
        if len(heard) < n_wanted * 4 * n_in:
            heard.extend(bytes(indata))
        n_bytes = n_frames * 4 * n_out
        part = played[position : position + n_bytes]
        outdata[:] = part + bytes(n_bytes - len(part))
        position += n_bytes
        if position >= n_wanted * 4 * n_out:
            done.set()

    stream = sd.RawStream(
        samplerate=rate_hz,
        blocksize=n_block,
        device=(device, device),
        channels=(n_in, n_out),
        dtype="float32",
        latency=n_block / rate_hz,
        clip_off=True,
        dither_off=True,
        callback=on_block,
    )
    with stream:
        if not done.wait(seconds + 5):
            raise SystemExit(f"the stream stalled after {position} bytes")
    Path(heard_file).write_bytes(bytes(heard[: n_wanted * 4 * n_in]))
    return {"inputs": n_in, "outputs": n_out, "frames": n_block}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), *sys.argv[5:7])))
