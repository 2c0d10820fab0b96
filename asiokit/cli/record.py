"""cli: records a driver's inputs into an audio file.

The file keeps every bit of the driver's sample type where its format can
(WAV always can). Ctrl-C ends early and keeps what has come so far.
"""

import argparse
from pathlib import Path

import numpy as np

from asiokit.cli import OK, audio_file
from asiokit.cli.drivers import DRIVER_HELP, channels, open_named, positive, positive_int, told
from asiokit.cli.play import late_cycles
from asiokit.cli.progress import Progress
from asiokit.cli.table import print_json
from asiokit.errors import AsiokitError
from asiokit.host.samples import SAMPLE_TYPES

EXAMPLE = """
asiokit record "asiokit Loopback" take.wav --seconds 30
asiokit record ./libasiokit.so take.flac --inputs 1-2 --rate 96000
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("driver", metavar="DRIVER", help=DRIVER_HELP)
    parser.add_argument("file", metavar="FILE", help="is made or overwritten; its ending tells the format")
    parser.add_argument("--seconds", type=positive, default=10.0, metavar="S", help="how long (default: 10)")
    parser.add_argument(
        "--frames", type=positive_int, metavar="N", help="buffer size (default: the driver's preferred)"
    )
    parser.add_argument("--rate", type=positive, metavar="HZ", help="sample rate (default: what the driver is set to)")
    parser.add_argument("--inputs", type=channels, metavar="LIST", help="channels from 1, like 1,2 (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.file).resolve().parent
    if not folder.is_dir():  # before ten seconds have been recorded for nothing
        raise AsiokitError(f"{arguments.file}: there is no folder {folder}")
    audio_file.subtype_for(arguments.file, SAMPLE_TYPES[19])
    with open_named(arguments.driver) as driver, Progress("recording") as progress:
        n_inputs, name = driver.n_inputs, driver.name
        inputs = arguments.inputs if arguments.inputs is not None else list(range(n_inputs))
        if not inputs:
            raise AsiokitError(f"{name} has no inputs to record from")
        if max(inputs) >= n_inputs:
            raise AsiokitError(f"{name} has {n_inputs} inputs; there is no number {max(inputs) + 1}")
        recording = told(
            lambda: driver.record(
                arguments.seconds,
                inputs=inputs,
                rate_hz=arguments.rate,
                buffer_frames=arguments.frames,
                progress=progress,
                keep_on_interrupt=True,
            )
        )
    assert recording.sample_type is not None  # there are inputs
    subtype = audio_file.subtype_for(arguments.file, recording.sample_type)
    data = recording.samples(audio_file.dtype_for(subtype))
    audio_file.write(arguments.file, data, recording.rate_hz, subtype)
    peak = float(np.abs(recording.samples()).max(initial=0))
    facts = {
        "driver": name,
        "file": Path(arguments.file).name,
        "subtype": subtype,
        "sample_type": recording.sample_type.name,
        "channels": len(inputs),
        "rate_hz": recording.rate_hz,
        "buffer_frames": recording.buffer_frames,
        "frames": len(data),
        "seconds": len(data) / recording.rate_hz,
        "peak": peak,
        "buffer_switches": recording.n_switches,
        "late_cycles": late_cycles(recording),
    }
    if arguments.json:
        print_json(facts)
    else:
        level = f"peak {20 * np.log10(peak):.1f} dBFS" if peak > 0 else "silence"
        print(
            f"{facts['file']}: {facts['seconds']:.2f} s, {facts['channels']} channels, {recording.rate_hz:g} Hz, "
            f"{subtype}, {level}, {facts['late_cycles']} late cycles"
        )
    return OK
