# rt: what a running instance tells about itself: one plain struct, written by the stream thread, read by anybody.
from libc.stdint cimport int32_t, int64_t

from asiokit.abi.atomic cimport atomic_load_i64, atomic_load_relaxed_i64, atomic_store_i64, atomic_store_relaxed_i64

cdef enum:
    WAKE_BUCKETS = 1024    # 1 us each; the last one holds everything above

ctypedef struct status_t:
    int64_t n_cycles             # buffer switches since init
    int64_t n_late               # edges missed by a period or more
    int64_t n_device_failures    # process() returned a negative status
    int64_t n_output_waits       # cycles that had to wait for outputReady
    int64_t n_output_timeouts    # ... in vain
    int64_t wake_max_ns          # latest wake-up after its edge
    int64_t wake[WAKE_BUCKETS]   # wake-ups by lateness
    int32_t grant                # atomic: the scheduling that the stream thread got (OS_GRANT_WORD in os.h)
    int32_t spin_us              # atomic: how much of its wait it spins
    int32_t wakeful              # atomic: the CPU is kept out of deep idle
    # the published pair, read without tearing (a sequence lock: odd while it is written)
    int64_t pair_sequence
    int64_t pair_position        # frames
    int64_t pair_time_ns         # host clock


cdef inline void status_count(int64_t *counter) noexcept nogil:
    """One writer a counter, so a relaxed read and write is an increment."""
    atomic_store_relaxed_i64(counter, atomic_load_relaxed_i64(counter) + 1)


cdef inline void status_wake(status_t *status, int64_t late_ns) noexcept nogil:
    cdef int64_t bucket = late_ns // 1000
    if bucket < 0:
        bucket = 0
    status_count(&status.wake[bucket if bucket < WAKE_BUCKETS else WAKE_BUCKETS - 1])
    if late_ns > atomic_load_relaxed_i64(&status.wake_max_ns):
        atomic_store_relaxed_i64(&status.wake_max_ns, late_ns)


cdef inline void status_publish(status_t *status, int64_t position, int64_t time_ns) noexcept nogil:
    cdef int64_t sequence = atomic_load_relaxed_i64(&status.pair_sequence)
    # each release keeps the stores before it before it: the odd sequence, then the pair, then the even one
    atomic_store_i64(&status.pair_sequence, sequence + 1)
    atomic_store_i64(&status.pair_position, position)
    atomic_store_i64(&status.pair_time_ns, time_ns)
    atomic_store_i64(&status.pair_sequence, sequence + 2)


cdef inline void status_read(const status_t *status, int64_t *position, int64_t *time_ns) noexcept nogil:
    cdef int64_t before
    while True:
        before = atomic_load_i64(&status.pair_sequence)
        position[0] = atomic_load_i64(&status.pair_position)
        time_ns[0] = atomic_load_i64(&status.pair_time_ns)
        if before & 1 == 0 and atomic_load_i64(&status.pair_sequence) == before:
            return
