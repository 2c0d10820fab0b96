"""A test tone: the smallest device that can be heard."""

import numpy as np

from asiokit import PyDevice


class Sine(PyDevice):
    inputs, outputs = 2, 0  # as the host sees them

    def process(self, block):
        t = block.position + np.arange(block.frames)
        block.to_host[:] = 0.1 * np.sin(2 * np.pi * 440 * t / block.rate_hz)
