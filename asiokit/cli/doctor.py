"""cli: says why a driver would not load, and what to do about it.

Checks the installation, tries how well a stream's thread wakes here, then
checks every registered entry, or the one named: each is opened as a host would
open it, in a process of its own. Exit code 1 if a check fails.
"""

import argparse
import sys
from collections.abc import Iterator

from asiokit import install
from asiokit.cli import FOUND_WRONG, OK
from asiokit.cli.table import print_json
from asiokit.errors import InstallError
from asiokit.install.checks import check_entry, check_installation, check_realtime, check_unregistered, log_tail
from asiokit.install.finding import Finding
from asiokit.values import nearest

EXAMPLE = """
asiokit doctor
asiokit doctor "Studio 8" --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="only this entry (default: all registered ones)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    found = []
    for scope, findings in _scopes(arguments.name):
        if not arguments.json:
            print(scope)
        for finding in findings:
            found.append((scope, finding))
            if not arguments.json:
                _show(finding)
                sys.stdout.flush()  # some checks take a second: show what there is
    is_ok = all(finding.status != "FAIL" for _, finding in found)
    if arguments.json:
        print_json({"ok": is_ok, "checks": [{"scope": scope, **finding.fields()} for scope, finding in found]})
    else:
        n_failed = sum(finding.status == "FAIL" for _, finding in found)
        print("\nall is well" if is_ok else f"\n{n_failed} of {len(found)} checks failed")
    return OK if is_ok else FOUND_WRONG


def _scopes(name: str | None) -> Iterator[tuple[str, Iterator[Finding]]]:
    entries = install.registered()
    if name is not None:
        entries = [entry for entry in entries if entry.name == name]
        file = None if entries else install.find_file(name)
        if not entries and file is None:
            known = tuple(entry.name for entry in install.registered())
            listed = f"registered: {', '.join(known)}" if known else "nothing is registered"
            raise InstallError(f"there is no entry {name!r}{nearest(name, known)}; {listed}")
    yield f"asiokit in {sys.prefix}", check_installation()
    yield "\nreal time", check_realtime()
    for entry in entries:
        yield f"\ndriver {entry.name!r}", check_entry(entry)
    if name is not None and file is not None:
        yield f"\ndriver {name!r}", check_unregistered(file)
    yield "\nlog", iter([log_tail()])


def _show(finding: Finding) -> None:
    first, *more = finding.text.splitlines() or [""]
    print(f"  {finding.status:<4}  {finding.check:<16}  {first}")
    for line in more:
        print(f"          {line}")
    for number, line in enumerate(finding.remedy.splitlines()):
        print(f"{'           ' if number else '        -> '}{line}")
