"""cli: measures how fast asiokit is, against anchors measured in the same run.

Each figure is a median over rounds in which the contenders take turns; in
brackets the range of the ratio, 10th to 90th percentile. Anchors that are not
installed (cyclictest, PortAudio's development package, JACK, cffi) leave
their lines open. Exit code 1 if a goal was missed; with --compare only if one
was missed that the older run met.
"""

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from asiokit.bench import GROUPS
from asiokit.cli import FOUND_WRONG, OK
from asiokit.cli.bench_text import (
    Row,
    changes,
    goals_lost,
    group_of,
    machine_lines,
    markdown,
    row_lines,
    show_changes,
    summary_lines,
)
from asiokit.cli.drivers import positive_int
from asiokit.cli.progress import Progress
from asiokit.cli.table import print_json, print_rows
from asiokit.errors import AsiokitError
from asiokit.values import nearest

EXAMPLE = """
asiokit bench
asiokit bench convert cycle --rounds 25 --json now.json --report now.html
asiokit bench --compare now.json
"""

NEEDED = ("name", "value", "anchor", "ratio", "goal", "met")  # what --json promises of every row
QUICK_ROUNDS = 3


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("groups", metavar="GROUP", nargs="*", help=f"{', '.join(GROUPS)} (default: all)")
    parser.add_argument("--list", action="store_true", help="say what the groups measure, and measure nothing")
    parser.add_argument("--rounds", type=positive_int, default=11, metavar="N", help="how many rounds (default: 11)")
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
    if arguments.list:
        print_rows([[name, what] for name, what in GROUPS.items()])
        return OK
    old = read(arguments.compare) if arguments.compare else None
    quiet = arguments.json == "-" or arguments.markdown
    if arguments.source:
        rows = [
            row
            for row in read(arguments.source)
            if not arguments.groups or group_of(row) in ("machine", *arguments.groups)
        ]
        if not quiet:
            show(rows)
    else:
        rows = measured(arguments, quiet)
    if arguments.json == "-":
        print_json(rows)
    elif arguments.json:
        write(arguments.json, json.dumps(rows, indent=1) + "\n")
    if arguments.markdown:
        print(markdown(rows))
    if arguments.report:
        from asiokit.cli import bench_report  # noqa: PLC0415 - imports matplotlib where it is

        write(arguments.report, bench_report.render(rows, old))
    if not quiet:
        print()
        if old is not None:
            show_changes(changes(old, rows))
        print("\n".join(summary_lines(rows)))
        for what, path in (("report", arguments.report), ("figures", arguments.json)):
            if path:
                print(f"{what}: {path}")
    wrong = goals_lost(old, rows) if old is not None else [row for row in rows if row["met"] is False]
    return FOUND_WRONG if wrong else OK


def measured(arguments: argparse.Namespace, quiet: bool) -> list[Row]:
    """Runs the groups; shows each one's lines as soon as it has ended."""
    from asiokit.bench.machine import describe  # noqa: PLC0415 - compiled modules: --help does without
    from asiokit.bench.measure import pinned  # noqa: PLC0415

    rows = [machine_row(describe())]
    if not quiet:
        show(rows)
    rounds = min(arguments.rounds, QUICK_ROUNDS) if arguments.quick else arguments.rounds
    for group in GROUPS:
        if arguments.groups and group not in arguments.groups:
            continue
        module = importlib.import_module(f"asiokit.bench.{group}")
        with Progress(group) as progress:

            def tick(done: int, total: int, group: str = group, progress: Progress = progress) -> None:
                progress.say(f"{group}, {done} of {total}")

            progress.say(group)
            if module.PINNED:
                with pinned():
                    results = list(module.run(rounds, arguments.quick, tick))
            else:
                results = list(module.run(rounds, arguments.quick, tick))
        found = [result.fields() for result in results]
        rows += found
        if not quiet:
            show(found)
            sys.stdout.flush()
    return rows


def machine_row(about: dict[str, Any]) -> Row:
    """The run's first row: on what it was measured."""
    empty = {"unit": "", "anchor": None, "anchor_name": "", "ratio": None, "spread": None, "goal": None, "met": None}
    return {"name": "machine", "group": "machine", "value": about, **empty}


def show(rows: list[Row]) -> None:
    group = ""
    for row in rows:
        if row["name"] == "machine":
            print("\n".join(machine_lines(row["value"])))
            continue
        if group_of(row) != group:
            group = group_of(row)
            print(f"\n{group}: {GROUPS.get(group, '')}")
        print("\n".join(row_lines(row)))


def read(path: str) -> list[Row]:
    """The rows of a run that --json has written. AsiokitError names the file and what is wrong."""
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise AsiokitError(f"{path}: can't be read: {error.strerror}") from None
    except ValueError as error:
        raise AsiokitError(f"{path}: is not JSON: {error}") from None
    if not isinstance(rows, list) or not all(map(is_row, rows)):
        raise AsiokitError(f"{path}: is not what asiokit bench --json writes: a list of rows with {', '.join(NEEDED)}")
    return rows


def is_row(row: object) -> bool:
    if not isinstance(row, dict) or not all(key in row for key in NEEDED) or not isinstance(row["name"], str):
        return False
    if row["name"] == "machine":
        return isinstance(row["value"], dict)
    numbers = (row["value"], row["anchor"], row["ratio"])
    return row["met"] in (True, False, None) and all(x is None or isinstance(x, int | float) for x in numbers)


def write(path: str, text: str) -> None:
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise AsiokitError(f"{path}: can't be written: {error.strerror}") from None
