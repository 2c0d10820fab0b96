"""testing: checks of a driver's life: every order of its calls, what a host may do by mistake, and how it ends."""

import gc
import threading
import time
from pathlib import Path

from asiokit.host.raw import RawDriver
from asiokit.testing.conformance.bench import Bench, manners, wait_until
from asiokit.testing.conformance.case import NothingToSeeError, RemarkError, check, expect

SEMANTICS = "docs/asio-semantics.md"


@check("init", "init returns 1, and the driver can be asked.", f"{SEMANTICS} 6")
def init(bench: Bench) -> str:
    begin = time.perf_counter()
    bench.initialized().get_channels()
    return f"{(time.perf_counter() - begin) * 1e3:.0f} ms"


@check("init-with-null", "init takes a NULL system handle.", f"{SEMANTICS} 6: RtAudio, cwASIO")
def init_with_null(bench: Bench) -> None:
    expect(bench.loaded().init(0), "it fails")


@check("init-with-any-handle", "init never looks into the system handle.", f"{SEMANTICS} 6: cpal")
def init_with_any_handle(bench: Bench) -> None:
    expect(bench.loaded().init(0xDEAD), "it fails")


@check("init-twice", "A second init changes nothing and returns 1.", f"{SEMANTICS} 6", must=False)
def init_twice(bench: Bench) -> None:
    session = bench.prepared()
    if not session.driver.init():
        raise RemarkError("it returns 0")
    expect(bench.state_of(session.driver) == "prepared", f"the state is now {bench.state_of(session.driver)}")


@check("released-while-loaded", "Release right after the making ends the object.", f"{SEMANTICS} 2")
def released_while_loaded(bench: Bench) -> None:
    bench.let_go(bench.loaded())


@check("released-while-prepared", "Release implies disposeBuffers.", f"{SEMANTICS} 2: the SDK's ASIOExit")
def released_while_prepared(bench: Bench) -> None:
    native = bench.prepared().driver
    bench.let_go(native)
    bench.prepared()


@check("released-while-running", "Release implies stop; no switch comes after it.", f"{SEMANTICS} 2: PortAudio, JUCE")
def released_while_running(bench: Bench) -> None:
    session = bench.running(3)
    rate_hz = session.driver.get_sample_rate()
    with bench.released(session):
        before = session.n_switches
        bench.pause(session, 3, rate_hz)
        expect(session.n_switches == before, f"{session.n_switches - before} switches came after it")


@check("reopened", "After Release the driver can be made and opened again, ten times over.", "hosts scan drivers")
def reopened(bench: Bench) -> None:
    for _ in range(10):
        session = bench.running(1)
        session.stop()
        bench.let_go(session.driver)


@check("two-objects", "A second driver object is refused properly, or both work.", "PortAudio opens all", must=False)
def two_objects(bench: Bench) -> str:
    first = bench.running(1)
    second = bench.loaded()
    if not second.init():
        raise RemarkError(f"the second one's init fails: {second.error_message()}")
    try:
        other = bench.prepared(second)
        other.start()
    except Exception as error:
        raise RemarkError(f"the second one does not stream: {error}") from None
    bench.await_switches(other, 3)
    bench.await_switches(first, first.n_switches + 3)
    return "both stream"


@check("start-stop-again", "A stream can be started and stopped fifty times.", "musicians")
def start_stop_again(bench: Bench) -> None:
    session = bench.prepared()
    for _ in range(50):
        session.start()
        session.stop()
    session.start()
    bench.await_switches(session, 3)


@check("buffers-again", "createBuffers and disposeBuffers can take turns, with every size.", "DAWs change sizes")
def buffers_again(bench: Bench) -> str:
    native = bench.initialized()
    sizes = bench.legal_sizes(native, at_most=12)
    for n_frames in sizes:
        with_buffers = bench.prepared(native, n_frames=n_frames)
        with_buffers.start()
        bench.await_switches(with_buffers, 2)
        with_buffers.close()
    return ", ".join(map(str, sizes))


@check("create-twice", "createBuffers while there are buffers is refused, and the first ones stay.", f"{SEMANTICS} 7",
       must=False)  # fmt: skip
