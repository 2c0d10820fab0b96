"""The thin class over the vtable: every slot reached, every code passed on, every call without the GIL."""

import ctypes
import gc

import pytest

from asiokit.errors import DriverError
from asiokit.host.native import NativeDriver, error_name
from asiokit.host.open import open_driver
from asiokit.host.raw import SLOTS, BufferInfo, Callbacks, ChannelInfo, ClockSource, RawDriver, Samples
from asiokit.host.session import Session

NP, HW, IP, IM, SPNA, NC = -1000, -999, -998, -997, -996, -995
CLASS_ID = bytes.fromhex("c4d31f8e6a2b0e4d9c570a51e0c0ffee")

CALLS = {
    "start": lambda d: d.start(),
    "stop": lambda d: d.stop(),
    "get_channels": lambda d: d.get_channels(),
    "get_latencies": lambda d: d.get_latencies(),
    "get_buffer_size": lambda d: d.get_buffer_size(),
    "can_sample_rate": lambda d: d.can_sample_rate(48000),
    "get_sample_rate": lambda d: d.get_sample_rate(),
    "set_sample_rate": lambda d: d.set_sample_rate(48000),
    "get_clock_sources": lambda d: d.get_clock_sources(),
    "set_clock_source": lambda d: d.set_clock_source(0),
    "get_sample_position": lambda d: d.get_sample_position(),
    "get_channel_info": lambda d: d.get_channel_info(0, True),
    "create_buffers": lambda d: Session(d, inputs=[0], n_frames=64),
    "dispose_buffers": lambda d: d.dispose_buffers(),
    "control_panel": lambda d: d.control_panel(),
    "output_ready": lambda d: d.output_ready(),
}


def slot(name: str) -> int:
    return list(SLOTS).index(name)


def test_reads_what_the_driver_says(driver):
    assert driver.name() == "asiokit reference"
    assert driver.version() == 1
    assert driver.get_channels() == (4, 4)
    assert driver.get_buffer_size() == (32, 2048, 256, -1)
    assert driver.get_latencies() == (256, 0)  # before any buffers: those of the preferred size
    assert driver.get_clock_sources() == [(0, -1, -1, True, "Internal")]
    assert driver.get_channel_info(2, True) == (False, 0, 19, "In 3")
    assert driver.get_channel_info(3, False) == (False, 0, 19, "Out 4")
    assert driver.can_sample_rate(96000) and not driver.can_sample_rate(96001)
    driver.set_sample_rate(96000)
    assert driver.get_sample_rate() == 96000
    assert driver.control_panel() is False
    assert driver.output_ready() is False
    assert driver.future(10) == 0x3F4847A0


@pytest.mark.parametrize("name", CALLS)
def test_every_failure_becomes_an_error_with_code_and_text(driver, reference, name):
    reference.fail(slot(name), HW)
    with pytest.raises(DriverError, match=f"ASE_HWMalfunction: slot {slot(name)} was told to fail") as caught:
        CALLS[name](driver)
    assert caught.value.code == HW


def test_init_that_fails_is_false_and_has_a_text(reference):
    reference.fail(3, HW)
    driver = open_driver(str(reference.path), initialize=False)
    assert driver.init() is False
    assert driver.error_message() == "init was told to fail"
    with pytest.raises(DriverError, match="init failed: init was told to fail"):
        open_driver(str(reference.path))
    driver.release()


def test_query_interface_knows_unknown_and_the_class_only(driver):
    unknown = bytes(8) + bytes.fromhex("c000000000000046")
    for iid in (unknown, CLASS_ID):
        assert driver.query_interface(iid) == driver.address
        RawDriver(driver.address).release()
    assert driver.query_interface(bytes(16)) == 0
    with pytest.raises(ValueError, match="16 bytes"):
        driver.query_interface(b"short")


def test_references_are_counted_and_release_is_final(reference):
    driver = open_driver(str(reference.path))
    assert driver.add_ref() == 2
    raw = RawDriver(driver.address)
    assert driver.release() == 1
    assert driver.address == 0
    assert driver.release() == 0  # ours is gone: nothing happens
    with pytest.raises(DriverError, match="has been released"):
        driver.name()
    assert raw.release() == 0


def test_the_end_of_the_object_releases_the_driver(reference):
    open_driver(str(reference.path))
    gc.collect()
    assert reference.n_alive == 0


def test_no_driver_at_address_0():
    with pytest.raises(DriverError):
        NativeDriver.from_address(0)
    with pytest.raises(TypeError, match="open_driver"):
        NativeDriver()


