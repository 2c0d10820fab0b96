"""What the host plays comes back louder and softer: a device with options."""

import numpy as np

from asiokit import PyDevice, option


class Tremolo(PyDevice):
    """Output i returns at input i, its level going up and down."""

    speed_hz: float = option(5.0, "how often a second", minimum=0.1, maximum=20.0, unit="Hz")
    depth: float = option(0.8, "how far down it goes", minimum=0.0, maximum=1.0)

    def process(self, block):
        position = block.position + np.arange(block.frames)
        gain = 1 - self.depth * (0.5 - 0.5 * np.cos(2 * np.pi * self.speed_hz * position / block.rate_hz))
        np.multiply(block.from_host, gain, out=block.to_host, casting="same_kind")
