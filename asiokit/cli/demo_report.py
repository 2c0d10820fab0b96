"""cli: the demo's report: one HTML file that needs nothing beside it, in light and in dark."""

import datetime
import html
import importlib.util
import os
import platform
import string
import sys
from pathlib import Path
from typing import Any

import numpy as np

from asiokit import __version__
from asiokit.host.samples import SampleType, decode
from asiokit.host.stream import Recording
from asiokit.rt.system import sleep_method  # type: ignore[import-not-found]

PLOTS_REMEDY = 'pip install "asiokit[report]"'
TEMPLATE = Path(__file__).with_name("demo_report.html")
STYLE = Path(__file__).with_name("page.css")


def has_plots() -> bool:
    return importlib.util.find_spec("matplotlib") is not None


def render(facts: dict[str, Any], recording: Recording, verdict: str, good: bool, command: str) -> str:
    """facts: what `asiokit demo --json` prints."""
    page = string.Template(TEMPLATE.read_text(encoding="utf-8"))
    return page.substitute(
        style=STYLE.read_text(encoding="utf-8"),
        verdict=html.escape(verdict),
        state="good" if good else "bad",
        badge="passed" if good else "failed",
        subtitle=html.escape(_subtitle(facts)),
        tiles="\n".join(_tiles(facts)),
        plots=_plots(facts, recording),
        run_table=_table(_run_rows(facts)),
        machine_table=_table(_machine_rows()),
        command=html.escape(command),
        version=html.escape(__version__),
        when=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
    )


def _subtitle(facts: dict[str, Any]) -> str:
    return (
        f"{facts['file']} through {facts['driver']}: {facts['seconds']:.2f} s, {facts['channels']} channels, "
        f"{facts['rate_hz']:g} Hz, {facts['buffer_frames']} frames"
    )


def _tile(label: str, value: str, note: str, state: str = "") -> str:
    return (
        f'<div class="tile {state}"><div class="label">{label}</div>'
        f'<div class="value">{value}</div><div class="note">{note}</div></div>'
    )


def _tiles(facts: dict[str, Any]) -> list[str]:
    measured, reported = facts["measured_round_trip_frames"], facts["reported_round_trip_frames"]
    differing, jitter = facts["differing_samples"], facts["wake_jitter_us"]
    found = measured is not None
    return [
        _tile("samples compared", f"{facts['samples_compared']:,}", facts["sample_type"]),
        _tile(
            "differing",
            f"{differing:,}" if found else "none",
            "bit by bit" if found else "nothing came back",
            "good" if found and not differing else "bad",
        ),
        _tile(
            "round trip measured",
            f"{measured if found else 'none'}",
            f"frames; the driver reports {reported}",
            "good" if measured == reported else "bad",
        ),
        _tile("buffer switches", f"{facts['buffer_switches']:,}", f"{1e3 / _rate(facts):.3f} ms apart"),
        _tile(
            "late cycles", f"{facts['late_cycles']}", "a whole period or more", "" if facts["late_cycles"] else "good"
        ),
        _tile("wake-up p50", *_jitter_tile(jitter, "p50", facts["jitter_reference"])),
        _tile("wake-up p99", *_jitter_tile(jitter, "p99", facts["jitter_reference"])),
        _tile("wake-up max", *_jitter_tile(jitter, "max", facts["jitter_reference"])),
    ]


def _rate(facts: dict[str, Any]) -> float:
    """Buffer switches a second."""
    return float(facts["rate_hz"] / facts["buffer_frames"])


def _jitter_tile(jitter: dict[str, float] | None, key: str, reference: str) -> tuple[str, str]:
    return (f"{jitter[key]:,.0f} µs", f"after {reference}") if jitter else ("none", "the driver gives no times")


def _floats(planes: Any, kind: SampleType) -> Any:
    return np.nan_to_num(decode(planes, kind, np.float64), nan=0.0, posinf=1.0, neginf=-1.0)


def _plots(facts: dict[str, Any], recording: Recording) -> str:
    if not has_plots():
        return (
            '<section class="card"><h2>Plots</h2><p class="note">Drawing them needs matplotlib: '
            f"<code>{html.escape(PLOTS_REMEDY)}</code>, then run the demo again.</p></section>"
        )
    # matplotlib is optional, and takes longer to import than the demo takes to load a driver
    from asiokit.cli import demo_plots  # noqa: PLC0415

    assert recording.sample_type is not None
    rate_hz, period_us = recording.rate_hz, 1e6 / _rate(facts)
    played, back = _floats(recording.played, recording.sample_type), _floats(recording.planes, recording.sample_type)
    shift = facts["measured_round_trip_frames"]
    sections = [
        (
            "What went out, what came back",
            "The area is what was played, the line what was recorded.",
            demo_plots.waveform(played, back, rate_hz),
        ),
        (
            "The round trip, sample by sample",
            "How the sound begins. The distance between the curves is the measured round trip: found in the samples, "
            "not taken from the driver.",
            demo_plots.closeup(played, back, rate_hz, shift),
        ),
    ]
    rows = recording.callbacks[recording.callbacks["system_ns"] >= 0]
    if len(rows) > 1:
        jitter_us = (rows["host_ns"] - rows["system_ns"]) / 1e3
        t_s = (rows["system_ns"] - rows["system_ns"][0]) / 1e9
        sections += [
            (
                "When the driver woke up",
                f"From {facts['jitter_reference']} to the host's callback. A period is {period_us:.0f} µs.",
                demo_plots.jitter(jitter_us, t_s, period_us, facts["jitter_reference"]),
            ),
            (
                "The first cycles",
                ("Bars: a block" if rows["index"][0] < 0 else "Bars: the half of the double buffer that is the host's")
                + ", and the sample position of its first frame. Dashed: when it was due.",
                demo_plots.timeline(rows, recording.buffer_frames),
            ),
        ]
    return "\n".join(
        f'<section class="card"><h2>{title}</h2><p class="note">{note}</p><figure>{svg}</figure></section>'
        for title, note, svg in sections
    )


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>"


def _run_rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    period_ms = 1e3 / _rate(facts)
    measured = facts["measured_round_trip_frames"]
    return [
        ("driver", facts["driver"] + (f", version {facts['driver_version']}" if facts["driver_version"] else "")),
        ("library", facts["library"]),
        ("host", facts["host"]),
        ("file", f"{facts['file']}, {facts['file_subtype']}"),
        ("sample type", facts["sample_type"]),
        ("channels", str(facts["channels"])),
        ("rate", f"{facts['rate_hz']:g} Hz"),
        ("buffer", f"{facts['buffer_frames']} frames, {period_ms:.3f} ms"),
        ("round trip reported", f"{facts['reported_round_trip_frames']} frames"),
        ("round trip measured", "none" if measured is None else f"{measured} frames, by {facts['measured_by']} search"),
        ("wrong buffer indices", str(facts["index_faults"])),
    ]


def _machine_rows() -> list[tuple[str, str]]:
    return [
        ("system", f"{platform.system()} {platform.release().partition('-')[0]}, {platform.machine()}"),
        ("processors", str(os.cpu_count() or "?")),
        ("Python", f"{platform.python_implementation()} {sys.version.split()[0]}"),
        ("numpy", np.__version__),
        ("asiokit", __version__),
        ("the clock's wait", sleep_method()),
    ]
