"""A device class in a single file: `device = "my_device.py:Sine"`."""

import sys
from pathlib import Path

import pytest

from asiokit import discovery
from asiokit.cli import main
from asiokit.config import EntryConfig, load_entry
from asiokit.errors import ConfigError, DeviceError

SINE = """
from asiokit.device import PyDevice, option
from tones import LOUD

class Sine(PyDevice):
    inputs, outputs = 2, 0
    speed_hz: float = option(440.0, "pitch", minimum=1, maximum=20000, unit="Hz")

    def process(self, block):
        block.to_host[:] = LOUD
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "my_device.py").write_text(SINE)
    (tmp_path / "tones.py").write_text("LOUD = 0.5\n")
    return tmp_path


def entry(folder: Path, device: str, options: str = "") -> EntryConfig:
    file = folder / "entry.toml"
    file.write_text(f'name = "Mine"\ndevice = "{device}"\n[options]\n{options}\n')
    return load_entry(file)


@pytest.mark.parametrize("device", ["my_device.py:Sine", "./my_device.py:Sine", "sub/../my_device.py:Sine"])
def test_a_relative_file_lies_beside_the_entry(
    folder: Path, device: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    (folder / "sub").mkdir()
    before = list(sys.path)
    device_class, options = discovery.device_of(entry(folder, device, "speed_hz = 220"))
    assert (device_class.__name__, options) == ("Sine", {"speed_hz": 220.0})
    assert sys.path == before and "my_device" not in sys.modules


def test_an_absolute_file(folder: Path) -> None:
    device_class, _ = discovery.device_of(EntryConfig("Mine", f"{folder.as_posix()}/my_device.py:Sine"))
    assert device_class.__name__ == "Sine"


def test_an_edit_takes_effect(folder: Path) -> None:
    config = entry(folder, "my_device.py:Sine")
    first, _ = discovery.device_of(config)
    (folder / "my_device.py").write_text(SINE.replace("2, 0", "3, 0"))
    second, _ = discovery.device_of(config)
    assert (first.inputs, second.inputs) == (2, 3)  # type: ignore[attr-defined]


def test_options_are_checked_with_the_line(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"entry.toml:4: .*speed_hz.*outside 1 to 20000 Hz"):
        discovery.device_of(entry(folder, "my_device.py:Sine", "speed_hz = 0.5"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class Sine(:", r"SyntaxError: .*\(line 1\)"),
        ("x = 1\nimport nothing_of_that_name", r"ModuleNotFoundError: .*nothing_of_that_name.*\(line 2\)"),
        ("raise SystemExit('bye')", r"SystemExit: bye \(line 1\)"),
        ("class Sinus: pass", r"has no class 'Sine' \(did you mean 'Sinus'\?\)"),
        ("Sine = 3", "has no class 'Sine'"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, text: str, message: str) -> None:
    (folder / "my_device.py").write_text(text)
    with pytest.raises(DeviceError, match=message) as caught:
        discovery.device_of(entry(folder, "my_device.py:Sine"))
    assert "entry.toml: device 'my_device.py:Sine'" in str(caught.value)


def test_no_such_file(folder: Path) -> None:
    with pytest.raises(DeviceError, match=r"other\.py.*there is no such file"):
        discovery.device_of(entry(folder, "other.py:Sine"))


@pytest.mark.parametrize("name", ["loopback", "a.py", "a.py:", "a.txt:Sine", "my-device"])
def test_other_names_are_installed_classes(name: str) -> None:
    assert not discovery.is_file_device(name)


def test_create_writes_the_full_path(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry lies in the folder of all entries; the file is where the user is."""
    entries = tmp_path_factory.mktemp("entries")
    monkeypatch.setenv("ASIOKIT_CONFIG_DIR", str(entries))
    monkeypatch.chdir(folder)
    assert main(["create", "Mine", "--device", "my_device.py:Sine", "-o", "speed_hz=220"]) == 0
    config = load_entry(entries / "Mine.toml")
    assert config.device == f"{folder / 'my_device.py'}:Sine"
    monkeypatch.chdir(entries)
    device_class, options = discovery.device_of(config)
    assert (device_class.__name__, options) == ("Sine", {"speed_hz": 220.0})
    assert main(["create", "Other", "--device", "my_device.py:Sine"]) == 2
