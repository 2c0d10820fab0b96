"""device: a process function that runs on a thread of its own, n blocks before the host hears them.

In cycle k the stream thread hands over the host's block k and takes what became of block k - n. It copies, never waits
and never asks for the GIL: a block that is not there in time is silence, and counted. The worker may stand still for n
periods and nobody hears it; that is what the n blocks of latency buy.

A slot goes round: FREE -(stream thread fills it)-> FILLED -(worker)-> DONE -(stream thread takes it)-> FREE. There is
one slot more than blocks ahead, so that what is filled in a cycle is never what is taken in it.
"""
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from asiokit.abi.atomic cimport (atomic_add_i32, atomic_load_i32, atomic_load_relaxed_i64, atomic_store_i32,
                                 atomic_store_relaxed_i64)
from asiokit.abi.block cimport ASIOKIT_BLOCK_DISCONTINUITY, ASIOKIT_BLOCK_FIRST
from asiokit.rt.system cimport event_free, event_new, event_set, event_wait, now_ns, pages_free, pages_new, thread_start

cdef enum:
    FREE
    FILLED
    DONE


# ---- on the stream thread -------------------------------------------------------------------------------------------

cdef inline void copy_channels(void **to, const void **from_, int32_t n_channels, size_t n_bytes) noexcept nogil:
    cdef int32_t i
    for i in range(n_channels):
        memcpy(to[i], from_[i], n_bytes)


cdef inline int take(ahead_t *a, slot_t *slot, int64_t serial, block_t *block) noexcept nogil:
    """What became of that block, into the host's; its status. Positive: it is missing, and silence instead."""
    cdef size_t n_bytes = <size_t>block.n_frames * block.sample_width
    cdef int status = 0
    cdef int32_t i
    cdef bint is_done = atomic_load_i32(&slot.state) == DONE and slot.serial == serial
    if is_done and serial >= a.first:
        status = slot.status
        copy_channels(block.to_host, <const void **>slot.block.to_host, block.n_to_host, n_bytes)
    else:
        for i in range(block.n_to_host):
            memset(block.to_host[i], 0, n_bytes)
        # before the first one that was handed over there is nothing to miss
        if serial >= a.first:
            atomic_store_relaxed_i64(&a.n_missed, atomic_load_relaxed_i64(&a.n_missed) + 1)
            status = 1
    if is_done:
        atomic_store_i32(&slot.state, FREE)
    return status


cdef inline void hand_over(ahead_t *a, slot_t *slot, int64_t serial, const block_t *block) noexcept nogil:
    if atomic_load_i32(&slot.state) == FILLED:
        # the worker is a whole round behind: this block it will never see
        a.is_gap = 1
        return
    slot.serial = serial
    slot.block.flags = block.flags
    slot.block.position = block.position
    slot.block.t_ns = block.t_ns
    slot.block.rate_hz = block.rate_hz
    if a.is_gap:
        slot.block.flags |= ASIOKIT_BLOCK_DISCONTINUITY
        a.is_gap = 0
    copy_channels(<void **>slot.block.from_host, block.from_host, block.n_from_host,
                  <size_t>block.n_frames * block.sample_width)
    atomic_store_i32(&slot.state, FILLED)
    event_set(a.filled)


cdef int ahead_cycle(ahead_t *a, block_t *block) noexcept nogil:
    """One cycle of the stream. [stream thread] The status of the block that was taken; 1: it was not there in time."""
    cdef int64_t k = a.serial
    cdef int status
    if block.flags & ASIOKIT_BLOCK_FIRST:
        a.first = k
        a.is_gap = 0
    status = take(a, &a.slots[(k + 1) % a.n_slots], k - a.n_ahead, block)
    hand_over(a, &a.slots[k % a.n_slots], k, block)
    a.serial = k + 1
    return status


# ---- on the worker --------------------------------------------------------------------------------------------------

cdef slot_t *oldest_filled(ahead_t *a) noexcept nogil:
    cdef slot_t *found = NULL
    cdef int32_t i
    for i in range(a.n_slots):
        if atomic_load_i32(&a.slots[i].state) == FILLED and (found is NULL or a.slots[i].serial < found.serial):
            found = &a.slots[i]
    return found


