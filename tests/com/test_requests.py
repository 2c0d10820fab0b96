"""What a device says to the host: on the notifier's thread, with no lock held, and only what the host wants to know."""

import threading
import time

import numpy as np
import pytest
from com.callers import PlainHost
from com.subjects import until
from com.test_selectors import console

from asiokit.device import Device

RESET, RESYNC, LATENCIES, OVERLOAD = 3, 5, 6, 15
CAN_REPORT_OVERLOAD = 0x24042012


def ready(open_ours, device=None, **manners):
    device = device or Device()
    ours = open_ours(device=device)
    ours.to("initialized")
    session = ours.prepare(**manners)
    session.load(log=100)
    return ours, device, session


def said(session) -> list[int]:
    return [int(selector) for selector in session.messages["selector"] if selector not in (1, 2, 7)]


@pytest.mark.parametrize("running", [False, True])
def test_reset_on_the_notifiers_thread(open_ours, running: bool):
    ours, device, session = ready(open_ours)
    if running:
        session.start()
        ours.step(2)
    device.request_reset()
    assert until(lambda: said(session) == [RESET])
    threads = set(session.messages["thread"][session.messages["selector"] == RESET])
    assert threading.get_native_id() not in threads
    assert not threads & set(session.callbacks["thread"])
    if running:
        ours.step(2)
    time.sleep(0.05)
    assert said(session) == [RESET], "asked once, said once"


def test_reset_even_if_the_host_says_that_it_does_not_know_it(open_ours):
    """Jamulus answers 0 to SelectorSupported, and acts on it all the same (ASIO.md 29)."""
    _, device, session = ready(open_ours, answers={}, supported={})
    device.request_reset()
    assert until(lambda: said(session) == [RESET])


@pytest.mark.parametrize("hears_rates", [False, True])
def test_no_callback_to_say_it_with(open_ours, hears_rates: bool):
    ours, device, session = ready(open_ours, message=False, rate_did_change=hears_rates)
    session.start()
    device.request_reset()
    device.rate_changed(44100.0)
    device.latencies_changed(1, 2)
    ours.step(3)
    assert until(lambda: ours.rate_hz() == 44100.0 and ours.native.get_latencies() == (1, 2))
    assert until(lambda: said(session) == [-1] * hears_rates)


@pytest.mark.parametrize("asked", [False, True])
def test_overload_is_reported_to_who_asked(open_ours, asked: bool):
    ours, device, session = ready(open_ours)
    if asked:
        ours.native.future(CAN_REPORT_OVERLOAD)
    device.report_overload()
    device.request_reset()  # comes after it
    assert until(lambda: RESET in said(session))
    assert said(session) == ([OVERLOAD, RESET] if asked else [RESET])


def test_latencies(open_ours):
    ours, device, session = ready(open_ours)
    device.latencies_changed(100, 200)
    assert until(lambda: said(session) == [LATENCIES])
    assert ours.native.get_latencies() == (100, 200)


def test_rate_of_the_devices_own_clock(open_ours):
    ours, device, session = ready(open_ours)
    session.start()
    ours.step(3)
    device.rate_changed(44100.0)
    assert until(lambda: said(session) == [-1])  # sampleRateDidChange
    row = session.messages[session.messages["selector"] == -1][0]
    assert row["opt"] == 44100.0
    assert ours.rate_hz() == 44100.0
    ours.step(3)
    rows = session.callbacks
    assert list(rows["rate_hz"]) == [48000.0] * 3 + [44100.0] * 3
    assert [bool(flags & 16) for flags in rows["flags"]] == [k == 3 for k in range(6)]
    device.rate_changed(0.0)  # the clock is lost: the host is told, the rate stays what it was
    assert until(lambda: said(session) == [-1, -1])
    assert session.messages["opt"][-1] == 0
    assert ours.rate_hz() == 44100.0


def test_from_process_without_the_gil(open_ours):
    ours, _, session = ready(open_ours, console().ConsoleDevice(requests_at=3))
    ours.native.future(CAN_REPORT_OVERLOAD)
    session.start()
    ours.step(6)
    assert until(lambda: RESET in said(session) and LATENCIES in said(session))
    assert set(said(session)) == {RESET, OVERLOAD, LATENCIES}
    assert ours.native.get_latencies() == (17, 19)
    assert not set(session.messages["thread"][2:]) & set(session.callbacks["thread"])


