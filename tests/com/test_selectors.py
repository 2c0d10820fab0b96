"""future() with a device that has gains, meters, a monitor, a transport and time code."""

import ctypes
from ctypes import c_char, c_long
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from com.subjects import CODES, N_FRAMES, NAMES, Ours
from compiled import compiled

from asiokit.device import PyDevice
from asiokit.host.raw import ASIO_MESSAGE, BUFFER_SWITCH_TIME_INFO, BufferInfo, Callbacks, Samples, Time

SET_INPUT_GAIN, GET_INPUT_METER, SET_OUTPUT_GAIN, GET_OUTPUT_METER = 5, 6, 7, 8
ENABLE_TIME_CODE, DISABLE_TIME_CODE, SET_INPUT_MONITOR, TRANSPORT, CAN_TIME_CODE = 1, 2, 3, 4, 11
UNITY = 0x20000000


class ChannelControls(ctypes.Structure):
    _fields_ = [("channel", c_long), ("is_input", c_long), ("gain", c_long), ("meter", c_long), ("future", c_char * 32)]


class InputMonitor(ctypes.Structure):
    _fields_ = [("input", c_long), ("output", c_long), ("gain", c_long), ("state", c_long), ("pan", c_long)]


class TransportParameters(ctypes.Structure):
    _fields_ = [
        ("command", c_long),
        ("position", Samples),
        ("track", c_long),
        ("switches", c_long * 16),
        ("future", c_char * 64),
    ]


def console() -> ModuleType:
    return compiled(Path(__file__).parents[1] / "devices" / "console_device.pyx")


@pytest.fixture
def mixer(open_ours) -> Ours:
    ours = open_ours(device=console().ConsoleDevice())
    ours.to("initialized")
    return ours


def ask(ours: Ours, selector: int, params: ctypes.Structure | None = None) -> str:
    code = ours.raw.future(selector, None if params is None else ctypes.addressof(params))
    return NAMES.get(code, str(code))


@pytest.mark.parametrize("selector", [9, 11, 12, 13, 14, 15, 16])
def test_can(open_ours, selector: int):
    """With params or without; and the same device by configuration without it."""
    device = console().ConsoleDevice()
    ours = open_ours(device=device)
    expected = "SUCCESS" if selector == CAN_TIME_CODE else "IM"
    assert ask(ours, selector) == ("NP" if selector == CAN_TIME_CODE else expected)
    ours.to("initialized")
    assert ask(ours, selector) == "SUCCESS"
    assert ask(ours, selector, InputMonitor()) == "SUCCESS"
    device.refuses = True
    assert ask(ours, selector) == ("SUCCESS" if selector == CAN_TIME_CODE else "NP")


