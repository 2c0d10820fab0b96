# engine: the C side of one driver instance. Everything that a host may ask from any thread stands here, readable
# without the GIL and without the control lock. Counted: the driver object, a stream and the notifier hold it; the last
# frees it.
from libc.stdint cimport int32_t, int64_t, uint64_t

from asiokit.abi.asio cimport (ASIO_NAME_SIZE, asio_callbacks_t, asio_clock_source_t, asio_long_t, asio_rate_t)
from asiokit.abi.atomic cimport atomic_load_f64
from asiokit.rt.clock cimport steps_t
from asiokit.rt.gate cimport gate_t
from asiokit.rt.journal cimport journal_t
from asiokit.rt.status cimport status_t
from asiokit.rt.system cimport os_event_t, os_mutex_t

# Ordered: "at least prepared" is a comparison.
cdef enum state_t:
    STATE_LOADED
    STATE_INITIALIZED
    STATE_PREPARED
    STATE_RUNNING

cdef enum:
    MAX_CHANNELS = 512
    MAX_RATES = 64
    MAX_CLOCK_SOURCES = 32
    # how long stop, dispose and release wait for a host callback that does not come back
    CLOSE_TIMEOUT_NS = 250000000

ctypedef struct channel_t:
    int32_t group
    int32_t is_active          # atomic
    int32_t wire               # of an input: the output that it hears as it is, or -1
    char name[32]

ctypedef struct engine_t:
    int32_t refs
    int32_t state              # atomic; changed under the lock
    os_mutex_t *lock           # control threads only; recursive

    # constant from init on
    char name[32]
    int32_t n_inputs
    int32_t n_outputs
    channel_t *inputs
    channel_t *outputs
    int32_t sample_type        # the host's
    int32_t min_frames
    int32_t max_frames
    int32_t preferred_frames
    int32_t granularity
    int32_t n_rates            # 0: any rate between min and max
    double rates_hz[MAX_RATES]
    double min_rate_hz
    double max_rate_hz
    int32_t clock_kind
    int64_t spin_ns            # the end of each wait that is spun; the clock may allow less
    int32_t output_ready       # the device takes output early, so the answer is OK
    int32_t has_time_code
    int32_t n_clock_sources
    asio_clock_source_t clock_sources[MAX_CLOCK_SOURCES]
    int64_t internal_input_frames
    int64_t internal_output_frames

    # changing, atomic
    double rate_hz             # the current one
    int64_t latency_input
    int64_t latency_output
    int32_t clock_source
    int32_t time_code_wanted
    int32_t overload_wanted    # the host has asked whether overloads are reported
    int64_t edge_run           # own clock: address of the running run_t, or 0
    int64_t stream_thread      # thread id of the running stream thread
    gate_t *run_gate           # of the run that this thread serves; for this thread's eyes only
    int32_t stop_asked         # a switch has called stop while another thread was pausing the stream

    # host -> driver: set by outputReady
    os_event_t *output_event
    int32_t output_seen        # the host has used outputReady since start
    int32_t output_done        # ... for this block
    int32_t output_waiting     # the stream thread waits for it

    # driver -> host
    asio_callbacks_t callbacks  # copied at createBuffers, because hosts free theirs
    gate_t notify_gate         # open while the host may be called
    os_event_t *notify_event
    int32_t notify_what        # REQUEST_* bits and NOTIFY_QUIT
    double notify_rate_hz
    int32_t notifier_runs

    journal_t journal
    int32_t journal_readers
    status_t status
    steps_t steps


cdef inline double engine_rate(const engine_t *e) noexcept nogil:
    return atomic_load_f64(&e.rate_hz)


cdef engine_t *engine_new() noexcept nogil
cdef void engine_acquire(engine_t *e) noexcept nogil
cdef void engine_release(engine_t *e) noexcept nogil
cdef bint engine_set_channels(engine_t *e, int32_t n_inputs, int32_t n_outputs) noexcept nogil
cdef void engine_set_rate(engine_t *e, double rate_hz) noexcept nogil
cdef bint engine_can_rate(const engine_t *e, double rate_hz) noexcept nogil
cdef bint engine_can_frames(const engine_t *e, asio_long_t n_frames) noexcept nogil
cdef bint engine_on_stream_thread(const engine_t *e) noexcept nogil
cdef void engine_log(engine_t *e, const char *text) noexcept nogil
cdef void engine_drain_journal(engine_t *e) noexcept nogil
