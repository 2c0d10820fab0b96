"""testing: checks of a stream: the order of its switches, the samples, positions and time stamps, latency, jitter."""

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

from asiokit.host.measure import compare
from asiokit.host.raw import RawDriver
from asiokit.host.session import Session
from asiokit.testing.conformance.bench import Bench, manners
from asiokit.testing.conformance.case import NothingToSeeError, RemarkError, check, expect

SEMANTICS = "docs/asio-semantics.md"
INTERFACE = "the interface"


def logged(bench: Bench, n_switches: int, **settings: Any) -> npt.NDArray[Any]:
    """The rows of so many switches."""
    session = bench.prepared(**settings)
    session.load(log=n_switches + 64)
    session.start()
    bench.await_switches(session, n_switches)
    session.stop()
    return session.callbacks


@check("index-alternates", "bufferSwitch's index is 0, 1, 0, 1.", INTERFACE)
def index_alternates(bench: Bench) -> None:
    indices = [int(row["index"]) for row in logged(bench, 100)]
    wrong = [k for k in range(1, len(indices)) if indices[k] == indices[k - 1] or indices[k] not in (0, 1)]
    expect(not wrong, f"switch {wrong[0] if wrong else 0} has index {indices[wrong[0]] if wrong else 0} again")


@check("first-index", "The first switch after start has index 0.", f"{SEMANTICS} 25")
def first_index(bench: Bench) -> None:
    session = bench.prepared()
    for _ in range(3):
        session.load(log=16)
        session.start()
        bench.await_switches(session, 3)
        session.stop()
        expect(int(session.callbacks[0]["index"]) == 0, f"it has {int(session.callbacks[0]['index'])}")


@check("no-overlap", "No switch begins before the one before it has ended.", INTERFACE)
def no_overlap(bench: Bench) -> None:
    session = bench.prepared()
    period_ns = session.n_frames / session.driver.get_sample_rate() * 1e9
    session.act("sleep", every=4, value=1.5 * period_ns)
    session.start()
    bench.await_switches(session, 30)
    expect(session.n_overlaps == 0, f"{session.n_overlaps} have")


@check("survives-a-slow-host", "A host that is late once, by ten periods, is served again.", "every DAW, sometimes")
def survives_a_slow_host(bench: Bench) -> None:
    session = bench.prepared()
    period_ns = session.n_frames / session.driver.get_sample_rate() * 1e9
    session.act("sleep", at=5, value=10 * period_ns)
    session.start()
    bench.await_switches(session, 40)
    expect(session.n_index_faults == 0, f"{session.n_index_faults} times the same index came twice")


@check("position-counts-frames", "The position rises by the buffer size from switch to switch.", INTERFACE)
def position_counts_frames(bench: Bench) -> None:
    rows = logged(bench, 100)
    positions = rows["position"]
    expect((positions >= 0).all(), "a position is missing")
    steps = np.diff(positions)
    n_frames = bench.last.n_frames
    wrong = np.flatnonzero(steps != n_frames)
    # a machine that was late may have lost blocks: then the step is some of them
    odd = [int(steps[k]) for k in wrong if steps[k] <= 0 or steps[k] % n_frames]
    expect(not odd, f"a step of {odd[0] if odd else 0} frames, with buffers of {n_frames}")
    if len(wrong):
        raise RemarkError(f"{len(wrong)} of {len(steps)} steps are not one buffer")


@check("first-position", "The first switch has position 0.", f"{SEMANTICS} 25", must=False)
def first_position(bench: Bench) -> None:
    first = int(logged(bench, 4)[0]["position"])
    if first != 0:
        raise RemarkError(f"it has {first}")


@check("position-begins-anew", "After stop and start the position begins at its beginning.", INTERFACE, must=False)
def position_begins_anew(bench: Bench) -> None:
    session = bench.prepared()
    firsts = []
    for _ in range(2):
        session.load(log=64)
        session.start()
        bench.await_switches(session, 20)
        session.stop()
        firsts.append(int(session.callbacks[0]["position"]))
    if firsts[0] != firsts[1]:
        raise RemarkError(f"first {firsts[0]}, then {firsts[1]}")


@check("sample-position-agrees", "getSamplePosition in a switch counts as the time info does.", f"{SEMANTICS} 27")
def sample_position_agrees(bench: Bench) -> None:
    with_info = logged(bench, 20)
    asked = logged(bench, 20, **manners(time_info=False))
    for word, rows in (("the time info", with_info), ("getSamplePosition", asked)):
        expect((rows["position"] >= 0).all(), f"{word} has no position")
    n = min(len(with_info), len(asked))
    offset = asked["position"][:n] - with_info["position"][:n]
    expect((offset == offset[0]).all(), "the two do not count alike")


