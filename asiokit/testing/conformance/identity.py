"""testing: checks of what a driver says of itself: its object, names, channels, sizes, rates, clock sources."""

import ctypes

from asiokit.host.raw import ChannelInfo, ClockSource, RawDriver
from asiokit.testing.conformance.bench import Bench, code_name
from asiokit.testing.conformance.case import RemarkError, check, expect

FILL = b"\xa5"
SEMANTICS = "docs/asio-semantics.md"
SIZES = "the interface: 32 bytes of a name, 124 of an error message"


def string_of(ask: object, n_bytes: int) -> bytes:
    """What was written, checked: it ends in a NUL inside n_bytes, and nothing behind them was touched."""
    memory = ctypes.create_string_buffer(FILL * (n_bytes + 64), n_bytes + 64)
    ask(ctypes.addressof(memory))  # type: ignore[operator]
    raw = memory.raw
    expect(raw[n_bytes:] == FILL * 64, f"more than {n_bytes} bytes were written")
    expect(b"\0" in raw[:n_bytes], f"no NUL in the first {n_bytes} bytes: {raw[:n_bytes]!r}")
    return raw[: raw.index(b"\0")]


@check("name-fits", "getDriverName writes at most 32 bytes, the NUL among them.", SIZES)
def name_fits(bench: Bench) -> str:
    return repr(string_of(RawDriver(bench.initialized().address).get_driver_name, 32))


@check("name-before-init", "getDriverName works before init: hosts list drivers by it.", f"{SEMANTICS} 7")
def name_before_init(bench: Bench) -> None:
    expect(string_of(RawDriver(bench.loaded().address).get_driver_name, 32), "the name is empty")


@check("name-is-ascii", "The name is printable ASCII, since hosts know no other.", f"{SEMANTICS} 5", must=False)
def name_is_ascii(bench: Bench) -> None:
    name = string_of(RawDriver(bench.initialized().address).get_driver_name, 32)
    if not name or not all(32 <= byte < 127 for byte in name):
        raise RemarkError(f"the name is {name!r}")


@check("error-message-fits", "getErrorMessage writes at most 124 bytes, the NUL among them.", SIZES)
def error_message_fits(bench: Bench) -> str:
    raw = RawDriver(bench.initialized().address)
    raw.can_sample_rate(-1.0)
    return repr(string_of(raw.get_error_message, 124))


@check("error-message-after-init", "getErrorMessage works after an init that has succeeded.", "real hosts: OpenMPT")
def error_message_after_init(bench: Bench) -> None:
    string_of(RawDriver(bench.initialized().address).get_error_message, 124)


@check("error-message-says-why", "After a refused call getErrorMessage has a text.", "the interface", must=False)
def error_message_says_why(bench: Bench) -> str:
    raw = RawDriver(bench.initialized().address)
    expect(raw.start() != 0, "start without buffers succeeds")
    text = string_of(raw.get_error_message, 124)
    if not text:
        raise RemarkError("the text is empty")
    return repr(text)


@check("version", "getDriverVersion answers in every state.", "the interface")
def version(bench: Bench) -> str:
    return str(bench.loaded().version())


@check("references", "AddRef and Release count; the object lives until the last Release.", "COM")
def references(bench: Bench) -> None:
    native = bench.initialized()
    raw = RawDriver(native.address)
    first = raw.add_ref()
    expect(raw.add_ref() == first + 1, "AddRef does not count upwards")
    expect((raw.release(), raw.release()) == (first, first - 1), "Release does not count downwards")
    native.get_channels()


@check("unknown-interface", "QueryInterface for an interface that it has not is E_NOINTERFACE and NULL.", "COM")
def unknown_interface(bench: Bench) -> None:
    raw = RawDriver(bench.loaded().address)
    found = ctypes.c_void_p(1)
    iid = ctypes.create_string_buffer(bytes(range(1, 17)), 16)
    result = raw.query_interface(ctypes.addressof(iid), ctypes.byref(found))
    expect(result < 0, f"QueryInterface for a random interface answers {result:#x}")
    expect(not found.value, "the pointer was not set to NULL")


