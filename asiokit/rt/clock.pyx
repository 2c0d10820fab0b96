"""rt: the edges of the double buffer in time. [stream thread, except where stated]

Edges lie on anchor + n * period, exactly: the period is kept as a whole number of ns and a rest, so that nothing
drifts, for any rate and any time. An edge that is served a whole period late or more can't be caught up: it is counted
and the grid is moved to now.
"""
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memset

from asiokit.abi.atomic cimport atomic_add_i64, atomic_cas_i64, atomic_load_i64
from asiokit.rt.gate cimport gate_free, gate_init, gate_is_closed, gate_t
from asiokit.rt.status cimport status_count, status_t, status_wake
from asiokit.rt.system cimport (event_free, event_new, event_set, event_wait, now_ns, os_event_t, os_grant_t,
                                priority_drop, priority_ordinary, priority_raise, scheduling_text, sleep_spin_until,
                                sleep_text, sleep_until, thread_cpu_ns, thread_start, wakeful_acquire,
                                wakeful_release)


cdef inline void advance(clock_t *clock) noexcept nogil:
    clock.next_ns += clock.period_ns
    clock.rest += clock.period_rest
    if clock.rest >= clock.rate_uhz:
        clock.rest -= clock.rate_uhz
        clock.next_ns += 1


cdef inline int64_t woken(clock_t *clock, int64_t woke_ns) noexcept nogil:
    cdef int64_t edge_ns = clock.next_ns
    cdef int64_t late_ns = woke_ns - edge_ns
    clock.late_ns = late_ns
    status_count(&clock.n_waits)
    status_wake(clock.status, late_ns)
    if late_ns >= clock.period_ns:
        status_count(&clock.status.n_late)
        clock.discontinuity = 1
        edge_ns = woke_ns
        clock.next_ns = edge_ns
    advance(clock)
    return edge_ns


cdef int64_t wait_realtime(clock_t *clock) noexcept nogil:
    return woken(clock, sleep_until(clock.next_ns))


cdef int64_t wait_spinning(clock_t *clock) noexcept nogil:
    return woken(clock, sleep_spin_until(clock.next_ns, clock.spin_ns))


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


cdef void clock_init(clock_t *clock, int32_t kind, int64_t n_frames, double rate_hz, int64_t spin_ns, gate_t *gate,
                     status_t *status, steps_t *steps) noexcept nogil:
    # 10^15 / uHz = ns; the largest block, 8192 frames, just fits into 63 bits
    cdef int64_t total = n_frames * <int64_t>1000000000000000
    clock.rate_uhz = <int64_t>(rate_hz * 1000000 + 0.5)
    clock.period_ns = total // clock.rate_uhz
    clock.period_rest = total % clock.rate_uhz
    clock.rest = 0
    # a CPU that spins at real-time priority runs nothing else: half of it is the most that a wait may take
    clock.spin_ns = min(spin_ns, clock.period_ns // 2)
    clock.late_ns = 0
    clock.n_waits = 0
    clock.discontinuity = 0
    clock.in_step = 0
    clock.gate = gate
    clock.status = status
    clock.steps = steps
    if kind == CLOCK_FREEWHEEL:
        clock.wait = wait_freewheel
    elif kind == CLOCK_MANUAL:
        clock.wait = wait_manual
    elif clock.spin_ns > 0:
        clock.wait = wait_spinning
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


# ---- how well it wakes ----------------------------------------------------------------------------------------------

ctypedef struct probe_t:
    clock_t clock
    gate_t gate
    status_t status
    os_grant_t grant
    os_event_t *done
    int64_t n
    int64_t *late_ns
    int64_t n_missed
    int64_t cpu_ns
    int64_t wall_ns
    int32_t realtime


cdef void probe_thread(void *argument) noexcept nogil:
    """What the stream thread does between its cycles, and notes how late it was. [a thread of its own]"""
    cdef probe_t *probe = <probe_t *>argument
    cdef clock_t *clock = &probe.clock
    cdef int64_t i
    if probe.realtime:
        priority_raise(&probe.grant, &probe.status.grant, &clock.n_waits)
    else:
        priority_ordinary(&probe.status.grant)
    clock_anchor(clock)
    probe.wall_ns = now_ns()
    probe.cpu_ns = thread_cpu_ns()
    for i in range(probe.n):
        clock.wait(clock)
        probe.late_ns[i] = clock.late_ns
        probe.n_missed += clock.late_ns // clock.period_ns
    probe.cpu_ns = thread_cpu_ns() - probe.cpu_ns
    probe.wall_ns = now_ns() - probe.wall_ns
    if probe.realtime:
        priority_drop(&probe.grant)
    event_set(probe.done)


def measure_wake(int64_t period_ns, int64_t n, int64_t spin_ns=0, bint realtime=True, bint wakeful=True) -> dict:
    """How late n edges of this period are served by a thread that waits as the stream thread does.

    late_ns: n lateness values, int64 each, as bytes. missed: periods that were slept over. cpu_share: what the thread
    used of a CPU. scheduling, sleep: what the system granted, in words. wakeful: whether the CPU was kept from deep
    idle states. Without realtime the thread is as a user without rights has it; without wakeful the CPU sleeps.
    """
    if period_ns < 10_000 or n < 1 or spin_ns < 0:
        raise ValueError("measure_wake: period_ns must be at least 10000, n at least 1, spin_ns not negative")
    late_ns = bytearray(n * sizeof(int64_t))
    cdef char *target = late_ns
    cdef probe_t probe
    cdef int error
    cdef bint is_held = False
    memset(&probe, 0, sizeof(probe))
    probe.done = event_new()
    if probe.done is NULL or not gate_init(&probe.gate, True):
        raise MemoryError("no memory for an event")
    probe.n = n
    probe.late_ns = <int64_t *>target
    probe.realtime = realtime
    # a rate at which one frame is the period, to a millionth of a Hz
    clock_init(&probe.clock, CLOCK_REALTIME, 1, 1e9 / period_ns, spin_ns, &probe.gate, &probe.status, NULL)
    with nogil:
        if wakeful:
            is_held = wakeful_acquire()
        error = thread_start(probe_thread, &probe, b"asiokit-probe")
        if not error:
            event_wait(probe.done, -1)
        if wakeful:
            wakeful_release()
        gate_free(&probe.gate)
        event_free(probe.done)
    if error:
        raise OSError(error, "the system refuses a thread")
    return {
        "late_ns": late_ns,
        "missed": probe.n_missed,
        "cpu_share": <double>probe.cpu_ns / max(probe.wall_ns, 1),
        "scheduling": scheduling_text(probe.status.grant),
        "sleep": sleep_text(probe.clock.spin_ns),
        "wakeful": is_held,
    }
