"""The figure: every buffer size, rate, number of channels and sample type, through the exported entry, bit for bit."""

from collections.abc import Callable

import numpy as np
import pytest

from asiokit.host.measure import compare
from asiokit.host.native import NativeDriver
from asiokit.host.session import Session
from asiokit.sample_types import SAMPLE_TYPES

OpenNative = Callable[..., NativeDriver]

SIZES = (16, 32, 64, 256, 1024)
RATES_HZ = (44100, 48000, 96000, 192000)
N_FRAMES = 2048


def check(driver: NativeDriver, n_channels: int, n_frames: int, rate_hz: float, n_total: int) -> None:
    """Plays random bytes on all channels; they have to come back, after as many frames as the driver says."""
    driver.set_sample_rate(rate_hz)
    channels = range(n_channels)
    with Session(driver, inputs=channels, outputs=channels, n_frames=n_frames) as session:
        kind = session.in_type
        seed = n_channels * n_frames + int(rate_hz)
        played = np.random.default_rng(seed).integers(0, 256, (n_channels, n_total * kind.n_bytes), dtype=np.uint8)
        n_switches = -(-n_total // n_frames) + 1
        session.load(play=played, record_frames=n_switches * n_frames, log=n_switches)
        session.start()
        assert session.wait(n_switches)
        session.stop()
        result = compare(played, session.recorded, kind)
        assert result.round_trip_frames == sum(driver.get_latencies()) == n_frames
        assert (result.method, result.n_differing) == ("exact", 0)
        assert result.n_compared == n_channels * min(n_total, (n_switches - 1) * n_frames)
        assert session.n_index_faults == session.n_overlaps == session.n_after_stop == 0
        rows = session.callbacks
        assert set(rows["rate_hz"]) == {rate_hz}
        assert np.array_equal(rows["position"], n_frames * np.arange(len(rows)))


@pytest.mark.parametrize("n_channels", [1, 2, 64])
@pytest.mark.parametrize("sample_type", sorted(SAMPLE_TYPES))
def test_freewheel(open_native: OpenNative, sample_type: str, n_channels: int) -> None:
    driver = open_native(n_channels, sample_type=sample_type, clock="freewheel")
    for n_frames in SIZES:
        for rate_hz in RATES_HZ:
            check(driver, n_channels, n_frames, rate_hz, N_FRAMES)


@pytest.mark.parametrize(
    ("sample_type", "n_channels", "n_frames", "rate_hz"),
    [
        ("float32", 2, 16, 192000),
        ("int16", 1, 16, 44100),
        ("int24", 64, 32, 48000),
        ("int32", 2, 64, 48000),
        ("float64_msb", 64, 64, 96000),
        ("int32_24", 2, 256, 44100),
        ("int24_msb", 64, 1024, 192000),
        ("float32", 64, 1024, 48000),
    ],
)
def test_realtime(open_native: OpenNative, sample_type: str, n_channels: int, n_frames: int, rate_hz: int) -> None:
    driver = open_native(n_channels, sample_type=sample_type, clock="realtime")
    check(driver, n_channels, n_frames, rate_hz, max(8 * n_frames, rate_hz // 8))
