"""tests of rt: its inline functions, compiled into a module of their own."""

from pathlib import Path
from types import ModuleType

import pytest
from compiled import compiled


@pytest.fixture(scope="session")
def rt() -> ModuleType:
    return compiled(Path(__file__).with_name("rt_probe.pyx"))
