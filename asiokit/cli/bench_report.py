"""cli: the benchmark's report: one HTML file that needs nothing beside it, in light and in dark."""

import html
import importlib.util
import string
from pathlib import Path
from typing import Any

from asiokit.bench import GROUPS
from asiokit.cli.bench_text import (
    Row,
    changes,
    figure,
    group_of,
    mark,
    name_in_group,
    number,
    place,
    short_goal,
    summary_lines,
    values,
    verdict,
)

TEMPLATE = Path(__file__).with_name("bench_report.html")
STYLE = Path(__file__).with_name("page.css")


def render(rows: list[Row], old: list[Row] | None = None) -> str:
    """rows: what --json writes. old: an earlier run to compare with."""
    missed = sum(row["met"] is False for row in rows)
    about: dict[str, Any] = next((row["value"] for row in rows if row["name"] == "machine"), {})
    noisy = " ".join(line for line in summary_lines(rows) if not line.startswith("  ")).partition("noisy: ")[2]
    return string.Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        style=STYLE.read_text(encoding="utf-8"),
        verdict=html.escape(verdict(rows)),
        state="bad" if missed else "good",
        badge=f"{missed} missed" if missed else "all met",
        subtitle=html.escape(f"{about.get('cpu', '')}, {about.get('kernel', '')}, {about.get('date', '')}"),
        noisy=f'<section class="card"><h2>A noisy run</h2><p>{html.escape(noisy)}.</p></section>' if noisy else "",
        tiles="\n".join(_tiles(rows)),
        sections="\n".join(_sections(rows)),
        changes=_changes(old, rows) if old is not None else "",
        machine=_table([(str(key), str(value)) for key, value in about.items()]),
        version=html.escape(str(about.get("asiokit", ""))),
    )


def _tiles(rows: list[Row]) -> list[str]:
    """The figures that people ask for first, as far as they were measured."""
    wanted = (
        ("convert/geometric mean", "conversion", "of memcpy's speed"),
        ("cycle/loopback by one copy + stamp, 64 x 32", "loopback cycle, 64 &times; 32", "of one memcpy of the block"),
        ("freewheel/times real time, 64 x 32 at 48 kHz", "freewheel, 64 &times; 32", "times real time, converting"),
        ("wake/1 ms, realtime, p99", "wake-up, p99", "of cyclictest's"),
        ("wake/1 ms, realtime, last 100 us spun, p99", "... with 100 µs spun", "of cyclictest's"),
        ("cpu/512 x 32 converting both ways, of a core", "512 &times; 512 channels", "% of a core, 32 frames"),
        ("dispatch/Python function, thread attached once", "Python callback", "indirect calls"),
        ("proof/voluntary switches a cycle (1 = the sleep)", "system calls a cycle", "the sleep, nothing else"),
    )
    by_name = {row["name"]: row for row in rows}
    tiles = []
    for name, label, note in wanted:
        row = by_name.get(name)
        if row is None:
            continue
        value = row["ratio"] if row["ratio"] is not None else row["value"]
        state = {True: "good", False: "bad", None: ""}[row["met"]]
        tiles.append(
            f'<div class="tile {state}"><div class="label">{label}</div>'
            f'<div class="value">{number(value)}</div><div class="note">{note}</div></div>'
        )
    return tiles


def _sections(rows: list[Row]) -> list[str]:
    sections = []
    for group, what in GROUPS.items():
        of_group = [row for row in rows if group_of(row) == group]
        if of_group:
            plots = "".join(f"<figure>{svg}</figure>" for svg in _plots(group, of_group))
            sections.append(
                f'<section class="card"><h2>{group}</h2><p class="note">{html.escape(what)}</p>{plots}'
                f"{_figures(of_group)}</section>"
            )
    return sections


def _plots(group: str, rows: list[Row]) -> list[str]:
    if importlib.util.find_spec("matplotlib") is None:
        return []
    # optional, and slow to import
    from asiokit.cli import bench_plots  # noqa: PLC0415

    details = {name_in_group(row): row["detail"] for row in rows if isinstance(row.get("detail"), dict)}
    growth = {name: detail for name, detail in details.items() if "fit" in detail}
    plots = []
    if "geometric mean" in details:
        plots.append(bench_plots.conversion(details["geometric mean"]["cells"]))
    if any(row["ratio"] is not None for row in rows) and group != "wake":
        plots.append(bench_plots.ratios(rows, group))
    if group in ("dispatch", "cpu"):
        plots.append(bench_plots.bars(rows, group))
    if growth:
        plots.append(bench_plots.growth(growth))
    late = [detail for detail in details.values() if "modes" in detail]
    if late:
        plots.append(bench_plots.lateness(late))
    return plots


def _figures(rows: list[Row]) -> str:
    cells = ["<tr><th></th><th>figure</th><th>of</th><th>goal</th><th>met</th></tr>"]
    for row in rows:
        state = ' class="bad"' if row["met"] is False else ""
        columns = (figure(row), values(row), short_goal(row), mark(row))
        texts = "".join(f"<td>{html.escape(text)}</td>" for text in columns)
        name = ": ".join(filter(None, [name_in_group(row), place(row)]))
        cells.append(f"<tr{state}><th>{html.escape(name)}</th>{texts}</tr>")
    return f'<table class="figures">{"".join(cells)}</table>'


def _changes(old: list[Row], new: list[Row]) -> str:
    cells = ["<tr><th></th><th>before</th><th>now</th><th></th></tr>"]
    for change in changes(old, new):
        texts = (number(change.before), number(change.now), change.remark)
        columns = "".join(f"<td>{html.escape(text)}</td>" for text in texts)
        state = ' class="bad"' if change.remark in ("goal lost", "worse") else ""
        cells.append(f"<tr{state}><th>{html.escape(change.name)}</th>{columns}</tr>")
    return f'<section class="card"><h2>Compared</h2><table class="figures">{"".join(cells)}</table></section>'


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>"
