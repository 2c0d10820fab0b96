"""drivers: delay: what the host plays comes back later, once or again and again. No GIL on the stream thread."""
from libc.math cimport fabsf
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free

from asiokit.device cimport Device, StreamInfo, block_t

from asiokit.device.options import Option

cdef float TINY = 1e-20  # below it an echo is over; numbers that small make processors slow


cdef class Delay(Device):
    """Output i returns at input i, delayed: an effect, so that the latencies stay those of the loop without it."""

    OPTIONS = (
        Option("channels", int, 2, "channels each way", minimum=1, maximum=512),
        Option("delay_ms", float, 250.0, "how much later; at least a frame", minimum=0.0, maximum=10000.0, unit="ms"),
        Option("delay_frames", int, None, "the same in frames, exactly; instead of delay_ms", minimum=1,
               maximum=7680000, unit="frames"),
        Option("feedback", float, 0.0, "how much of an echo is echoed", minimum=-0.99, maximum=0.99),
        Option("mix", float, 1.0, "1: the echo alone; 0: the sound alone", minimum=0.0, maximum=1.0),
    )
    cdef readonly int inputs
    cdef readonly int outputs
    cdef double delay_ms
    cdef object delay_frames
    cdef float feedback, wet, dry
    cdef float *memory            # [channel][frame]
    cdef float *before            # that of the stream before: a thread that was late to end may still be in it
    cdef int64_t n_delay
    cdef int64_t at

    def __init__(self, int channels=2, double delay_ms=250.0, delay_frames=None, double feedback=0.0, double mix=1.0):
        self.inputs = self.outputs = channels
        self.delay_ms, self.delay_frames = delay_ms, delay_frames
        self.feedback, self.wet, self.dry = feedback, mix, 1 - mix

    def __dealloc__(self):
        free(self.memory)
        free(self.before)

    def prepare(self, StreamInfo stream):
        cdef int64_t n_delay = self.delay_frames or max(1, round(self.delay_ms * stream.rate_hz / 1000))
        cdef float *memory = <float *>calloc(n_delay * self.inputs, sizeof(float))
        if memory is NULL:
            raise MemoryError(f"no memory for a delay of {n_delay} frames")
        free(self.before)
        self.before, self.memory, self.n_delay, self.at = self.memory, memory, n_delay, 0

    def channel_name(self, is_input, index):
        return f"{'Delay' if is_input else 'Out'} {index + 1}"

    cdef int process(self, block_t *block) noexcept nogil:
        cdef int32_t i, frame
        cdef int64_t at = 0
        cdef float *row
        cdef float x, echo
        for i in range(block.n_to_host):
            row, at = self.memory + i * self.n_delay, self.at
            for frame in range(block.n_frames):
                x = (<const float *>block.from_host[i])[frame]
                echo = row[at]
                row[at] = x + self.feedback * echo if fabsf(echo) > TINY else x
                at = at + 1 if at + 1 < self.n_delay else 0
                (<float *>block.to_host[i])[frame] = self.wet * echo + self.dry * x
        self.at = at
        return 0
