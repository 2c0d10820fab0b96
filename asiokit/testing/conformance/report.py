"""testing: what was found, as one JSON object, as JUnit's XML, as a page."""

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree import ElementTree

from asiokit.testing.conformance.case import BAD, Check, Finding, Outcome


def as_json(driver: str, seed: int, findings: Sequence[Finding]) -> dict[str, Any]:
    counts = Counter(finding.outcome for finding in findings)
    return {
        "driver": driver,
        "seed": seed,
        "counts": {outcome.value: counts.get(outcome, 0) for outcome in Outcome},
        "checks": [finding.as_dict() for finding in findings],
    }


def as_junit(driver: str, seed: int, findings: Sequence[Finding]) -> str:
    counts = Counter(finding.outcome for finding in findings)
    suite = ElementTree.Element(
        "testsuite",
        name=f"asiokit check {driver}",
        tests=str(len(findings)),
        failures=str(counts[Outcome.FAIL]),
        errors=str(counts[Outcome.CRASHED] + counts[Outcome.HUNG]),
        skipped=str(counts[Outcome.SKIPPED]),
        time=f"{sum(finding.seconds for finding in findings):.3f}",
    )
    properties = ElementTree.SubElement(suite, "properties")
    ElementTree.SubElement(properties, "property", name="seed", value=str(seed))
    for finding in findings:
        case = ElementTree.SubElement(
            suite, "testcase", classname="asio", name=finding.id, time=f"{finding.seconds:.3f}"
        )
        text = f"{finding.rule} ({finding.source})\n{finding.detail}"
        if finding.outcome in BAD:
            kind = "failure" if finding.outcome == Outcome.FAIL else "error"
            ElementTree.SubElement(case, kind, message=finding.detail, type=finding.outcome).text = text
        elif finding.outcome == Outcome.SKIPPED:
            ElementTree.SubElement(case, "skipped", message=finding.detail)
        else:
            ElementTree.SubElement(case, "system-out").text = f"{finding.outcome}: {text}"
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def as_markdown(checks: Iterable[Check]) -> str:
    """A table of all checks, for the documents."""
    lines = ["| check | rule | source |", "|---|---|---|"]
    for check in checks:
        rule = check.rule if check.is_must else f"{check.rule} (a warning)"
        lines.append(
            f"| `{check.id}` | {rule} | {check.source} |".replace("docs/asio-semantics.md", "asio-semantics.md")
        )
    return "\n".join(lines) + "\n"


def rows(findings: Sequence[Finding]) -> str:
    """The table's body of a page: what is bad first."""
    order = [*BAD, Outcome.WARNING, Outcome.SKIPPED, Outcome.PASS]
    cells = []
    for finding in sorted(findings, key=lambda finding: order.index(Outcome(finding.outcome))):
        parts = (finding.outcome, finding.id, finding.rule, finding.detail, finding.source)
        words = "".join(f"<td>{html.escape(part)}</td>" for part in parts)
        cells.append(f'<tr class="{finding.outcome}">{words}</tr>')
    return "\n".join(cells)
