"""cli: prints rows as columns, and objects as JSON."""

import json
import shutil
import textwrap
from collections.abc import Sequence


def print_rows(rows: Sequence[Sequence[str]], indent: str = "") -> None:
    """Columns as wide as their widest cell; the last one takes what is left of the line, and wraps."""
    if not rows:
        return
    columns = min(shutil.get_terminal_size().columns, 100)
    widths = [max(len(row[i]) for row in rows if len(row) > i) for i in range(max(map(len, rows)))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        start = indent + "  ".join([*cells, ""])
        lines = textwrap.wrap(row[-1], max(columns - len(start), 24), break_long_words=False) or [""]
        print("\n".join([(start + lines[0]).rstrip(), *(" " * len(start) + line for line in lines[1:])]))


def print_json(value: object) -> None:
    """One JSON document on stdout, ASCII only: safe for every console."""
    print(json.dumps(value, indent=2, default=str))