@check("rate-in-time-info", "The rate in the time info is the one that is set.", INTERFACE)
def rate_in_time_info(bench: Bench) -> None:
    rows = logged(bench, 10)
    rates = {float(row["rate_hz"]) for row in rows if row["flags"] != -1}
    if not rates:
        raise NothingToSeeError("the driver does not use time info")
    told = bench.last.driver.get_sample_rate()
    expect(rates <= {told, 0.0}, f"{sorted(rates)}, and {told:g} is told")


@check("time-rises", "systemTime rises from switch to switch.", INTERFACE)
def time_rises(bench: Bench) -> None:
    times = logged(bench, 200)["system_ns"]
    steps = np.diff(times)
    expect((steps >= 0).all(), f"a step of {int(steps.min())} ns")
    if (steps == 0).any():
        raise RemarkError(f"{int((steps == 0).sum())} of {len(steps)} switches have the time of the one before")


@check("time-is-the-host-s", "systemTime is close to the host's own clock.", f"{SEMANTICS} 26", must=False)
def time_is_the_hosts(bench: Bench) -> str:
    rows = logged(bench, 50)
    apart_ms = float(np.median(np.abs(rows["system_ns"] - rows["host_ns"]))) / 1e6
    if apart_ms > 100:
        raise RemarkError(f"{apart_ms:.0f} ms from it")
    return f"{apart_ms:.2f} ms"


@check("time-keeps-the-rate", "Over a second, time stamps and positions agree with the rate.", INTERFACE)
def time_keeps_the_rate(bench: Bench) -> str:
    native = bench.initialized()
    n_frames = native.get_buffer_size()[2]
    rate_hz = native.get_sample_rate()
    session = bench.prepared(native)
    n_switches = int(1.2 * rate_hz / n_frames) + 8
    session.load(log=n_switches + 64)
    session.start()
    bench.await_switches(session, n_switches)
    session.stop()
    rows = session.callbacks[4:]
    seconds = (rows["t_ns"][-1] - rows["t_ns"][0]) / 1e9
    measured = (rows["position"][-1] - rows["position"][0]) / seconds
    off_ppm = (measured / rate_hz - 1) * 1e6
    if seconds < 0.5:
        raise NothingToSeeError("the clock is not the real one")
    expect(abs(off_ppm) < 20000, f"{measured:.1f} frames a second at {rate_hz:g} Hz")
    return f"{off_ppm:+.0f} ppm over {seconds:.1f} s"


@check("period-jitter", "99 of 100 switches come within half a period of when they are due.", "musicians", must=False)
def period_jitter(bench: Bench) -> str:
    native = bench.initialized()
    period_ns = native.get_buffer_size()[2] / native.get_sample_rate() * 1e9
    rows = logged(bench, 200)
    steps = np.diff(rows["t_ns"])
    if np.median(steps) < period_ns / 4:
        raise NothingToSeeError("the clock is not the real one")
    late = float(np.percentile(np.abs(steps - period_ns), 99))
    if late > period_ns / 2:
        raise RemarkError(f"p99 {late / 1e3:.0f} us of a period of {period_ns / 1e3:.0f} us")
    return f"p99 {late / 1e3:.0f} us of {period_ns / 1e3:.0f} us"


@check("loop-is-exact", "What comes back through a loop is what was played, sample for sample.", "a loop")
def loop_is_exact(bench: Bench) -> str:
    with bench.loop() as (session, played):
        assert session.out_type is not None
        found = compare(played, session.recorded, session.out_type)
        if found.method == "none":
            raise NothingToSeeError("nothing of what was played comes back: there is no loop")
        expect(found.n_differing == 0, f"{found.n_differing} of {found.n_compared} samples differ")
        return f"{found.n_compared} samples"


@check(
    "latency-is-honest",
    "The latencies told are the round trip that is measured.",
    f"{SEMANTICS} 28",
    must=False,
)
def latency_is_honest(bench: Bench) -> str:
    with bench.loop() as (session, played):
        assert session.out_type is not None
        found = compare(played, session.recorded, session.out_type)
        if found.round_trip_frames is None:
            raise NothingToSeeError("nothing of what was played comes back: there is no loop")
        told = sum(session.driver.get_latencies())
        if found.round_trip_frames != told:
            raise RemarkError(f"{told} frames are told, {found.round_trip_frames} measured")
        return f"{told} frames"


@check("every-size-streams", "Each buffer size that is offered streams, with indices in order.", INTERFACE)
def every_size_streams(bench: Bench) -> str:
    native = bench.initialized()
    sizes = bench.legal_sizes(native, at_most=16)
    for n_frames in sizes:
        session = bench.prepared(native, n_frames=n_frames)
        session.start()
        bench.await_switches(session, 4)
        session.stop()
        expect(session.n_index_faults == 0, f"{n_frames} frames: {session.n_index_faults} indices out of turn")
        session.close()
    return f"{len(sizes)} sizes"


