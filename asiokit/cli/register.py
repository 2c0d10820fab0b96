"""cli: makes hosts list driver entries.

Without a name: every created entry, or the one that comes with asiokit if
there is none. On Windows this needs an elevated prompt, on Linux sudo.
"""

import argparse

from asiokit import install
from asiokit.cli import COULD_NOT_RUN, FOUND_WRONG, OK, report

EXAMPLE = """
asiokit register
asiokit register "Studio 8"
asiokit register ./drivers/other.toml
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("entries", metavar="NAME|FILE", nargs="*", help="created entries, or entry files (*.toml)")


def run(arguments: argparse.Namespace) -> int:
    done, failed = install.register_each(arguments.entries or install.all_created())
    for entry in done:
        print(f"registered {entry.name}: {entry.key}")
    for error in failed:
        report(error)
    return OK if not failed else FOUND_WRONG if done else COULD_NOT_RUN
