# rt: blocks of one size from one thread to another, in order, without a lock. One writer, one reader; memory of the
# caller's.
#
# As rt/ring, but whole blocks, each in one piece and on cache lines of its own, to be filled and used in place.
# Positions count blocks and only grow. The reader may leave out what lies before a position that the writer names.
from libc.stdint cimport int64_t, uint8_t

from asiokit.abi.atomic cimport atomic_load_i64, atomic_load_relaxed_i64, atomic_store_i64

# Two cache lines from side to side, as in rt/ring.
ctypedef struct blocks_t:
    uint8_t *memory
    int64_t n_blocks
    size_t stride              # bytes from block to block
    char apart_1[104]
    int64_t written            # atomic; the writer's
    int64_t seen_read          # ... what it knows of the reader
    char apart_2[112]
    int64_t read               # atomic; the reader's
    int64_t seen_written
    char apart_3[112]


cdef inline size_t blocks_stride(size_t n_bytes) noexcept nogil:
    """What a block of n_bytes takes: whole cache lines."""
    return (n_bytes + 63) // 64 * 64


cdef inline void blocks_init(blocks_t *blocks, void *memory, int64_t n_blocks, size_t stride) noexcept nogil:
    """memory: n_blocks * stride bytes; it stays the caller's. [before either side begins]"""
    blocks.memory = <uint8_t *>memory
    blocks.n_blocks = n_blocks
    blocks.stride = stride
    blocks.written = blocks.read = blocks.seen_read = blocks.seen_written = 0


# ---- the writer [one thread] ----

cdef inline void *blocks_room(blocks_t *blocks) noexcept nogil:
    """Where the next block is to be written; NULL: there is no room."""
    cdef int64_t written = atomic_load_relaxed_i64(&blocks.written)
    if written - blocks.seen_read >= blocks.n_blocks:
        blocks.seen_read = atomic_load_i64(&blocks.read)
        if written - blocks.seen_read >= blocks.n_blocks:
            return NULL
    return blocks.memory + written % blocks.n_blocks * blocks.stride


cdef inline void blocks_commit(blocks_t *blocks) noexcept nogil:
    """The block of blocks_room is filled: the reader may have it."""
    atomic_store_i64(&blocks.written, atomic_load_relaxed_i64(&blocks.written) + 1)


# ---- the reader [another thread] ----

cdef inline const void *blocks_next(blocks_t *blocks) noexcept nogil:
    """The next block; NULL: there is none."""
    cdef int64_t read = atomic_load_relaxed_i64(&blocks.read)
    if read >= blocks.seen_written:
        blocks.seen_written = atomic_load_i64(&blocks.written)
        if read >= blocks.seen_written:
            return NULL
    return blocks.memory + read % blocks.n_blocks * blocks.stride


cdef inline void blocks_consume(blocks_t *blocks) noexcept nogil:
    """The block of blocks_next is used: the writer may have its room."""
    atomic_store_i64(&blocks.read, atomic_load_relaxed_i64(&blocks.read) + 1)


cdef inline void blocks_skip_to(blocks_t *blocks, int64_t position) noexcept nogil:
    """Leaves out what lies before a position that the writer has been at."""
    if position > atomic_load_relaxed_i64(&blocks.read):
        atomic_store_i64(&blocks.read, position)


# ---- anybody ----

cdef inline int64_t blocks_filled(const blocks_t *blocks) noexcept nogil:
    """How many blocks wait, about: both sides go on meanwhile."""
    return atomic_load_i64(&blocks.written) - atomic_load_i64(&blocks.read)
