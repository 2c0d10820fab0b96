# engine: the double buffers of one createBuffers, resolved to pointers and numbers, and the runs of start and stop.
from libc.stdint cimport int32_t, int64_t, uint32_t

from asiokit.abi.asio cimport asio_buffer_info_t, asio_callbacks_t, asio_long_t, asio_time_code_t, asio_time_t
from asiokit.abi.block cimport block_t, process_fn
from asiokit.engine.state cimport engine_t
from asiokit.rt.clock cimport clock_t
from asiokit.rt.convert cimport convert_fn
from asiokit.rt.gate cimport gate_t
from asiokit.rt.system cimport os_grant_t

# Neighbouring active channels, converted in one go.
ctypedef struct span_t:
    void *host
    void *device
    size_t n_samples

ctypedef void *(*thread_begin_fn)(void *context) noexcept nogil
ctypedef void (*thread_end_fn)(void *context, void *token) noexcept nogil
ctypedef void (*time_code_fn)(void *context, const block_t *block, asio_time_code_t *code) noexcept nogil

ctypedef struct stream_t:
    int32_t refs
    engine_t *engine
    # the hot path: everything a cycle reads, constant until disposeBuffers
    void (*cycle)(stream_t *s, int64_t edge_ns, int64_t period_ns) noexcept nogil
    void (*buffer_switch)(stream_t *s, int32_t half, int64_t host_ns) noexcept nogil
    process_fn process
    void *context             # its first argument
    void *device              # the first argument of the device's other functions
    convert_fn to_host
    convert_fn from_host
    span_t *to_host_spans[2]
    span_t *from_host_spans[2]
    int32_t n_to_host_spans
    int32_t n_from_host_spans
    asio_callbacks_t callbacks
    time_code_fn time_code
    thread_begin_fn thread_begin
    thread_end_fn thread_end
    # progress
    block_t block[2]
    int64_t n_cycles
    int64_t position
    uint32_t block_flags      # of the next block
    double told_rate_hz       # the rate in the last time info
    int64_t edge_ns           # atomic: of the last cycle
    int32_t rewinds           # atomic: start() has been called: the next cycle is the first one
    double start_rate_hz      # the rate then
    int32_t n_failed          # process() calls that have failed in a row
    asio_time_t time
    # memory
    int32_t n_frames
    int32_t stride_frames
    size_t host_bytes         # of one half of the host's outputs
    void *host_out[2]
    void *pages
    size_t n_bytes
    void *tables

# start .. stop. The thread holds one reference, the control side another.
ctypedef struct run_t:
    int32_t refs
    int32_t kind              # CLOCK_*
    gate_t gate
    clock_t clock
    os_grant_t grant
    stream_t *stream
    run_t *previous           # constant: a run that could not be waited for: first let its callback come back
    int32_t from_start        # begins at position 0; otherwise it goes on where the stream was paused
    int32_t silences          # atomic: ends for good, so what was played last shall not be heard again

cdef stream_t *stream_new(engine_t *e, asio_buffer_info_t *infos, asio_long_t n_infos, int32_t n_frames, bint direct,
                          const asio_callbacks_t *callbacks, bint use_time_info) noexcept nogil
cdef void stream_resolve(stream_t *s, process_fn process, void *context, void *device, time_code_fn time_code,
                         thread_begin_fn thread_begin, thread_end_fn thread_end) noexcept nogil
cdef void stream_acquire(stream_t *s) noexcept nogil
cdef void stream_release(stream_t *s) noexcept nogil
cdef void stream_silence(stream_t *s) noexcept nogil

cdef run_t *run_new(stream_t *s, int32_t kind, run_t *previous, bint from_start) noexcept nogil
cdef run_t *run_busy(run_t *run) noexcept nogil
cdef int run_begin(run_t *run) noexcept nogil
cdef bint run_end(run_t *run, int64_t timeout_ns) noexcept nogil
cdef void run_lower(run_t *run) noexcept nogil
cdef void run_release(run_t *run) noexcept nogil
cdef int32_t engine_edge(void *engine, long long t_ns) noexcept nogil
