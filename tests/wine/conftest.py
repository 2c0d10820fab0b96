"""tests: fixtures of the Wine group: the Windows environment, the wheel, a machine to install it on.

All tests in this folder carry the mark `wine`. Where Wine or mingw is missing they are skipped with the reason, in CI
they fail: a group that silently does not run proves nothing.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.windows import environment, wheel
from tools.windows.environment import Environment
from tools.windows.steps import Missing
from tools.windows.wine import copy_prefix
from wine.machine import Machine, compile_hosts, install_python

HERE = Path(__file__).resolve().parent
# the first test waits for the environment and the wheel, a slow one plays for a minute
TIMEOUT_S = 600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("wine")
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))


@pytest.fixture(scope="session")
def windows() -> Environment:
    try:
        return environment.ensure()
    except Missing as missing:
        if os.environ.get("CI", "") not in ("", "0", "false"):
            pytest.fail(f"CI must run the Wine group: {missing}")
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def windows_wheel(windows: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The win_amd64 wheel of this checkout."""
    return wheel.build(windows, environment.ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def windows_python(windows: Environment, windows_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """python.exe of a Windows Python of this run's own, asiokit installed."""
    return install_python(windows, windows_wheel, tmp_path_factory.mktemp("windows") / "python")


@pytest.fixture(scope="session")
def hosts(windows: Environment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return compile_hosts(tmp_path_factory.mktemp("hosts"))


@pytest.fixture(scope="module")
def machine(
    windows: Environment, windows_python: Path, hosts: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """A Windows machine for the tests of one file: its own registry, its own drive C."""
    with copy_prefix(windows.prefix_template, tmp_path_factory.mktemp("machine") / "prefix") as prefix:
        prefix.stay_up()
        yield Machine(windows, windows_python, hosts, prefix)
