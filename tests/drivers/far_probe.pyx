"""tests: one block of a device at any position of the stream, without the hours that lead there."""
from libc.stdint cimport int64_t
from libc.string cimport memset

from asiokit.device cimport Device, StreamInfo, block_t

import numpy as np


def block_at(Device device, int64_t position, int n_frames, double rate_hz):
    """What the device has for its first input: float32."""
    cdef StreamInfo stream = StreamInfo.__new__(StreamInfo)
    cdef float[::1] made = np.zeros(n_frames, np.float32)
    cdef void *row = &made[0]
    cdef block_t block
    stream.n_frames, stream.rate_hz = n_frames, rate_hz
    device.prepare(stream)
    memset(&block, 0, sizeof(block))
    block.size, block.n_frames, block.sample_width, block.n_to_host = sizeof(block), n_frames, sizeof(float), 1
    block.position, block.rate_hz, block.to_host = position, rate_hz, &row
    assert device.process(&block) == 0
    return np.asarray(made)
