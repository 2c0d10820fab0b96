"""tests of the engine: a probe device, and the log file of each test for itself."""

from pathlib import Path
from types import ModuleType

import pytest
from compiled import compiled


@pytest.fixture(scope="session")
def probe() -> ModuleType:
    return compiled(Path(__file__).with_name("probe_device.pyx"))


@pytest.fixture(autouse=True)
def log_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for where in ("XDG_STATE_HOME", "LOCALAPPDATA"):  # on Linux, on Windows
        monkeypatch.setenv(where, str(tmp_path / "state"))
    return tmp_path / "state" / "asiokit" / "asiokit.log"
