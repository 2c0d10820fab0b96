"""drivers: identify: each input carries its own number, so that a host's routing can be checked."""
from libc.stdint cimport int32_t, int64_t

from asiokit.device cimport Device, StreamInfo, block_t

import numpy as np

from asiokit.device.options import Option

LEVEL_STEPS = 1024       # level n / 1024 is exact in every sample type from int16 on
PULSE_S, PAUSE_S, CLICK_S = 0.1, 0.5, 0.001
cdef int STEPS = LEVEL_STEPS


ctypedef void (*fill_fn)(Identify self, block_t *block) noexcept nogil


cdef class Identify(Device):
    """Input n (from 1) is at the level n/1024, which any one sample tells; or gives n short pulses and a pause, which
    can be counted by ear. read_channels() reads recordings of the levels."""

    OPTIONS = (
        Option("inputs", int, 8, "channels that the host records from", minimum=1, maximum=512),
        Option("signal", str, "level", "how they tell their number", choices=("level", "pulses")),
    )
    outputs = 0
    cdef readonly int inputs
    cdef readonly str signal
    cdef fill_fn fill
    cdef int64_t pulse_frames, pause_frames, click_frames

    def __init__(self, int inputs=8, str signal="level"):
        self.inputs = inputs
        self.signal = signal
        self.fill = fill_levels if signal == "level" else fill_pulses

    def prepare(self, StreamInfo stream):
        self.pulse_frames, self.pause_frames, self.click_frames = [
            max(1, round(seconds * stream.rate_hz)) for seconds in (PULSE_S, PAUSE_S, CLICK_S)]

    def channel_name(self, is_input, index):
        return f"Number {index + 1}"

    cdef int process(self, block_t *block) noexcept nogil:
        self.fill(self, block)
        return 0


cdef void fill_levels(Identify self, block_t *block) noexcept nogil:
    cdef int32_t i, frame
    for i in range(block.n_to_host):
        for frame in range(block.n_frames):
            (<float *>block.to_host[i])[frame] = <float>(i + 1) / STEPS


cdef void fill_pulses(Identify self, block_t *block) noexcept nogil:
    cdef int32_t i, frame
    cdef int64_t pulses, at
    cdef bint is_on
    for i in range(block.n_to_host):
        pulses = (i + 1) * self.pulse_frames
        for frame in range(block.n_frames):
            at = (block.position + frame) % (pulses + self.pause_frames)
            is_on = at < pulses and at % self.pulse_frames < self.click_frames
            (<float *>block.to_host[i])[frame] = 0.5 if is_on else 0.0


def read_channels(recorded) -> list:
    """Which input each row of a recording of the levels is, counted from 1; None: it is not one of them alone.

    recorded: floats, (channels, frames), full scale 1.0.
    """
    numbers = np.asarray(recorded, np.float64) * LEVEL_STEPS
    first = numbers[:, 0]
    alone = (numbers == first[:, None]).all(axis=1) & (first == np.round(first)) & (first >= 1) & (first <= 512)
    return [int(number) if is_one else None for number, is_one in zip(first, alone)]
