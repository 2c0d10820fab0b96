"""Packages with device classes, written to disk as an installer would."""

import sys
from pathlib import Path

import pytest

OPTIONS = """
from asiokit.device.options import Option

class Echo:
    OPTIONS = (
        Option("channels", int, 2, "channels each way", minimum=1, maximum=64),
        Option("delay_frames", int, 0, "how late", minimum=0, unit="frames"),
        Option("mode", str, "wet", "what is heard", choices=("wet", "dry")),
    )
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """install(distribution, {name: target}, {module: source}): a package on sys.path, with its metadata."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)

    def write(distribution, devices=None, modules=None, version="1.2", default_entry=None) -> Path:
        for module, source in (modules or {}).items():
            (folder / f"{module}.py").write_text(source)
        info = folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        lines = ["[console_scripts]", "x = y:z", "[asiokit.devices]"]
        lines += [f"{name} = {target}" for name, target in (devices or {}).items()]
        if default_entry:
            lines += ["[asiokit.default_entry]", f"default = {default_entry}"]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
        return folder

    yield write
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def echo(install):
    """An installed device class "echo-test" with three options."""
    install("echo_devices", {"echo-test": "echo_device_module:Echo"}, {"echo_device_module": OPTIONS})
    return "echo-test"


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A configuration folder and a cwASIO folder of this test's own (and a log)."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("ASIOKIT_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("ASIOKIT_CWASIO_DIR", str(tmp_path / "cwasio"))
    return tmp_path / "config", tmp_path / "cwasio"
