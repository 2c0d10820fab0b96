"""tests: our driver opened in this process, and the pair that conformance tests run against."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asiokit.engine.engine import undead_count
from com.subjects import DeviceSource, Ours, Subject, loopback_source, until
from reference.library import Reference

from asiokit import entry
from asiokit.host.open import open_driver


@pytest.fixture(scope="session")
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("state"))


@pytest.fixture(autouse=True)
def no_log_of_the_user(monkeypatch: pytest.MonkeyPatch, state_folder: str) -> None:
    """Thousands of refused calls are no news for the person who runs the tests."""
    monkeypatch.setenv("XDG_STATE_HOME", state_folder)


@pytest.fixture
def open_ours() -> Iterator[Callable[..., Ours]]:
    """open_ours(options, clock=...): a loopback; open_ours(device=...): a driver of this device. All are released."""
    opened: list[Ours] = []

    def open_one(options: Any = None, *, device: Any = None, source: Any = None, **settings: Any) -> Ours:
        if source is None:
            source = loopback_source(options, **settings) if device is None else DeviceSource(device, **settings)
        opened.append(Ours(source))
        return opened[-1]

    before = entry.drivers()
    yield open_one
    for subject in opened:
        subject.release()
    assert entry.drivers() == before, "a driver object was not released"
    assert until(lambda: undead_count() == 0), "a stream thread was left in a host callback"


@pytest.fixture
def ours(open_ours: Callable[..., Ours]) -> Ours:
    """Loaded, manual clock, 4 channels each way."""
    return open_ours()


@pytest.fixture(params=["ours", "reference"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    """The one or the other, loaded."""
    if request.param == "ours":
        yield request.getfixturevalue("open_ours")()
        return
    reference: Reference = request.getfixturevalue("reference")
    subject = Subject(open_driver(str(reference.path), initialize=False))
    yield subject
    subject.release()
