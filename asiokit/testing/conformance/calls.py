"""testing: every method in every state, with good and with bad arguments: what is answered, and what is written.

An expectation is four words, one for each of STATES; "IM|IP": either; "-": not asked in this state. Where an error is
due, another error than the named one is a warning: drivers differ, and hosts live with it. Success where an error is
due, or the other way round, is a failure; so is a pointer that was followed though it was NULL, or a byte behind what
was handed over.
"""

import ctypes
from collections.abc import Callable
from typing import Any

from asiokit.host.raw import (
    ASIO_MESSAGE,
    BUFFER_SWITCH,
    BufferInfo,
    Callbacks,
    ChannelInfo,
    ClockSource,
    RawDriver,
)
from asiokit.testing.conformance.bench import STATES, SUCCESS, Bench, code_name
from asiokit.testing.conformance.case import Check, NotMetError, RemarkError, add

FILL = 0xA5
BEHIND = 64
HUGE = 2**31 - 1
SEMANTICS = "docs/asio-semantics.md"

Arguments = Callable[["Scratch", Any], tuple[Any, ...]]  # of a call, from memory to lend and the driver


class Scratch:
    """Memory that is handed to the driver; knows afterwards what was written behind it."""

    def __init__(self) -> None:
        self.pieces: list[tuple[Any, int]] = []
        self.kept: list[object] = []

    def room(self, n_bytes: int, content: bytes = b"") -> int:
        """Address of n_bytes, which begin with `content`."""
        before = content + bytes([FILL]) * (n_bytes + BEHIND - len(content))
        memory = ctypes.create_string_buffer(before, len(before))
        self.pieces.append((memory, n_bytes))
        return ctypes.addressof(memory)

    def struct(self, *values: Any) -> int:
        return self.room(sum(map(ctypes.sizeof, values)), b"".join(map(bytes, values)))

    def long(self, value: int) -> int:
        return self.struct(ctypes.c_long(value))

    def callbacks(self, **members: Any) -> int:
        table = Callbacks(**members)
        self.kept.append(table)
        return ctypes.addressof(table)

    def was_overrun(self) -> bool:
        return any(memory.raw[n:] != bytes([FILL]) * BEHIND for memory, n in self.pieces)


_no_switch = BUFFER_SWITCH(lambda index, direct: None)
_no_message = ASIO_MESSAGE(lambda selector, value, message, opt: 0)


def call(id: str, slot: str, arguments: Arguments, expected: str, rule: str, source: str) -> None:
    """Registers one line of the table as a check."""

    def look(bench: Bench) -> str | None:
        remarks = [
            remark
            for state, words in zip(STATES, expected.split(), strict=True)
            if words != "-" and (remark := _asked(bench, slot, arguments, state, tuple(words.split("|"))))
        ]
        if remarks:
            raise RemarkError("; ".join(remarks))
        return None

    add(Check(id, rule, source, True, look))


def _asked(bench: Bench, slot: str, arguments: Arguments, state: str, wanted: tuple[str, ...]) -> str:
    """One call in one state. A remark if the answer is another error than the one that is due."""
    native, _ = bench.in_state(state)
    scratch = Scratch()
    try:
        values = arguments(scratch, native) if state != "loaded" else arguments(scratch, _Unknown())
        answer = int(getattr(RawDriver(native.address), slot)(*values))
        where = f"{slot} while {state} answers {code_name(answer)}"
        if scratch.was_overrun():
            raise NotMetError(f"{where}, and has written behind what it was given")
        is_yes = answer in (0, SUCCESS)
        if ("ok" in wanted or "SUCCESS" in wanted) != is_yes:
            raise NotMetError(f"{where}; {' or '.join(wanted)} is due")
        return "" if code_name(answer) in wanted else f"{where}; {' or '.join(wanted)} would be exact"
    finally:
        bench.let_go(native)


class _Unknown:
    """Stands for a driver that can't be asked yet: any number does."""

    def get_channels(self) -> tuple[int, int]:
        return 2, 2

    def get_buffer_size(self) -> tuple[int, int, int, int]:
        return 64, 1024, 256, -1

    def get_sample_rate(self) -> float:
        return 48000.0


def _pointers(slot: str, id: str, rooms: tuple[int, ...], good: str, bad: str, source: str) -> None:
    """A call with out-pointers: all there, each one NULL."""
    call(f"{id}-answers", slot, lambda s, d: tuple(map(s.room, rooms)), good,
         f"{slot} answers in every state from initialized on, and InvalidMode before.", source)  # fmt: skip
    for which in range(len(rooms)):
        call(f"{id}-null-{which + 1}", slot,
             _all_but(which, rooms), bad,
             f"{slot} with a NULL pointer is an error, not a crash.", source)  # fmt: skip


def _count_of(is_input: int) -> Callable[[Any], int]:
    return lambda d: int(d.get_channels()[0 if is_input else 1])


