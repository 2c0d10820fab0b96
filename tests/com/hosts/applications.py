"""hosts: those with a layer of their own: JUCE, NAudio, OpenMPT, RS_ASIO, GStreamer."""

import ctypes
import threading
import time

from com.hosts.stage import (
    INVALID_MODE,
    INVALID_PARAMETER,
    NO_CLOCK,
    NOT_PRESENT,
    OK,
    SUCCESS,
    Stage,
    host,
    manners,
)

from asiokit.errors import DriverError
from asiokit.host.native import NativeDriver
from asiokit.host.raw import ClockSource

OWN_WINDOW = 0x2A04F6
CAN_REPORT_OVERLOAD = 0x24042012
JUCE_RATES = (
    8000,
    11025,
    12000,
    16000,
    22050,
    24000,
    32000,
    44100,
    48000,
    88200,
    96000,
    176400,
    192000,
    352800,
    384000,
    705600,
    768000,
)
JUCE_MANNERS = manners(wants_time_info=0, supports=(2, 3, 5, 6, 10, 15), lock_callback=True)


def juce_questions(s: Stage) -> tuple[NativeDriver, int]:
    driver = s.create(handle=OWN_WINDOW)
    room = ctypes.create_string_buffer(512)
    s.raw(driver).get_driver_name(room)
    driver.get_channels()
    smallest, largest, preferred, _ = driver.get_buffer_size()
    s.expect(8 <= smallest <= preferred <= largest <= 32768, "buffer sizes")
    if not 1 <= driver.get_sample_rate() <= 192001:
        driver.set_sample_rate(44100.0)
    driver.output_ready()
    s.expect(any(driver.can_sample_rate(float(rate)) for rate in JUCE_RATES), "no rate is possible")
    driver.get_latencies()  # before createBuffers
    return driver, preferred


@host("JUCE: the probe", "17 22")
def juce_probe(s: Stage) -> None:
    driver, preferred = juce_questions(s)
    session = s.buffers(driver, [0, 1], [0, 1], preferred, JUCE_MANNERS)
    for c in (0, 1):
        driver.get_channel_info(c, True)
        driver.get_channel_info(c, False)
    driver.get_latencies()
    session.start()
    time.sleep(0.08)  # as JUCE does
    s.quick(lambda: session.stop(under_lock=True), "stop under the lock that the callback takes")
    s.sound(session)
    s.release(driver)  # with buffers


@host("JUCE: open, run, close", "18 19 20 21 25")
def juce_open(s: Stage) -> None:
    driver, preferred = juce_questions(s)
    raw = s.raw(driver)
    first = s.buffers(driver, [0, 1], [0, 1], preferred, JUCE_MANNERS)
    code = raw.set_sample_rate(48000.0)  # while prepared
    sources, n = (ClockSource * 32)(), ctypes.c_long(32)
    s.code(raw.get_clock_sources(sources, ctypes.byref(n)), (OK,), "getClockSources")
    s.expect(1 <= n.value <= 32, "number of clock sources")
    if code == NO_CLOCK:
        raw.set_clock_source(sources[0].index)
        code = raw.set_sample_rate(48000.0)
    s.code(code, (OK,), "setSampleRate while prepared")
    s.code(raw.future(CAN_REPORT_OVERLOAD, None), (OK, SUCCESS, NOT_PRESENT, INVALID_PARAMETER), "future(overload)")
    first.close()
    s.code(raw.dispose_buffers(), (OK, INVALID_MODE, NOT_PRESENT), "disposeBuffers, unconditionally")
    # with no channels at all: taken or refused, but not crashed by
    try:
        s.buffers(driver, [], [], preferred, JUCE_MANNERS).close()
    except DriverError as error:
        s.code(error.code, (INVALID_MODE, INVALID_PARAMETER, NOT_PRESENT), "createBuffers without channels")
    for _ in range(2):
        session = s.buffers(driver, [0, 1], [0, 1], preferred, JUCE_MANNERS)
        session.start()
        begin = time.monotonic()
        s.wait(session, 1)
        s.expect(time.monotonic() - begin < 3, "first callback after more than 3 s: open() fails")
        s.wait(session, 6)
        s.quick(lambda session=session: session.stop(under_lock=True), "stop under the lock that the callback takes")
        s.sound(session)
        session.dispose()
        s.code(raw.dispose_buffers(), (OK, INVALID_MODE, NOT_PRESENT), "disposeBuffers once more")
        session.close(dispose=False)
    begin = time.monotonic()
    raw.control_panel()
    s.expect(time.monotonic() - begin < 0.3, "controlPanel blocks: it is taken for a change of settings")
    s.release(driver)


