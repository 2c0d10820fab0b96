"""future(): every selector that is known, and some that are not, on a device that has nothing beyond audio."""

import ctypes
from ctypes import c_char, c_long

import pytest
from com.subjects import CODES, NAMES, STATES, Subject
from com.table import FILL, Scratch

IO_FORMAT_SIZE = 512
KNOWN = {
    "EnableTimeCodeRead": (1, "none"),
    "DisableTimeCodeRead": (2, "none"),
    "SetInputMonitor": (3, "struct"),
    "Transport": (4, "struct"),
    "SetInputGain": (5, "struct"),
    "GetInputMeter": (6, "struct"),
    "SetOutputGain": (7, "struct"),
    "GetOutputMeter": (8, "struct"),
    "CanInputMonitor": (9, "none"),
    "CanTransport": (12, "none"),
    "CanTimeCode": (11, "none"),
    "CanInputGain": (13, "none"),
    "CanInputMeter": (14, "none"),
    "CanOutputGain": (15, "none"),
    "CanOutputMeter": (16, "none"),
}
UNKNOWN = (0, -1, 17, 18, 1000, 0x23111960, 0x23112005, 0x24042013, 0x7F000000, 0x7F000002, 2**31 - 1, -(2**31))
SET_IO_FORMAT, GET_IO_FORMAT, CAN_DO_IO_FORMAT = 0x23111961, 0x23111983, 0x23112004
CAN_REPORT_OVERLOAD, GET_INTERNAL_BUFFER_SAMPLES, SET_INSTANCE_NAME = 0x24042012, 0x25042012, 0x7F000001


class IoFormat(ctypes.Structure):
    _fields_ = [("format_type", c_long), ("future", c_char * (IO_FORMAT_SIZE - ctypes.sizeof(c_long)))]


def ask(subject: Subject, selector: int, params: int | None = None) -> str:
    code = subject.raw.future(selector, params)
    return NAMES.get(code, str(code))


@pytest.mark.parametrize("state", STATES)
def test_unknown_selectors(subject: Subject, state: str):
    subject.to(state)
    for selector in UNKNOWN:
        for params in (None, Scratch().room(IO_FORMAT_SIZE)):
            assert ask(subject, selector, params) == "IP", hex(selector)
            assert subject.native.error_message().startswith("future: ")
    assert subject.state() == state


@pytest.mark.parametrize("state", STATES)
def test_time_info_is_always_there(subject: Subject, state: str):
    subject.to(state)
    assert ask(subject, 10) == "SUCCESS"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", KNOWN)
def test_known_but_absent(subject: Subject, name: str, state: str):
    subject.to(state)
    selector, needs = KNOWN[name]
    scratch = Scratch()
    # channel 0 where the structure names a channel: what is refused is the feature
    params = scratch.room(256, bytes(64)) if needs == "struct" else None
    answer = ask(subject, selector, params)
    text = subject.native.error_message()
    assert not scratch.was_written()
    assert text.startswith("future: ")
    # time code is known to be absent before the device is there; the rest is asked of the device
    before_init = state == "loaded" and subject.kind == "ours" and "TimeCode" not in name
    assert answer == ("IM" if before_init else "NP"), text
    if needs == "struct":
        assert ask(subject, selector, None) in (("IP",) if subject.is_strict else ("IP", "NP"))
    assert subject.state() == state


@pytest.mark.parametrize("state", STATES)
def test_io_format_is_pcm(ours: Subject, state: str):
    ours.to(state)
    for selector in (SET_IO_FORMAT, GET_IO_FORMAT, CAN_DO_IO_FORMAT):
        assert ask(ours, selector, None) == "IP"
    for format_type in (1, -1, 7):  # DSD, and none
        for selector in (SET_IO_FORMAT, CAN_DO_IO_FORMAT):
            io = IoFormat(format_type=format_type)
            assert ask(ours, selector, ctypes.addressof(io)) == "NP"
            assert io.format_type == -1  # so that a host that looks at the structure alone sees the refusal
    io = IoFormat(format_type=FILL)
    assert ask(ours, GET_IO_FORMAT, ctypes.addressof(io)) == "SUCCESS"
    assert io.format_type == 0
    assert ask(ours, CAN_DO_IO_FORMAT, ctypes.addressof(io)) == "SUCCESS"
    settable = state in ("loaded", "initialized")
    assert ask(ours, SET_IO_FORMAT, ctypes.addressof(io)) == ("SUCCESS" if settable else "IM")
    assert io.format_type == 0
    assert ours.state() == state


@pytest.mark.parametrize("state", STATES)
def test_internal_buffers(ours: Subject, state: str):
    ours.to(state)
    assert ask(ours, GET_INTERNAL_BUFFER_SAMPLES, None) == "IP"
    scratch = Scratch()
    room = scratch.room(2 * ctypes.sizeof(c_long))
    if state == "loaded":
        assert ask(ours, GET_INTERNAL_BUFFER_SAMPLES, room) == "IM"
        assert not scratch.was_written()
        return
    assert ask(ours, GET_INTERNAL_BUFFER_SAMPLES, room) == "SUCCESS"
    assert not scratch.was_overrun()
    assert list((c_long * 2).from_address(room)) == [0, 0]


@pytest.mark.parametrize("state", STATES)
def test_overload_reporting_is_success_and_not_ok(ours: Subject, state: str):
    ours.to(state)
    for params in (None, Scratch().room(8)):  # JUCE passes NULL
        assert ask(ours, CAN_REPORT_OVERLOAD, params) == "SUCCESS"


def test_overload_reporting_for_juce_by_configuration(open_ours):
    """JUCE compares the answer with 0 (ASIO.md 19): an entry may say so."""
    for word, code in {"ok": 0, "NotPresent": CODES["NP"], "success": CODES["SUCCESS"]}.items():
        ours = open_ours(answers={"canReportOverload": word})
        ours.to("initialized")
        assert ours.raw.future(CAN_REPORT_OVERLOAD, None) == code


def test_instance_name(open_ours):
    """cwASIO: asked before init, by name."""

    class Source:
        name = wanted = "one"
        chosen = ""

        def choose(self, name):
            self.chosen = name
            return name == "two"

        def load(self):
            raise RuntimeError("not in this test")

    source = Source()
    ours = open_ours(source=source)

    def name(text: bytes) -> str:
        buffer = ctypes.create_string_buffer(text)  # held until the call has returned
        return ask(ours, SET_INSTANCE_NAME, ctypes.addressof(buffer))

    assert ask(ours, SET_INSTANCE_NAME, None) == "SUCCESS"  # are instances supported?
    assert name(b"") == "SUCCESS"
    assert name(b"one") == "SUCCESS"
    assert source.chosen == ""
    assert name(b"two") == "SUCCESS"
    assert name(b"three") == "NP"
    assert "'three'" in ours.native.error_message()
    assert name(b"\xff\xfe") == "NP"
    assert name(b"x" * 4000) == "NP"
    assert len(ours.native.error_message()) < 124


def test_instance_name_after_init(open_ours):
    ours = open_ours()
    ours.to("initialized")
    same = ctypes.create_string_buffer(b"vtable test")
    other = ctypes.create_string_buffer(b"another")
    assert ask(ours, SET_INSTANCE_NAME, ctypes.addressof(same)) == "SUCCESS"
    assert ask(ours, SET_INSTANCE_NAME, ctypes.addressof(other)) == "IM"
    assert ours.native.name() == "vtable test"
