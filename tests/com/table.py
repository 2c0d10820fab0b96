"""tests: every slot with good and bad arguments, and what a strict driver answers in each state.

An expectation is four words, one for each of subjects.STATES. "IM|IP": a call with two faults, where the interface
does not say which one counts; ours answers the first, others may answer either. "-": not asked in this state.
"""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from com.subjects import N_FRAMES, Subject

from asiokit.host.raw import (
    ASIO_MESSAGE,
    BUFFER_SWITCH,
    BUFFER_SWITCH_TIME_INFO,
    BufferInfo,
    Callbacks,
    ChannelInfo,
    ClockSource,
)

FILL = 0xA5
BEHIND = 64  # bytes behind each piece of memory that nobody may touch
HUGE = 2**31 - 1


class Scratch:
    """Memory that is handed to the driver; knows afterwards what was written."""

    def __init__(self) -> None:
        self.pieces: list[tuple[Any, bytes, int]] = []
        self.kept: list[object] = []

    def room(self, n_bytes: int, content: bytes = b"") -> int:
        """Address of n_bytes, which begin with `content`."""
        before = content + bytes([FILL]) * (n_bytes + BEHIND - len(content))
        memory = ctypes.create_string_buffer(before, len(before))
        self.pieces.append((memory, before, n_bytes))
        return ctypes.addressof(memory)

    def struct(self, value: Any) -> int:
        return self.room(ctypes.sizeof(value), bytes(value))

    def struct_array(self, values: list[Any]) -> int:
        return self.room(sum(map(ctypes.sizeof, values)), b"".join(map(bytes, values)))

    def long(self, value: int) -> int:
        return self.struct(ctypes.c_long(value))

    def callbacks(self, **members: Any) -> int:
        """A struct with these members only."""
        table = Callbacks(**members)
        self.kept.append(table)
        return ctypes.addressof(table)

    def was_written(self) -> bool:
        return any(memory.raw != before for memory, before, _ in self.pieces)

    def was_overrun(self) -> bool:
        return any(memory.raw[n:] != before[n:] for memory, before, n in self.pieces)


@BUFFER_SWITCH
def no_switch(index: int, direct: int) -> None:
    pass


@BUFFER_SWITCH_TIME_INFO
def no_switch_time_info(time: int, index: int, direct: int) -> int:
    return 0


@ASIO_MESSAGE
def no_message(selector: int, value: int, message: int, opt: int) -> int:
    return 0


@dataclass(frozen=True)
class Case:
    slot: str
    label: str
    arguments: Callable[[Scratch], tuple[Any, ...]]
    expected: str
    then: str = ""  # the state that an answer "ok" leads to; "": the state stays
    only_ours: bool = False

    @property
    def id(self) -> str:
        return f"{self.slot}-{self.label}"

    def answers(self, state_index: int) -> tuple[str, ...]:
        return tuple(self.expected.split()[state_index].split("|"))


def case(slot: str, label: str, arguments: Callable[[Scratch], tuple[Any, ...]], expected: str, **more: Any) -> Case:
    return Case(slot, label, arguments, expected, **more)


def channel(number: int, is_input: int = 1) -> Callable[[Scratch], tuple[Any, ...]]:
    return lambda s: (s.struct(ChannelInfo(channel=number, is_input=is_input)),)


def infos(*channels: tuple[int, int]) -> list[BufferInfo]:
    return [BufferInfo(is_input=is_input, channel=number) for is_input, number in channels]


def create(*channels: tuple[int, int], n: int | None = None, n_frames: int = N_FRAMES, **members: Any) -> Any:
    members = members or {"buffer_switch": no_switch}
    n = len(channels) if n is None else n
    return lambda s: (s.struct_array(infos(*channels)), n, n_frames, s.callbacks(**members))


