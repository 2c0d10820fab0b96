"""drivers: delay: what the host plays comes back later, once or again and again. No GIL on the stream thread."""
from libc.math cimport fabsf
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from asiokit.device cimport Device, StreamInfo, block_t

from asiokit.device.options import Option
from asiokit.errors import DeviceError

# an echo below is over: numbers that small make processors slow. One above, as infinity is, would never end
cdef float TINY = 1e-20, HUGE = 1e20


cdef class Delay(Device):
    """Output i returns at input i, delayed: an effect, so that the latencies stay those of the loop without it.
    With feedback = 0 and mix = 1 every bit comes back as it was. Each start begins with silence."""

    OPTIONS = (
        Option("channels", int, 2, "channels each way", minimum=1, maximum=512),
        Option("delay_ms", float, 250.0, "how much later; at least a frame", minimum=0.0, maximum=10000.0, unit="ms"),
        Option("delay_frames", int, None, "the same in frames, exactly; instead of delay_ms", minimum=1,
               maximum=7680000, unit="frames"),
        Option("feedback", float, 0.0, "how much of an echo is echoed", minimum=-0.99, maximum=0.99),
        Option("mix", float, 1.0, "1: the echo alone; 0: the sound alone", minimum=0.0, maximum=1.0),
    )
    cdef readonly int inputs, outputs
    cdef double delay_ms
    cdef float feedback, wet, dry
    cdef float *memory            # [channel][frame]
    cdef float *before            # that of the stream before: a thread that was late to end may still be in it
    cdef int64_t delay_frames, n_delay, at

    def __init__(self, int channels=2, double delay_ms=250.0, delay_frames=None, double feedback=0.0, double mix=1.0):
        self.inputs = self.outputs = channels
        self.delay_ms, self.delay_frames = delay_ms, delay_frames or 0
        self.feedback, self.wet, self.dry = feedback, mix, 1 - mix

    def __dealloc__(self):
        free(self.memory)
        free(self.before)

    def prepare(self, StreamInfo stream):
        cdef int64_t n_delay = self.delay_frames or max(1, round(self.delay_ms * stream.rate_hz / 1000))
        cdef int64_t n_samples = n_delay * self.inputs
        cdef float *memory = <float *>calloc(n_samples, sizeof(float)) if n_samples <= 2 ** 28 else NULL
        if memory is NULL:
            raise DeviceError(f"delay: no memory (of 1 GiB) for {self.inputs} times {n_delay} frames: lower the delay")
        free(self.before)
        self.before, self.memory, self.n_delay, self.at = self.memory, memory, n_delay, 0

    def start(self):
        # clears it, and writes to each page, which the system else would find on the stream thread
        memset(self.memory, 0, self.n_delay * self.inputs * sizeof(float))

    def channel_name(self, is_input, index):
        return f"{'Delay' if is_input else 'Out'} {index + 1}"

    cdef int process(self, block_t *block) noexcept nogil:
        cdef int32_t i, frame
        cdef int64_t at = self.at
        cdef float *row
        cdef const float *x
        cdef float echo
        for i in range(block.n_to_host):
            row, x, at = self.memory + i * self.n_delay, <const float *>block.from_host[i], self.at
            if self.feedback == 0 and self.wet == 1:
                for frame in range(block.n_frames):
                    (<float *>block.to_host[i])[frame], row[at] = row[at], x[frame]
                    at = at + 1 if at + 1 < self.n_delay else 0
                continue
            for frame in range(block.n_frames):
                echo = row[at]
                row[at] = x[frame] + self.feedback * echo if TINY < fabsf(echo) < HUGE else x[frame]
                (<float *>block.to_host[i])[frame] = self.wet * echo + self.dry * x[frame]
                at = at + 1 if at + 1 < self.n_delay else 0
        self.at = at
        return 0
