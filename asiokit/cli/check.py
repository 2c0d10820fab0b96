"""cli: looks whether an ASIO driver keeps the rules.

Makes some 160 checks, each on a driver opened for it alone, in a process of
its own: a crash is a finding. Exit code 1: a rule is not met, a call crashed
or hung. Warnings are what other drivers do as well and hosts live with.
"""

import argparse
import fnmatch
import html
import random
import string
import sys
from collections.abc import Sequence
from pathlib import Path

from asiokit import __version__
from asiokit.cli import FOUND_WRONG, OK
from asiokit.cli.drivers import DRIVER_HELP, library_of, positive
from asiokit.cli.progress import Progress
from asiokit.cli.table import print_json, print_rows
from asiokit.errors import AsiokitError
from asiokit.testing.conformance import report
from asiokit.testing.conformance.case import BAD, Finding, Outcome
from asiokit.testing.conformance.run import TIMEOUT_S
from asiokit.testing.conformance.run import run as make_checks
from asiokit.testing.conformance.suite import CHECKS

EXAMPLE = """
asiokit check "asiokit Loopback"
asiokit check ./driver.so --only 'latency-*' --only '*-null*'
asiokit check device:loopback --json --seed 7
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("driver", metavar="DRIVER", help=DRIVER_HELP, nargs="?")
    parser.add_argument("--list", action="store_true", help="show the checks and their rules, and make none")
    parser.add_argument("--only", metavar="ID", action="append", default=[], help="these checks; * stands for anything")
    parser.add_argument("--skip", metavar="ID", action="append", default=[], help="not these")
    parser.add_argument(
        "--expect", metavar="FILE.toml", type=Path, help="checks that are known to fail: [fail] id = why"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of the samples and sizes that are chosen by chance")
    parser.add_argument(
        "--timeout", type=positive, default=TIMEOUT_S, metavar="S", help=f"of one check (default: {TIMEOUT_S:g})"
    )
    parser.add_argument("--junit", type=Path, metavar="PATH", help="write JUnit's XML")
    parser.add_argument("--report", type=Path, metavar="PATH", help="write an HTML page")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    ids = _chosen(arguments.only, arguments.skip)
    if arguments.list:
        print_rows([["CHECK", "RULE"], *([id, f"{CHECKS[id].rule} [{CHECKS[id].source}]"] for id in ids)])
        return OK
    if arguments.driver is None:
        raise AsiokitError("name a driver to check: asiokit check DRIVER")
    expected = _expected(arguments.expect)
    library_of(arguments.driver)  # an unknown name is no finding of 160 checks
    seed = random.SystemRandom().randrange(1 << 31) if arguments.seed is None else arguments.seed
    findings = []
    with Progress("checking") as progress:
        for finding in make_checks(ids, lambda left: _command(arguments.driver, seed, left), arguments.timeout):
            findings.append(finding)
            progress(len(findings), len(ids))
    if arguments.junit:
        arguments.junit.write_text(report.as_junit(arguments.driver, seed, findings), encoding="utf-8")
    if arguments.report:
        _write_page(arguments.report, arguments.driver, seed, findings)
    if arguments.json:
        print_json(report.as_json(arguments.driver, seed, findings))
    else:
        _show(arguments.driver, seed, findings, expected)
    bad = {finding.id for finding in findings if finding.outcome in BAD}
    return FOUND_WRONG if bad - expected.keys() or _healed(findings, expected) else OK


def _command(spec: str, seed: int, ids: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "asiokit.cli.check_child", spec, str(seed), ",".join(ids)]


def _chosen(only: list[str], skip: list[str]) -> list[str]:
    for pattern in (*only, *skip):
        if not fnmatch.filter(CHECKS, pattern):
            raise AsiokitError(f"no check is named {pattern!r}: asiokit check --list shows them")
    return [
        id
        for id in CHECKS
        if (not only or any(fnmatch.fnmatch(id, pattern) for pattern in only))
        and not any(fnmatch.fnmatch(id, pattern) for pattern in skip)
    ]


def _expected(file: Path | None) -> dict[str, str]:
    """Checks that are known to fail, with the reason."""
    if file is None:
        return {}
    import tomllib  # noqa: PLC0415 - rarely needed

    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AsiokitError(f"{file}: {error}") from None
    expected = table.get("fail", {})
    if set(table) - {"fail"} or not isinstance(expected, dict):
        raise AsiokitError(f"{file}: must be a table [fail] of check = reason")
    for id in expected:
        if id not in CHECKS:
            raise AsiokitError(f"{file}: no check is named {id!r}: asiokit check --list shows them")
    return expected


def _healed(findings: Sequence[Finding], expected: dict[str, str]) -> list[str]:
    """Known to fail, and do not: the list is out of date."""
    return [finding.id for finding in findings if finding.id in expected and finding.outcome not in BAD]


def _show(driver: str, seed: int, findings: Sequence[Finding], expected: dict[str, str]) -> None:
    rows = []
    for finding in findings:
        if finding.outcome in (Outcome.PASS, Outcome.SKIPPED):
            continue
        known = f" (known: {expected[finding.id]})" if finding.id in expected else ""
        rows.append([finding.outcome, finding.id, f"{finding.rule} Seen: {finding.detail}{known}"])
    if rows:
        print_rows([["", "CHECK", ""], *rows])
        print()
    for id in _healed(findings, expected):
        print(f"{id} is listed as known to fail, and does not: take it off the list")
    counts = report.as_json(driver, seed, findings)["counts"]
    words = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    print(f"{driver}: {words}, of {len(findings)} checks in {sum(f.seconds for f in findings):.0f} s (seed {seed})")


def _write_page(file: Path, driver: str, seed: int, findings: Sequence[Finding]) -> None:
    counts = report.as_json(driver, seed, findings)["counts"]
    is_bad = any(finding.outcome in BAD for finding in findings)
    words = {
        "style": Path(__file__).with_name("page.css").read_text(encoding="utf-8"),
        "driver": html.escape(driver),
        "counts": ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count),
        "seed": str(seed),
        "state": "bad" if is_bad else "good",
        "badge": "rules broken" if is_bad else "rules kept",
        "rows": report.rows(findings),
        "version": __version__,
    }
    page = Path(__file__).with_name("check_report.html").read_text(encoding="utf-8")
    file.write_text(string.Template(page).substitute(words), encoding="utf-8")
