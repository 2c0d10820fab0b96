"""rt: the edges of the double buffer in time. [stream thread, except where stated]

Edges lie on anchor + n * period, exactly: the period is kept as a whole number of ns and a rest, so that nothing
drifts, for any rate and any time. An edge that is served a whole period late or more can't be caught up: it is counted
and the grid is moved to now.
"""
from libc.stdint cimport int32_t, int64_t

from asiokit.abi.atomic cimport atomic_add_i64, atomic_cas_i64, atomic_load_i64
from asiokit.rt.gate cimport gate_is_closed, gate_t
from asiokit.rt.status cimport status_count, status_t, status_wake
from asiokit.rt.system cimport event_free, event_new, event_set, event_wait, now_ns, sleep_until


cdef inline void advance(clock_t *clock) noexcept nogil:
    clock.next_ns += clock.period_ns
    clock.rest += clock.period_rest
    if clock.rest >= clock.rate_uhz:
        clock.rest -= clock.rate_uhz
        clock.next_ns += 1


cdef int64_t wait_realtime(clock_t *clock) noexcept nogil:
    cdef int64_t edge_ns = clock.next_ns
    cdef int64_t late_ns
    sleep_until(edge_ns)
    late_ns = now_ns() - edge_ns
    status_wake(clock.status, late_ns)
    if late_ns >= clock.period_ns:
        status_count(&clock.status.n_late)
        clock.discontinuity = 1
        edge_ns += late_ns
        clock.next_ns = edge_ns
    advance(clock)
    return edge_ns


cdef int64_t wait_freewheel(clock_t *clock) noexcept nogil:
    cdef int64_t edge_ns = clock.next_ns
    advance(clock)
    return edge_ns


cdef void clock_step_done(clock_t *clock) noexcept nogil:
    clock.in_step = 0
    atomic_add_i64(&clock.steps.done, 1)
    event_set(clock.steps.progress)


cdef int64_t wait_manual(clock_t *clock) noexcept nogil:
    cdef steps_t *steps = clock.steps
    while atomic_load_i64(&steps.granted) <= atomic_load_i64(&steps.done) and not gate_is_closed(clock.gate):
        event_wait(steps.grant, -1)
    if gate_is_closed(clock.gate):
        # a run that began meanwhile waits for the same event, and one set wakes only one
        event_set(steps.grant)
        return -1
    clock.in_step = 1
    return wait_freewheel(clock)


cdef void clock_init(clock_t *clock, int32_t kind, int64_t n_frames, double rate_hz, gate_t *gate, status_t *status,
                     steps_t *steps) noexcept nogil:
    # 10^15 / uHz = ns; the largest block, 8192 frames, just fits into 63 bits
    cdef int64_t total = n_frames * <int64_t>1000000000000000
    clock.rate_uhz = <int64_t>(rate_hz * 1000000 + 0.5)
    clock.period_ns = total // clock.rate_uhz
    clock.period_rest = total % clock.rate_uhz
    clock.rest = 0
    clock.discontinuity = 0
    clock.in_step = 0
    clock.gate = gate
    clock.status = status
    clock.steps = steps
    if kind == CLOCK_FREEWHEEL:
        clock.wait = wait_freewheel
    elif kind == CLOCK_MANUAL:
        clock.wait = wait_manual
    else:
        clock.wait = wait_realtime


cdef void clock_anchor(clock_t *clock) noexcept nogil:
    """The first edge is one period from now, as with hardware: start() has long returned by then."""
    clock.next_ns = now_ns() + clock.period_ns


cdef bint steps_init(steps_t *steps) noexcept nogil:
    steps.granted = 0
    steps.done = 0
    steps.grant = event_new()
    steps.progress = event_new()
    return steps.grant is not NULL and steps.progress is not NULL


cdef void steps_free(steps_t *steps) noexcept nogil:
    if steps.grant is not NULL:
        event_free(steps.grant)
    if steps.progress is not NULL:
        event_free(steps.progress)
    steps.grant = steps.progress = NULL


cdef void steps_cancel(steps_t *steps) noexcept nogil:
    """Takes back what was granted and will not be served. [control thread, or the run's own, at its end]"""
    cdef int64_t granted = atomic_load_i64(&steps.granted)
    cdef int64_t done = atomic_load_i64(&steps.done)
    if granted > done and atomic_cas_i64(&steps.granted, granted, done):
        event_set(steps.progress)


cdef bint steps_take(steps_t *steps, int64_t n_edges, int64_t timeout_ns) noexcept nogil:
    """Grants n_edges and waits until their cycles have ended. False when the bound has passed, or the run was ended.
    [test's thread]"""
    cdef int64_t target = atomic_add_i64(&steps.granted, n_edges) + n_edges
    cdef int64_t end_ns = now_ns() + timeout_ns
    event_set(steps.grant)
    while atomic_load_i64(&steps.done) < target:
        if atomic_load_i64(&steps.granted) < target or now_ns() >= end_ns:
            return False
        event_wait(steps.progress, 20000000)
    return True