def create_twice(bench: Bench) -> None:
    session = bench.prepared()
    try:
        bench.prepared(session.driver)
    except Exception:
        session.start()
        bench.await_switches(session, 2)
        return
    raise RemarkError("it succeeds")


@check("dispose-while-running", "disposeBuffers while running stops first.", f"{SEMANTICS} 8")
def dispose_while_running(bench: Bench) -> None:
    session = bench.running(2)
    expect(RawDriver(session.driver.address).dispose_buffers() == 0, "it is refused")
    before = session.n_switches
    bench.pause(session, 3)
    expect(session.n_switches == before, f"{session.n_switches - before} switches came after it")


@check("no-switch-after-stop", "After stop has returned no switch begins.", "the interface: hosts free what it uses")
def no_switch_after_stop(bench: Bench) -> None:
    for _ in range(10):
        session = bench.running(2)
        session.stop()
        bench.pause(session, 2)
        expect(session.n_after_stop == 0, f"{session.n_after_stop} came")
        session.close()
        bench.let_go(session.driver)


@check("no-switch-before-start", "Before start no switch comes.", "the interface")
def no_switch_before_start(bench: Bench) -> None:
    session = bench.prepared()
    bench.pause(session, 3)
    expect(session.n_switches == 0, f"{session.n_switches} came")


@check("start-returns-first", "start does not call the host on its own thread.", f"{SEMANTICS} 25: RtAudio")
def start_returns_first(bench: Bench) -> None:
    session = bench.prepared()
    session.load(log=64)
    session.start()
    bench.await_switches(session, 3)
    own = threading.get_native_id()
    threads = {int(row["thread"]) for row in session.callbacks}
    expect(own not in threads, "a switch came on the thread that called start")


@check("one-thread", "All switches of a run come on one thread.", "the interface: DAWs set it up once", must=False)
def one_thread(bench: Bench) -> None:
    session = bench.prepared()
    session.load(log=256)
    session.start()
    bench.await_switches(session, 50)
    n_threads = len({int(row["thread"]) for row in session.callbacks})
    if n_threads != 1:
        raise RemarkError(f"{n_threads} threads")


@check("structs-are-copied", "Callbacks and infos may be gone when createBuffers has returned.", f"{SEMANTICS} 9")
def structs_are_copied(bench: Bench) -> None:
    session = bench.prepared(**manners(drop_structs=True))
    session.start()
    bench.await_switches(session, 5)


@check("only-plain-switch", "A host that has only bufferSwitch is served.", "RtAudio")
def only_plain_switch(bench: Bench) -> None:
    session = bench.prepared(**manners(time_info=False))
    session.load(log=64)
    session.start()
    bench.await_switches(session, 5)
    expect(all(row["flags"] == -1 for row in session.callbacks), "bufferSwitchTimeInfo was called")


@check("no-messages", "A host whose asioMessage is NULL is served.", f"{SEMANTICS} 12")
def no_messages(bench: Bench) -> None:
    session = bench.prepared(**manners(message=False))
    session.start()
    bench.await_switches(session, 5)


@check("no-answers", "A host that answers 0 to everything gets plain switches.", f"{SEMANTICS} 13: RtAudio, Jamulus")
def no_answers(bench: Bench) -> None:
    session = bench.prepared(**manners(answers={}, supported={}, time_info=False))
    session.start()
    bench.await_switches(session, 5)


@check("no-rate-callback", "A host without sampleRateDidChange is served.", "the interface")
def no_rate_callback(bench: Bench) -> None:
    session = bench.prepared(**manners(rate_did_change=False))
    session.start()
    bench.await_switches(session, 5)


@check("stop-from-inside", "stop from inside a switch does not hang.", "JUCE, on a reset")
def stop_from_inside(bench: Bench) -> None:
    session = bench.prepared()
    session.act("stop", at=3)
    session.start()
    bench.await_switches(session, 4)
    expect(wait_until(lambda: session.act_results()[0][1] == 1, 3), "the call has not come back")
    before = session.n_switches
    bench.pause(session, 5)
    expect(session.n_switches <= before + 1, f"{session.n_switches - before} switches came after it")


