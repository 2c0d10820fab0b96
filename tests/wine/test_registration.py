"""tests: what `asiokit register` leaves in a Windows registry, and what hosts make of it."""

import json
from collections.abc import Iterator
from pathlib import PureWindowsPath

import pytest

from tools.windows.wine import REG, REGSVR32
from wine.machine import Machine

ASIO = r"HKLM\SOFTWARE\ASIO"
CLASSES = r"HKLM\SOFTWARE\Classes\CLSID"


@pytest.fixture
def foreign(machine: Machine) -> Iterator[str]:
    """Another maker's driver: only its registration, for a DLL that exists."""
    name, clsid = "Foreign ASIO", "{6B3C9A2E-7F10-4E5D-9C11-0123456789AB}"
    machine.prefix.set_registry(rf"{ASIO}\{name}", "CLSID", clsid)
    machine.prefix.set_registry(rf"{ASIO}\{name}", "Description", name)
    machine.prefix.set_registry(rf"{CLASSES}\{clsid}\InprocServer32", None, r"C:\windows\system32\kernel32.dll")
    yield name
    machine.prefix.check([REG, "delete", rf"{ASIO}\{name}", "/f"])
    machine.prefix.check([REG, "delete", rf"{CLASSES}\{clsid}", "/f"])


def windows_path(path: str) -> PureWindowsPath:
    return PureWindowsPath(path.removeprefix("\\\\?\\"))


def test_registration_is_what_hosts_read_and_goes_without_a_trace(machine: Machine) -> None:
    with machine.registered("asiokit One") as name:
        entry = machine.registry(rf"{ASIO}\{name}")
        assert entry["Description"] == name and len(name) <= 31
        class_key = rf"{CLASSES}\{entry['CLSID']}"
        server = machine.registry(rf"{class_key}\InprocServer32")
        assert server["ThreadingModel"] == "Both"
        assert windows_path(server["(Default)"]).parts[-2:] == ("asiokit", "asiokit.dll")
        record = machine.registry(rf"{class_key}\asiokit")
        assert record["name"] == name and windows_path(record["program"]).name.lower() == "python.exe"
    assert not machine.has_key(rf"{ASIO}\{name}") and not machine.has_key(class_key)


def test_several_entries_of_one_dll_keep_their_own_settings(machine: Machine) -> None:
    with (
        machine.registered("asiokit Two"),
        machine.registered("asiokit Eight", "inputs=8", "outputs=4"),
        machine.registered("asiokit Sixty-Four", "inputs=64", "outputs=64"),
    ):
        devices = {d["name"]: (d["inputs"], d["outputs"]) for d in machine.portaudio("list")["devices"]}
        assert devices == {"asiokit Two": (2, 2), "asiokit Eight": (8, 4), "asiokit Sixty-Four": (64, 64)}
        for name in devices:
            figures = machine.portaudio("play", name, "256", "48000", "0.5", "float32")
            assert figures["differing_samples"] == 0 and figures["samples_compared"] > 40000, figures


def test_list_all_shows_foreign_drivers_and_ours(machine: Machine, foreign: str) -> None:
    with machine.registered("asiokit One") as name:
        rows = json.loads(machine.asiokit("list", "--all", "--json").stdout)
    text = json.dumps(rows)
    assert name in text and foreign in text


def test_a_foreign_drivers_name_is_refused_and_left_alone(machine: Machine, foreign: str) -> None:
    before = machine.registry(rf"{ASIO}\{foreign}")
    file = machine.prefix.folder / "drive_c" / "foreign.toml"
    file.write_text(f'name = "{foreign}"\ndevice = "loopback"\n')
    for words in (
        ("create", foreign, "--device", "loopback"),
        ("register", r"C:\foreign.toml"),
        ("unregister", foreign),
    ):
        done = machine.asiokit(*words, code=2)
        assert foreign in done.stderr and "belongs to another driver" in done.stderr, done.stderr
        assert machine.registry(rf"{ASIO}\{foreign}") == before


@pytest.mark.parametrize("name", ["x" * 32, "not\\a\\name", "Gerät"])
def test_a_name_that_hosts_could_not_show_is_refused(machine: Machine, name: str) -> None:
    done = machine.asiokit("create", name, "--device", "loopback", code=2)
    assert done.stderr.startswith("asiokit: error:") and len(done.stderr.splitlines()) == 1, done.stderr


def test_doctor_finds_a_healthy_registration_healthy(machine: Machine) -> None:
    with machine.registered("asiokit One"):
        done = machine.asiokit("doctor")
    assert "FAIL" not in done.stdout, done.stdout


def test_doctor_finds_a_registration_whose_dll_is_gone(machine: Machine) -> None:
    with machine.registered("asiokit One") as name:
        server = rf"{CLASSES}\{machine.class_id(name)}\InprocServer32"
        machine.prefix.set_registry(server, None, r"C:\gone\asiokit.dll")
        done = machine.asiokit("doctor", code=1)
        assert "FAIL" in done.stdout and r"C:\gone\asiokit.dll" in done.stdout, done.stdout


def test_regsvr32_registers_every_created_entry(machine: Machine) -> None:
    machine.asiokit("create", "asiokit Svr", "--device", "loopback")
    try:
        machine.prefix.check([REGSVR32, "/s", machine.library])
        assert [d["name"] for d in machine.portaudio("list")["devices"]] == ["asiokit Svr"]
        machine.prefix.check([REGSVR32, "/u", "/s", machine.library])
        assert not machine.has_key(rf"{ASIO}\asiokit Svr")
    finally:
        (machine.prefix.folder / "drive_c" / "ProgramData" / "asiokit" / "asiokit Svr.toml").unlink()
