"""tests of the engine: every channel's samples end up in that channel, whatever the host asks for, in any order."""

import ctypes
import itertools
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inprocess import opened

from asiokit.config import BufferSizes
from asiokit.host.manners import Manners
from asiokit.host.samples import encode
from asiokit.host.session import Session
from asiokit.sample_types import SAMPLE_TYPES

N_CYCLES = 6
ANY_SIZE = BufferSizes(min=16, max=8192, preferred=256, granularity=1)
ALL_RATES = [
    8000,
    11025,
    16000,
    22050,
    32000,
    44056.5,
    44100,
    48000,
    88200,
    96000,
    176400,
    192000,
    384000,
    705600,
    768000,
]


def channels(n: int) -> st.SearchStrategy[list[int]]:
    """Some of n channels, in any order."""
    return st.lists(st.integers(0, n - 1), unique=True, max_size=n) if n else st.just([])


def played_samples(n_channels: int, n_frames: int, seed: int) -> np.ndarray:
    """Values that every sample type can hold, so that a converted round trip has to be exact."""
    return np.random.default_rng(seed).integers(-(2**15), 2**15, (n_frames, n_channels)).astype(np.float64) / 2**15


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_any_subset_in_any_order(probe: ModuleType, data: st.DataObject) -> None:
    n_in, n_out = data.draw(st.integers(0, 9), "inputs"), data.draw(st.integers(0, 9), "outputs")
    if n_in + n_out == 0:
        n_in = 1
    inputs, outputs = data.draw(channels(n_in), "active inputs"), data.draw(channels(n_out), "active outputs")
    if not inputs and not outputs:
        (inputs if n_in else outputs).append(0)
    n_frames = data.draw(st.sampled_from([16, 17, 32, 100, 256]), "frames")
    sample_type = data.draw(st.sampled_from(sorted(SAMPLE_TYPES)), "sample type")
    device = probe.ProbeDevice(
        inputs=n_in,
        outputs=n_out,
        native=data.draw(st.booleans(), "native"),
        output_ready=data.draw(st.booleans(), "output_ready"),
    )
    manners = Manners(outputs_first=data.draw(st.booleans(), "outputs first"), output_ready=device.output_ready)
    with (
        opened(device, clock="manual", sample_type=sample_type, buffer_frames=ANY_SIZE) as driver,
        Session(driver.native, inputs=inputs, outputs=outputs, n_frames=n_frames, manners=manners) as session,
    ):
        played = np.zeros((len(outputs), 0), np.uint8)
        if outputs:
            samples = played_samples(len(outputs), N_CYCLES * n_frames, data.draw(st.integers(0, 2**32), "seed"))
            played = encode(samples, session.out_type)
        session.load(play=played, record_frames=N_CYCLES * n_frames)
        session.start()
        driver.step(N_CYCLES)
        session.stop()
        recorded = session.recorded.copy()
    # with outputReady the output is taken right after the switch: the round trip is a block either way
    n_block = n_frames * SAMPLE_TYPES[sample_type].width
    for place, channel in enumerate(inputs):
        assert not recorded[place, :n_block].any()
        if channel in outputs:
            expected = played[outputs.index(channel), :-n_block]
            assert np.array_equal(recorded[place, n_block:], expected), f"channel {channel}"
        else:
            assert not recorded[place].any(), f"channel {channel} is silent"
    assert device.n_together == 0


@pytest.mark.parametrize("sample_type", ["float32", "int24", "int32_msb", "float64"])
@pytest.mark.parametrize(("n_in", "n_out"), [(512, 512), (1, 0), (0, 1), (512, 1), (1, 512)])
def test_from_one_channel_to_the_most(probe: ModuleType, n_in: int, n_out: int, sample_type: str) -> None:
    device = probe.ProbeDevice(inputs=n_in, outputs=n_out)
    with (
        opened(device, clock="manual", sample_type=sample_type) as driver,
        Session(driver.native, inputs=range(n_in), outputs=range(n_out), n_frames=32) as session,
    ):
        played = encode(played_samples(n_out, 32 * 4, 1), session.out_type) if n_out else None
        session.load(play=played, record_frames=32 * 4)
        session.start()
        driver.step(4)
        session.stop()
        if played is not None and n_in:
            n, n_block = min(n_in, n_out), 32 * SAMPLE_TYPES[sample_type].width
            assert np.array_equal(session.recorded[:n, n_block:], played[:n, :-n_block])
            assert not session.recorded[n:].any()