def _values(*values: Any) -> Arguments:
    return lambda s, d: values


def _with_room(selector: int) -> Arguments:
    return lambda s, d: (selector, s.room(512))


def _all_but(null: int, rooms: tuple[int, ...]) -> Arguments:
    return lambda s, d: tuple(None if place == null else s.room(n) for place, n in enumerate(rooms))


def _sources_but(null: tuple[int, ...]) -> Arguments:
    return lambda s, d: (None if 0 in null else s.room(64), None if 1 in null else s.long(1))


def _channel(pick: Callable[[Any], int], is_input: int) -> Arguments:
    return lambda s, d: (s.struct(ChannelInfo(channel=pick(d), is_input=is_input)),)


def _create(
    channels: Callable[[Any], list[tuple[int, int]]],
    n_frames: Callable[[Any], int] = lambda d: int(d.get_buffer_size()[2]),
    n: int | None = None,
    **members: Any,
) -> Arguments:
    def arguments(s: Scratch, d: Any) -> tuple[Any, ...]:
        infos = [BufferInfo(is_input=is_input, channel=channel) for is_input, channel in channels(d)]
        table = s.callbacks(**(members or {"buffer_switch": _no_switch, "message": _no_message}))
        return (s.struct(*infos) if infos else s.room(0), len(infos) if n is None else n, n_frames(d), table)

    return arguments


def _one(d: Any) -> list[tuple[int, int]]:
    n_in, n_out = d.get_channels()
    return [(1, 0)] if n_in else [(0, 0)] if n_out else []


def _off_grid(d: Any) -> int:
    """A size inside the range that is not offered."""
    low, high, preferred, step = d.get_buffer_size()
    return int(preferred + 1 if step != 1 and low < high else high + 1)


LONG = ctypes.sizeof(ctypes.c_long)
QUESTION, BAD = "IM ok ok ok", "IM IP IP IP"
LIFE = f"{SEMANTICS} 7"

call("start-only-when-prepared", "start", lambda s, d: (), "IM IM ok IM",
     "start works while prepared; in every other state it is InvalidMode.", LIFE)  # fmt: skip
call("stop-only-when-running", "stop", lambda s, d: (), "IM IM IM ok",
     "stop works while running; in every other state it is InvalidMode.", LIFE)  # fmt: skip
call("dispose-only-with-buffers", "dispose_buffers", lambda s, d: (), "IM IM ok ok",
     "disposeBuffers works where there are buffers, and stops first.", f"{SEMANTICS} 8")  # fmt: skip
_pointers("get_channels", "get-channels", (LONG, LONG), QUESTION, BAD, LIFE)
_pointers("get_latencies", "get-latencies", (LONG, LONG), QUESTION, BAD, f"{SEMANTICS} 18")
_pointers("get_buffer_size", "get-buffer-size", (LONG,) * 4, QUESTION, BAD, LIFE)
_pointers("get_sample_rate", "get-sample-rate", (8,), QUESTION, BAD, LIFE)
_pointers("get_sample_position", "get-sample-position", (8, 8), "IM SPNA SPNA ok", "IM SPNA|IP SPNA|IP IP", LIFE)
for _label, _rate in {"zero": 0.0, "negative": -48000.0, "nan": float("nan"), "infinite": float("inf"),
                      "tiny": 5e-324, "enormous": 1e300}.items():  # fmt: skip
    for _slot in ("can_sample_rate", "set_sample_rate"):
        call(f"{_slot.replace('_', '-')}-{_label}", _slot, _values(_rate), "IM NC NC NC",
             f"A rate that is {_label} is NoClock, and changes nothing.", f"{SEMANTICS} 16")  # fmt: skip
call("can-sample-rate-current", "can_sample_rate", lambda s, d: (d.get_sample_rate(),), QUESTION,
     "The rate that is set is possible.", f"{SEMANTICS} 16")  # fmt: skip
call("set-sample-rate-current", "set_sample_rate", lambda s, d: (d.get_sample_rate(),), QUESTION,
     "The rate that is set can be set again, in every state.", f"{SEMANTICS} 16")  # fmt: skip
call("get-clock-sources-one", "get_clock_sources",
     lambda s, d: (s.room(ctypes.sizeof(ClockSource)), s.long(1)), QUESTION,
     "getClockSources writes no more sources than there is room for.", f"{SEMANTICS} 19")  # fmt: skip
call("get-clock-sources-many", "get_clock_sources",
     lambda s, d: (s.room(32 * ctypes.sizeof(ClockSource)), s.long(32)), QUESTION,
     "getClockSources with much room answers.", f"{SEMANTICS} 19")  # fmt: skip