BAD_RATES = {
    "0": 0.0,
    "minus1": -1.0,
    "nan": float("nan"),
    "inf": float("inf"),
    "minus-inf": -float("inf"),
    "1e300": 1e300,
    "just-below": 7999.99,
    "just-above": 768000.01,
    "tiny": 5e-324,
    "1e7": 1e7,
}
BAD_INDICES = {"minus1": -1, "huge": HUGE, "lowest": -HUGE - 1, "next": 4}
BAD_SIZES = {"0": 0, "minus1": -1, "huge": HUGE, "off-grid": 48, "below": 16, "above": 4096, "odd": 63}
ONE = ((1, 0),)
ALL = tuple((is_input, c) for is_input in (1, 0) for c in range(4))


def longs(n: int) -> Callable[[Scratch], tuple[Any, ...]]:
    return lambda s: tuple(s.room(ctypes.sizeof(ctypes.c_long)) for _ in range(n))


def one_null(n: int, which: int) -> Callable[[Scratch], tuple[Any, ...]]:
    return lambda s: tuple(None if i == which else s.room(8) for i in range(n))


def pointers(slot: str, n: int, room: int, good: str, bad: str) -> list[Case]:
    """A call with n out-pointers: all there, each one NULL, all NULL."""
    return [
        case(slot, "good", lambda s: tuple(s.room(room) for _ in range(n)), good),
        *(case(slot, f"null{which}", one_null(n, which), bad) for which in range(n)),
        case(slot, "all-null", lambda s: (None,) * n, bad),
    ]


QUESTION, BAD_POINTER = "IM ok ok ok", "IM IP IP IP"