@check("every-rate-streams", "Each common rate that is possible streams.", INTERFACE)
def every_rate_streams(bench: Bench) -> str:
    native = bench.initialized()
    rates = [r for r in (44100.0, 48000.0, 88200.0, 96000.0, 176400.0, 192000.0) if native.can_sample_rate(r)]
    for rate_hz in rates:
        native.set_sample_rate(rate_hz)
        session = bench.prepared(native)
        session.start()
        bench.await_switches(session, 4)
        session.close()
    return ", ".join(f"{rate:g}" for rate in rates)


@check("inputs-only", "A host may use inputs alone.", INTERFACE)
def inputs_only(bench: Bench) -> None:
    native = bench.initialized()
    if not native.get_channels()[0]:
        raise NothingToSeeError("there are no inputs")
    bench.await_switches(started(bench.prepared(native, outputs=[])), 4)


@check("outputs-only", "A host may use outputs alone.", INTERFACE)
def outputs_only(bench: Bench) -> None:
    native = bench.initialized()
    if not native.get_channels()[1]:
        raise NothingToSeeError("there are no outputs")
    bench.await_switches(started(bench.prepared(native, inputs=[])), 4)


@check("last-channels", "A host may use the last channels alone.", INTERFACE)
def last_channels(bench: Bench) -> None:
    native = bench.initialized()
    n_in, n_out = native.get_channels()
    chosen = {"inputs": [n_in - 1] if n_in else [], "outputs": [n_out - 1] if n_out else []}
    bench.await_switches(started(bench.prepared(native, **chosen)), 4)


@check("outputs-first", "A host may name outputs before inputs.", "JUCE")
def outputs_first(bench: Bench) -> None:
    bench.await_switches(started(bench.prepared(**manners(outputs_first=True))), 4)


@check("buffers-are-apart", "Buffers are there, both halves of each channel, and no two overlap.", INTERFACE)
def buffers_are_apart(bench: Bench) -> None:
    session = bench.prepared()
    spans = []
    for is_input, count, kind in ((True, len(session.inputs), session.in_type),
                                  (False, len(session.outputs), session.out_type)):  # fmt: skip
        for place in range(count):
            assert kind is not None
            for half in range(2):
                at = session.half(is_input, place, half)
                expect(at, f"half {half} of channel {place} is NULL")
                spans.append((half, at, at + session.n_frames * kind.n_bytes))
    for half in range(2):
        ordered = sorted((begin, end) for h, begin, end in spans if h == half)
        for (_, end), (begin, _) in itertools.pairwise(ordered):
            expect(begin >= end, f"two buffers of half {half} overlap")


@check("latencies-while-prepared", "getLatencies after createBuffers is for the size that was chosen.", INTERFACE)
def latencies_while_prepared(bench: Bench) -> str:
    native = bench.initialized()
    found = []
    for n_frames in bench.legal_sizes(native, at_most=4):
        session = bench.prepared(native, n_frames=n_frames)
        latencies = native.get_latencies()
        expect(min(latencies) >= 0, f"{latencies}")
        found.append(f"{n_frames}: {latencies[0]} + {latencies[1]}")
        session.close()
    return "; ".join(found)


@check("output-ready-while-running", "A host that calls outputReady in each switch is served.", "JUCE, Cubase")
def output_ready_while_running(bench: Bench) -> None:
    session = bench.prepared(**manners(output_ready=True))
    session.start()
    bench.await_switches(session, 30)
    expect(session.n_index_faults == 0, f"{session.n_index_faults} indices out of turn")


@check("no-surprise-messages", "An undisturbed stream sends no reset, resync or size request.", "hosts restart on them")
def no_surprise_messages(bench: Bench) -> None:
    session = bench.running(100)
    sent = {int(row["selector"]) for row in session.messages} & {3, 4, 5}
    expect(not sent, f"selectors {sorted(sent)} were sent")


@check("supports-time-info", "Time info is used only if the host answers 1 to it.", f"{SEMANTICS} 13", must=False)
def supports_time_info_is_asked(bench: Bench) -> None:
    answers = {2: 2, 7: 0}
    rows = logged(bench, 5, **manners(answers=answers, supported={1: 1, 7: 1}))
    if (rows["flags"] != -1).any():
        raise RemarkError("bufferSwitchTimeInfo is used though the answer was 0")


@check("engine-version-harmless", "A host that answers 0 to engineVersion is served.", "Jamulus")
def engine_version_harmless(bench: Bench) -> None:
    bench.await_switches(started(bench.prepared(**manners(answers={7: 1}))), 4)


@check("future-while-running", "future may be asked while running, from inside a switch too.", "JUCE")
def future_while_running(bench: Bench) -> None:
    session = bench.prepared()
    session.act("future", every=1, value=10)
    session.start()
    bench.await_switches(session, 10)
    raw = RawDriver(session.driver.address)
    expect(raw.future(0x7FFFFFF0, None) != 0, "an unknown selector answers 0")


def started(session: Session) -> Session:
    session.start()
    return session
