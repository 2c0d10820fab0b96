"""cli: the words in which a benchmark is shown: in the terminal, as Markdown, and what has changed since another."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from asiokit.bench import GROUPS

Row = dict[str, Any]  # as --json writes it: asiokit.bench.measure.Result.fields()

WIDTH = 80
NOISY = 0.3  # ratios that vary by more than this from round to round say little


class Change(NamedTuple):
    """A line that two runs have in common: its ratio, or its value where there is none."""

    name: str
    before: float
    now: float
    remark: str  # "goal lost", "goal won", "worse", "better", "other", or nothing


def group_of(row: Row) -> str:
    return str(row["name"]).partition("/")[0]


def name_in_group(row: Row) -> str:
    return str(row["name"]).partition("/")[2]


def number(x: float | None) -> str:
    """Three figures, as short as they can be."""
    if x is None:
        return "-"
    if x == 0 or 1e-3 <= abs(x) < 1e6:
        return f"{x:.3g}" if abs(x) < 999.5 else f"{x:,.0f}"
    return f"{x:.2e}"


def figure(row: Row) -> str:
    """The ratio, its range and what it is a multiple of; the value where there is nothing to compare with."""
    anchor_name = row.get("anchor_name") or ""
    if row["ratio"] is None:
        value = "" if row["value"] is None else f"{number(row['value'])} {row.get('unit') or ''}".strip()
        return f"- (no {anchor_name} here)" if anchor_name else value or "-"
    spread = row.get("spread")
    around = f" ({number(spread[0])} ... {number(spread[1])})" if spread else ""
    return f"{number(row['ratio'])}{around}" + (f" x {anchor_name}" if anchor_name else "")


def values(row: Row) -> str:
    """The two that the ratio is of; nothing where it is of many."""
    if row["value"] is None or not row.get("anchor_name"):
        return ""
    return f"{number(row['value'])} : {number(row['anchor'])} {row.get('unit') or ''}".strip()


def place(row: Row) -> str:
    """Which of many it was, for lines that show the worst one."""
    detail = row.get("detail")
    return str(detail.get("cell", "")) if isinstance(detail, dict) else ""


def mark(row: Row) -> str:
    return {True: "yes", False: "NO", None: "-" if row["goal"] else ""}[row["met"]]


def short_goal(row: Row) -> str:
    """Without what it is a multiple of: that stands beside the figure."""
    return (row["goal"] or "").partition(" x ")[0]


# ---- the terminal ---------------------------------------------------------------------------------------------


def machine_lines(about: dict[str, Any]) -> list[str]:
    text = (
        f"{about.get('cpu')}, {about.get('cores')} cores, {about.get('kernel')}, {about.get('os')}, Python "
        f"{about.get('python')}, converters {about.get('convert_level')}, {about.get('scheduling')}, "
        f"load {about.get('load')}"
    )
    return textwrap.wrap(text, WIDTH)


def row_lines(row: Row) -> list[str]:
    """What it is, the goal and whether it is met; below it the figures."""
    right = f"{short_goal(row)} {mark(row):>4}" if row["goal"] else ""
    first, *more = textwrap.wrap(name_in_group(row), WIDTH - 4 - len(right))
    lines = [f"  {first}".ljust(WIDTH - len(right)) + right, *(f"    {line}" for line in more)]
    lines[0] = lines[0].rstrip()
    of, where = values(row), place(row)
    shown = figure(row) + (f"  [{of}]" if of else "") + (f"  {where}" if where else "")
    return lines + textwrap.wrap(shown, WIDTH, initial_indent="      ", subsequent_indent="      ")


def noise(rows: Iterable[Row]) -> dict[str, float]:
    """By how much the middle one of a group's ratios varies from round to round, as a part of itself."""
    spreads: dict[str, list[float]] = {}
    for row in rows:
        if row.get("spread") and row["ratio"]:
            spreads.setdefault(group_of(row), []).append((row["spread"][1] - row["spread"][0]) / row["ratio"])
    return {group: sorted(found)[len(found) // 2] for group, found in spreads.items()}


def verdict(rows: Iterable[Row]) -> str:
    decided = [row for row in rows if row["met"] is not None]
    return f"{sum(bool(row['met']) for row in decided)} of {len(decided)} goals met"


def summary_lines(rows: Sequence[Row]) -> list[str]:
    lines = [verdict(rows)]
    missed = [row["name"] for row in rows if row["met"] is False]
    open_ = [row["name"] for row in rows if row["goal"] and row["met"] is None]
    for what, names in (("missed", missed), ("open, for want of an anchor", open_)):
        if names:
            lines += [f"{what}:", *(f"  {name}"[:WIDTH] for name in names)]
    noisy = [f"{group} (by {100 * by:.0f} %)" for group, by in noise(rows).items() if by > NOISY]
    if noisy:
        text = (
            f"noisy: ratios vary from round to round in {', '.join(noisy)}; something else runs here, measure "
            "again when it has ended"
        )
        lines += textwrap.wrap(text, WIDTH)
    return lines


# ---- two runs --------------------------------------------------------------------------------------------------


def changes(old: Sequence[Row], new: Sequence[Row]) -> list[Change]:
    """Of every line that both have. Beyond the ranges of both runs it is worse or better."""
    before = {row["name"]: row for row in old}
    found = []
    for row in new:
        then = before.get(row["name"])
        key = "ratio" if row["ratio"] is not None else "value"
        if then is None or row["name"] == "machine" or then[key] is None or row[key] is None:
            continue
        found.append(Change(row["name"], float(then[key]), float(row[key]), _remark(then, row)))
    return found


def _remark(then: Row, now: Row) -> str:
    if then["met"] and now["met"] is False:
        return "goal lost"
    if now["met"] and then["met"] is False:
        return "goal won"
    before, after = then.get("spread"), now.get("spread")
    if not before or not after or (after[0] <= before[1] and before[0] <= after[1]):
        return ""
    if not now["goal"]:
        return "other"  # which way is better nobody has said
    rises = after[0] > before[1]
    return "better" if rises == str(now["goal"]).startswith(">=") else "worse"


def goals_lost(old: Sequence[Row], new: Sequence[Row]) -> list[str]:
    return [change.name for change in changes(old, new) if change.remark == "goal lost"]


def show_changes(found: Sequence[Change]) -> None:
    print("compared:" if found else "compared: the two runs have no line in common")
    for change in found:
        factor = f"x {change.now / change.before:.2f}" if change.before else ""
        figures = f"{number(change.before):>8} -> {number(change.now):<8} {factor:<7} {change.remark}"
        print(f"  {change.name}"[:WIDTH])
        print(f"      {figures}".rstrip())
    print()


# ---- documents ---------------------------------------------------------------------------------------------------


def markdown(rows: Sequence[Row]) -> str:
    """The machine in a sentence, then one table a group."""
    lines: list[str] = []
    for row in rows:
        if row["name"] == "machine":
            about = row["value"]
            lines += [
                f"Measured on {about.get('date')}: {about.get('cpu')}, {about.get('cores')} cores"
                f"{', a virtual machine' if about.get('virtual') else ''}; {about.get('os')}, {about.get('kernel')}, "
                f"governor {about.get('governor')}; Python {about.get('python')}, {about.get('compiler')}; asiokit "
                f"{about.get('asiokit')}, converters {about.get('convert_level')}, {about.get('scheduling')}. "
                f"{verdict(rows)}.",
                "",
            ]
    for group, what in GROUPS.items():
        of_group = [row for row in rows if group_of(row) == group]
        if of_group:
            lines += [f"### {group}: {what}", "", "| what | figure | of | goal | met |", "|---|---|---|---|---|"]
            for row in of_group:
                name = ": ".join(filter(None, [name_in_group(row), place(row)]))
                cells = [name, figure(row), values(row), short_goal(row), mark(row)]
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
            lines.append("")
    return "\n".join(lines).rstrip()
