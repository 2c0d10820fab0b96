"""tests of the engine: a device's hooks come in their order, on control threads, and may fail in every place."""

import threading
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from inprocess import DeviceSource, Opened, opened, wait_for

from asiokit import entry
from asiokit.config import EntryConfig
from asiokit.errors import DeviceError, DriverError
from asiokit.host.session import Session


class Stop(BaseException):
    """Not an Exception, as KeyboardInterrupt and SystemExit are not."""


ERRORS = [ValueError("no such wire"), DeviceError("the cable is not plugged in"), MemoryError(), Stop("at once")]


def test_hooks_in_their_order_on_the_hosts_thread(probe: ModuleType) -> None:
    device = probe.ProbeDevice()
    with opened(device, clock="manual") as driver:
        assert device.hooks == ["open"]
        with Session(driver.native, inputs=[1], outputs=[0], n_frames=64) as session:
            assert device.hooks == ["open", "prepare"]
            assert (device.stream.n_frames, device.stream.rate_hz) == (64, 48000.0)
            assert (device.stream.sample_type, device.stream.sample_width) == (19, 4)
            assert device.stream.active_inputs == (False, True)
            assert device.stream.active_outputs == (True, False)
            for _ in range(2):
                session.start()
                driver.step(3)
                session.stop()
        with Session(driver.native, outputs=[0], n_frames=32):
            pass
    assert device.hooks == ["open", "prepare", "start", "stop", "start", "stop", "prepare", "close"]
    assert {thread for _, thread in device.calls} == {threading.get_ident()}
    blocks = device.blocks
    assert len(blocks) == 6 and len({block["thread"] for block in blocks}) <= 2
    assert (device.n_together, device.n_unknown_shape) == (0, 0)


def test_a_rate_change_prepares_again(probe: ModuleType) -> None:
    device = probe.ProbeDevice()
    with opened(device, clock="manual") as driver:
        driver.native.set_sample_rate(44100)
        assert device.hooks == ["open"]
        with Session(driver.native, outputs=[0], n_frames=64) as session:
            assert device.stream.rate_hz == 44100
            driver.native.set_sample_rate(96000)
            assert device.hooks == ["open", "prepare", "prepare"] and device.stream.rate_hz == 96000
            driver.native.set_sample_rate(96000)  # as it is
            assert len(device.hooks) == 3
            session.start()
            driver.step(3)
            driver.native.set_sample_rate(48000)  # a short pause, and the stream goes on
            assert device.hooks[3:] == ["start", "stop", "prepare", "start"]
            driver.step(2)
            session.stop()
    assert [block["position"] for block in device.blocks] == [0, 64, 128, 192, 256]
    assert [block["rate_hz"] for block in device.blocks] == [96000.0] * 3 + [48000.0] * 2


def test_released_while_running(probe: ModuleType) -> None:
    device = probe.ProbeDevice()
    with opened(device, clock="manual") as driver:
        session = Session(driver.native, outputs=[0], n_frames=64)
        session.start()
        driver.step(1)
        driver.native.release()
        session.close()
    assert device.hooks == ["open", "prepare", "start", "stop", "close"]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_open_that_raises(probe: ModuleType, error: BaseException) -> None:
    device = probe.ProbeDevice()
    device.raises["open"] = error
    driver = Opened(DeviceSource(device, EntryConfig("Test", "probe")), initialize=False)
    assert not driver.native.init()
    assert str(error) in driver.native.error_message()
    with pytest.raises(DriverError):
        driver.native.get_channels()
    device.raises.clear()
    assert driver.native.init()  # the host tries again, and it works
    assert driver.native.get_channels() == (2, 2)
    driver.native.release()
    assert device.hooks == ["open", "open", "close"]
    assert not entry.drivers()


