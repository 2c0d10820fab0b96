# device: what a device class compiles against. Its ABI number is ASIOKIT_DEVICE_ABI.
from libc.stdint cimport int32_t

from asiokit.abi.asio cimport asio_error_t, asio_long_t, asio_time_code_t
from asiokit.abi.block cimport block_t, process_fn

# What a device may ask of the engine at any time, from any thread, without the GIL.
cdef enum:
    REQUEST_RESET = 1        # the host shall close and reopen the driver
    REQUEST_RESYNC = 2       # time stamps have become invalid
    REQUEST_OVERLOAD = 4     # the device has lost samples
    REQUEST_LATENCIES = 8    # a: input latency, b: output latency, frames
    REQUEST_RATE = 16        # a: the new rate in Hz; the device's own clock has changed

ctypedef void (*request_fn)(void *engine, int32_t what, double a, double b) noexcept nogil
# The device's clock: one call an edge, from the device's own thread. 0 = served, 1 = the stream is not running.
ctypedef int32_t (*edge_fn)(void *stream, long long t_ns) noexcept nogil


cdef class StreamInfo:
    cdef readonly int n_frames
    cdef readonly double rate_hz
    cdef readonly int sample_type
    cdef readonly int sample_width
    cdef readonly tuple active_inputs
    cdef readonly tuple active_outputs
    cdef readonly bint is_realtime
    cdef readonly object edge_address
    cdef readonly object edge_context
    cdef object owner
    cdef const block_t *block[2]


cdef class Device:
    cdef object __weakref__
    cdef request_fn request
    cdef void *request_context

    cdef int process(self, block_t *block) noexcept nogil
    cdef asio_error_t control(self, asio_long_t selector, void *params) noexcept nogil
    cdef void time_code(self, const block_t *block, asio_time_code_t *code) noexcept nogil
    cdef process_fn process_address(self, void **context) noexcept
    cdef int bind(self, StreamInfo stream) except -1
    cdef int unbind(self) except -1
    cdef void *thread_begin(self) noexcept nogil
    cdef void thread_end(self, void *token) noexcept nogil
