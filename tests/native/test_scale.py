"""Far ends: 512 channels, 16 frames at 192 kHz, ten drivers, a day of frames. And cost that grows in proportion."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from asiokit.host.measure import compare
from asiokit.host.native import NativeDriver
from asiokit.host.session import Session

OpenNative = Callable[..., NativeDriver]
ATTEMPTS = 4  # the machine has other work: what counts is what it does when it is left alone


def random_bytes(session: Session, n_channels: int, n_frames: int) -> np.ndarray:
    return np.random.default_rng(n_channels).integers(
        0, 256, (n_channels, n_frames * session.in_type.n_bytes), np.uint8
    )


def play_through(driver: NativeDriver, n_channels: int, n_frames: int, seconds: float) -> int:
    """All channels for so long in real time, compared bit for bit; how many cycles were a period late."""
    rate_hz = driver.get_sample_rate()
    n_switches = round(seconds * rate_hz / n_frames)
    with Session(driver, inputs=range(n_channels), outputs=range(n_channels), n_frames=n_frames) as session:
        played = random_bytes(session, n_channels, (n_switches - 1) * n_frames)
        session.load(play=played, record_frames=n_switches * n_frames, log=n_switches)
        session.start()
        assert session.wait(n_switches)
        session.stop()
        result = compare(played, session.recorded, session.in_type)
        assert (result.method, result.n_differing, result.round_trip_frames) == ("exact", 0, n_frames)
        assert result.n_compared == n_channels * (n_switches - 1) * n_frames
        assert session.n_index_faults == session.n_position_faults == session.n_overlaps == 0
        rows = session.callbacks
    return int((np.diff(rows["system_ns"]) >= 2 * n_frames * 1e9 / rate_hz - 2).sum())


@pytest.mark.parametrize(
    ("n_channels", "n_frames", "rate_hz", "sample_type"),
    [(512, 32, 48000, "float32"), (512, 32, 48000, "int24"), (64, 16, 192000, "int32"), (64, 16, 192000, "float32")],
)
def test_wide_and_short(
    open_native: OpenNative, capsys: pytest.CaptureFixture[str],
    n_channels: int, n_frames: int, rate_hz: int, sample_type: str,
) -> None:  # fmt: skip
    """Every bit comes back, whatever the machine is busy with. That it is in time as well is said, not asserted."""
    driver = open_native(n_channels, sample_type=sample_type, rate_hz=rate_hz)
    late = play_through(driver, n_channels, n_frames, 0.5)
    with capsys.disabled():
        print(f"\n{n_channels} x {n_channels} channels {sample_type}, {n_frames} frames at {rate_hz} Hz: "
              f"{late} of {rate_hz // n_frames // 2} cycles late")  # fmt: skip


def test_ten_drivers_at_once(open_native: OpenNative, capsys: pytest.CaptureFixture[str]) -> None:
    n_drivers, n_channels, n_frames, n_switches = 10, 8, 64, 400
    with ExitStack() as stack:
        sessions, played = [], []
        for _ in range(n_drivers):
            driver = open_native(n_channels)
            session = Session(driver, inputs=range(n_channels), outputs=range(n_channels), n_frames=n_frames)
            sessions.append(stack.enter_context(session))
            played.append(random_bytes(session, n_channels, (n_switches - 1) * n_frames))
            session.load(play=played[-1], record_frames=n_switches * n_frames, log=n_switches)
        for session in sessions:
            session.start()
        for session in sessions:
            assert session.wait(n_switches)
        for session in sessions:
            session.stop()
        threads = set()
        for session, bytes_played in zip(sessions, played, strict=True):
            result = compare(bytes_played, session.recorded, session.in_type)
            assert (result.method, result.n_differing, result.round_trip_frames) == ("exact", 0, n_frames)
            assert session.n_index_faults == session.n_position_faults == session.n_overlaps == 0
            threads |= set(session.callbacks["thread"])
        assert len(threads) == n_drivers


def memory_pages() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1])


@pytest.mark.parametrize(("rate_hz", "n_frames"), [(48000, 1024), (192000, 1024), (44100, 512)])
def test_a_day_of_frames(
    open_native: OpenNative, capsys: pytest.CaptureFixture[str], rate_hz: int, n_frames: int
) -> None:
    """24 hours, as fast as it goes (192 kHz: beyond 2^32 frames): every position exact, the last time stamp exact to
    the nanosecond, and no more memory than at the beginning."""
    driver = open_native(2, clock="freewheel", rate_hz=rate_hz)
    n_switches = 24 * 3600 * rate_hz // n_frames
    with Session(driver, inputs=[0, 1], outputs=[0, 1], n_frames=n_frames) as session:
        session.load(log=1)
        session.start()
        assert session.wait(n_switches // 100)
        before = memory_pages()
        assert session.wait(n_switches, stall_s=10)
        growth = memory_pages() - before
        position, t_ns = driver.get_sample_position()
        session.stop()
        assert session.n_index_faults == session.n_position_faults == session.n_overlaps == 0
        first_ns = int(session.callbacks["system_ns"][0])
    assert position >= (n_switches - 1) * n_frames and position % n_frames == 0
    assert t_ns - first_ns == position * 10**9 // rate_hz
    assert growth <= 64  # a few pages for Python's own business
    with capsys.disabled():
        print(f"\n{position / rate_hz / 3600:.1f} h at {rate_hz} Hz: position {position}, {growth} pages more")


def ns_per_cycle(driver: NativeDriver, n_channels: int, n_frames: int, n_switches: int) -> float:
    """The shortest of a few stretches, between the ends of two callbacks."""
    stretch = n_switches // 10
    with Session(driver, inputs=range(n_channels), outputs=range(n_channels), n_frames=n_frames) as session:
        session.load(log=n_switches)
        session.start()
        assert session.wait(n_switches)
        session.stop()
        left_ns, entered_ns = session.callbacks["left_ns"][:-1], session.callbacks["t_ns"][1:]
    return float(np.min((entered_ns - left_ns)[: 9 * stretch].reshape(9, -1)[1:].mean(axis=1)))


def test_cost_grows_in_proportion(open_native: OpenNative, capsys: pytest.CaptureFixture[str]) -> None:
    """t = a + c x channels x frames, with conversion both ways and a mix. A square in it would show at once."""
    rows = []
    for n_channels in (8, 32, 128, 512):
        routing = {"routing": [f"{i}>{i}*0.5" for i in range(1, n_channels + 1)]}
        driver = open_native(n_channels, clock="freewheel", sample_type="int32", options=routing)
        for n_frames in (16, 64, 256):
            samples = n_channels * n_frames
            n_switches = max(300, min(20000, 20_000_000 // samples))
            cost = min(ns_per_cycle(driver, n_channels, n_frames, n_switches) for _ in range(3))
            rows.append((n_channels, n_frames, samples, cost))
    samples, cost = np.array([row[2] for row in rows], float), np.array([row[3] for row in rows])
    # relative: the small ones count as much as the large ones
    (a, c), *_ = np.linalg.lstsq(np.stack([1 / cost, samples / cost], axis=1), np.ones(len(cost)), rcond=None)
    slope = np.polyfit(np.log(samples), np.log(cost), 1)[0]
    with capsys.disabled():
        print(f"\nns a cycle = {a:.0f} + {c:.3f} x channels x frames; exponent {slope:.2f}")
        for n_channels, n_frames, n, ns in rows:
            print(f"  {n_channels:4} x {n_frames:4}: {ns:9.0f} ns, fit {a + c * n:9.0f}")
    assert slope < 1.3