def test_nothing_before_buffers_or_after_them(open_ours):
    ours, device, session = ready(open_ours)
    session.dispose()
    device.request_reset()
    time.sleep(0.05)  # the time in which a wrong driver would call
    assert said(session) == []
    session.close()
    other = ours.prepare()
    time.sleep(0.05)
    assert said(other) == [], "a request of another time"
    ours.release()
    device.request_reset()  # closed: without effect
    device.report_overload()


ANSWERS = {
    "stop": lambda ours: ours.raw.stop(),
    "stop, dispose": lambda ours: ours.raw.stop() or ours.raw.dispose_buffers(),
    "stop, dispose, release": lambda ours: ours.raw.stop() or ours.raw.dispose_buffers() or ours.native.release(),
    "release": lambda ours: ours.native.release(),
}


@pytest.mark.parametrize("where", ["inside the message", "on another thread meanwhile"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_a_host_tears_down_on_reset(open_ours, answer: str, where: str):
    """RtAudio stops within 1 ms from another thread, others from within the call. Nobody waits for the other."""
    device = Device()
    ours = open_ours(device=device)
    ours.to("initialized")
    host, results = PlainHost(ours), []

    def tear_down() -> None:
        begin = time.monotonic()
        results.append((ANSWERS[answer](ours), time.monotonic() - begin))

    def on_message(selector: int, value: int) -> int:
        if selector != RESET:
            return int(selector == 7)
        if where.startswith("inside"):
            tear_down()
        else:
            thread = threading.Thread(target=tear_down)
            thread.start()
            thread.join(0.1)
        return 1

    host.on_message = on_message
    assert host.create() == 0
    assert ours.raw.start() == 0
    ours.step(2)
    device.request_reset()
    assert until(lambda: bool(results))
    assert results[0][0] == 0
    assert results[0][1] < 0.45
    assert host.n_switches == 2
    time.sleep(0.02)
    assert host.told(RESET) == 1


def test_a_host_that_disposes_in_one_message_gets_no_other(open_ours):
    device = Device()
    ours = open_ours(device=device)
    ours.to("initialized")
    host, blocked = PlainHost(ours), threading.Event()

    def on_message(selector: int, value: int) -> int:
        if selector == LATENCIES:
            blocked.wait(5)
            ours.raw.dispose_buffers()
        return int(selector == 7)

    host.on_message = on_message
    assert host.create() == 0
    device.latencies_changed(1, 1)
    assert until(lambda: host.told(LATENCIES) == 1)
    device.latencies_changed(2, 2)
    device.request_reset()
    blocked.set()
    assert until(lambda: ours.state() == "initialized")
    time.sleep(0.05)
    assert [selector for selector, _ in host.messages if selector in (RESET, LATENCIES)] == [LATENCIES]


def test_late_cycles_are_overloads(open_ours):
    """A switch that takes three periods: counted, told, and the time moves on without a burst."""
    ours = open_ours(clock="realtime")
    ours.to("initialized")
    ours.native.future(CAN_REPORT_OVERLOAD)
    session = ours.prepare(256)
    session.act("sleep", at=5, value=3 * 256 / 48000 * 1e9)
    session.load(log=40)
    session.start()
    assert session.wait(20)
    session.stop()
    assert until(lambda: OVERLOAD in said(session))
    assert ours.engine.statistics["late_cycles"] >= 1
    rows = session.callbacks[:20]
    assert list(rows["position"]) == [k * 256 for k in range(20)]
    assert (np.diff(rows["system_ns"]) > 0).all()


def test_messages_hold_no_lock(open_ours):
    """While the host sits in asioMessage, other threads may do everything, each within its bound."""
    device = Device()
    ours = open_ours(device=device)
    ours.to("initialized")
    host, go_on = PlainHost(ours), threading.Event()
    host.on_message = lambda selector, value: bool(selector == RESET and not go_on.wait(5)) or int(selector == 7)
    assert host.create() == 0
    device.request_reset()
    assert until(lambda: host.told(RESET) == 1)
    begin = time.monotonic()
    assert ours.raw.start() == 0
    ours.step(2)
    assert ours.raw.set_sample_rate(44100.0) == 0
    assert ours.raw.stop() == 0
    assert time.monotonic() - begin < 0.2
    assert ours.raw.dispose_buffers() == 0  # waits for the message, with a bound
    assert time.monotonic() - begin < 0.6
    assert host.n_switches == 2
    go_on.set()
