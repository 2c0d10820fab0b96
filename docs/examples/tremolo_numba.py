"""The same by numba: Python that is compiled to a C function, so that the stream thread needs no GIL."""

import ctypes
import math

import numba
import numpy as np

from asiokit import CDevice
from asiokit.device import Option
from asiokit.device.by_numba import block_at, from_host, process_signature, to_host


@numba.cfunc(process_signature)
def process(state, address):
    block = block_at(address)
    speed_hz, depth = numba.carray(state, 2, np.float64)
    for i in range(min(block.n_to_host, block.n_from_host)):
        heard, played = to_host(block, i), from_host(block, i)
        for frame in range(block.n_frames):
            phase = 2 * math.pi * speed_hz * (block.position + frame) / block.rate_hz
            heard[frame] = played[frame] * (1 - depth * (0.5 - 0.5 * math.cos(phase)))
    return 0


class Tremolo(CDevice):
    """Output i returns at input i, its level going up and down."""

    OPTIONS = (
        Option("speed_hz", float, 5.0, "how often a second", minimum=0.1, maximum=20.0, unit="Hz"),
        Option("depth", float, 0.8, "how far down it goes", minimum=0.0, maximum=1.0),
    )

    def __init__(self, speed_hz=5.0, depth=0.8):
        state = (ctypes.c_double * 2)(speed_hz, depth)  # all that the function sees
        super().__init__(process.address, ctypes.addressof(state), inputs=2, outputs=2, keepalive=state)
