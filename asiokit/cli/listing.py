"""cli: shows driver entries and whether they would work.

Ours, registered or only created; --all: every ASIO driver of this system.
Exit code 1 if one of ours is broken; asiokit doctor looks deeper.
"""

import argparse
from typing import Any

from asiokit import install, paths
from asiokit.cli import FOUND_WRONG, OK
from asiokit.cli.table import print_json, print_rows
from asiokit.config import load_entry
from asiokit.errors import ConfigError

EXAMPLE = """
asiokit list
asiokit list --all --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="foreign drivers, too")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    rows: list[dict[str, Any]] = [
        _registered(entry) for entry in install.all_registered() if entry.ours or arguments.all
    ]
    known = {row["config"] for row in rows}
    rows += [_created(str(file)) for file in paths.entry_files() if str(file) not in known]
    if arguments.json:
        print_json(rows)
    elif not rows:
        print("no entries: asiokit create NAME --device CLASS makes one")
    else:
        print_rows(
            [["NAME", "DEVICE", "STATE"], *([str(row[key]) for key in ("name", "device", "state")] for row in rows)]
        )
        print()
        for row in rows:
            print(f"{row['name']}\n    {row['config'] or row['library']}")
            for problem in row["problems"]:
                print(f"    {problem}")
    return FOUND_WRONG if any(row["state"] == "broken" for row in rows) else OK


def _registered(entry: install.Registration) -> dict[str, Any]:
    if not entry.ours:
        return _row(entry.name, "", "foreign", "", entry.library, [])
    found = install.problems(entry)
    return _row(entry.name, _device(entry.config), "broken" if found else "ok", entry.config, entry.library, found)


def _created(file: str) -> dict[str, Any]:
    try:
        config = load_entry(file)
    except ConfigError as error:
        return _row("", "", "broken", file, "", [str(error)])
    return _row(config.name, config.device, "not registered", file, "", [])


def _device(file: str) -> str:
    try:
        return load_entry(file).device
    except ConfigError:
        return ""


def _row(
    name: str, device: str, state: str, config: str, library: str, found: list[str]
) -> dict[str, Any]:  # the keys are what --json promises
    return {"name": name, "device": device, "state": state, "config": config, "library": library, "problems": found}