CASES: list[Case] = [
    case("start", "call", lambda s: (), "IM IM ok IM", then="running"),
    case("stop", "call", lambda s: (), "IM IM IM ok", then="prepared"),
    *pointers("get_channels", 2, ctypes.sizeof(ctypes.c_long), QUESTION, BAD_POINTER),
    *pointers("get_latencies", 2, ctypes.sizeof(ctypes.c_long), QUESTION, BAD_POINTER),
    *pointers("get_buffer_size", 4, ctypes.sizeof(ctypes.c_long), QUESTION, BAD_POINTER),
    *(case("can_sample_rate", label, lambda s, r=rate: (r,), "IM NC NC NC") for label, rate in BAD_RATES.items()),
    *(case("set_sample_rate", label, lambda s, r=rate: (r,), "IM NC NC NC") for label, rate in BAD_RATES.items()),
    *(
        case("can_sample_rate", str(rate), lambda s, r=rate: (float(r),), QUESTION)
        for rate in (8000, 44100, 48000, 96000, 192000)
    ),
    case("can_sample_rate", "odd", lambda s: (44099.5,), QUESTION, only_ours=True),
    case("can_sample_rate", "highest", lambda s: (768000.0,), QUESTION, only_ours=True),
    case("set_sample_rate", "same", lambda s: (48000.0,), QUESTION),
    case("set_sample_rate", "other", lambda s: (44100.0,), "IM ok ok -"),
    # the interface allows it; the reference chooses to refuse
    case("set_sample_rate", "other-running", lambda s: (44100.0,), "- - - ok", only_ours=True),
    *pointers("get_sample_rate", 1, 8, QUESTION, BAD_POINTER),
    case("get_clock_sources", "room1", lambda s: (s.room(ctypes.sizeof(ClockSource)), s.long(1)), QUESTION),
    case("get_clock_sources", "room32", lambda s: (s.room(32 * ctypes.sizeof(ClockSource)), s.long(32)), QUESTION),
    case("get_clock_sources", "room0", lambda s: (s.room(1), s.long(0)), BAD_POINTER),
    case("get_clock_sources", "room-minus1", lambda s: (s.room(1), s.long(-1)), BAD_POINTER),
    case("get_clock_sources", "no-sources", lambda s: (None, s.long(1)), BAD_POINTER),
    case("get_clock_sources", "no-count", lambda s: (s.room(1), None), BAD_POINTER),
    case("get_clock_sources", "all-null", lambda s: (None, None), BAD_POINTER),
    case("set_clock_source", "0", lambda s: (0,), QUESTION),
    *(case("set_clock_source", label, lambda s, i=i: (i,), BAD_POINTER) for label, i in BAD_INDICES.items()),
    case("get_sample_position", "good", lambda s: (s.room(8), s.room(8)), "IM SPNA SPNA ok"),
    case("get_sample_position", "null0", lambda s: (None, s.room(8)), "IM SPNA|IP SPNA|IP IP"),
    case("get_sample_position", "null1", lambda s: (s.room(8), None), "IM SPNA|IP SPNA|IP IP"),
    case("get_sample_position", "all-null", lambda s: (None, None), "IM SPNA|IP SPNA|IP IP"),
    *(case("get_channel_info", f"in-{c}", channel(c), QUESTION) for c in range(4)),
    *(case("get_channel_info", f"out-{c}", channel(c, 0), QUESTION) for c in range(4)),
    *(case("get_channel_info", f"in-{label}", channel(i), BAD_POINTER) for label, i in BAD_INDICES.items()),
    *(case("get_channel_info", f"out-{label}", channel(i, 0), BAD_POINTER) for label, i in BAD_INDICES.items()),
    case("get_channel_info", "null", lambda s: (None,), BAD_POINTER),
    case("create_buffers", "one", create(*ONE), "IM ok IM IM", then="prepared"),
    case("create_buffers", "all", create(*ALL), "IM ok IM IM", then="prepared"),
    case("create_buffers", "reversed", create(*reversed(ALL)), "IM ok IM IM", then="prepared"),
    case("create_buffers", "smallest", create(*ONE, n_frames=32), "IM ok IM IM", then="prepared"),
    case("create_buffers", "largest", create(*ONE, n_frames=2048), "IM ok IM IM", then="prepared"),
    *(
        case("create_buffers", f"frames-{label}", create(*ONE, n_frames=n), "IM IM IM IM")
        for label, n in BAD_SIZES.items()
    ),
    *(
        case("create_buffers", f"n-{label}", create(*ONE, n=n), "IM IM IM IM")
        for label, n in {"0": 0, "minus1": -1, "huge": HUGE, "too-many": 9}.items()
    ),
    *(case("create_buffers", f"in-{label}", create((1, i)), "IM IM IM IM") for label, i in BAD_INDICES.items()),
    *(case("create_buffers", f"out-{label}", create((0, i)), "IM IM IM IM") for label, i in BAD_INDICES.items()),
    case("create_buffers", "last-is-bad", create((1, 0), (1, 1), (0, 4)), "IM IM IM IM"),
    case("create_buffers", "twice-in", create((1, 1), (1, 1)), "IM IM IM IM"),
    case("create_buffers", "twice-out", create((0, 0), (1, 0), (0, 0)), "IM IM IM IM"),
    case(
        "create_buffers", "no-infos", lambda s: (None, 1, 64, s.callbacks(buffer_switch=no_switch)), "IM IP IM|IP IM|IP"
    ),
    case("create_buffers", "no-callbacks", lambda s: (s.struct_array(infos(*ONE)), 1, 64, None), "IM IP IM|IP IM|IP"),
    case("create_buffers", "all-null", lambda s: (None, 0, 0, None), "IM IP IM|IP IM|IP"),
    case("create_buffers", "empty-callbacks", create(*ONE, message=no_message), "IM IP IM|IP IM|IP"),
    case("create_buffers", "only-switch", create(*ONE, buffer_switch=no_switch), "IM ok IM IM", then="prepared"),
    case(
        "create_buffers",
        "only-time-info",
        create(*ONE, buffer_switch_time_info=no_switch_time_info),
        "IM ok IM IM",
        then="prepared",
    ),
    case(
        "create_buffers",
        "no-message",
        create(*ONE, buffer_switch=no_switch, buffer_switch_time_info=no_switch_time_info),
        "IM ok IM IM",
        then="prepared",
    ),
    case("dispose_buffers", "call", lambda s: (), "IM IM ok ok", then="initialized"),
    case("control_panel", "call", lambda s: (), "IM NP NP NP"),
    case("output_ready", "call", lambda s: (), "NP NP NP NP"),
]


def answer_of(subject: Subject, case: Case, scratch: Scratch) -> int:
    return int(getattr(subject.raw, case.slot)(*case.arguments(scratch)))
