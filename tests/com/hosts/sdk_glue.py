"""hosts: those that are built on the SDK's own host glue: PortAudio, RtAudio, cpal, Jamulus."""

import ctypes
import threading

from com.hosts.stage import INVALID_MODE, NO_CLOCK, NOT_PRESENT, OK, Stage, host, manners

from asiokit.host.native import NativeDriver
from asiokit.host.raw import ChannelInfo

DESKTOP_WINDOW = 0x10010
GARBAGE = 0xCDCDCDCDCDCDCDCD


def glue_load(s: Stage, handle: int) -> NativeDriver:
    """loadAsioDriver and ASIOInit: a name into 32 bytes, a version, and nothing else."""
    driver = s.create(handle=handle)
    room = ctypes.create_string_buffer(b"\xaa" * 64, 64)
    s.raw(driver).get_driver_name(room)
    s.expect(b"\0" in room.raw[:32], "the driver's name does not end within 32 bytes")
    s.equal(room.raw[32:], b"\xaa" * 32, "what lies behind the 32 bytes of the name")
    driver.version()
    return driver


@host("PortAudio: Pa_Initialize", "5 6 7 8")
def portaudio_probe(s: Stage) -> None:
    for _ in range(3):  # every registered driver, and again for each IsFormatSupported
        driver = glue_load(s, DESKTOP_WINDOW)
        n_in, n_out = driver.get_channels()
        smallest, largest, preferred, granularity = driver.get_buffer_size()
        s.expect(smallest > 0 or granularity != -1, "the host doubles from the smallest size: 0 never ends")
        s.expect(smallest <= preferred <= largest, "the preferred size lies outside the limits")
        driver.output_ready()
        rates = (44100.0, 48000.0, 32000.0, 24000.0, 22050.0, 88200.0, 96000.0, 192000.0)
        s.expect(any(driver.can_sample_rate(rate) for rate in rates), "no rate is possible")
        types = {driver.get_channel_info(c, True)[2] for c in range(n_in)}
        s.expect(len(types) <= 1, "inputs differ in sample type")
        types = {driver.get_channel_info(c, False)[2] for c in range(n_out)}
        s.expect(len(types) <= 1, "outputs differ in sample type")
        s.release(driver)


@host("PortAudio: a stream", "7 9 10")
def portaudio_stream(s: Stage) -> None:
    portaudio_probe(s)
    driver = glue_load(s, DESKTOP_WINDOW)
    driver.get_channels()
    *_, preferred, _ = driver.get_buffer_size()
    driver.output_ready()
    s.expect(driver.can_sample_rate(44100.0), "44100 Hz")
    if driver.get_sample_rate() != 44100.0:
        driver.set_sample_rate(44100.0)
    mine = manners(
        wants_time_info=1, supports=(1, 2, 3, 5, 6, 7, 8), drop_structs=True
    )  # frees its infos before dispose
    code = s.refused(lambda: s.buffers(driver, [0, 1], [0, 1], 17, mine))
    s.expect(code != OK, "17 frames")  # with any code: one retry with the preferred size
    session = s.buffers(driver, [0, 1], [0, 1], preferred, mine)
    for channel in (0, 1):
        s.expect(driver.get_channel_info(channel, True)[0], "an input of the stream is not active")
    # the code is not looked at: both numbers must have been written
    latencies = (ctypes.c_long(-1), ctypes.c_long(-1))
    s.raw(driver).get_latencies(*map(ctypes.byref, latencies))
    s.expect(all(n.value >= 0 for n in latencies), "latencies were not written")
    session.start()
    s.wait(session, 8)
    s.quick(session.stop, "stop")
    s.sound(session)
    session.dispose()
    s.release(driver)


RTAUDIO_RATES = (4000, 5512, 8000, 9600, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)


