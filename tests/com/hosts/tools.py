"""hosts: cwASIO's programs and ASIOTest."""

import ctypes
import math
import sys

from com.hosts.stage import (
    INVALID_PARAMETER,
    NO_CLOCK,
    NOT_PRESENT,
    OK,
    SUCCESS,
    Stage,
    host,
    manners,
)

SET_INSTANCE_NAME = 0x7F000001


@host("cwASIO: player", "37")
def cwasio(s: Stage) -> None:
    driver = s.create(init=False)
    raw = s.raw(driver)
    for name in (None, ctypes.create_string_buffer(b"")):  # are instances supported?
        s.code(raw.future(SET_INSTANCE_NAME, name), (SUCCESS, INVALID_PARAMETER), "future(instance name) before init")
    s.equal(raw.init(None), 1, "init(NULL)")
    driver.name()
    n_in, n_out = driver.get_channels()
    preferred = driver.get_buffer_size()[2]
    driver.set_sample_rate(48000.0)
    session = s.buffers(driver, [], range(n_out), preferred, manners(engine=0, says={3: 0}))  # asioMessage: always 0
    driver.get_latencies()
    session.start()
    s.wait(session, 4)
    s.sound(session)
    s.quick(lambda: s.release(driver), "Release while running")
    s.expect(n_in >= 0, "inputs")


@host("ASIOTest", "38")
def asiotest(s: Stage) -> None:
    driver = s.create()
    raw = s.raw(driver)
    driver.name(), driver.version(), driver.get_channels()
    driver.get_latencies()
    rate = driver.get_sample_rate()
    big = sys.float_info.max
    for wrong in (0.0, -1.0, 1e7, math.nan, -big, big, math.inf):
        s.code(raw.can_sample_rate(wrong), (NO_CLOCK, INVALID_PARAMETER, NOT_PRESENT), f"canSampleRate({wrong:g})")
        s.expect(raw.set_sample_rate(wrong) != OK, f"setSampleRate({wrong:g}) is taken")
        s.equal(driver.get_sample_rate(), rate, f"the rate after setSampleRate({wrong:g})")
    for good in (44100.0, 48000.0, 96000.0, 192000.0):
        if driver.can_sample_rate(good):
            driver.set_sample_rate(good)
    driver.get_channel_info(0, True)
    preferred = driver.get_buffer_size()[2]
    n_in, n_out = driver.get_channels()
    # the callbacks go out of scope after createBuffers
    mine = manners(wants_time_info=1, engine=0, supports=(1, 7), drop_structs=True, output_ready=True)
    session = s.buffers(driver, range(n_in), range(n_out), preferred, mine)
    driver.get_sample_rate()
    s.expect(driver.get_channel_info(0, True)[0], "an input that has a buffer is not active")
    driver.get_latencies()
    answers = {driver.output_ready()}
    session.act("get_sample_position", every=1)
    session.start()
    for probe in (44100.0, 48000.0, 96000.0, 192000.0, 0.0, math.nan):  # while running
        raw.can_sample_rate(probe)
    s.wait(session, 6)
    answers.add(driver.output_ready())
    session.stop()
    s.equal(len(answers), 1, "number of different answers of outputReady")
    s.sound(session)
    s.equal(session.act_results()[0][2], OK, "getSamplePosition inside the callback")
    session.dispose()
    s.release(driver)