def test_stop_lets_go_of_the_gil(driver):
    """The callback wants the GIL; a stop() that kept it would wait for the callback as long as it may, a second."""
    seen = []
    hook = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_long)(lambda *a: seen.append(a[1:]))
    with Session(driver, outputs=[0], n_frames=64) as session:
        session.load(log=4096)
        session.act("hook", every=1, hook=ctypes.cast(hook, ctypes.c_void_p).value, owner=hook)
        session.start()
        assert session.wait(20)
        session.stop()
        assert [cycle for cycle, _ in seen] == list(range(len(seen)))
        assert len(seen) == session.n_switches
        assert session.n_after_stop == 0


def test_strict_answers_before_init(reference):
    driver = open_driver(str(reference.path), initialize=False)
    raw = RawDriver(driver.address)
    two, four = (ctypes.c_long * 2)(), (ctypes.c_long * 4)()
    answers = {
        "start": raw.start(),
        "stop": raw.stop(),
        "get_channels": raw.get_channels(two, ctypes.byref(two, 8)),
        "get_latencies": raw.get_latencies(two, two),
        "get_buffer_size": raw.get_buffer_size(four, four, four, four),
        "can_sample_rate": raw.can_sample_rate(48000.0),
        "get_sample_rate": raw.get_sample_rate(four),
        "set_sample_rate": raw.set_sample_rate(48000.0),
        "get_clock_sources": raw.get_clock_sources(None, None),
        "set_clock_source": raw.set_clock_source(0),
        "get_sample_position": raw.get_sample_position(four, four),
        "get_channel_info": raw.get_channel_info(None),
        "create_buffers": raw.create_buffers(None, 0, 0, None),
        "dispose_buffers": raw.dispose_buffers(),
        "control_panel": raw.control_panel(),
    }
    assert {name: code for name, code in answers.items() if code != IM} == {}
    assert raw.output_ready() == NP
    assert raw.future(10, None) == 0x3F4847A0
    assert driver.name() == "asiokit reference"
    driver.release()


def test_strict_answers_to_bad_arguments(driver):
    raw = RawDriver(driver.address)
    number, infos, callbacks = ctypes.c_long(), (BufferInfo * 9)(), Callbacks()
    assert raw.get_channels(None, ctypes.byref(number)) == IP
    assert raw.get_latencies(ctypes.byref(number), None) == IP
    assert raw.get_buffer_size(None, None, None, None) == IP
    assert raw.get_sample_rate(None) == IP
    for rate in (0.0, -1.0, 1e7, float("nan"), float("inf"), -float("inf"), 1.7e308):
        assert raw.can_sample_rate(rate) == raw.set_sample_rate(rate) == NC
    assert raw.get_clock_sources(None, ctypes.byref(number)) == IP
    assert raw.get_clock_sources(ctypes.byref(ClockSource()), ctypes.byref(ctypes.c_long(0))) == IP
    assert raw.set_clock_source(1) == raw.set_clock_source(-1) == IP
    assert raw.get_sample_position(None, None) == IP
    assert raw.get_sample_position(ctypes.byref(Samples()), ctypes.byref(Samples())) == SPNA
    assert raw.get_channel_info(None) == IP
    for channel in (-1, 4, 2**31 - 1):
        assert raw.get_channel_info(ctypes.byref(ChannelInfo(channel=channel, is_input=1))) == IP
    assert raw.future(9999, None) == raw.future(0x7F000001, None) == IP
    assert raw.future(1, None) == raw.future(0x24042012, None) == NP
    assert raw.start() == raw.stop() == raw.dispose_buffers() == IM
    assert raw.create_buffers(infos, 1, 64, None) == IP
    assert raw.create_buffers(infos, 1, 64, ctypes.byref(callbacks)) == IP  # no function in it


@pytest.mark.parametrize("n_frames", [0, -1, 16, 31, 48, 4096, 2**31 - 1])
def test_bad_sizes_are_an_invalid_mode(driver, n_frames):
    with pytest.raises(DriverError) as caught:
        Session(driver, inputs=[0], n_frames=n_frames)
    assert caught.value.code == IM


@pytest.mark.parametrize("channels", [[], [4], [-1], [1, 1], [0, 1, 2, 3, 0]])
def test_bad_channels_are_an_invalid_mode(driver, channels):
    with pytest.raises(DriverError) as caught:
        Session(driver, inputs=channels, n_frames=64)
    assert caught.value.code == IM
    with Session(driver, inputs=[0], n_frames=64):  # and leave the driver as it was
        assert driver.get_channel_info(0, True)[0] is True


def test_codes_have_names():
    assert error_name(-997) == "ASE_InvalidMode"
    assert error_name(17) == "code 17"