cdef void worker(void *argument) noexcept nogil:
    cdef ahead_t *a = <ahead_t *>argument
    cdef slot_t *slot
    cdef void *token = a.begin(a.context)
    while not atomic_load_i32(&a.quits):
        slot = oldest_filled(a)
        if slot is NULL:
            event_wait(a.filled, -1)
            continue
        slot.status = a.process(a.context, &slot.block)
        atomic_store_i32(&slot.state, DONE)
    a.end(a.context, token)
    atomic_store_i32(&a.has_left, 1)
    event_set(a.left)
    ahead_release(a)


# ---- [control thread] -----------------------------------------------------------------------------------------------

cdef void point(slot_t *slot, void **table, uint8_t *at, size_t n_channel) noexcept nogil:
    cdef int32_t i
    slot.block.to_host = table
    slot.block.from_host = <const void **>(table + slot.block.n_to_host)
    for i in range(slot.block.n_to_host + slot.block.n_from_host):
        table[i] = at + i * n_channel


cdef ahead_t *ahead_new(const block_t *like, int32_t n_ahead, process_fn process, thread_begin_fn begin,
                        thread_end_fn end, void *context) noexcept nogil:
    """With one reference. like: a block as the stream will bring them. begin, end: called on the worker before its
    first block and after its last one. NULL: no memory."""
    cdef ahead_t *a = <ahead_t *>calloc(1, sizeof(ahead_t))
    cdef int32_t n_channels = like.n_to_host + like.n_from_host
    # whole cache lines, so that the two threads share none
    cdef size_t n_channel = (<size_t>like.n_frames * like.sample_width + 63) // 64 * 64
    cdef int32_t i
    if a is NULL:
        return NULL
    a.refs = 1
    a.n_ahead = n_ahead
    a.n_slots = n_ahead + 1
    a.process, a.begin, a.end, a.context = process, begin, end, context
    a.has_left = 1
    a.filled = event_new()
    a.left = event_new()
    a.n_bytes = n_channel * n_channels * a.n_slots
    a.pages = pages_new(a.n_bytes)
    a.tables = calloc(a.n_slots, sizeof(slot_t) + n_channels * sizeof(void *))
    if a.filled is NULL or a.left is NULL or a.pages is NULL or a.tables is NULL:
        ahead_release(a)
        return NULL
    a.slots = <slot_t *>a.tables
    for i in range(a.n_slots):
        a.slots[i].block = like[0]
        point(&a.slots[i], <void **>(a.slots + a.n_slots) + i * n_channels,
              <uint8_t *>a.pages + i * n_channels * n_channel, n_channel)
    return a


cdef void ahead_acquire(ahead_t *a) noexcept nogil:
    atomic_add_i32(&a.refs, 1)


cdef void ahead_release(ahead_t *a) noexcept nogil:
    """[any thread]"""
    if atomic_add_i32(&a.refs, -1) != 1:
        return
    if a.filled is not NULL:
        event_free(a.filled)
    if a.left is not NULL:
        event_free(a.left)
    pages_free(a.pages, a.n_bytes)
    free(a.tables)
    free(a)


cdef int ahead_begin(ahead_t *a) noexcept nogil:
    """Starts the worker. 0, or the system's error number."""
    cdef int error
    ahead_acquire(a)
    a.has_left = 0
    error = thread_start(worker, a, b"asiokit-ahead")
    if error:
        a.has_left = 1
        ahead_release(a)
    return error


cdef bint ahead_quit(ahead_t *a, int64_t timeout_ns) noexcept nogil:
    """True: the worker is out of process() and will not come back to it. False: it still is inside, and ends after."""
    cdef int64_t end_ns = now_ns() + timeout_ns
    atomic_store_i32(&a.quits, 1)
    event_set(a.filled)
    while not atomic_load_i32(&a.has_left):
        if now_ns() >= end_ns:
            return False
        event_wait(a.left, 20000000)
    return True
