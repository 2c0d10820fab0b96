# rt: bytes from one thread to another, in order, without a lock. One writer, one reader; memory of the caller's.
#
# Both positions only grow; where a byte lies is the position modulo the capacity, a power of two. Each side keeps the
# other's position as it last saw it, beside its own and away from the other's cache line, so that it looks across only
# when what it knows is not enough. Two sides that wait for more than half of the capacity each, all or nothing, may
# wait for each other for ever.
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

from asiokit.abi.atomic cimport atomic_load_i64, atomic_load_relaxed_i64, atomic_store_i64

# Two cache lines from side to side: wherever the struct begins, and though processors fetch lines in pairs.
ctypedef struct ring_t:
    uint8_t *memory
    int64_t capacity           # bytes, a power of two
    char apart_1[112]
    int64_t written            # atomic; the writer's
    int64_t seen_read          # ... what it knows of the reader
    char apart_2[112]
    int64_t read               # atomic; the reader's
    int64_t seen_written
    char apart_3[112]


cdef inline void ring_init(ring_t *ring, void *memory, size_t capacity) noexcept nogil:
    """capacity: a power of two. The memory stays the caller's. [before either side begins]"""
    ring.memory = <uint8_t *>memory
    ring.capacity = <int64_t>capacity
    ring.written = ring.read = ring.seen_read = ring.seen_written = 0


# ---- the writer [one thread] ----

cdef inline int64_t ring_space(ring_t *ring, int64_t wanted) noexcept nogil:
    """Bytes that can be written; that there are more is looked up only when the wanted ones are not known to be."""
    cdef int64_t space = ring.capacity - (atomic_load_relaxed_i64(&ring.written) - ring.seen_read)
    if space < wanted:
        ring.seen_read = atomic_load_i64(&ring.read)
        space = ring.capacity - (atomic_load_relaxed_i64(&ring.written) - ring.seen_read)
    return space


cdef inline uint8_t *ring_room(ring_t *ring, int64_t *n_bytes) noexcept nogil:
    """Where to write next, in place: up to n_bytes (in: wanted; out: how many lie there in one piece, perhaps 0)."""
    cdef int64_t at = atomic_load_relaxed_i64(&ring.written) & (ring.capacity - 1)
    cdef int64_t n = min(ring_space(ring, n_bytes[0]), ring.capacity - at)
    if n < n_bytes[0]:
        n_bytes[0] = n
    return ring.memory + at


cdef inline void ring_commit(ring_t *ring, int64_t n_bytes) noexcept nogil:
    """So many bytes of ring_room have been filled: the reader may have them."""
    atomic_store_i64(&ring.written, atomic_load_relaxed_i64(&ring.written) + n_bytes)


cdef inline bint ring_write(ring_t *ring, const void *data, size_t n_bytes) noexcept nogil:
    """All of it or nothing."""
    cdef int64_t written = atomic_load_relaxed_i64(&ring.written)
    cdef int64_t at = written & (ring.capacity - 1)
    cdef int64_t first = ring.capacity - at
    cdef int64_t n = <int64_t>n_bytes
    # each counter is read once: the compiler takes no atomic load for another one
    if written - ring.seen_read > ring.capacity - n:
        ring.seen_read = atomic_load_i64(&ring.read)
        if written - ring.seen_read > ring.capacity - n:
            return False
    if first >= n:
        memcpy(ring.memory + at, data, n_bytes)
    else:
        memcpy(ring.memory + at, data, <size_t>first)
        memcpy(ring.memory, <const uint8_t *>data + first, <size_t>(n - first))
    atomic_store_i64(&ring.written, written + n)
    return True


# ---- the reader [another thread] ----

cdef inline int64_t ring_filled(ring_t *ring, int64_t wanted) noexcept nogil:
    """Bytes that can be read; that there are more is looked up only when the wanted ones are not known to be."""
    cdef int64_t filled = ring.seen_written - atomic_load_relaxed_i64(&ring.read)
    if filled < wanted:
        ring.seen_written = atomic_load_i64(&ring.written)
        filled = ring.seen_written - atomic_load_relaxed_i64(&ring.read)
    return filled


cdef inline const uint8_t *ring_peek(ring_t *ring, int64_t *n_bytes) noexcept nogil:
    """What comes next, in place: up to n_bytes (in: wanted; out: how many lie there in one piece, perhaps 0)."""
    cdef int64_t at = atomic_load_relaxed_i64(&ring.read) & (ring.capacity - 1)
    cdef int64_t n = min(ring_filled(ring, n_bytes[0]), ring.capacity - at)
    if n < n_bytes[0]:
        n_bytes[0] = n
    return ring.memory + at


cdef inline void ring_consume(ring_t *ring, int64_t n_bytes) noexcept nogil:
    """So many bytes of ring_peek have been used: the writer may have their room."""
    atomic_store_i64(&ring.read, atomic_load_relaxed_i64(&ring.read) + n_bytes)


cdef inline bint ring_read(ring_t *ring, void *data, size_t n_bytes) noexcept nogil:
    """All of it or nothing."""
    cdef int64_t read = atomic_load_relaxed_i64(&ring.read)
    cdef int64_t at = read & (ring.capacity - 1)
    cdef int64_t first = ring.capacity - at
    cdef int64_t n = <int64_t>n_bytes
    if ring.seen_written - read < n:
        ring.seen_written = atomic_load_i64(&ring.written)
        if ring.seen_written - read < n:
            return False
    if first >= n:
        memcpy(data, ring.memory + at, n_bytes)
    else:
        memcpy(data, ring.memory + at, <size_t>first)
        memcpy(<uint8_t *>data + first, ring.memory, <size_t>(n - first))
    atomic_store_i64(&ring.read, read + n)
    return True
