"""cli: plays sound through a loopback driver in real time and compares every sample.

Needs no registration and no sound hardware: the driver library is loaded as
a foreign host does it (dlopen and instantiateDriver). The round trip is
measured by looking for what was played in what was recorded, never taken
from the driver's word. Exit code 1 if a sample differs or the driver's
latency is not the measured one.
"""

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np

from asiokit import install, paths
from asiokit.cli import FOUND_WRONG, OK, audio_file, demo_report, demo_wine
from asiokit.cli.drivers import library_of, open_named, positive, positive_int, told
from asiokit.cli.play import late_cycles, set_rate
from asiokit.cli.progress import Progress
from asiokit.cli.table import print_json, print_rows
from asiokit.errors import AsiokitError
from asiokit.host.measure import compare
from asiokit.host.samples import Array
from asiokit.host.stream import Recording

EXAMPLE = """
asiokit demo
asiokit demo song.flac --frames 128 --seconds 10 --report song.html
"""

SHIPPED = Path(__file__).with_name("demo.wav")
REPORT = "asiokit-demo.html"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", help="audio file to play (default: a short one of our own)")
    parser.add_argument("--frames", type=positive_int, default=64, metavar="N", help="buffer size (default: 64)")
    parser.add_argument(
        "--seconds", type=positive, default=4.0, metavar="S", help="how long; shorter files are repeated (default: 4)"
    )
    parser.add_argument(
        "--driver", metavar="DRIVER", help="another driver that loops back (default: asiokit's library)"
    )
    parser.add_argument("--wine", action="store_true", help="the Windows driver, in Wine, through PortAudio")
    parser.add_argument("--report", metavar="PATH", default=REPORT, help=f"the HTML report (default: {REPORT})")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    data, rate_hz, about = material(arguments.file, arguments.seconds)
    if arguments.wine:
        with Progress("playing") as progress:
            recording, host = demo_wine.play(data, rate_hz, arguments.frames, progress)
        facts = assess(recording, about, {"driver": demo_wine.DRIVER, **host, "driver_version": None})
    else:
        recording, facts = play_here(arguments, data, rate_hz, about)
    facts["report"] = write_report(arguments, facts, recording)
    if arguments.json:
        print_json(facts)
    else:
        show(facts)
    return OK if is_good(facts) else FOUND_WRONG


def play_here(
    arguments: argparse.Namespace, data: Array, rate_hz: int, about: dict[str, Any]
) -> tuple[Recording, dict[str, Any]]:
    spec = arguments.driver or own_library()
    with open_named(spec) as driver, Progress("playing") as progress:
        channels = min(data.shape[1], driver.n_inputs, driver.n_outputs)
        if not channels:
            raise AsiokitError(
                f"{driver.name} has {driver.n_inputs} inputs and {driver.n_outputs} outputs: no way back"
            )
        set_rate(driver, rate_hz, about["name"])
        recording = told(lambda: driver.playrec(data[:, :channels], buffer_frames=arguments.frames, progress=progress))
        who = {
            "driver": driver.name,
            "host": "asiokit.host, by " + ("COM" if sys.platform == "win32" else "dlopen and instantiateDriver"),
            "library": library_of(spec),
            "driver_version": driver.version,
        }
    return recording, assess(recording, about, who)


def own_library() -> str:
    """What a foreign host would load. On Windows COM finds a driver by its class, so one must be registered."""
    if sys.platform != "win32":
        return str(paths.shim_library())
    for entry in install.all_registered():
        if entry.ours:
            return str(entry.name)
    raise AsiokitError(
        "no asiokit driver is registered: asiokit create Loopback --device loopback --register, as administrator"
    )