@host("RtAudio", "12 13 14 15 16")
def rtaudio(s: Stage) -> None:
    driver = glue_load(s, 0)
    driver.get_channels()
    s.expect(any(driver.can_sample_rate(float(rate)) for rate in RTAUDIO_RATES), "no rate is possible")
    info = ChannelInfo(channel=0, is_input=1, is_active=-77, group=-77, type=-77, name=b"?" * 31)  # not initialised
    s.code(s.raw(driver).get_channel_info(ctypes.byref(info)), (OK,), "getChannelInfo(input 0)")
    s.release(driver)

    driver = glue_load(s, 0)
    driver.get_channels()
    driver.get_sample_rate()
    driver.get_channel_info(0, False)
    n_frames = driver.get_buffer_size()[2]
    # bufferSwitchTimeInfo is NULL although the selector is said to be supported, and its value then is 0
    mine = manners(
        wants_time_info=0, time_info=False, supports=(1, 2, 3, 5, 6, 7), outputs_first=True, output_ready=True
    )
    first = s.buffers(driver, [], [0, 1], n_frames, mine)
    driver.get_latencies()
    first.close()
    session = s.buffers(driver, [0, 1], [0, 1], n_frames, mine)
    session.start()
    s.wait(session, 4)
    before = session.n_switches
    s.wait(session, before + 2)  # stopStream waits for two drained callbacks, with no limit
    s.quick(lambda: s.elsewhere(session.stop), "stop from another thread than start")
    s.sound(session)
    s.equal(set(session.callbacks["flags"]), {-1}, "flags of plain bufferSwitch calls")
    session.dispose()
    s.release(driver)


@host("cpal", "26 27")
def cpal(s: Stage) -> None:
    driver = glue_load(s, GARBAGE)  # ASIODriverInfo is not initialised
    before = driver.get_sample_rate()
    driver.get_channels()
    other = 44100.0 if before != 44100.0 else 48000.0
    if driver.can_sample_rate(other):
        driver.set_sample_rate(other)
        s.equal(driver.get_sample_rate(), other, "the rate that was set")
    smallest, largest, preferred, _ = driver.get_buffer_size()
    s.expect(0 < smallest <= preferred <= largest, "sizes")
    # inputs first, then torn down and made anew with both directions while the first stream has run
    mine = manners(wants_time_info=1, supports=(1, 2, 3, 5, 6, 7, 15))
    session = s.buffers(driver, [0, 1], [], preferred, mine)
    session.start()
    s.wait(session, 3)
    driver.output_ready()  # probed while running
    session.stop()
    s.sound(session)
    session.close()
    session = s.buffers(driver, [0, 1], [0, 1], preferred, mine)
    session.start()
    s.wait(session, 3)
    s.sound(session)
    session.stop()
    session.dispose()
    s.release(driver)
    # one driver a process: loaded anew it must be as new
    driver = glue_load(s, GARBAGE)
    s.equal(driver.get_channel_info(0, True)[0], False, "an input of a new driver object is active")
    s.release(driver)


@host("Jamulus", "28 29")
def jamulus(s: Stage) -> None:
    driver = glue_load(s, 0)
    n_in, n_out = driver.get_channels()
    s.expect(s.raw(driver).can_sample_rate(48000.0) not in (NO_CLOCK, NOT_PRESENT), "48000 Hz")
    driver.set_sample_rate(48000.0)
    for c in range(n_in):
        driver.get_channel_info(c, True)
    for c in range(n_out):
        driver.get_channel_info(c, False)
    s.code(s.raw(driver).dispose_buffers(), (INVALID_MODE, OK, NOT_PRESENT), "disposeBuffers before createBuffers")
    mutex = threading.Lock()
    mine = manners(wants_time_info=1, supports=())  # 0 to SelectorSupported, but acts on what comes
    for n_frames in (64, 128, 256):  # the size is changed while it runs, with the mutex of the callback held

        def switch() -> None:
            with mutex:
                pass

        with mutex:
            session = s.quick(lambda n=n_frames: s.buffers(driver, range(n_in), range(n_out), n, mine), "createBuffers")
        driver.get_latencies()
        driver.output_ready()
        s.in_switch(session, switch, every=1)
        session.start()
        s.wait(session, 4)
        s.quick(session.stop, "stop")
        s.sound(session)
        with mutex:
            s.quick(session.close, "disposeBuffers under the mutex of the callback")
    s.release(driver)