@pytest.mark.parametrize("sample_type", ["float32", "int16", "int24"])
def test_every_size_from_the_smallest_to_the_largest(probe: ModuleType, sample_type: str) -> None:
    device = probe.ProbeDevice()
    with opened(device, clock="manual", sample_type=sample_type, buffer_frames=ANY_SIZE) as driver:
        for n_frames in [*range(16, 66), 100, 127, 128, 441, 480, 512, 1000, 1024, 2048, 4095, 4096, 8191, 8192]:
            with Session(driver.native, inputs=[1, 0], outputs=[0, 1], n_frames=n_frames) as session:
                played = encode(played_samples(2, n_frames * 3, n_frames), session.out_type)
                session.load(play=played, record_frames=n_frames * 3)
                session.start()
                driver.step(3)
                session.stop()
                n_block = n_frames * SAMPLE_TYPES[sample_type].width
                assert np.array_equal(session.recorded[::-1, n_block:], played[:, :-n_block]), n_frames
                assert driver.native.get_latencies() == (n_frames, 0)


@pytest.mark.parametrize("rate_hz", ALL_RATES)
def test_every_rate(probe: ModuleType, rate_hz: float) -> None:
    device = probe.ProbeDevice()
    with opened(device, clock="freewheel", rate_hz=rate_hz) as driver:
        assert driver.native.get_sample_rate() == rate_hz
        with Session(driver.native, inputs=[0], outputs=[0], n_frames=64) as session:
            session.load(log=100)
            session.start()
            assert session.wait(100)
            session.stop()
            rows = session.callbacks
        assert set(rows["rate_hz"]) == {rate_hz}
        n = len(rows) - 1
        assert int(rows["system_ns"][-1] - rows["system_ns"][0]) == n * 64 * 10**15 // round(rate_hz * 10**6)
    assert {block["rate_hz"] for block in device.blocks} == {rate_hz}


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_halves_lie_apart_and_aligned(probe: ModuleType, data: st.DataObject) -> None:
    sample_type = data.draw(st.sampled_from(sorted(SAMPLE_TYPES)))
    n_frames = data.draw(st.integers(16, 300))
    inputs, outputs = data.draw(channels(6)), data.draw(channels(6))
    if not inputs and not outputs:
        outputs = [3]
    device = probe.ProbeDevice(inputs=6, outputs=6, native=data.draw(st.booleans()))
    with (
        opened(device, clock="manual", sample_type=sample_type, buffer_frames=ANY_SIZE) as driver,
        Session(driver.native, inputs=inputs, outputs=outputs, n_frames=n_frames) as session,
    ):
        places = [(True, n) for n in range(len(inputs))] + [(False, n) for n in range(len(outputs))]
        starts = sorted(session.half(*place, half) for place in places for half in range(2))
        n_bytes = n_frames * SAMPLE_TYPES[sample_type].width
        assert all(b - a >= n_bytes for a, b in itertools.pairwise(starts))
        assert all(start % 16 == 0 for start in starts)
        # one slab for all channels of a half: neighbours in channel order follow each other at an equal distance
        for is_input, wanted in ((True, inputs), (False, outputs)):
            for half in range(2):
                row = [session.half(is_input, wanted.index(channel), half) for channel in sorted(wanted)]
                assert len(set(np.diff(row))) <= 1
        assert min(starts) % 64 == 0
        # all of it is ours: written from end to end, and the stream still runs
        for start in starts:
            ctypes.memset(start, 0x55, n_bytes)
        session.start()
        driver.step(2)
        session.stop()


def test_a_run_begins_in_silence_whatever_was_played_last(probe: ModuleType) -> None:
    device = probe.ProbeDevice()
    with (
        opened(device, clock="manual") as driver,
        Session(driver.native, inputs=[0], outputs=[0], n_frames=64) as session,
    ):
        session.load(play=np.full((1, 256 * 100), 0x3C, np.uint8), record_frames=640)
        for _ in range(3):
            session.start()
            driver.step(10)
            session.stop()
            assert not session.recorded[0, :256].any()
            assert (session.recorded[0, 256:] == 0x3C).all()
