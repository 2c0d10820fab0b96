"""The round trip is found in the samples, and every changed sample is counted."""

import numpy as np
import pytest

from asiokit.host.measure import compare
from asiokit.host.samples import SAMPLE_TYPES, encode

FLOAT, INT24 = SAMPLE_TYPES[19], SAMPLE_TYPES[17]


def music(n: int = 6000, channels: int = 2) -> np.ndarray:
    t = np.arange(n)[:, None] * np.array([1.0, 1.01])[:channels]
    fade_in = np.minimum(1, np.arange(n)[:, None] / 500)
    return (0.4 * fade_in * (np.sin(t / 17) + np.sin(t / 5.3))).astype(np.float32)


def shifted(planes: np.ndarray, n_bytes: int, shift: int, extra: int = 100) -> np.ndarray:
    return np.pad(planes, ((0, 0), (shift * n_bytes, extra * n_bytes)))


@pytest.mark.parametrize("kind", [FLOAT, INT24], ids=lambda kind: kind.name)
@pytest.mark.parametrize("shift", [0, 1, 63, 64, 2048])
def test_exact_copies(kind, shift):
    played = encode(music(), kind)
    found = compare(played, shifted(played, kind.n_bytes, shift), kind)
    assert (found.round_trip_frames, found.method) == (shift, "exact")
    assert (found.n_compared, found.n_differing, found.first_difference) == (12000, 0, None)


def test_single_changed_bits_are_counted():
    played = encode(music(), FLOAT)
    recorded = shifted(played, 4, 64)
    recorded[0, 4 * (64 + 3000)] ^= 1
    recorded[0, 4 * (64 + 3000) + 3] ^= 128  # the same sample
    recorded[1, 4 * (64 + 10)] ^= 1
    found = compare(played, recorded, FLOAT)
    assert (found.round_trip_frames, found.n_differing, found.first_difference) == (64, 2, 10)


def test_a_short_recording_is_compared_as_far_as_it_goes():
    played = encode(music(), FLOAT)
    found = compare(played, shifted(played, 4, 256, 0)[:, : 4 * 3000], FLOAT)
    assert (found.round_trip_frames, found.n_compared, found.n_differing) == (256, 2 * (3000 - 256), 0)


@pytest.mark.parametrize("gain", [0.5, -0.25])
def test_a_changed_copy_is_found_by_correlation(gain):
    played = encode(music(), FLOAT)
    hiss = np.random.default_rng(0).normal(0, 0.01, (6500, 2)).astype(np.float32)
    recorded = hiss.copy()
    recorded[321 : 321 + 6000] += gain * music()
    found = compare(played, encode(recorded, FLOAT), FLOAT)
    assert (found.round_trip_frames, found.method) == (321, "correlation")
    assert found.n_differing > 11900


@pytest.mark.parametrize("recorded", [np.zeros((6000, 2)), np.random.default_rng(3).normal(0, 0.1, (6000, 2))])
def test_nothing_is_recognised_in_silence_or_noise(recorded):
    found = compare(encode(music(), FLOAT), encode(recorded.astype(np.float32), FLOAT), FLOAT)
    assert (found.round_trip_frames, found.method, found.n_compared) == (None, "none", 0)


def test_silence_proves_nothing():
    silence = encode(np.zeros((1000, 2), np.float32), FLOAT)
    assert compare(silence, silence, FLOAT).round_trip_frames is None


def test_swapped_channels_differ():
    played = encode(music(), FLOAT)
    found = compare(played, shifted(played, 4, 64)[::-1], FLOAT)
    assert found.n_differing > 0 or found.round_trip_frames is None
