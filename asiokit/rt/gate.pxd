# rt: a gate between a thread that comes by in a loop and one that wants it gone. [any thread]
#
# The passing thread enters and leaves at the price of one atomic exchange, no lock. The other closes the gate: from
# then on nobody enters, and the closer waits, with a bound, only if somebody is inside at that moment. A thread that
# sleeps between two passages is never waited for.
#
# Each side writes its own word and then reads the other's; with a full barrier between the two at least one of them
# sees the other. Entering has that barrier. Leaving does without: it may miss a closer who came at the same moment.
# That one looks again by himself after 20 ms at the latest, and is woken before by whoever finds the gate closed then.
from libc.stdint cimport int32_t, int64_t, uint64_t

from asiokit.abi.atomic cimport (atomic_exchange_i32, atomic_load_i64, atomic_load_ordered_i32, atomic_store_i32,
                                 atomic_store_i64)
from asiokit.rt.system cimport event_free, event_new, event_set, event_wait, now_ns, os_event_t, thread_id

ctypedef struct gate_t:
    int32_t is_busy      # atomic; somebody is inside
    int32_t is_closed    # atomic
    int64_t visitor      # thread id of who is inside
    os_event_t *left     # set by whoever finds the gate closed, on the way out or in


cdef inline bint gate_init(gate_t *gate, bint is_open) noexcept nogil:
    gate.is_busy = 0
    gate.is_closed = not is_open
    gate.visitor = 0
    gate.left = event_new()
    return gate.left is not NULL


cdef inline void gate_free(gate_t *gate) noexcept nogil:
    if gate.left is not NULL:
        event_free(gate.left)
        gate.left = NULL


cdef inline bint gate_is_closed(gate_t *gate) noexcept nogil:
    return atomic_load_ordered_i32(&gate.is_closed)


cdef inline bint gate_is_busy(gate_t *gate) noexcept nogil:
    return atomic_load_ordered_i32(&gate.is_busy)


cdef inline bint gate_is_mine(gate_t *gate) noexcept nogil:
    """The calling thread is the one inside."""
    return <uint64_t>atomic_load_i64(&gate.visitor) == thread_id()


cdef inline bint gate_leave(gate_t *gate) noexcept nogil:
    """False: the gate was closed meanwhile, do not come back."""
    atomic_store_i64(&gate.visitor, 0)
    atomic_store_i32(&gate.is_busy, 0)
    if not gate_is_closed(gate):
        return True
    event_set(gate.left)
    return False


cdef inline bint gate_enter(gate_t *gate, uint64_t me) noexcept nogil:
    if atomic_exchange_i32(&gate.is_busy, 1):
        return False
    if gate_is_closed(gate):
        gate_leave(gate)
        return False
    atomic_store_i64(&gate.visitor, <int64_t>me)
    return True


cdef inline void gate_open(gate_t *gate) noexcept nogil:
    """Undoes a close; a visitor who is still inside simply leaves later."""
    atomic_store_i32(&gate.is_closed, 0)


cdef inline bint gate_wait_left(gate_t *gate, int64_t timeout_ns) noexcept nogil:
    """True once nobody is inside; False when the bound has passed. The gate is closed."""
    cdef int64_t end_ns = now_ns() + timeout_ns
    cdef int64_t left_ns
    while gate_is_busy(gate):
        left_ns = end_ns - now_ns()
        if left_ns <= 0:
            return False
        # several may wait for the same departure, and one set wakes one of them: look again every 20 ms
        event_wait(gate.left, left_ns if left_ns < 20000000 else 20000000)
    return True


cdef inline bint gate_close(gate_t *gate, int64_t timeout_ns) noexcept nogil:
    """True: nobody is inside or will be. False: somebody still is (the bound passed, or it is the caller)."""
    atomic_exchange_i32(&gate.is_closed, 1)
    if not gate_is_busy(gate):
        return True
    if gate_is_mine(gate):
        return False
    return gate_wait_left(gate, timeout_ns)
