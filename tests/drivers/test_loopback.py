"""tests of the loopback device: what is played is heard one buffer later, bit for bit, or mixed as it was told to."""

import ctypes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inprocess import opened

from asiokit.config import BufferSizes
from asiokit.host.samples import decode, encode
from asiokit.host.session import Session
from asiokit.sample_types import SAMPLE_TYPES

ANY_SIZE = BufferSizes(min=16, max=8192, preferred=256, granularity=1)
N_BLOCKS = 8


def round_trip(played: np.ndarray, n_frames: int, inputs: list[int], outputs: list[int], **entry: object) -> np.ndarray:
    """What comes back of these bytes (uint8, channel by channel), the first block left out: that one is silent."""
    with (
        opened("loopback", clock="manual", buffer_frames=ANY_SIZE, **entry) as driver,
        Session(driver.native, inputs=inputs, outputs=outputs, n_frames=n_frames) as session,
    ):
        kind = session.in_type or session.out_type
        n_block = n_frames * kind.n_bytes
        n_switches = -(-played.shape[1] // n_block) + 1
        session.load(play=played if outputs else None, record_frames=n_switches * n_frames)
        session.start()
        driver.step(n_switches)
        session.stop()
        recorded = session.recorded.copy()
    assert not recorded[:, :n_block].any()
    return recorded[:, n_block:]


@pytest.mark.parametrize("sample_type", sorted(SAMPLE_TYPES))
@pytest.mark.parametrize("n_frames", [64, 100])
def test_any_bytes_come_back_as_they_are(sample_type: str, n_frames: int) -> None:
    """Random bytes: in a float type these are NaN with payloads, infinities and subnormal numbers as well."""
    width = SAMPLE_TYPES[sample_type].width
    played = np.random.default_rng(n_frames).integers(0, 256, (4, n_frames * width * N_BLOCKS), dtype=np.uint8)
    entry = {"sample_type": sample_type, "options": {"inputs": 4, "outputs": 4}}
    assert np.array_equal(round_trip(played, n_frames, [0, 1, 2, 3], [0, 1, 2, 3], **entry), played)


def test_each_kind_of_nan_comes_back() -> None:
    patterns = np.array(
        [0x7FC00000, 0x7F800001, 0xFFC12345, 0x7FBFFFFF, 0x7F800000, 0xFF800000, 0x80000000, 1, 0x807FFFFF], np.uint32
    )
    played = np.resize(patterns, 64 * N_BLOCKS).view(np.uint8)[None, :]
    assert np.array_equal(round_trip(played, 64, [0], [0]), played)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_permutation_of_any_channels(data: st.DataObject) -> None:
    n_in, n_out = data.draw(st.integers(1, 10)), data.draw(st.integers(1, 10))
    routed = data.draw(st.lists(st.integers(1, n_in), unique=True, max_size=n_in), "routed inputs")
    source = {to_host: data.draw(st.integers(1, n_out)) for to_host in routed}
    inputs = data.draw(st.lists(st.integers(0, n_in - 1), unique=True, max_size=n_in), "active inputs")
    outputs = data.draw(st.lists(st.integers(0, n_out - 1), unique=True, max_size=n_out), "active outputs")
    if not inputs:
        inputs = [0]
    n_frames = data.draw(st.sampled_from([16, 24, 64, 65]))
    sample_type = data.draw(st.sampled_from(["int16", "int24", "float32", "float64_msb"]))
    width = SAMPLE_TYPES[sample_type].width
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    played = random.integers(0, 256, (len(outputs), n_frames * width * 4), dtype=np.uint8)
    options = {"inputs": n_in, "outputs": n_out, "routing": [f"{o}>{i}" for i, o in source.items()]}
    options["share"] = data.draw(st.booleans(), "share")
    heard = round_trip(played, n_frames, inputs, outputs, sample_type=sample_type, options=options)
    for place, channel in enumerate(inputs):
        output = source.get(channel + 1, 0) - 1
        expected = played[outputs.index(output)] if output in outputs else 0
        assert (heard[place, : played.shape[1]] == expected).all(), f"input {channel}"


def halves(session: Session, is_input: bool, place: int) -> list[int]:
    return [session.half(is_input, place, half) for half in range(2)]


def test_an_input_lies_in_the_memory_of_the_output_that_it_hears() -> None:
    options = {"inputs": 4, "outputs": 3, "routing": ["1>2", "1>1", "3>3"]}
    with (
        opened("loopback", clock="manual", options=options) as driver,
        Session(driver.native, inputs=[0, 1, 2, 3], outputs=[0, 2], n_frames=64) as session,
    ):
        heard = [halves(session, True, place) for place in range(4)]
        played = [halves(session, False, place) for place in range(2)]
    assert heard[1] == played[0][::-1]  # the first to hear output 1
    assert heard[2] == played[1][::-1]
    others = [*heard[0], *heard[3]]  # the second one, and one that hears nothing
    assert len({*others, *played[0], *played[1]}) == 8


@pytest.mark.parametrize("sample_type", ["int24", "float32"])
def test_what_is_mixed_or_left_out_shares_nothing(sample_type: str) -> None:
    for options, outputs in (
        ({"inputs": 2, "outputs": 2, "routing": ["1>1*0.5", "2>2"]}, [0, 1]),
        ({"inputs": 2, "outputs": 2, "share": False}, [0, 1]),
        ({"inputs": 2, "outputs": 2}, []),
    ):
        with (
            opened("loopback", clock="manual", sample_type=sample_type, options=options) as driver,
            Session(driver.native, inputs=[0, 1], outputs=outputs, n_frames=64) as session,
        ):
            heard = {address for place in range(2) for address in halves(session, True, place)}
            played = {address for place in range(len(outputs)) for address in halves(session, False, place)}
        assert len(heard) == 4
        assert not heard & played


SCRIBBLE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_long)


