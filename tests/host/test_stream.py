"""numpy in, numpy out, and not a bit lost between."""

import numpy as np
import pytest

from asiokit.errors import DriverError
from asiokit.host.measure import compare
from asiokit.host.samples import SAMPLE_TYPES
from asiokit.host.session import Session
from asiokit.host.stream import Driver, run

RNG = np.random.default_rng(7)


@pytest.fixture
def reference_driver(reference):
    with Driver(str(reference.path)) as driver:
        yield driver


@pytest.mark.parametrize("code", sorted(SAMPLE_TYPES), ids=lambda code: SAMPLE_TYPES[code].name)
def test_playrec_in_every_sample_type(reference, code):
    reference.option(reference.SAMPLE_TYPE, code)
    data = RNG.integers(-32768, 32768, (3000, 2)).astype(np.int16)
    with Driver(str(reference.path)) as driver:
        assert driver.inputs[0].sample_type == SAMPLE_TYPES[code].name
        recording = driver.playrec(data, buffer_frames=64, rate_hz=96000)
    found = compare(recording.played, recording.planes, recording.sample_type)
    assert (found.round_trip_frames, found.n_compared, found.n_differing) == (64, 6000, 0)
    assert recording.reported_round_trip_frames == 64
    assert np.array_equal(recording.samples(np.int16)[64 : 64 + 3000], data)
    assert recording.rate_hz == 96000


def test_floats_come_back_bit_for_bit(reference_driver):
    data = RNG.uniform(-2, 2, (5000, 4)).astype(np.float32)  # float buffers do not clip
    data[7] = [np.inf, -np.inf, 1e-42, -0.0]
    samples = reference_driver.playrec(data, buffer_frames=128).samples()
    assert samples[128:5128].tobytes() == data.tobytes()


def test_a_corrupted_sample_is_found(reference, reference_driver):
    reference.option(reference.CORRUPT, 20)
    data = RNG.uniform(-1, 1, (64 * 50, 2)).astype(np.float32)
    recording = reference_driver.playrec(data, buffer_frames=64)
    found = compare(recording.played, recording.planes, recording.sample_type)
    assert (found.n_differing, found.first_difference) == (2, 19 * 64)  # cycles 20 and 40


def test_channels_can_be_chosen(reference_driver):
    data = RNG.uniform(-1, 1, (1000, 2)).astype(np.float32)
    recording = reference_driver.playrec(data, outputs=[3, 1], inputs=[1, 2, 3], buffer_frames=64)
    samples = recording.samples()[64:1064]
    assert np.array_equal(samples, np.stack([data[:, 1], np.zeros(1000, np.float32), data[:, 0]], axis=1))


def test_record_and_play(reference_driver):
    assert reference_driver.record(0.1, rate_hz=8000).samples().shape == (800, 4)
    recording = reference_driver.play(np.zeros(1000, np.float32), buffer_frames=32)
    assert recording.samples().size == 0
    assert recording.n_switches >= 1000 // 32


def test_progress_is_told_in_seconds(reference_driver):
    seen = []
    reference_driver.record(0.4, buffer_frames=2048, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] == pytest.approx(10 * 2048 / 48000)


def test_what_the_driver_can_not_do_is_said(reference_driver):
    with pytest.raises(ValueError, match="has 4 outputs; the samples want number 5"):
        reference_driver.playrec(np.zeros((10, 5), np.float32))
    with pytest.raises(ValueError, match="data has 2 channels, outputs names 1"):
        reference_driver.playrec(np.zeros((10, 2), np.float32), outputs=[0])
    with pytest.raises(DriverError, match=r"setSampleRate\(12345\) failed with ASE_NoClock"):
        reference_driver.playrec(np.zeros((10, 2), np.float32), rate_hz=12345)
    with pytest.raises(DriverError, match="createBuffers"):
        reference_driver.playrec(np.zeros((10, 2), np.float32), buffer_frames=100)


def test_a_driver_that_goes_quiet_is_an_error(reference_driver):
    with Session(reference_driver.native, outputs=[0], n_frames=64) as session:
        session.act("stop", at=5)
        with pytest.raises(DriverError):
            run(session, 100, 48000)


def test_what_the_driver_is(reference_driver):
    assert (reference_driver.name, reference_driver.version) == ("asiokit reference", 1)
    assert (reference_driver.n_inputs, reference_driver.n_outputs) == (4, 4)
    assert [channel.name for channel in reference_driver.outputs] == ["Out 1", "Out 2", "Out 3", "Out 4"]
    assert reference_driver.buffer_sizes.granularity == -1
    assert reference_driver.clock_sources[0].name == "Internal"
