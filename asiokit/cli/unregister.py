"""cli: makes hosts forget driver entries.

The entry's file stays, so that asiokit register brings it back. Foreign
drivers are never touched.
"""

import argparse

from asiokit import install
from asiokit.cli import COULD_NOT_RUN, FOUND_WRONG, OK, report
from asiokit.errors import AsiokitError

EXAMPLE = """
asiokit unregister "Studio 8"
asiokit unregister --all
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", metavar="NAME", nargs="*", help="registered entries of asiokit")
    parser.add_argument("--all", action="store_true", help="every registered entry of asiokit")


def run(arguments: argparse.Namespace) -> int:
    if bool(arguments.names) == arguments.all:
        raise AsiokitError("name the entries to unregister, or give --all")
    names = [entry.name for entry in install.registered()] if arguments.all else arguments.names
    done, failed = install.unregister_each(names)
    for name in done:
        print(f"unregistered {name}")
    if not names:
        print("nothing is registered")
    for error in failed:
        report(error)
    return OK if not failed else FOUND_WRONG if done else COULD_NOT_RUN
