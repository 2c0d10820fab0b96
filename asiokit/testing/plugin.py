"""testing: the pytest plug-in: a driver, a host and a stepped clock as fixtures; the conformance suite as test items.

pytest loads this file whenever asiokit is installed, so it imports nothing of asiokit before a test asks for it.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

SEED = 1  # the same choices in every run: a test that fails by turns helps nobody

if TYPE_CHECKING:
    from asiokit.host.session import Session
    from asiokit.testing.inprocess import OpenDriver


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("asiokit")
    group.addoption(
        "--asio-driver",
        metavar="DRIVER",
        help="run asiokit's conformance suite against this driver (a name, a path or device:CLASS), a test a check",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "asio(device, **entry): what asio_driver opens: a device class, and its entry")


@pytest.fixture
def asio_driver(request: pytest.FixtureRequest) -> "Iterator[OpenDriver]":
    """An initialised driver in this process, of the marker asio("CLASS", options={...}, sample_type=..., ...), with a
    manual clock unless the marker says otherwise. See asiokit.testing.OpenDriver."""
    from asiokit.testing.inprocess import opened  # noqa: PLC0415 - see the head of this file

    mark = request.node.get_closest_marker("asio")
    if mark is None or len(mark.args) != 1:
        pytest.fail('asio_driver needs a device class: @pytest.mark.asio("CLASS"); asiokit devices lists them', False)
    with opened(mark.args[0], **{"clock": "manual", **mark.kwargs}) as driver:
        yield driver


@pytest.fixture
def asio_host(asio_driver: "OpenDriver") -> "Iterator[Callable[..., Session]]":
    """A host of asio_driver: asio_host(inputs=[0], outputs=[0], n_frames=64, manners=...) makes a Session, which is
    closed at the end of the test."""
    from asiokit.host.session import Session  # noqa: PLC0415 - see the head of this file

    sessions = []

    def make(**settings: Any) -> Session:
        sessions.append(Session(asio_driver.native, **{"n_frames": 64, **settings}))
        return sessions[-1]

    yield make
    for session in reversed(sessions):
        session.close()


@pytest.fixture
def manual_clock(asio_driver: "OpenDriver") -> Callable[[int], None]:
    """manual_clock(n) lets n cycles of asio_driver pass, and returns when the host has been called for each."""
    return asio_driver.step


# ---- the conformance suite as items ---------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)  # before -k chooses
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    driver = config.getoption("--asio-driver")
    if driver:
        from asiokit.testing.conformance.suite import CHECKS  # noqa: PLC0415 - see the head of this file

        suite = Suite.from_parent(session, name=driver)
        items.extend(CheckItem.from_parent(suite, name=id) for id in CHECKS)


class Suite(pytest.Collector):
    """The checks of one driver. A child makes them one after the other, as the items ask for them."""

    _findings: Any = None

    def collect(self) -> list[pytest.Item]:
        return []

    def finding(self, id: str) -> Any:
        from asiokit.cli.check import command  # noqa: PLC0415 - see the head of this file
        from asiokit.testing.conformance.run import run  # noqa: PLC0415

        def child(left: Any) -> list[str]:
            return command(self.name, SEED, left)

        if self._findings is None:
            chosen = [item.name for item in self.session.items if isinstance(item, CheckItem)]
            self._findings = run(chosen, child)
        finding = next(self._findings, None)
        if finding is None or finding.id != id:  # another plug-in has changed the order
            finding = next(run([id], child))
        return finding


class CheckItem(pytest.Item):
    parent: Suite

    def runtest(self) -> None:
        finding = self.parent.finding(self.name)
        if finding.outcome == "skipped":
            pytest.skip(finding.detail)
        if finding.outcome == "warning":
            self.warn(pytest.PytestWarning(f"{self.name}: {finding.rule} Seen: {finding.detail}"))
        elif finding.outcome != "pass":
            raise BrokenRuleError(f"{finding.rule} [{finding.source}]\n{finding.outcome}: {finding.detail}")

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        if isinstance(excinfo.value, BrokenRuleError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, int | None, str]:
        return self.parent.name, None, f"{self.parent.name}: {self.name}"


class BrokenRuleError(Exception):
    """A check that was not passed."""
