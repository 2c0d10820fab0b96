"""hosts: what single hosts, open and closed, were seen to do."""

import threading
import time

from com.hosts.stage import INVALID_MODE, NOT_PRESENT, OK, Stage, host, manners

PLAIN = manners(wants_time_info=1, supports=(1, 2, 3, 7))


@host("REW: the rate is set, the driver let go and made anew", "39")
def rew(s: Stage) -> None:
    driver = s.create()
    driver.set_sample_rate(44100.0)
    s.release(driver)
    driver = s.create()
    s.expect(driver.get_sample_rate() > 0, "a rate")
    session = s.buffers(driver, [0], [0], driver.get_buffer_size()[2], PLAIN)
    session.start()
    s.wait(session, 2)
    session.stop()
    s.sound(session)
    s.release(driver)


@host("VB bridge: outputReady once before start, then never", "40")
def vb_bridge(s: Stage) -> None:
    driver = s.create()
    session = s.buffers(driver, [0, 1], [0, 1], 64, PLAIN)
    driver.output_ready()
    session.start()
    s.wait(session, 50)
    s.quick(session.stop, "stop")
    s.sound(session)
    s.release(driver)


@host("Max 8: the last outputReady is missing at stop", "40")
def max_8(s: Stage) -> None:
    driver = s.create()
    session = s.buffers(driver, [0, 1], [0, 1], 64, PLAIN)
    for k in range(5):
        session.act("output_ready", at=k)
    session.start()
    s.wait(session, 7)
    s.quick(session.stop, "stop")
    s.sound(session)
    s.release(driver)


@host("foo_out_asio: the first callback waits until start has returned", "41")
def foo_out_asio(s: Stage) -> None:
    driver = s.create()
    session = s.buffers(driver, [], [0, 1], 64, PLAIN)
    started = threading.Event()
    s.in_switch(session, lambda: started.wait(5), at=0)
    s.quick(session.start, "start")
    started.set()
    s.wait(session, 3)
    session.stop()
    s.sound(session)
    s.release(driver)


@host("Live, Max, Cubase: questions while running", "40 42")
def live(s: Stage) -> None:
    driver = s.create()
    session = s.buffers(driver, [0, 1], [0, 1], 64, PLAIN)
    session.start()
    for _ in range(20):
        driver.can_sample_rate(44100.0)
        driver.name(), driver.get_sample_rate(), driver.get_channels(), driver.get_channel_info(0, True)
    s.wait(session, 20)
    session.stop()
    s.sound(session)
    session.dispose()
    s.release(driver)


@host("Live, Pro Tools: several drivers in parallel", "41")
def several(s: Stage) -> None:
    drivers = [s.create() for _ in range(3)]
    sessions = [s.buffers(d, [0, 1], [0, 1], 64, PLAIN) for d in drivers]
    for session in sessions:
        session.start()
    for session in sessions:
        s.wait(session, 5)
    for session in sessions:
        session.stop()
        s.sound(session)
    for driver in drivers:
        s.release(driver)


@host("46 objects made and released to see what there is", "8")
def many(s: Stage) -> None:
    for _ in range(46):
        s.release(s.create())


@host("controlPanel and everything else before init", "42")
def before_init(s: Stage) -> None:
    driver = s.create(init=False)
    raw = s.raw(driver)
    s.code(raw.control_panel(), (INVALID_MODE, NOT_PRESENT), "controlPanel before init")
    s.code(raw.start(), (INVALID_MODE, NOT_PRESENT), "start before init")
    s.code(raw.can_sample_rate(44100.0), (INVALID_MODE, NOT_PRESENT), "canSampleRate before init")
    s.equal(raw.init(None), 1, "init after that")
    s.release(driver)


@host("a size below the smallest, then the preferred one", "41")
def too_small(s: Stage) -> None:
    driver = s.create()
    smallest, _, preferred, _ = driver.get_buffer_size()
    s.refused(lambda: s.buffers(driver, [0], [0], smallest // 2, PLAIN))
    s.equal(driver.get_channel_info(0, True)[0], False, "an input is active after createBuffers has failed")
    session = s.buffers(driver, [0], [0], preferred, PLAIN)
    session.start()
    s.wait(session, 2)
    s.release(driver)


@host("stop 1 ms after start, before the first switch", "8")
def at_once(s: Stage) -> None:
    driver = s.create()
    session = s.buffers(driver, [0, 1], [0, 1], driver.get_buffer_size()[2], PLAIN)
    for _ in range(5):
        session.start()
        time.sleep(0.001)
        s.quick(session.stop, "stop")
        s.equal(session.n_after_stop, 0, "callbacks after stop had returned")
    s.release(driver)


@host("the size limits do not move with the rate", "42")
def cubase_5(s: Stage) -> None:
    driver = s.create()
    sizes = driver.get_buffer_size()
    for rate in (44100.0, 96000.0, 192000.0):
        if driver.can_sample_rate(rate):
            driver.set_sample_rate(rate)
            s.equal(driver.get_buffer_size(), sizes, f"buffer sizes at {rate:g} Hz")
    s.release(driver)


@host("the rate that is set already", "7 18")
def same_rate_twice(s: Stage) -> None:
    """Hosts set the rate that is set already, prepared and running, and expect that nothing happens."""
    driver = s.create()
    rate = driver.get_sample_rate()
    session = s.buffers(driver, [0, 1], [0, 1], 64, PLAIN)
    s.code(s.raw(driver).set_sample_rate(rate), (OK,), "setSampleRate(the same) while prepared")
    session.start()
    s.wait(session, 3)
    s.code(s.raw(driver).set_sample_rate(rate), (OK,), "setSampleRate(the same) while running")
    s.wait(session, 6)
    session.stop()
    s.sound(session)
    resets = [m for m in session.messages["selector"] if m == 3]
    s.equal(resets, [], "resets that the host did not cause")
    s.release(driver)
