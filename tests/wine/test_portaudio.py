"""tests: PortAudio, built by its own project, plays through asiokit: from C, and inside a Python."""

from collections.abc import Iterator
from typing import Any

import pytest

from wine.machine import Machine

NAME = "asiokit PortAudio"
RATE_HZ = 48000


@pytest.fixture(scope="module")
def driver(machine: Machine) -> Iterator[str]:
    with machine.registered(NAME) as name:
        yield name


def assert_exact(figures: dict[str, Any], n_frames: int, seconds: float) -> None:
    """Every sample came back, and after the time that the driver had named."""
    n_expected = 2 * (int(seconds * RATE_HZ) - figures["measured_round_trip_frames"])
    assert figures["measured_round_trip_frames"] == figures["reported_round_trip_frames"] == n_frames, figures
    assert (figures["samples_compared"], figures["differing_samples"]) == (n_expected, 0), figures
    assert figures["samples_before_signal"] == 0, figures
    # PortAudio took our size as it is: each of its blocks is one of our buffer switches
    assert figures["callbacks_of_other_size"] == 0, figures


def test_portaudio_lists_the_driver_with_its_channels(machine: Machine, driver: str) -> None:
    devices = machine.portaudio("list")["devices"]
    assert [(device["name"], device["inputs"], device["outputs"]) for device in devices] == [(driver, 2, 2)]


@pytest.mark.parametrize("seconds", [3, pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.parametrize("sample_type", ["float32", "int32"])
@pytest.mark.parametrize("n_frames", [64, 256])
def test_c_program_gets_every_sample_back(
    machine: Machine, driver: str, n_frames: int, sample_type: str, seconds: int
) -> None:
    figures = machine.portaudio(
        "play", driver, str(n_frames), str(RATE_HZ), str(seconds), sample_type, timeout_s=seconds + 40
    )
    print(figures)
    assert_exact(figures, n_frames, seconds)
    # it is the driver that brought Python into the process
    assert (figures["python_before"], figures["python_after"]) == (False, True)


@pytest.mark.parametrize("seconds", [3, pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.parametrize("n_frames", [64, 256])
def test_python_program_gets_every_sample_back(machine: Machine, driver: str, n_frames: int, seconds: int) -> None:
    figures = machine.sounddevice(driver, str(n_frames), str(RATE_HZ), str(seconds), "float32", timeout_s=seconds + 60)
    print(figures)
    assert_exact(figures, n_frames, seconds)


@pytest.mark.parametrize("rate_hz", [44100, 96000, 192000])
def test_other_rates(machine: Machine, driver: str, rate_hz: int) -> None:
    figures = machine.portaudio("play", driver, "256", str(rate_hz), "1", "float32")
    assert figures["differing_samples"] == 0 and figures["samples_compared"] == 2 * (rate_hz - 256), figures
    assert figures["measured_round_trip_frames"] == figures["reported_round_trip_frames"] == 256, figures


def test_two_programs_play_at_once(machine: Machine, driver: str) -> None:
    """Each process has a driver object, and a Python, of its own."""
    words = [machine.hosts["pa_host"], machine.windows.portaudio, "play", driver, "256", str(RATE_HZ), "2", "float32"]
    other = machine.prefix.start(words)
    assert_exact(machine.portaudio("play", driver, "256", str(RATE_HZ), "2", "float32"), 256, 2)
    done = other.result(timeout_s=60)
    assert done.returncode == 0 and '"differing_samples": 0,' in done.stdout, done
