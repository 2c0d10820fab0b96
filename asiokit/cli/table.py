"""cli: prints rows as columns, and objects as JSON."""

import json
from collections.abc import Sequence


def print_rows(rows: Sequence[Sequence[str]], indent: str = "") -> None:
    """Columns as wide as their widest cell; the last one is not padded."""
    if not rows:
        return
    widths = [max(len(row[i]) for row in rows if len(row) > i) for i in range(max(map(len, rows)))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        print(indent + "  ".join([*cells, row[-1]]).rstrip())


def print_json(value: object) -> None:
    """One JSON document on stdout, ASCII only: safe for every console."""
    print(json.dumps(value, indent=2, default=str))
