"""testing: what a conformance check is, and how it says what it saw."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asiokit.testing.conformance.bench import Bench


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    WARNING = "warning"  # a rule that drivers in the field break, and hosts live with
    SKIPPED = "skipped"  # there is nothing to look at, for the reason given
    CRASHED = "crashed"
    HUNG = "hung"


# what makes a driver unfit
BAD = (Outcome.FAIL, Outcome.CRASHED, Outcome.HUNG)


class NotMetError(Exception):
    """The rule is not met; the text says what was seen instead."""


class RemarkError(Exception):
    """Met so badly that somebody should look, but no host breaks of it."""


class NothingToSeeError(Exception):
    """The check does not apply to this driver; the text says why."""


@dataclass(frozen=True)
class Check:
    """id: kebab-case, for ever. rule: one sentence. source: where it comes from. is_must: False: not meeting it is a
    warning."""

    id: str
    rule: str
    source: str
    is_must: bool
    look: Callable[["Bench"], str | None]


@dataclass(frozen=True)
class Finding:
    """What came of one check. detail: what was seen; with a pass perhaps a figure."""

    id: str
    outcome: str
    detail: str
    rule: str
    source: str
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


CHECKS: dict[str, Check] = {}


def check(id: str, rule: str, source: str, *, must: bool = True) -> Callable[[Any], Any]:
    """Decorates `look(bench) -> None, or a figure worth telling`."""

    def register(look: Callable[["Bench"], str | None]) -> Callable[["Bench"], str | None]:
        add(Check(id, rule, source, must, look))
        return look

    return register


def add(made: Check) -> None:
    if made.id in CHECKS:
        raise ValueError(f"two checks are named {made.id!r}")
    CHECKS[made.id] = made


def expect(condition: object, seen: str) -> None:
    """NotMetError unless the condition holds."""
    if not condition:
        raise NotMetError(seen)
