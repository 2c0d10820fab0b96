"""tests: our own host in a Windows Python: drivers by registered name, by DLL, by class; ours and the reference."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from reference.build import build_reference

from tools.windows.wine import REGSVR32
from wine.machine import Machine

REFERENCE = "asiokit reference"
REFERENCE_CLASS = "{8E1FD3C4-2B6A-4D0E-9C57-0A51E0C0FFEE}"


@pytest.fixture(scope="module")
def reference_dll(tmp_path_factory: pytest.TempPathFactory, machine: Machine) -> Path:
    return build_reference(tmp_path_factory.mktemp("reference"), windows=True)


@pytest.fixture
def registered_reference(machine: Machine, reference_dll: Path) -> Iterator[str]:
    machine.prefix.check([REGSVR32, "/s", windows(reference_dll)])
    yield REFERENCE
    machine.prefix.check([REGSVR32, "/s", "/u", windows(reference_dll)])


def windows(path: Path) -> str:
    return "Z:" + str(path).replace("/", "\\")


def probe(machine: Machine, driver: str) -> dict[str, object]:
    facts = json.loads(machine.asiokit("probe", driver, "--json").stdout)
    assert isinstance(facts, dict)
    return facts


def demo(machine: Machine, *options: str) -> dict[str, object]:
    report = windows(machine.prefix.folder / "report.html")
    words = ("demo", "--seconds", "1", "--json", "--report", report, *options)
    facts = json.loads(machine.asiokit(*words).stdout)
    assert isinstance(facts, dict)
    assert (facts["samples_compared"], facts["differing_samples"]) == (96000, 0)
    assert facts["reported_round_trip_frames"] == facts["measured_round_trip_frames"]
    return facts


def test_our_driver_by_name_and_by_its_dll(machine: Machine) -> None:
    with machine.registered("asiokit Loopback") as name:
        by_name = probe(machine, name)
        by_file = probe(machine, windows(machine.library))  # the class is found in the registry
        assert by_name["driver"] == by_file["driver"] == name
        assert by_name["library"] == by_file["library"] == "asiokit.dll"
        assert by_name["refused"] == {}
        facts = demo(machine)  # opens the one that is registered
        assert facts["driver"] == name
        assert "COM" in str(facts["host"])


def test_a_foreign_driver_by_name(machine: Machine, registered_reference: str) -> None:
    assert probe(machine, registered_reference)["channels"] == {"inputs": 4, "outputs": 4}
    assert demo(machine, "--driver", registered_reference, "--frames", "256")["measured_round_trip_frames"] == 256


def test_a_dll_that_is_not_registered_needs_its_class(machine: Machine, reference_dll: Path) -> None:
    path = windows(reference_dll)
    assert probe(machine, f"{path},{REFERENCE_CLASS}")["driver"] == REFERENCE
    assert "name the class" in machine.asiokit("probe", path, code=2).stderr
    assert "DllGetClassObject" in machine.asiokit("probe", f"{path},{REFERENCE_CLASS[:-2]}0}}", code=2).stderr
    assert "is no class id" in machine.asiokit("probe", f"{path},{{1}}", code=2).stderr


def test_a_device_in_the_process_needs_no_registry(machine: Machine) -> None:
    assert probe(machine, "device:loopback,inputs=5")["channels"] == {"inputs": 5, "outputs": 2}
    target = windows(machine.prefix.folder / "take.wav")
    facts = json.loads(machine.asiokit("record", "device:loopback", target, "--seconds", "0.5", "--json").stdout)
    assert facts["frames"] == 24000
    assert (machine.prefix.folder / "take.wav").stat().st_size > 24000 * 8


def test_unknown_names_list_the_known(machine: Machine) -> None:
    assert "no ASIO driver named 'nobody'" in machine.asiokit("probe", "nobody", code=2).stderr
