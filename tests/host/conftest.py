"""tests: an initialised reference driver for the host's tests."""

from collections.abc import Iterator

import pytest
from reference.library import Reference

from asiokit.host.native import NativeDriver
from asiokit.host.open import open_driver


@pytest.fixture
def driver(reference: Reference) -> Iterator[NativeDriver]:
    driver = open_driver(str(reference.path))
    yield driver
    driver.release()
