"""cli: measures how fast asiokit is, against anchors measured in the same run.

Each line is a median over rounds in which the contenders take turns; the
range is that of the ratio (10th to 90th percentile). Anchors that are not
installed (cyclictest, PortAudio's development package, libjack, cffi) leave
their lines open. Exit code 1 if a goal was missed.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from asiokit.bench import GROUPS
from asiokit.cli import FOUND_WRONG, OK
from asiokit.cli.drivers import positive_int
from asiokit.cli.progress import Progress
from asiokit.cli.table import print_json
from asiokit.errors import AsiokitError
from asiokit.values import nearest

EXAMPLE = """
asiokit bench
asiokit bench convert cycle --rounds 25 --json now.json --report now.html
asiokit bench --compare docs/benchmarks/OLD.json
"""

WIDTH = 80


def configure(parser: argparse.ArgumentParser) -> None:
    listed = "; ".join(f"{name}: {what}" for name, what in GROUPS.items())
    parser.add_argument("groups", metavar="GROUP", nargs="*", help=f"{listed} (default: all)")
    parser.add_argument("--rounds", type=positive_int, default=11, metavar="N", help="(default: 11)")
    parser.add_argument("--quick", action="store_true", help="few configurations and rounds: half a minute")
    parser.add_argument("--json", nargs="?", const="-", metavar="PATH", help="print JSON, or write it to a file")
    parser.add_argument("--compare", metavar="OLD.json", help="show what has changed since that run")
    parser.add_argument("--report", metavar="PATH", help="write an HTML report with plots")
    parser.add_argument(
        "--from", dest="source", metavar="RUN.json", help="measure nothing: show, compare or report that run"
    )
    parser.add_argument("--markdown", action="store_true", help="print the tables of docs/performance.md")


def run(arguments: argparse.Namespace) -> int:
    for group in arguments.groups:
        if group not in GROUPS:
            raise AsiokitError(
                f"there is no group {group!r}{nearest(group, tuple(GROUPS))}; possible: {', '.join(GROUPS)}"
            )
    old = read(arguments.compare) if arguments.compare else None
    to_stdout = arguments.json == "-" or arguments.markdown
    if arguments.source:
        rows = chosen(read(arguments.source), arguments.groups)
        if not to_stdout:
            for row in rows:
                show(row)
    else:
        rows = measured(arguments, quiet=to_stdout)
    if arguments.json == "-":
        print_json(rows)
    elif arguments.json:
        write(arguments.json, json.dumps(rows, indent=1) + "\n")
    if arguments.markdown:
        print(markdown(rows))
    if arguments.report:
        from asiokit.cli import bench_report  # noqa: PLC0415 - draws

        write(arguments.report, bench_report.render(rows, old))
    if not to_stdout:
        print()
        if old is not None:
            show_changes(old, rows)
        print(summary(rows))
        for what, path in (("report", arguments.report), ("figures", arguments.json)):
            if path:
                print(f"{what}: {path}")
    return FOUND_WRONG if any(row["met"] is False for row in rows) else OK


def measured(arguments: argparse.Namespace, quiet: bool) -> list[dict[str, Any]]:
    """Runs the groups; shows each line as soon as it is known."""
    from asiokit.bench.machine import describe  # noqa: PLC0415 - compiled modules: --help does without
    from asiokit.bench.measure import pinned  # noqa: PLC0415

    rows: list[dict[str, Any]] = [machine_row(describe())]
    if not quiet:
        show(rows[0])
    rounds = min(arguments.rounds, 3) if arguments.quick else arguments.rounds
    for group in GROUPS:
        if arguments.groups and group not in arguments.groups:
            continue
        module = importlib.import_module(f"asiokit.bench.{group}")
        results = []
        with Progress(group) as progress:

            def tick(done: int, total: int, group: str = group, progress: Progress = progress) -> None:
                progress.say(f"{group}, {done} of {total}")

            tick(0, 1)
            if module.PINNED:
                with pinned():
                    results = list(module.run(rounds, arguments.quick, tick))
            else:
                results = list(module.run(rounds, arguments.quick, tick))
        for result in results:
            rows.append(result.fields())
            if not quiet:
                show(rows[-1])
                sys.stdout.flush()
    return rows


def machine_row(about: dict[str, Any]) -> dict[str, Any]:
    return {"name": "machine", "value": about, "anchor": None, "ratio": None, "goal": None, "met": None}


# ---- files -----------------------------------------------------------------------------------------------------


def read(path: str) -> list[dict[str, Any]]:
    """The rows of a run that --json has written. AsiokitError names the file and what is wrong."""
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise AsiokitError(f"{path}: can't be read: {error.strerror}") from None
    except ValueError as error:
        raise AsiokitError(f"{path}: is not JSON: {error}") from None
    needed = {"name", "value", "anchor", "ratio", "goal", "met"}
    if not isinstance(rows, list) or not all(isinstance(row, dict) and needed <= row.keys() for row in rows):
        raise AsiokitError(f"{path}: is not what asiokit bench --json writes: a list of rows with {sorted(needed)}")
    return rows


def write(path: str, text: str) -> None:
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise AsiokitError(f"{path}: can't be written: {error.strerror}") from None


def chosen(rows: list[dict[str, Any]], groups: Sequence[str]) -> list[dict[str, Any]]:
    return [row for row in rows if not groups or row["name"] == "machine" or group_of(row) in groups]


def group_of(row: dict[str, Any]) -> str:
    return str(row["name"]).partition("/")[0]


# ---- words -----------------------------------------------------------------------------------------------------


def number(x: float | None) -> str:
    """Three figures, as short as they can be."""
    if x is None:
        return "-"
    if x == 0 or 1e-3 <= abs(x) < 1e6:
        return f"{x:.3g}" if abs(x) < 1000 else f"{x:,.0f}"
    return f"{x:.2e}"


def figure(row: dict[str, Any]) -> str:
    """The ratio and its range, or the value where there is nothing to compare with."""
    if row["ratio"] is None:
        return "-" if row["value"] is None else f"{number(row['value'])} {row.get('unit', '')}".strip()
    spread = row.get("spread")
    around = f" ({number(spread[0])} ... {number(spread[1])})" if spread else ""
    return f"{number(row['ratio'])}{around}"


def values(row: dict[str, Any]) -> str:
    """The two that the ratio is of; empty where it is of many."""
    if row["ratio"] is None or row["value"] is None:
        return ""
    return f"{number(row['value'])} : {number(row['anchor'])} {row.get('unit', '')}".strip()


def mark(row: dict[str, Any]) -> str:
    return {True: "yes", False: "NO", None: "-" if row["goal"] else ""}[row["met"]]


def show(row: dict[str, Any]) -> None:
    """Two lines at 80 columns: what it is and whether the goal is met; below it the figures."""
    if row["name"] == "machine":
        about = row["value"]
        print(f"{about['cpu']}, {about['cores']} cores, {about['kernel']}, {about['system']}")
        print(f"Python {about['python']}, converters {about['converters']}, load {about['load']}")
        return
    group, _, name = row["name"].partition("/")
    if show.group != group:  # type: ignore[attr-defined]
        show.group = group  # type: ignore[attr-defined]
        print(f"\n{group}: {GROUPS.get(group, '')}")
    anchor = f"x {row['anchor_name']}" if row["ratio"] is not None and row.get("anchor_name") else ""
    print(f"  {name[: WIDTH - 8]:<{WIDTH - 7}}{mark(row):>5}")
    goal = f"  goal {row['goal']}" if row["goal"] else ""
    line = "  ".join(filter(None, [f"{figure(row)} {anchor}".strip(), values(row) and f"[{values(row)}]"]))
    print(f"      {line}")
    if goal:
        print(f"    {goal}")


show.group = None  # type: ignore[attr-defined]


def summary(rows: Iterable[dict[str, Any]]) -> str:
    met = [row for row in rows if row["met"] is not None]
    missed = [row["name"] for row in met if not row["met"]]
    said = f"{len(met) - len(missed)} of {len(met)} goals met"
    return said + (f"; missed: {'; '.join(missed)}" if missed else "")


def changes(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[tuple[str, float, float, str]]:
    """(name, old figure, new figure, remark) of every line that both have: the ratio, or the value where none is."""
    before = {row["name"]: row for row in old}
    found = []
    for row in new:
        then = before.get(row["name"])
        key = "ratio" if row["ratio"] is not None else "value"
        if then is None or row["name"] == "machine" or then[key] is None or row[key] is None:
            continue
        remark = ""
        if then["met"] and row["met"] is False:
            remark = "goal lost"
        elif row["met"] and then["met"] is False:
            remark = "goal won"
        elif key == "ratio" and row.get("spread") and then.get("spread"):
            apart = row["spread"][0] > then["spread"][1] or row["spread"][1] < then["spread"][0]
            remark = "beyond both ranges" if apart else ""
        found.append((row["name"], float(then[key]), float(row[key]), remark))
    return found


def show_changes(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    rows = changes(old, new)
    print("compared:" if rows else "compared: the two runs have no line in common")
    for name, then, now, remark in rows:
        change = f"{now / then:.2f}" if then else "-"
        print(
            f"  {name[: WIDTH - 32]:<{WIDTH - 32}} {number(then):>8} -> {number(now):<8} x {change} {remark}".rstrip()
        )
    print()


def markdown(rows: list[dict[str, Any]]) -> str:
    """One table a group."""
    lines: list[str] = []
    for group in GROUPS:
        of_group = [row for row in rows if group_of(row) == group]
        if not of_group:
            continue
        lines += [f"### {group}", "", "| what | figure | of | goal | met |", "|---|---|---|---|---|"]
        for row in of_group:
            name = row["name"].partition("/")[2]
            anchor = f" x {row['anchor_name']}" if row["ratio"] is not None and row.get("anchor_name") else ""
            cells = [name, f"{figure(row)}{anchor}", values(row), row["goal"] or "", mark(row)]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines).rstrip()
