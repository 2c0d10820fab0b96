"""cli: the benchmark's report: one HTML file that needs nothing beside it, in light and in dark."""

import html
import importlib.util
import string
from pathlib import Path
from typing import Any

from asiokit.bench import GROUPS
from asiokit.cli.bench import changes, figure, group_of, mark, number, summary, values

TEMPLATE = Path(__file__).with_name("bench_report.html")
STYLE = Path(__file__).with_name("page.css")


def render(rows: list[dict[str, Any]], old: list[dict[str, Any]] | None = None) -> str:
    """rows: what --json writes. old: an earlier run to compare with."""
    missed = sum(row["met"] is False for row in rows)
    about = next((row["value"] for row in rows if row["name"] == "machine"), {})
    return string.Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        style=STYLE.read_text(encoding="utf-8"),
        verdict=html.escape(summary(rows).partition(";")[0]),
        state="bad" if missed else "good",
        badge=f"{missed} missed" if missed else "all met",
        subtitle=html.escape(f"{about.get('cpu', '')}, {about.get('kernel', '')}, {about.get('date', '')}"),
        tiles="\n".join(_tiles(rows)),
        sections="\n".join(_sections(rows)),
        changes=_changes(old, rows) if old is not None else "",
        machine=_table([(str(key), str(value)) for key, value in about.items()]),
        version=html.escape(str(about.get("asiokit", ""))),
    )


def _tiles(rows: list[dict[str, Any]]) -> list[str]:
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


def _sections(rows: list[dict[str, Any]]) -> list[str]:
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


def _plots(group: str, rows: list[dict[str, Any]]) -> list[str]:
    if importlib.util.find_spec("matplotlib") is None:
        return []
    # optional, and slow to import
    from asiokit.cli import bench_plots  # noqa: PLC0415

    details = {row["name"].partition("/")[2]: row["detail"] for row in rows if row.get("detail")}
    plots = []
    if group == "convert" and "geometric mean" in details:
        plots.append(bench_plots.conversion(details["geometric mean"]["cells"]))
    if group == "cycle":
        plots += [bench_plots.growth(detail) for name, detail in details.items() if name.startswith("growth")]
    if group in ("cycle", "dispatch", "freewheel", "ring", "cpu"):
        plots.insert(0, bench_plots.ratios(rows, group))
    if group == "wake":
        plots.append(bench_plots.lateness([d for d in details.values() if isinstance(d, dict)]))
    return plots


def _figures(rows: list[dict[str, Any]]) -> str:
    cells = ["<tr><th></th><th>figure</th><th>of</th><th>goal</th><th>met</th></tr>"]
    for row in rows:
        anchor = f" x {row['anchor_name']}" if row["ratio"] is not None and row.get("anchor_name") else ""
        columns = [figure(row) + anchor, values(row), row["goal"] or "", mark(row)]
        state = ' class="bad"' if row["met"] is False else ""
        texts = "".join(f"<td>{html.escape(text)}</td>" for text in columns)
        cells.append(f"<tr{state}><th>{html.escape(row['name'].partition('/')[2])}</th>{texts}</tr>")
    return f'<table class="figures">{"".join(cells)}</table>'


def _changes(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> str:
    cells = ["<tr><th></th><th>before</th><th>now</th><th></th></tr>"]
    for name, then, now, remark in changes(old, new):
        texts = "".join(f"<td>{html.escape(text)}</td>" for text in (number(then), number(now), remark))
        cells.append(f"<tr><th>{html.escape(name)}</th>{texts}</tr>")
    return f'<section class="card"><h2>Compared</h2><table class="figures">{"".join(cells)}</table></section>'


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>"