def test_gains_and_meters(mixer: Ours):
    session = mixer.prepare()
    played = np.full((2, 4 * N_FRAMES), 0.5, np.float32)
    assert ask(mixer, SET_INPUT_GAIN, ChannelControls(channel=0, is_input=1, gain=UNITY // 2)) == "SUCCESS"
    assert ask(mixer, SET_OUTPUT_GAIN, ChannelControls(channel=1, gain=0)) == "SUCCESS"
    assert mixer.source.device.gains == ((UNITY // 2, UNITY, UNITY, UNITY), (UNITY, 0, UNITY, UNITY))
    session.load(play=played.view(np.uint8), record_frames=4 * N_FRAMES)
    session.start()
    mixer.step(4)
    recorded = session.recorded.view(np.float32)
    assert (recorded[0, N_FRAMES:] == 0.25).all()
    assert not recorded[1].any()
    for selector, channel, level in (
        (GET_INPUT_METER, 0, 0.25),
        (GET_INPUT_METER, 1, 0),
        (GET_OUTPUT_METER, 0, 0.5),
        (GET_OUTPUT_METER, 1, 0.5),
        (GET_OUTPUT_METER, 3, 0),
    ):
        controls = ChannelControls(channel=channel, is_input=selector == GET_INPUT_METER, meter=-1)
        assert ask(mixer, selector, controls) == "SUCCESS"
        assert controls.meter == int(level * UNITY)


@pytest.mark.parametrize("selector", [SET_INPUT_GAIN, GET_INPUT_METER, SET_OUTPUT_GAIN, GET_OUTPUT_METER])
def test_channels_that_do_not_exist(mixer: Ours, selector: int):
    for channel in (-1, 4, 2**31 - 1):
        controls = ChannelControls(channel=channel, gain=1, meter=77)
        assert ask(mixer, selector, controls) == "IP"
        assert mixer.native.error_message().startswith("future: there is no such")
        assert controls.meter == 77
    assert ask(mixer, selector, None) == "IP"
    assert mixer.source.device.gains == ((UNITY,) * 4,) * 2


def test_what_the_device_refuses_keeps_its_code(mixer: Ours):
    assert ask(mixer, SET_INPUT_GAIN, ChannelControls(channel=0, is_input=1, gain=-5)) == "IP"
    assert mixer.native.error_message() == "future: the device refuses"


def test_monitor(mixer: Ours):
    monitor = InputMonitor(input=2, output=1, gain=UNITY, state=1, pan=0x3FFFFFFF)
    assert ask(mixer, SET_INPUT_MONITOR, monitor) == "SUCCESS"
    assert mixer.source.device.last_monitor == (1, 2, 1, UNITY, 1, 0x3FFFFFFF)
    monitor.input = -1  # all of them
    assert ask(mixer, SET_INPUT_MONITOR, monitor) == "SUCCESS"
    for bad in (-2, 4, 2**31 - 1):
        monitor.input = bad
        assert ask(mixer, SET_INPUT_MONITOR, monitor) == "IP"
    assert mixer.source.device.last_monitor[0] == 2


def test_transport(mixer: Ours):
    position = Samples()
    position.value = 123456789012
    parameters = TransportParameters(command=3, position=position, track=7)
    assert ask(mixer, TRANSPORT, parameters) == "SUCCESS"
    assert mixer.source.device.last_transport == (1, 3, 123456789012, 7)


@pytest.mark.parametrize("state", ["prepared", "running"])
def test_controls_work_while_streaming_and_from_inside(mixer: Ours, state: str):
    answers = []
    controls = ChannelControls(channel=0, is_input=1, gain=5)

    @ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_long)
    def hook(context, cycle, index):
        answers.append(ask(mixer, SET_INPUT_GAIN, controls))

    session = mixer.prepare()
    session.act("hook", at=1, hook=ctypes.cast(hook, ctypes.c_void_p).value, owner=hook)
    if state == "running":
        session.start()
        mixer.step(3)
        assert answers == ["SUCCESS"]
    assert ask(mixer, SET_INPUT_GAIN, controls) == "SUCCESS"
    assert mixer.source.device.gains[0][0] == 5


def time_codes(ours: Ours, n: int, before_start: tuple[int, ...], then: tuple[int, ...]) -> list[tuple[int, int]]:
    """(flags, samples) of the time code of n blocks, then of n more."""
    seen = []

    @BUFFER_SWITCH_TIME_INFO
    def switch(address, index, direct):
        code = Time.from_address(address).time_code
        seen.append((code.flags, code.samples, code.speed))
        return 0

    table = Callbacks(buffer_switch_time_info=switch, message=ASIO_MESSAGE(lambda s, v, m, o: int(s == 7)))
    infos = (BufferInfo * 1)(BufferInfo(is_input=1, channel=0))
    assert ours.raw.create_buffers(infos, 1, N_FRAMES, ctypes.addressof(table)) == 0
    for selector in before_start:
        assert ask(ours, selector) == "SUCCESS"
    ours.native.start()
    ours.step(n)
    for selector in then:
        assert ask(ours, selector) == "SUCCESS"
    ours.step(n)
    assert ours.raw.dispose_buffers() == 0
    return seen


def test_time_code_is_read_when_it_is_enabled(mixer: Ours):
    hour = 3600 * 48000
    on = [(3, hour + k * N_FRAMES, 1.0) for k in range(4)]
    off = (0, 0, 0.0)
    assert time_codes(mixer, 2, (), ()) == [off] * 4
    assert time_codes(mixer, 2, (ENABLE_TIME_CODE,), ()) == on
    assert time_codes(mixer, 2, (), ()) == [off] * 4, "disposeBuffers is the end of it"
    assert time_codes(mixer, 2, (ENABLE_TIME_CODE,), (DISABLE_TIME_CODE,)) == [*on[:2], off, off]
    assert time_codes(mixer, 2, (ENABLE_TIME_CODE, DISABLE_TIME_CODE), (ENABLE_TIME_CODE,)) == [off, off, *on[2:]]


def test_a_class_compiled_elsewhere_is_a_device(open_ours):
    """The .pxd files are enough for a third party; nothing in asiokit names this class."""
    ours = open_ours(device=console().EarlyDevice())
    ours.to("initialized")
    assert ours.native.get_channels() == (2, 2)
    assert ours.raw.output_ready() == CODES["ok"]


# ---- the same in Python ---------------------------------------------------------------------------------------------


class Console(PyDevice):
    """Has every method that a host can reach; notes the calls, and raises what it is told to."""

    inputs = outputs = 4
    has_time_code = True

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.raises: BaseException | None = None

    def noted(self, *call: object) -> None:
        if self.raises is not None:
            raise self.raises
        self.calls.append(call)

    def set_input_gain(self, channel: int, gain: float) -> None:
        self.noted("set_input_gain", channel, gain)

    def set_output_gain(self, channel: int, gain: float) -> None:
        self.noted("set_output_gain", channel, gain)

    def input_meter(self, channel: int) -> float:
        return channel / 2

    def output_meter(self, channel: int) -> float:
        return -1.0

    def set_input_monitor(self, input: int | None, output: int, gain: float, is_on: bool, pan: float) -> None:
        self.noted("set_input_monitor", input, output, gain, is_on, pan)

    def transport(self, command: str, position: int, track: int, tracks: tuple[int, ...]) -> None:
        self.noted("transport", command, position, track, tracks)

    def process(self, block) -> None:
        if block.position != 2 * N_FRAMES:
            block.set_time_code(1000 + block.position, speed=-0.5)


class Plain(PyDevice):
    """Has none of them."""

    def process(self, block) -> None:
        pass


def open_python(open_ours, device: PyDevice) -> Ours:
    ours = open_ours(device=device)
    ours.to("initialized")
    return ours


@pytest.mark.parametrize("selector", [9, 12, 13, 14, 15, 16])
def test_a_python_device_can_what_it_has_a_method_for(open_ours, selector: int):
    assert ask(open_python(open_ours, Console()), selector) == "SUCCESS"
    assert ask(open_python(open_ours, Plain()), selector) == "NP"


def test_gains_meters_and_monitor_in_python(open_ours):
    device = Console()
    ours = open_python(open_ours, device)
    full = 0x7FFFFFFF
    assert ask(ours, SET_INPUT_GAIN, ChannelControls(channel=3, gain=full)) == "SUCCESS"
    assert ask(ours, SET_OUTPUT_GAIN, ChannelControls(channel=1, gain=0)) == "SUCCESS"
    assert ask(ours, SET_INPUT_MONITOR, InputMonitor(input=-1, output=2, gain=full, state=1, pan=0)) == "SUCCESS"
    assert device.calls == [
        ("set_input_gain", 3, 1.0),
        ("set_output_gain", 1, 0.0),
        ("set_input_monitor", None, 2, 1.0, True, 0.0),
    ]
    for selector, channel, expected in ((GET_INPUT_METER, 1, full // 2), (GET_INPUT_METER, 3, full)):
        controls = ChannelControls(channel=channel, is_input=1)
        assert (ask(ours, selector, controls), controls.meter) == ("SUCCESS", expected)
    controls = ChannelControls(channel=0, meter=5)
    assert (ask(ours, GET_OUTPUT_METER, controls), controls.meter) == ("SUCCESS", 0)
    assert ask(ours, SET_INPUT_GAIN, ChannelControls(channel=0, gain=-1)) == "IP"
    assert ask(ours, SET_INPUT_MONITOR, InputMonitor(input=0, gain=0, pan=-1)) == "IP"
    assert len(device.calls) == 3


def test_transport_in_python(open_ours):
    device = Console()
    ours = open_python(open_ours, device)
    position = Samples()
    position.value = 2**40 + 1
    parameters = TransportParameters(command=3, position=position, track=-1)
    parameters.switches[0], parameters.switches[15] = 5, c_long(-(2**31)).value
    assert ask(ours, TRANSPORT, parameters) == "SUCCESS"
    assert device.calls == [("transport", "locate", 2**40 + 1, -1, (0, 2, 511))]
    assert ask(ours, TRANSPORT, TransportParameters(command=12)) == "IP"


@pytest.mark.parametrize(
    ("error", "code"),
    [(NotImplementedError(), "NP"), (ValueError("no"), "IP"), (OSError("the cable"), "HW"), (SystemExit(), "HW")],
)
def test_methods_that_raise(open_ours, error: BaseException, code: str):
    device = Console()
    ours = open_python(open_ours, device)
    device.raises = error
    assert ask(ours, SET_INPUT_GAIN, ChannelControls(channel=0, gain=1)) == code


@pytest.mark.parametrize("ahead", [0, 2])
def test_time_code_in_python(open_ours, ahead: int):
    device = Console()
    device.ahead = ahead
    ours = open_python(open_ours, device)
    none = (0, 0, 0.0)
    expected = [(1 | 2 | 4 | 256, 1000 + k * N_FRAMES, -0.5) for k in range(6)]
    expected[2] = none
    seen = time_codes(ours, 3, (ENABLE_TIME_CODE,), ())
    if ahead:
        # which blocks the worker has done in time is not certain, but what is told of one that it has done is
        assert device.missed_blocks < 4
        expected = [none] * ahead + expected[:-ahead]
        assert all(code in (wanted, none) for code, wanted in zip(seen, expected, strict=True))
        assert sum(code != none for code in seen) >= 3 - device.missed_blocks
    else:
        assert seen == expected
