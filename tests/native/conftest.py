"""tests through the exported entry: dlopen, instantiateDriver, the instance name, as any host of the platform does."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import asiokit
from asiokit.host.native import NativeDriver
from asiokit.host.open import open_driver


@pytest.fixture(scope="session")
def library() -> Path:
    library = Path(asiokit.__file__).with_name("libasiokit.so")
    if not library.exists():
        pytest.fail(f"{library} is not built: pip install --no-build-isolation -e .")
    return library


@pytest.fixture
def entry_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `asiokit create` writes entries, for this test alone."""
    monkeypatch.setenv("ASIOKIT_CONFIG_DIR", str(tmp_path / "entries"))
    (tmp_path / "entries").mkdir()
    return tmp_path / "entries"


def write_entry(
    folder: Path,
    name: str,
    n_channels: int = 2,
    rate_hz: float = 48000,
    options: dict[str, object] | None = None,
    **stream: str,
) -> None:
    lines = [
        f'name = "{name}"',
        'device = "loopback"',
        "[options]",
        f"inputs = {n_channels}",
        f"outputs = {n_channels}",
    ]
    # what JSON writes of a list or a number, TOML reads
    lines += [f"{key} = {json.dumps(value)}" for key, value in (options or {}).items()]
    lines += ["[stream]", f"rate_hz = {rate_hz}", "buffer_frames = { min = 16, max = 2048 }"]
    lines += [f'{key} = "{value}"' for key, value in stream.items()]
    (folder / f"{name}.toml").write_text("\n".join(lines) + "\n")


@pytest.fixture
def open_native(library: Path, entry_folder: Path) -> Iterator[Callable[..., NativeDriver]]:
    """open_native(n_channels=, rate_hz=, options=, sample_type=, clock=, ...): an initialised loopback."""
    opened: list[NativeDriver] = []

    def open_one(n_channels: int = 2, **stream: Any) -> NativeDriver:
        name = f"native {len(opened)}"
        write_entry(entry_folder, name, n_channels, **stream)
        opened.append(open_driver(f"{library},{name}"))
        return opened[-1]

    yield open_one
    for driver in opened:
        driver.release()
