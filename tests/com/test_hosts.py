"""The call orders of real hosts, replayed on our driver and on the reference in plain C, in real time."""

from collections.abc import Callable, Iterator

import pytest
from asiokit.engine.engine import undead_count
from com.hosts import applications, oddities, sdk_glue, tools  # noqa: F401 - each enters its hosts into HOSTS
from com.hosts.stage import HOSTS, Disappointed, Host, Stage
from com.subjects import DeviceSource, loopback_source, until
from com.test_selectors import console
from reference.library import Reference

from asiokit import entry
from asiokit.errors import DriverError
from asiokit.host.native import NativeDriver
from asiokit.host.open import open_driver

SETTINGS = {
    "loopback": {"clock": "realtime"},
    # a device that takes its output early: outputReady has an effect
    "early": {"clock": "realtime"},
    "64-channels-int32": {"clock": "realtime", "sample_type": "int32"},
}


def create_ours(kind: str) -> Callable[[], NativeDriver]:

    def create() -> NativeDriver:
        if kind == "early":
            source = DeviceSource(console().EarlyDevice(), **SETTINGS[kind])
        elif kind == "loopback":
            source = loopback_source(**SETTINGS[kind])
        else:
            source = loopback_source({"inputs": 64, "outputs": 64}, **SETTINGS[kind])
        return NativeDriver.from_address(entry.create_driver(source))

    return create


@pytest.fixture(params=[*SETTINGS, "reference"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    if request.param == "reference":
        reference: Reference = request.getfixturevalue("reference")
        stage = Stage(lambda: open_driver(str(reference.path), initialize=False))
    else:
        stage = Stage(create_ours(request.param))
    yield stage
    stage.close()
    assert until(lambda: undead_count() == 0)


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_host(host: Host, stage: Stage):
    host.play(stage)


def test_all_that_were_promised_are_here():
    names = " ".join(host.name for host in HOSTS)
    for name in (
        "PortAudio",
        "RtAudio",
        "cpal",
        "Jamulus",
        "JUCE",
        "NAudio",
        "OpenMPT",
        "RS_ASIO",
        "GStreamer",
        "cwASIO",
        "ASIOTest",
    ):
        assert name in names


@pytest.mark.parametrize(
    ("host_name", "fault"),
    [
        ("PortAudio: a stream", ("REPEAT_INDEX", 3)),
        ("RtAudio", ("REPEAT_INDEX", 3)),
        ("ASIOTest", ("SKIP_POSITION", 3)),
        ("JUCE: open, run, close", ("fail", 8)),
        ("GStreamer", ("fail", 7)),
        ("NAudio", ("fail", 10)),
    ],
)
def test_a_script_notices_what_is_wrong(reference: Reference, host_name: str, fault: tuple[str, int]):
    """A script that can't fail would prove nothing."""
    kind, number = fault
    if kind == "fail":
        reference.fail(number, -999)
    else:
        reference.option(getattr(Reference, kind), number)
    stage = Stage(lambda: open_driver(str(reference.path), initialize=False))
    host = next(host for host in HOSTS if host.name == host_name)
    try:
        with pytest.raises((Disappointed, DriverError)) as caught:
            host.play(stage)
        assert "HWMalfunction" in str(caught.value) or isinstance(caught.value, Disappointed)
    finally:
        reference.heal()
        stage.close()
