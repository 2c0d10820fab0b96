"""tests: what all layers' tests share: the reference driver, compiled once a run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from reference.build import build_reference
from reference.library import Reference


@pytest.fixture(scope="session", autouse=True)
def own_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the tests provoke does not belong into the user's log."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def reference_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ready = os.environ.get(
        "ASIOKIT_TEST_REFERENCE"
    )  # in Wine there is no compiler: tests/wine/test_own_tests.py brings it
    return Path(ready) if ready else build_reference(tmp_path_factory.mktemp("reference"))


@pytest.fixture
def reference(reference_path: Path) -> Iterator[Reference]:
    """Without faults before and after each test; a test that leaves a driver object behind fails."""
    reference = Reference(reference_path)
    reference.heal()
    before = reference.n_alive
    yield reference
    reference.heal()
    assert reference.n_alive == before, "a driver object was not released"