@pytest.mark.parametrize("hook", ["prepare", "latencies", "start"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_hooks_that_raise_make_their_call_fail_and_nothing_else(
    probe: ModuleType, hook: str, error: BaseException
) -> None:
    device = probe.ProbeDevice()
    with opened(device, clock="manual") as driver:
        device.raises[hook] = error
        code = -994 if isinstance(error, MemoryError) else -999
        if hook == "start":
            with Session(driver.native, outputs=[0], n_frames=64) as session:
                with pytest.raises(DriverError) as caught:
                    session.start()
                assert driver.native.error_message().endswith(str(error))
                device.raises.clear()
                session.start()
                driver.step(2)
                session.stop()
        else:
            with pytest.raises(DriverError) as caught:
                Session(driver.native, outputs=[0], n_frames=64)
            device.raises.clear()
            with Session(driver.native, outputs=[0], n_frames=64) as session:
                session.start()
                driver.step(2)
        assert caught.value.code == code
        assert str(error) in str(caught.value)


@pytest.mark.parametrize("hook", ["stop", "close"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_hooks_on_the_way_out_can_not_stop_it(
    probe: ModuleType, hook: str, error: BaseException, log_file: Path
) -> None:
    device = probe.ProbeDevice()
    device.raises[hook] = error
    with opened(device, clock="manual") as driver, Session(driver.native, outputs=[0], n_frames=64) as session:
        for _ in range(2):
            session.start()
            driver.step(1)
            session.stop()
    assert device.hooks == ["open", "prepare", "start", "stop", "start", "stop", "close"]
    assert not entry.drivers()
    assert f"{hook} raised {type(error).__name__}" in log_file.read_text()


def test_set_clock_source_is_told_once_and_may_refuse(probe: ModuleType) -> None:
    device = probe.ProbeDevice(clock_sources=("Internal", "Word Clock"))
    with opened(device) as driver:
        device.raises["set_clock_source 1"] = DeviceError("no signal at Word Clock")
        with pytest.raises(DriverError, match="no signal"):
            driver.native.set_clock_source(1)
        assert [source[3] for source in driver.native.get_clock_sources()] == [True, False]
        device.raises.clear()
        driver.native.set_clock_source(1)
        driver.native.set_clock_source(1)
        assert [source[3:] for source in driver.native.get_clock_sources()] == [
            (False, "Internal"),
            (True, "Word Clock"),
        ]
    assert device.hooks == ["open", "set_clock_source 1", "set_clock_source 1", "close"]


def test_a_rate_that_the_device_refuses_leaves_the_old_one(probe: ModuleType) -> None:
    class Picky(probe.ProbeDevice):  # type: ignore[misc, name-defined]
        def prepare(self, stream: object) -> None:
            super().prepare(stream)
            if stream.rate_hz == 96000:  # type: ignore[attr-defined]
                raise DeviceError("96 kHz is too much for the wire")

    device = Picky()
    with opened(device, clock="manual") as driver, Session(driver.native, outputs=[0], n_frames=64) as session:
        session.start()
        driver.step(1)
        with pytest.raises(DriverError, match="too much"):
            driver.native.set_sample_rate(96000)
        assert driver.native.get_sample_rate() == 48000
        assert device.stream.rate_hz == 48000
        driver.step(2)
        assert session.n_switches == 3
        session.stop()
    assert [block["rate_hz"] for block in device.blocks] == [48000.0] * 3


FAULTS = [
    ({"inputs": 0, "outputs": 0}, "has no channels"),
    ({"inputs": 513}, "0 to 512"),
    ({"outputs": -1}, "0 to 512"),
    ({"inputs": "two"}, "integer"),
    ({"rates_hz": (192000.0,)}, "192000"),
    ({"clock_sources": ()}, "clock_sources"),
]


@pytest.mark.parametrize(("fields", "text"), FAULTS, ids=[text for _, text in FAULTS])
def test_a_device_that_contradicts_itself_is_named(probe: ModuleType, fields: dict[str, object], text: str) -> None:
    device = probe.ProbeDevice(**fields)
    config = EntryConfig("Test", "probe", rates_hz=(44100.0, 48000.0))
    driver = Opened(DeviceSource(device, config), initialize=False)
    assert not driver.native.init()
    assert text in driver.native.error_message()
    driver.native.release()


def test_a_device_that_fails_is_silent_counted_and_logged_once(probe: ModuleType, log_file: Path) -> None:
    device = probe.ProbeDevice(fail_from=5, fail_to=15)
    played = np.random.default_rng(1).integers(1, 127, (2, 4 * 64 * 30), dtype=np.uint8)
    with (
        opened(device, clock="manual") as driver,
        Session(driver.native, inputs=[0, 1], outputs=[0, 1], n_frames=64) as session,
    ):
        session.load(play=played, record_frames=64 * 30)
        session.start()
        driver.step(30)
        session.stop()
        recorded = session.recorded.copy()
        assert driver.statistics["device_failures"] == 10
    block = 4 * 64
    expected = np.zeros_like(recorded)
    expected[:, block:] = played[:, :-block]
    expected[:, 5 * block : 15 * block] = 0
    assert np.array_equal(recorded, expected)
    # the notifier writes it down, in its own time
    assert wait_for(lambda: log_file.exists() and "process() failed" in log_file.read_text())
    assert log_file.read_text().count("process() failed") == 1


def test_a_device_that_never_succeeds_asks_for_a_reset_once(probe: ModuleType, log_file: Path) -> None:
    """After 100 failures in a row; 99, a success and 99 more are no reason."""
    device = probe.ProbeDevice(fail_from=0, fail_to=99)
    with opened(device, clock="manual") as driver, Session(driver.native, outputs=[0], n_frames=64) as session:

        def n_resets() -> int:
            return list(session.messages["selector"]).count(3)

        session.start()
        driver.step(100)
        device.fail_from, device.fail_to = 100, 199
        driver.step(100)
        time.sleep(0.05)
        assert n_resets() == 0
        device.fail_from, device.fail_to = 200, 1000
        driver.step(99)
        time.sleep(0.05)
        assert n_resets() == 0
        driver.step(300)
        assert wait_for(lambda: n_resets() == 1)
        assert driver.statistics["device_failures"] == 99 + 99 + 399
    assert wait_for(lambda: "the host is asked for a reset" in log_file.read_text())


def test_a_remark_is_no_failure(probe: ModuleType) -> None:
    device = probe.ProbeDevice(fail_from=0, fail_to=100, status=3)
    with opened(device, clock="manual") as driver, Session(driver.native, outputs=[0], n_frames=64) as session:
        session.start()
        driver.step(5)
        assert driver.statistics["device_failures"] == 0