@check("some-channels", "There is a channel at least, and no negative number of them.", "the interface")
def some_channels(bench: Bench) -> str:
    n_in, n_out = bench.initialized().get_channels()
    expect(n_in >= 0 and n_out >= 0 and n_in + n_out > 0, f"{n_in} inputs, {n_out} outputs")
    return f"{n_in} in, {n_out} out"


def channel_infos(bench: Bench, state: str) -> list[ChannelInfo]:
    native, _ = bench.in_state(state)
    raw = RawDriver(native.address)
    n_in, n_out = native.get_channels()
    found = []
    for is_input, count in ((1, n_in), (0, n_out)):
        for channel in range(count):
            info = ChannelInfo(channel=channel, is_input=is_input)
            expect(raw.get_channel_info(ctypes.byref(info)) == 0, f"getChannelInfo refuses channel {channel}")
            found.append(info)
    return found


@check("channel-names", "Every channel has a name of at most 31 bytes and a NUL.", SIZES)
def channel_names(bench: Bench) -> None:
    for info in channel_infos(bench, "initialized"):
        raw = bytes(info)[ChannelInfo.name.offset : ChannelInfo.name.offset + 32]
        expect(b"\0" in raw, f"the name of channel {info.channel} has no end")
        expect(raw[0] != 0, f"the name of channel {info.channel} is empty")


@check("channel-info-echoes", "getChannelInfo leaves channel and direction as they were asked for.", "the interface")
def channel_info_echoes(bench: Bench) -> None:
    infos = channel_infos(bench, "initialized")
    n_in = bench.initialized().get_channels()[0]
    for place, info in enumerate(infos):
        asked = (place, 1) if place < n_in else (place - n_in, 0)
        expect((info.channel, info.is_input) == asked, f"{asked} was asked for, {info.channel}, {info.is_input} came")


@check("channels-inactive-before", "Before createBuffers no channel is active.", "the interface")
def channels_inactive_before(bench: Bench) -> None:
    active = [info.channel for info in channel_infos(bench, "initialized") if info.is_active]
    expect(not active, f"active: {active}")


@check(
    "channels-active-while-prepared", "After createBuffers exactly the chosen channels are active.", "OpenMPT asserts"
)
def channels_active_while_prepared(bench: Bench) -> None:
    native = bench.initialized()
    session = bench.prepared(native)
    raw = RawDriver(native.address)
    n_in, n_out = native.get_channels()
    for is_input, count, chosen in ((1, n_in, session.inputs), (0, n_out, session.outputs)):
        for channel in range(count):
            is_active = bench.is_active(raw, channel, is_input)
            expect(is_active == (channel in chosen), f"{'input' if is_input else 'output'} {channel}: {is_active}")


@check("one-sample-type", "All channels of one direction have the same sample type.", "real hosts: PortAudio, JUCE")
def one_sample_type(bench: Bench) -> str:
    infos = channel_infos(bench, "initialized")
    for is_input in (0, 1):
        types = {info.type for info in infos if info.is_input == is_input}
        expect(len(types) <= 1, f"types {sorted(types)}")
    return ", ".join(str(kind) for kind in sorted({info.type for info in infos}))


@check("both-directions-one-type", "Inputs and outputs have the same sample type.", "Pro Tools crashed", must=False)
def both_directions_one_type(bench: Bench) -> None:
    types = {info.type for info in channel_infos(bench, "initialized")}
    if len(types) > 1:
        raise RemarkError(f"types {sorted(types)}")


@check("known-sample-type", "The sample type is one of ASIO's.", "the interface")
def known_sample_type(bench: Bench) -> None:
    known = {*range(5), *range(8, 12), *range(16, 21), *range(24, 28), 32, 33, 40}
    for info in channel_infos(bench, "initialized"):
        expect(info.type in known, f"channel {info.channel} has type {info.type}")


@check(
    "sizes-are-ordered", "0 < min <= preferred <= max, and the preferred size lies on the grid.", "PortAudio hangs on 0"
)
def sizes_are_ordered(bench: Bench) -> str:
    low, high, preferred, step = bench.initialized().get_buffer_size()
    said = f"min {low}, max {high}, preferred {preferred}, granularity {step}"
    expect(0 < low <= preferred <= high, said)
    expect(step >= -1, said)
    if step == -1:
        expect(all(n & (n - 1) == 0 for n in (low, high, preferred)), f"{said}: not powers of two")
    elif step > 0:
        expect((preferred - low) % step == 0, f"{said}: the preferred size is off the grid")
    return said