@pytest.mark.parametrize("share", [True, False])
def test_a_host_may_write_into_the_input_that_it_has_read(share: bool) -> None:
    """As one does that works in place: what it hears later is what it has played, shared or not."""
    n_blocks, n_bytes = 6, 64 * 4
    played = np.random.default_rng(5).integers(0, 256, (1, n_blocks * n_bytes), dtype=np.uint8)
    with (
        opened("loopback", clock="manual", options={"inputs": 1, "outputs": 1, "share": share}) as driver,
        Session(driver.native, inputs=[0], outputs=[0], n_frames=64) as session,
    ):
        own = halves(session, True, 0)

        def scribble(context: int, cycle: int, index: int) -> None:
            ctypes.memset(own[index], 0x55, n_bytes)

        hook = SCRIBBLE(scribble)
        session.load(play=played, record_frames=(n_blocks + 1) * 64)
        session.act("hook", every=1, hook=ctypes.cast(hook, ctypes.c_void_p).value or 0, owner=hook)
        session.start()
        driver.step(n_blocks + 1)
        session.stop()
        assert np.array_equal(session.recorded[:, n_bytes:], played)


def test_more_inputs_than_outputs_are_silent() -> None:
    played = np.random.default_rng(1).integers(0, 256, (1, 4 * 64 * 4), dtype=np.uint8)
    heard = round_trip(played, 64, [0, 1, 2], [0], options={"inputs": 3, "outputs": 1})
    assert np.array_equal(heard[0], played[0])
    assert not heard[1:].any()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_mix_is_numpys(data: st.DataObject) -> None:
    n_in, n_out = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6))
    pairs = st.tuples(st.integers(1, n_out), st.integers(1, n_in))
    gains = st.floats(-4, 4, width=32, allow_nan=False)
    routes = data.draw(st.dictionaries(pairs, gains, max_size=12), "routes")
    # one input twice, so that it is a mix for sure
    routes |= {(1, 1): 0.5} if n_out == 1 else {(1, 1): 0.5, (2, 1): 0.25}
    inputs = data.draw(st.lists(st.integers(0, n_in - 1), unique=True, min_size=1, max_size=n_in), "active inputs")
    outputs = data.draw(st.lists(st.integers(0, n_out - 1), unique=True, max_size=n_out), "active outputs")
    sample_type = data.draw(st.sampled_from(["float32", "int32_24", "float64"]))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    samples = random.integers(-(2**15), 2**15, (len(outputs), 64 * 4)).astype(np.float32) / 2**20  # nothing is clipped
    options = {"inputs": n_in, "outputs": n_out, "routing": [f"{o}>{i}*{g!r}" for (o, i), g in routes.items()]}
    entry = {"sample_type": sample_type, "options": options}
    from_host, kind = samples, number(sample_type)
    heard = round_trip(encode(from_host.T, kind), 64, inputs, outputs, **entry)
    got = decode(heard, kind, np.float64)[: samples.shape[1]].T
    for place, channel in enumerate(inputs):
        expected = np.zeros(samples.shape[1], np.float32)
        for (output, to_host), gain in routes.items():
            if to_host == channel + 1 and output - 1 in outputs:
                expected += np.float32(gain) * samples[outputs.index(output - 1)]
        # a compiler may fuse product and sum; 24 bits are rounded once more
        np.testing.assert_allclose(got[place], expected, rtol=1e-6, atol=2**-23)


def number(sample_type: str):  # type: ignore[no-untyped-def]
    from asiokit.host.samples import SAMPLE_TYPES as HOSTS  # noqa: PLC0415 - two tables of one name

    return HOSTS[SAMPLE_TYPES[sample_type].number]


@pytest.mark.parametrize("gain", [0.5, -1.0, 2.0, 0.0])
def test_a_single_gain_is_exact_where_float32_is(gain: float) -> None:
    samples = (np.arange(64 * 4, dtype=np.float32) - 128) / 512
    played = samples.view(np.uint8)[None, :]
    heard = round_trip(played, 64, [0], [0], options={"inputs": 1, "outputs": 1, "routing": [f"1>1*{gain}"]})
    assert np.array_equal(heard[0].view(np.float32)[: len(samples)], np.float32(gain) * samples)


@pytest.mark.parametrize("n_frames", [16, 64, 1024, 8192])
@pytest.mark.parametrize("rate_hz", [8000, 44100, 768000])
def test_the_latency_told_is_the_latency(n_frames: int, rate_hz: float) -> None:
    with (
        opened("loopback", clock="manual", rate_hz=rate_hz, buffer_frames=ANY_SIZE) as driver,
        Session(driver.native, inputs=[0], outputs=[0], n_frames=n_frames) as session,
    ):
        played = np.zeros((1, 4 * n_frames), np.uint8)
        played[0, 0] = 1
        session.load(play=played, record_frames=3 * n_frames)
        session.start()
        driver.step(3)
        session.stop()
        (came,) = np.flatnonzero(session.recorded[0])
        assert came // 4 == sum(driver.native.get_latencies()) == n_frames


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 0), (0, 1), (512, 512), (3, 5)])
def test_channel_counts(inputs: int, outputs: int) -> None:
    with opened("loopback", options={"inputs": inputs, "outputs": outputs}) as driver:
        assert driver.native.get_channels() == (inputs, outputs)