def material(file: str | None, seconds: float) -> tuple[Array, int, dict[str, Any]]:
    """So many seconds of the file, repeated or cut, as it stands in the file: integers stay integers."""
    data, rate_hz, about = audio_file.read(file or SHIPPED)
    if not len(data):
        raise AsiokitError(f"{file}: there is no sound in it")
    n_frames = max(1, round(seconds * rate_hz))
    data = np.tile(data, (-(-n_frames // len(data)), 1))[:n_frames]
    if not data.any():
        raise AsiokitError(f"{about['name']}: {seconds:g} s of silence prove nothing; choose another file")
    return data, rate_hz, about


def assess(recording: Recording, about: dict[str, Any], who: dict[str, Any]) -> dict[str, Any]:
    """All figures, by the names that --json promises. who: the driver, its library and its host."""
    if recording.sample_type is None or recording.sample_type != recording.play_type:
        raise AsiokitError(f"{who['driver']}: inputs and outputs differ in sample type, bits can't be compared")
    found = compare(recording.played, recording.planes, recording.sample_type)
    jitter_us = wake_jitter_us(recording)
    return {
        **who,
        "file": about["name"],
        "file_subtype": about["subtype"],
        "seconds": recording.played.shape[1] / recording.sample_type.n_bytes / recording.rate_hz,
        "rate_hz": recording.rate_hz,
        "buffer_frames": recording.buffer_frames,
        "channels": len(recording.played),
        "sample_type": recording.sample_type.name,
        "samples_compared": found.n_compared,
        "differing_samples": found.n_differing,
        "first_difference": found.first_difference,
        "reported_round_trip_frames": recording.reported_round_trip_frames,
        "measured_round_trip_frames": found.round_trip_frames,
        "measured_by": found.method,
        "buffer_switches": recording.n_switches,
        "index_faults": recording.n_index_faults,
        "late_cycles": late_cycles(recording),
        "jitter_reference": "an even grid" if who["driver_version"] is None else "the block's time",
        "wake_jitter_us": {
            "p50": round(float(np.percentile(jitter_us, 50)), 1),
            "p99": round(float(np.percentile(jitter_us, 99)), 1),
            "max": round(float(jitter_us.max()), 1),
        }
        if len(jitter_us)
        else None,
    }


def wake_jitter_us(recording: Recording) -> Array:
    """How long after its block's time each callback came; empty when the driver gives no times."""
    rows = recording.callbacks[recording.callbacks["system_ns"] >= 0]
    jitter: Array = (rows["host_ns"] - rows["system_ns"]) / 1e3
    return jitter


def is_good(facts: dict[str, Any]) -> bool:
    return bool(
        facts["samples_compared"]
        and not facts["differing_samples"]
        and not facts["index_faults"]
        and facts["measured_round_trip_frames"] == facts["reported_round_trip_frames"]
    )


def verdict(facts: dict[str, Any]) -> str:
    if facts["measured_round_trip_frames"] is None:
        return "Nothing of what was played came back."
    if facts["differing_samples"]:
        return f"{facts['differing_samples']:,} of {facts['samples_compared']:,} samples differ."
    if facts["measured_round_trip_frames"] != facts["reported_round_trip_frames"]:
        return "Every sample came back, but not when the driver says."
    if facts["index_faults"]:
        return f"{facts['index_faults']} buffer switches came with the wrong index."
    return "Every sample came back, bit for bit."


def write_report(arguments: argparse.Namespace, facts: dict[str, Any], recording: Recording) -> str:
    words = ["asiokit", "demo", *([Path(arguments.file).name] if arguments.file else [])]
    words += ["--wine"] if arguments.wine else []
    words += ["--frames", str(arguments.frames), "--seconds", f"{arguments.seconds:g}"]
    page = demo_report.render(facts, recording, verdict(facts), is_good(facts), shlex.join(words))
    path = Path(arguments.report)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise AsiokitError(f"the report can't be written to {path}: {error.strerror}") from error
    return str(path)


def show(facts: dict[str, Any]) -> None:
    measured = facts["measured_round_trip_frames"]
    jitter = facts["wake_jitter_us"]
    period_ms = 1000 * facts["buffer_frames"] / facts["rate_hz"]
    print_rows(
        [
            ["driver", f"{facts['driver']}, {facts['channels']} channels, {facts['sample_type']}"],
            ["library", facts["library"] or "none: a device in this process"],
            ["host", facts["host"]],
            ["file", f"{facts['file']}, {facts['seconds']:.2f} s, {facts['file_subtype']}"],
            ["rate", f"{facts['rate_hz']:g} Hz"],
            ["buffer", f"{facts['buffer_frames']} frames ({period_ms:.3f} ms)"],
            [
                "round trip",
                f"{facts['reported_round_trip_frames']} frames reported, "
                + ("none measured" if measured is None else f"{measured} measured"),
            ],
            ["samples", f"{facts['samples_compared']:,} compared, {facts['differing_samples']:,} differing"],
            ["switches", f"{facts['buffer_switches']:,}, of these late: {facts['late_cycles']}"],
            [
                "wake-up",
                f"p50 {jitter['p50']:.0f} us, p99 {jitter['p99']:.0f} us, max {jitter['max']:.0f} us"
                if jitter
                else "the driver gives no times",
            ],
        ]
    )
    print(f"\n{verdict(facts)}\nReport: {facts['report']}")
    if not demo_report.has_plots():
        print(f"For plots in it: {demo_report.PLOTS_REMEDY}")
