# device: a process function on a thread of its own, n blocks before the host hears them.
from libc.stdint cimport int32_t, int64_t

from asiokit.abi.block cimport block_t, process_fn
from asiokit.rt.system cimport os_event_t

cdef enum:
    MAX_AHEAD = 64

ctypedef void *(*thread_begin_fn)(void *context) noexcept nogil
ctypedef void (*thread_end_fn)(void *context, void *token) noexcept nogil

ctypedef struct slot_t:
    block_t block              # in memory of its own
    int64_t serial             # which block it holds
    int32_t state              # atomic
    int32_t status             # what process() said

ctypedef struct ahead_t:
    int32_t refs
    int32_t n_ahead
    int32_t n_slots            # n_ahead + 1
    slot_t *slots
    int64_t serial             # of the next block; never begins anew
    int64_t first              # of the current run
    int32_t is_gap             # the block before the next one was lost
    int64_t n_missed           # atomic: blocks that were not there in time
    int32_t quits              # atomic
    int32_t has_left           # atomic: the worker will not touch the context any more
    os_event_t *filled
    os_event_t *left
    process_fn process
    thread_begin_fn begin
    thread_end_fn end
    void *context
    void *pages
    size_t n_bytes
    void *tables

cdef ahead_t *ahead_new(const block_t *like, int32_t n_ahead, process_fn process, thread_begin_fn begin,
                        thread_end_fn end, void *context) noexcept nogil
cdef void ahead_acquire(ahead_t *a) noexcept nogil
cdef void ahead_release(ahead_t *a) noexcept nogil
cdef int ahead_begin(ahead_t *a) noexcept nogil
cdef bint ahead_quit(ahead_t *a, int64_t timeout_ns) noexcept nogil
cdef int ahead_cycle(ahead_t *a, block_t *block) noexcept nogil
