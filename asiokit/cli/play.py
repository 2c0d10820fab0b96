"""cli: plays an audio file through a driver.

The file's samples reach the driver bit for bit where its sample type has
room for them, and are rounded (with a note) where it has not. The driver is
set to the file's rate.
"""

import argparse

import numpy as np

from asiokit.cli import OK, audio_file
from asiokit.cli.drivers import DRIVER_HELP, channels, open_named, positive_int, told
from asiokit.cli.progress import Progress
from asiokit.cli.table import print_json
from asiokit.errors import AsiokitError, DriverError
from asiokit.host.samples import Array
from asiokit.host.stream import Driver, Recording

EXAMPLE = """
asiokit play "asiokit Loopback" song.flac
asiokit play ./libasiokit.so song.wav --outputs 3,4 --frames 128
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("driver", metavar="DRIVER", help=DRIVER_HELP)
    parser.add_argument("file", metavar="FILE", help="WAV, FLAC, OGG or whatever libsndfile reads")
    parser.add_argument(
        "--frames", type=positive_int, metavar="N", help="buffer size (default: the driver's preferred)"
    )
    parser.add_argument(
        "--outputs", type=channels, metavar="LIST", help="channels from 1, like 3,4 (default: the first)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    data, file_rate_hz, about = audio_file.read(arguments.file)
    with open_named(arguments.driver) as driver, Progress("playing") as progress:
        set_rate(driver, file_rate_hz, arguments.file)
        options = {"buffer_frames": arguments.frames, "outputs": arguments.outputs, "progress": progress}
        rounded = False
        try:
            recording = driver.play(data, **options)
        except ValueError as error:
            if "has no room" not in str(error):
                raise AsiokitError(str(error)) from error
            # a narrower type than the file's: round to it
            rounded = True
            recording = told(lambda: driver.play(_as_floats(data), **options))
        name = driver.name
    facts = _facts(name, recording, about, rounded)
    if arguments.json:
        print_json(facts)
    else:
        print(
            f"{facts['file']}: {facts['seconds']:.2f} s on {facts['channels']} channels of {name}, "
            f"{recording.rate_hz:g} Hz, {recording.buffer_frames} frames, {facts['late_cycles']} late cycles"
        )
        if rounded:
            print(f"The file's {about['subtype']} samples were rounded: the driver's type is {facts['sample_type']}.")
    return OK


def set_rate(driver: Driver, rate_hz: float, file: str) -> None:
    """Sets the driver to the file's rate; says what to do if it can't."""
    try:
        if rate_hz != driver.rate_hz:
            driver.rate_hz = rate_hz
    except DriverError as error:
        raise DriverError(
            error.code, f"{file} has {rate_hz:g} Hz, which {driver.name} refuses ({error}); convert the file"
        ) from error


def late_cycles(recording: Recording) -> int:
    """Callbacks a whole period or more after their block's time, and blocks whose time had to be moved."""
    rows = recording.callbacks
    period_ns = 1e9 * recording.buffer_frames / recording.rate_hz
    timed = rows["system_ns"] >= 0
    late = timed & (rows["host_ns"] - rows["system_ns"] >= period_ns)
    steps = np.diff(rows["system_ns"], prepend=rows["system_ns"][:1])
    return int(np.count_nonzero(late | (timed & (steps > 1.5 * period_ns))))


def _as_floats(data: Array) -> Array:
    top = float(1 << (8 * data.dtype.itemsize - 1)) if data.dtype.kind == "i" else 1.0
    return data.astype(np.float64) / top


def _facts(name: str, recording: Recording, about: dict[str, object], rounded: bool) -> dict[str, object]:
    return {
        "driver": name,
        "file": about["name"],
        "seconds": about["seconds"],
        "channels": len(recording.played),
        "rate_hz": recording.rate_hz,
        "buffer_frames": recording.buffer_frames,
        "sample_type": recording.play_type.name if recording.play_type else None,
        "rounded": rounded,
        "buffer_switches": recording.n_switches,
        "late_cycles": late_cycles(recording),
    }