@check("one-size-is-one-size", "Granularity 0 goes with min = max = preferred.", "the interface", must=False)
def one_size_is_one_size(bench: Bench) -> None:
    low, high, preferred, step = bench.initialized().get_buffer_size()
    if (step == 0) != (low == high == preferred):
        raise RemarkError(f"min {low}, max {high}, preferred {preferred}, granularity {step}")


@check("a-common-rate", "44.1 or 48 kHz is possible.", "real hosts", must=False)
def a_common_rate(bench: Bench) -> None:
    native = bench.initialized()
    if not any(native.can_sample_rate(rate) for rate in (44100.0, 48000.0)):
        raise RemarkError("neither is possible")


@check("rate-is-remembered", "A rate that was set is the one that getSampleRate tells.", f"{SEMANTICS} 16")
def rate_is_remembered(bench: Bench) -> None:
    native = bench.initialized()
    other = bench.a_rate_that_is(native, True, other_than=native.get_sample_rate())
    native.set_sample_rate(other)
    expect(native.get_sample_rate() == other, f"{other:g} was set, {native.get_sample_rate():g} is told")


@check("refused-rate-changes-nothing", "A refused setSampleRate leaves the rate as it was.", "real drivers: FlexASIO")
def refused_rate_changes_nothing(bench: Bench) -> None:
    native = bench.initialized()
    before = native.get_sample_rate()
    raw = RawDriver(native.address)
    for rate in (-1.0, 1e300):
        raw.set_sample_rate(rate)
    expect(native.get_sample_rate() == before, f"{before:g} became {native.get_sample_rate():g}")


@check("clock-sources", "There is a clock source, named, and exactly one is current.", "the interface")
def clock_sources(bench: Bench) -> str:
    sources = bench.initialized().get_clock_sources()
    expect(sources, "there is none")
    expect(sum(source[3] for source in sources) == 1, f"{sum(source[3] for source in sources)} are current")
    expect(all(source[4] for source in sources), "one has no name")
    return ", ".join(source[4] for source in sources)


@check(
    "clock-sources-count", "getClockSources with room for one tells how many there are.", f"{SEMANTICS} 19", must=False
)
def clock_sources_count(bench: Bench) -> None:
    native = bench.initialized()
    n_all = len(native.get_clock_sources())
    source, count = ClockSource(), ctypes.c_long(1)
    expect(RawDriver(native.address).get_clock_sources(ctypes.byref(source), ctypes.byref(count)) == 0, "it is refused")
    if count.value != n_all:
        raise RemarkError(f"{count.value} are told, {n_all} exist")


@check("latencies-before-buffers", "getLatencies works after init.", f"{SEMANTICS} 18: NAudio, JUCE")
def latencies_before_buffers(bench: Bench) -> str:
    latencies = bench.initialized().get_latencies()
    expect(min(latencies) >= 0, f"{latencies}")
    return f"{latencies[0]} in, {latencies[1]} out"


@check("future-questions-repeat", "Asked twice, future's Can... selectors answer the same.", "the interface")
def future_questions_repeat(bench: Bench) -> None:
    native = bench.initialized()
    for selector in (9, 10, 11, 12, 13, 14, 15, 16, 0x24042012):
        first, second = native.future(selector), native.future(selector)
        expect(first == second, f"selector {selector:#x}: {code_name(first)}, then {code_name(second)}")


@check("future-yes-is-success", "future says yes by ASE_SUCCESS, never by 0.", f"{SEMANTICS} 20", must=False)
def future_yes_is_success(bench: Bench) -> None:
    native = bench.initialized()
    zeros = [selector for selector in (9, 10, 11, 12, 13, 14, 15, 16) if native.future(selector) == 0]
    if zeros:
        raise RemarkError(f"selectors {zeros} answer 0")


@check("output-ready-is-constant", "outputReady answers the same whenever it is asked.", "Max, VB ASIO Bridge")
def output_ready_is_constant(bench: Bench) -> str:
    session = bench.running(3)
    answers = {session.driver.output_ready() for _ in range(5)}
    expect(len(answers) == 1, "it changes its mind")
    return "used" if answers.pop() else "not used"