@host("NAudio", "23 24 25")
def naudio(s: Stage) -> None:
    driver = s.elsewhere(lambda: s.create(handle=0))  # whatever apartment the thread is in
    raw = s.raw(driver)

    def capabilities() -> tuple[int, int]:
        driver.name()
        n_in, n_out = driver.get_channels()
        for c in range(n_in):
            driver.get_channel_info(c, True)
        for c in range(n_out):
            driver.get_channel_info(c, False)
        driver.get_sample_rate()
        a, b = ctypes.c_long(), ctypes.c_long()
        s.code(
            raw.get_latencies(ctypes.byref(a), ctypes.byref(b)), (OK, NOT_PRESENT), "getLatencies (throws otherwise)"
        )
        driver.get_buffer_size()
        return n_in, n_out

    n_in, n_out = capabilities()
    for rate in (44100.0, 48000.0, 1.0, 1e6):
        s.code(raw.can_sample_rate(rate), (OK, NO_CLOCK), f"canSampleRate({rate:g}) (throws otherwise)")
    preferred = driver.get_buffer_size()[2]
    mine = manners(supports=(2, 3, 4, 5, 6, 7, 8), says={8: 1})
    for _ in range(2):
        session = s.buffers(driver, range(n_in), range(n_out), preferred, mine)
        driver.output_ready()
        session.start()
        s.wait(session, 5)
        s.quick(session.stop, "stop")
        s.sound(session)
        session.dispose()
        s.code(raw.dispose_buffers(), (OK, INVALID_MODE, NOT_PRESENT), "disposeBuffers twice")
        session.close(dispose=False)
        capabilities()  # once more after dispose
    # stopped from inside its own callback, as its users do; then released without another word
    session = s.buffers(driver, range(n_in), range(n_out), preferred, mine)
    session.act("stop", at=2)
    session.start()
    s.wait(session, 3)
    s.expect(not session.wait(6, stall_s=0.15), "callbacks go on after a stop from inside the callback")
    s.release(driver)


@host("OpenMPT", "30 31")
def openmpt(s: Stage) -> None:
    driver = s.create()
    raw = s.raw(driver)
    text = ctypes.create_string_buffer(b"\xaa" * 160, 160)
    raw.get_error_message(text)  # after a successful init, into exactly 124 bytes
    s.expect(b"\0" in text.raw[:124], "the text does not end within 124 bytes")
    s.equal(text.raw[124:], b"\xaa" * 36, "what lies behind the 124 bytes of the text")
    one, n = (ClockSource * 2)(), ctypes.c_long(1)
    ctypes.memset(ctypes.byref(one, ctypes.sizeof(ClockSource)), 0xAA, ctypes.sizeof(ClockSource))
    s.code(raw.get_clock_sources(one, ctypes.byref(n)), (OK,), "getClockSources with room for one")
    s.equal(
        bytes(one[1]), b"\xaa" * ctypes.sizeof(ClockSource), "the clock source behind the only one there was room for"
    )
    sources, n = (ClockSource * n.value)(), ctypes.c_long(n.value)
    s.code(raw.get_clock_sources(sources, ctypes.byref(n)), (OK,), "getClockSources with the room it asked for")
    s.expect(any(source.is_current for source in sources), "no clock source is current")
    driver.set_sample_rate(48000.0)  # without canSampleRate
    n_in, n_out = driver.get_channels()
    preferred = driver.get_buffer_size()[2]
    mine = manners(
        wants_time_info=1, supports=tuple(range(1, 16)), says=dict.fromkeys(range(8, 15), 1)
    )  # 1 to everything
    session = s.buffers(driver, range(n_in), range(n_out), preferred, mine)
    for c in range(n_out):
        s.expect(driver.get_channel_info(c, False)[0], "an output that has a buffer is not active")
    s.expect(sum(driver.get_latencies()) >= 0, "latencies")
    session.start()
    s.wait(session, 5)
    session.stop()
    s.sound(session)
    session.dispose()
    s.release(driver)


@host("RS_ASIO", "32 33")
def rs_asio(s: Stage) -> None:
    driver = s.create(handle=0x400000)  # the exe's module
    driver.get_channels()
    preferred = driver.get_buffer_size()[2]
    driver.set_sample_rate(48000.0)
    types = {driver.get_channel_info(c, is_input)[2] for c in (0, 1) for is_input in (True, False)}
    s.expect(len(types) == 1 and types <= {16, 17, 18, 19, 20}, f"sample types {types}")
    mutex = threading.Lock()
    session = s.buffers(driver, [0, 1], [0, 1], preferred, manners(engine=0, says={3: 0}))

    def switch() -> None:  # a try-lock, and away without outputReady
        if mutex.acquire(blocking=False):
            mutex.release()

    s.in_switch(session, switch, every=1)
    session.start()
    s.wait(session, 5)
    with mutex:
        s.quick(session.stop, "stop under the mutex")
    s.sound(session)
    session.dispose()
    s.release(driver)  # FreeLibrary follows at once


@host("GStreamer", "34 35 36")
def gstreamer(s: Stage) -> None:
    driver = s.elsewhere(lambda: s.create(handle=OWN_WINDOW))
    n_in, n_out = driver.get_channels()
    preferred = driver.get_buffer_size()[2]
    possible = [r for r in (48000.0, 44100.0, 192000.0, 96000.0, 88200.0) if driver.can_sample_rate(r)]
    s.expect(possible, "none of the rates that it tries")
    driver.set_sample_rate(possible[0])
    for c in range(n_in):
        driver.get_channel_info(c, True)
    for c in range(n_out):
        driver.get_channel_info(c, False)
    driver.get_sample_rate()
    api_lock = threading.Lock()
    mine = manners(wants_time_info=1, supports=(7,), output_ready=True, says={3: 0})

    def locked(call):
        def run():
            with api_lock:
                return call()

        return lambda: s.quick(lambda: s.elsewhere(run), "a call under api_lock")

    session = locked(lambda: s.buffers(driver, range(n_in), range(n_out), preferred, mine))()

    def switch() -> None:
        with api_lock:
            pass

    s.in_switch(session, switch, every=1)
    locked(session.start)()
    s.wait(session, 6)
    locked(session.stop)()
    s.sound(session)
    locked(session.dispose)()
    s.elsewhere(lambda: s.release(driver))
