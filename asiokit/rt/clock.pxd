# rt: when is the next edge? Realtime, freewheel and manual are one struct with another wait.
from libc.stdint cimport int32_t, int64_t

from asiokit.rt.gate cimport gate_t
from asiokit.rt.status cimport status_t
from asiokit.rt.system cimport os_event_t

cdef enum:
    CLOCK_REALTIME
    CLOCK_FREEWHEEL
    CLOCK_MANUAL
    CLOCK_DEVICE

# What a test holds to step a manual clock; outlives the single runs.
ctypedef struct steps_t:
    int64_t granted        # edges allowed so far
    int64_t done           # edges whose cycle has ended
    os_event_t *grant      # set when granted grows, or when the run shall end
    os_event_t *progress   # set when done grows

ctypedef struct clock_t:
    int64_t (*wait)(clock_t *clock) noexcept nogil   # sleeps to the next edge; its time, or -1: the run is over
    int64_t next_ns          # the next edge on the monotonic clock
    int64_t period_ns        # whole part of the period
    int64_t period_rest      # rest of the period, in 1 / rate_uhz ns
    int64_t rate_uhz         # the rate in 1/1000000 Hz, as the engine tells it: the denominator of the rest
    int64_t rest             # what has gathered of the rest
    int64_t spin_ns          # how much of the wait is spun; at most half a period
    int64_t late_ns          # the last wake-up after its edge
    int64_t n_waits          # atomic: edges slept for: a thread that hangs in its host's callback does not go on
    int32_t discontinuity    # the last edge was moved
    int32_t in_step          # manual: a granted edge is being served
    gate_t *gate             # closed: the run is over
    status_t *status
    steps_t *steps

cdef void clock_init(clock_t *clock, int32_t kind, int64_t n_frames, double rate_hz, int64_t spin_ns, gate_t *gate,
                     status_t *status, steps_t *steps) noexcept nogil
cdef void clock_anchor(clock_t *clock) noexcept nogil
cdef void clock_step_done(clock_t *clock) noexcept nogil


cdef inline void clock_cycle_done(clock_t *clock) noexcept nogil:
    """Tells the one who steps a manual clock that the cycle has ended; nothing for the other clocks. Inside the gate,
    so that the count is final once stop has returned."""
    if clock.in_step:
        clock_step_done(clock)


cdef bint steps_init(steps_t *steps) noexcept nogil
cdef void steps_free(steps_t *steps) noexcept nogil
cdef void steps_cancel(steps_t *steps) noexcept nogil
cdef bint steps_take(steps_t *steps, int64_t n_edges, int64_t timeout_ns) noexcept nogil
