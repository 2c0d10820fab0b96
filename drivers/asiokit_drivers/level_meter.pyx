"""drivers: level_meter: how loud is what the host plays? Asked by ASIO's meters and by Python. It also passes it on."""
from libc.math cimport exp, fabsf, isfinite, sqrt
from libc.stdint cimport int32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from asiokit.abi.asio cimport (ASIO_FUTURE_CAN_OUTPUT_METER, ASIO_FUTURE_GET_OUTPUT_METER, ASIO_NOT_PRESENT,
                               ASIO_SUCCESS, asio_channel_controls_t, asio_error_t, asio_long_t)
from asiokit.abi.atomic cimport atomic_load_f64, atomic_store_f64
from asiokit.device cimport Device, StreamInfo, block_t

from asiokit.device.options import Option


cdef class LevelMeter(Device):
    """Measures each output, and returns it at the input of its number.

    peaks: 1.0 is full scale; they fall by 20 dB a second. rms: over 0.3 s. A block with NaN or infinity is full scale.
    """

    OPTIONS = (Option("channels", int, 2, "channels each way", minimum=1, maximum=512),)
    cdef readonly int inputs, outputs
    cdef double *peak             # atomic; the stream thread writes
    cdef double *square           # atomic
    cdef double fall, keep        # what is left of each after a block

    def __init__(self, int channels=2):
        self.inputs = self.outputs = channels
        self.peak = <double *>calloc(2 * channels, sizeof(double))
        if self.peak is NULL:
            raise MemoryError("no memory for the meters")
        self.square = self.peak + channels

    def __dealloc__(self):
        free(self.peak)

    def prepare(self, StreamInfo stream):
        block_s = stream.n_frames / stream.rate_hz
        self.fall, self.keep = 10 ** -block_s, exp(-block_s / 0.3)
        memset(self.peak, 0, 2 * self.outputs * sizeof(double))

    def channel_name(self, is_input, index):
        return f"{'In' if is_input else 'Measured'} {index + 1}"

    @property
    def peaks(self) -> tuple[float, ...]:
        return tuple([atomic_load_f64(&self.peak[i]) for i in range(self.outputs)])

    @property
    def rms(self) -> tuple[float, ...]:
        return tuple([sqrt(atomic_load_f64(&self.square[i])) for i in range(self.outputs)])

    def statistics(self):
        return {"peaks": self.peaks, "rms": self.rms}

    cdef asio_error_t control(self, asio_long_t selector, void *params) noexcept nogil:
        cdef asio_channel_controls_t *controls = <asio_channel_controls_t *>params
        if selector == ASIO_FUTURE_GET_OUTPUT_METER:
            controls.meter = <asio_long_t>(min(atomic_load_f64(&self.peak[controls.channel]), 1.0) * 0x7fffffff)
        elif selector != ASIO_FUTURE_CAN_OUTPUT_METER:
            return ASIO_NOT_PRESENT
        return ASIO_SUCCESS

    cdef int process(self, block_t *block) noexcept nogil:
        cdef int32_t i, frame
        cdef const float *x
        cdef float peak
        cdef double square
        for i in range(block.n_from_host):
            x, peak, square = <const float *>block.from_host[i], 0, 0
            for frame in range(block.n_frames):
                peak = max(peak, fabsf(x[frame]))
                square += <double>x[frame] * x[frame]
            if not isfinite(square):
                peak, square = 1, block.n_frames
            atomic_store_f64(&self.peak[i], max(peak, self.fall * self.peak[i]))
            atomic_store_f64(&self.square[i], self.keep * self.square[i] + (1 - self.keep) * square / block.n_frames)
            memcpy(block.to_host[i], x, block.n_frames * sizeof(float))
        return 0