for _label, _null in {"null-sources": (0,), "null-count": (1,), "null-both": (0, 1)}.items():
    call(f"get-clock-sources-{_label}", "get_clock_sources",
         _sources_but(_null), BAD,
         "getClockSources with a NULL pointer is an error, not a crash.", f"{SEMANTICS} 19")  # fmt: skip
call("set-clock-source-first", "set_clock_source", lambda s, d: (0,), QUESTION,
     "The first clock source can be chosen.", LIFE)  # fmt: skip
for _label, _index in {"negative": -1, "huge": HUGE}.items():
    call(f"set-clock-source-{_label}", "set_clock_source", _values(_index), BAD,
         "A clock source that does not exist is refused.", LIFE)  # fmt: skip
for _is_input, _word in ((1, "input"), (0, "output")):
    for _label, _pick in {
        "negative": lambda d: -1,
        "next": _count_of(_is_input),
        "huge": lambda d: HUGE,
    }.items():
        call(f"get-channel-info-{_word}-{_label}", "get_channel_info", _channel(_pick, _is_input), BAD,
             f"getChannelInfo for an {_word} that does not exist is InvalidParameter.", LIFE)  # fmt: skip
call("get-channel-info-null", "get_channel_info", lambda s, d: (None,), BAD,
     "getChannelInfo with a NULL pointer is an error, not a crash.", LIFE)  # fmt: skip

MAKE = f"{SEMANTICS} 10"
call("create-buffers-one-channel", "create_buffers", _create(_one), "IM ok - -",
     "createBuffers for a single channel works.", MAKE)  # fmt: skip
call("create-buffers-all-channels", "create_buffers",
     _create(lambda d: [(1, c) for c in range(d.get_channels()[0])] + [(0, c) for c in range(d.get_channels()[1])]),
     "IM ok - -", "createBuffers for all channels works.", MAKE)  # fmt: skip
for _label, _channels in {
    "no-channel": lambda d: [],
    "channel-twice": lambda d: _one(d) * 2,
    "negative-channel": lambda d: [(1, -1)],
    "input-beyond": lambda d: [(1, d.get_channels()[0])],
    "output-beyond": lambda d: [(0, d.get_channels()[1])],
}.items():
    call(f"create-buffers-{_label}", "create_buffers", _create(_channels), "IM IM|IP - -",
         f"createBuffers with {_label.replace('-', ' ')} is refused.", MAKE)  # fmt: skip
for _label, _size in {
    "zero": lambda d: 0,
    "negative": lambda d: -64,
    "below": lambda d: d.get_buffer_size()[0] - 1,
    "above": lambda d: d.get_buffer_size()[1] + 1,
    "off-grid": _off_grid,
    "huge": lambda d: HUGE,
}.items():
    call(f"create-buffers-size-{_label}", "create_buffers", _create(_one, _size), "IM IM|IP - -",
         f"createBuffers with a size that is not offered ({_label}) is refused.", MAKE)  # fmt: skip
call("create-buffers-count-zero", "create_buffers", _create(_one, n=0), "IM IM|IP - -",
     "createBuffers for 0 channels is refused.", MAKE)  # fmt: skip
call("create-buffers-count-negative", "create_buffers", _create(_one, n=-1), "IM IM|IP - -",
     "createBuffers for -1 channels is refused.", MAKE)  # fmt: skip
call("create-buffers-null-infos", "create_buffers",
     lambda s, d: (None, 1, d.get_buffer_size()[2], s.callbacks(buffer_switch=_no_switch)), "IM IP|IM - -",
     "createBuffers without a list of channels is an error, not a crash.", MAKE)  # fmt: skip
call("create-buffers-null-callbacks", "create_buffers",
     lambda s, d: (s.struct(BufferInfo(is_input=_one(d)[0][0])), 1, d.get_buffer_size()[2], None), "IM IP|IM - -",
     "createBuffers without callbacks is an error, not a crash.", MAKE)  # fmt: skip
call("create-buffers-no-switch", "create_buffers", _create(_one, message=_no_message), "IM IP|IM - -",
     "createBuffers with callbacks that have neither switch is refused.", MAKE)  # fmt: skip

FUTURE = f"{SEMANTICS} 20-24"
for _label, _selector in {"0": 0, "17": 17, "negative": -1, "huge": HUGE}.items():
    call(f"future-unknown-{_label}", "future", _with_room(_selector), "IP IP IP IP",
         "An unknown future selector is InvalidParameter, in every state.", FUTURE)  # fmt: skip
for _label, _selector in {"set-input-monitor": 3, "transport": 4, "set-input-gain": 5, "get-input-meter": 6,
                          "set-output-gain": 7, "get-output-meter": 8}.items():  # fmt: skip
    call(f"future-{_label}-null", "future", _values(_selector, None), "IP|NP|IM IP|NP IP|NP IP|NP",
         "A future selector that needs a structure refuses NULL.", FUTURE)  # fmt: skip
