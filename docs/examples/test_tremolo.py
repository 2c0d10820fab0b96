"""A test of a device: what the host hears is what was played, times the gain."""

import numpy as np
from tremolo import Tremolo

from asiokit.testing import play_through


def test_tremolo():
    played = np.random.default_rng(1).uniform(-1, 1, (2, 6400)).astype(np.float32)
    heard = play_through(Tremolo(speed_hz=3.0, depth=1.0), played, n_blocks=100, n_frames=64)
    gain = 0.5 + 0.5 * np.cos(2 * np.pi * 3 * np.arange(6400) / 48000)
    # the host's first block reaches the device in the second cycle
    np.testing.assert_allclose(heard[:, 64:], (played[:, :-64] * gain[64:]), atol=1e-6)