@check("questions-from-inside", "Questions may be asked from inside a switch.", "PortAudio, Cubase")
def questions_from_inside(bench: Bench) -> None:
    session = bench.prepared()
    for name in ("get_sample_position", "get_latencies", "get_channels", "get_sample_rate"):
        session.act(name, every=1)
    session.start()
    bench.await_switches(session, 20)
    session.stop()
    for name, n_calls, code in session.act_results():
        expect(n_calls >= 20, f"{name} was asked {n_calls} times")
        expect(code == 0, f"{name} answers {code}")


@check("questions-from-elsewhere", "Questions may be asked from another thread while it runs.", "user interfaces")
def questions_from_elsewhere(bench: Bench) -> None:
    session = bench.running(1)
    failed: list[str] = []

    def ask() -> None:
        try:
            for _ in range(200):
                session.driver.get_sample_position()
                session.driver.get_latencies()
                session.driver.get_sample_rate()
        except Exception as error:
            failed.append(str(error))

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    expect(not any(thread.is_alive() for thread in threads), "a question has not come back in 10 s")
    expect(not failed, failed[0] if failed else "")
    bench.await_switches(session, session.n_switches + 3)


@check("held-lock", "stop comes back though the switch waits for a lock of its caller's.", f"{SEMANTICS} 11: JUCE")
def held_lock(bench: Bench) -> str:
    session = bench.prepared(**manners(lock_callback=True))
    session.start()
    bench.await_switches(session, 2)
    begin = time.perf_counter()
    session.stop(under_lock=True)
    took_s = time.perf_counter() - begin
    expect(took_s < 5, f"it took {took_s:.1f} s")
    return f"{took_s * 1e3:.0f} ms"


@check("stop-is-quick", "stop returns within a second.", "users wait", must=False)
def stop_is_quick(bench: Bench) -> str:
    session = bench.running(3)
    begin = time.perf_counter()
    session.stop()
    took_s = time.perf_counter() - begin
    if took_s > 1:
        raise RemarkError(f"it took {took_s:.2f} s")
    return f"{took_s * 1e3:.1f} ms"


@check(
    "rate-while-prepared",
    "setSampleRate while prepared works, or is refused.",
    f"{SEMANTICS} 16: JUCE",
)
def rate_while_prepared(bench: Bench) -> str:
    session = bench.prepared()
    native = session.driver
    other = bench.a_rate_that_is(native, True, other_than=native.get_sample_rate())
    code = RawDriver(native.address).set_sample_rate(other)
    expect((native.get_sample_rate() == other) == (code == 0), "the code and the rate that is told do not agree")
    session.start()
    bench.await_switches(session, 3)
    return "possible" if code == 0 else "refused"


@check(
    "rate-while-running",
    "setSampleRate while running works, or is refused.",
    f"{SEMANTICS} 16: Max",
)
def rate_while_running(bench: Bench) -> str:
    session = bench.running(3)
    native = session.driver
    other = bench.a_rate_that_is(native, True, other_than=native.get_sample_rate())
    code = RawDriver(native.address).set_sample_rate(other)
    expect((native.get_sample_rate() == other) == (code == 0), "the code and the rate that is told do not agree")
    bench.await_switches(session, session.n_switches + 5)
    return "possible" if code == 0 else "refused"


@check("no-leak", "A hundred lives leave no memory behind that would be felt.", "hosts scan drivers", must=False)
def no_leak(bench: Bench) -> str:
    live(bench, 20)
    before = resident_kb()
    live(bench, 100)
    grown = resident_kb() - before
    if grown > 2000:
        raise RemarkError(f"{grown} KB more after 100 lives")
    return f"{grown} KB more"


def resident_kb() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        raise NothingToSeeError("this system does not tell how much memory is used") from None
    return pages * 4


def live(bench: Bench, n: int) -> None:
    for _ in range(n):
        session = bench.prepared()
        session.start()
        session.stop()
        session.close()
        bench.let_go(session.driver)
    gc.collect()
