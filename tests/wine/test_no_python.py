"""tests: a registered driver whose Python is gone still answers: init is false, and a text says what is missing."""

import json
import shutil
from collections.abc import Iterator

import pytest

from tools.windows.wine import REG
from wine.machine import Machine

NAME = "asiokit Orphan"
CLSID = "{0D7A5E3C-1B2F-4C6D-8E9A-ABCDEF012345}"
CLASS_KEY = rf"HKLM\SOFTWARE\Classes\CLSID\{CLSID}"
ASIO_KEY = rf"HKLM\SOFTWARE\ASIO\{NAME}"
HOME = r"C:\removed\python"


@pytest.fixture
def orphan(machine: Machine) -> Iterator[str]:
    """The DLL alone in a folder, registered for a Python that is not there; returns its Windows path."""
    folder = machine.prefix.folder / "drive_c" / "orphan"
    folder.mkdir()
    shutil.copy2(machine.library, folder / "asiokit.dll")
    path = r"C:\orphan\asiokit.dll"
    values = {
        (ASIO_KEY, "CLSID"): CLSID,
        (ASIO_KEY, "Description"): NAME,
        (rf"{CLASS_KEY}\InprocServer32", None): path,
        (rf"{CLASS_KEY}\InprocServer32", "ThreadingModel"): "Both",
        (rf"{CLASS_KEY}\asiokit", "name"): NAME,
        (rf"{CLASS_KEY}\asiokit", "python_library"): rf"{HOME}\python311.dll",
        (rf"{CLASS_KEY}\asiokit", "program"): rf"{HOME}\python.exe",
    }
    for (key, name), value in values.items():
        machine.prefix.set_registry(key, name, value)
    yield path
    machine.prefix.check([REG, "delete", ASIO_KEY, "/f"])
    machine.prefix.check([REG, "delete", CLASS_KEY, "/f"])
    shutil.rmtree(folder)


def test_init_fails_with_a_text_and_a_log(machine: Machine, orphan: str) -> None:
    done = machine.prefix.run([machine.hosts["rs_host"], orphan, CLSID, "2", "64"])
    rounds = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["fault"] for r in rounds] == ["init", "init"], done
    for r in rounds:
        assert "python" in r["text"].lower() and len(r["text"]) <= 123, r
    logs = list(machine.prefix.folder.glob("drive_c/users/*/AppData/Local/asiokit/asiokit.log"))
    assert len(logs) == 1, "a log must say where Python was looked for"
    assert HOME in logs[0].read_text(encoding="utf-8"), logs[0].read_text(encoding="utf-8")


def test_a_host_passes_over_it_and_plays_the_others(machine: Machine, orphan: str) -> None:
    with machine.registered("asiokit Well") as name:
        assert [device["name"] for device in machine.portaudio("list")["devices"]] == [name]
        figures = machine.portaudio("play", name, "256", "48000", "0.5", "float32")
    assert figures["differing_samples"] == 0 and figures["samples_compared"] > 40000, figures
