"""tests: rt/blocks over memory of its own."""
from libc.stdint cimport int64_t

from asiokit.rt.blocks cimport (blocks_commit, blocks_consume, blocks_filled, blocks_init, blocks_next, blocks_room,
                                blocks_skip_to, blocks_stride, blocks_t)
from asiokit.rt.system cimport pages_free, pages_new


cdef class Blocks:
    """Each block holds one number, at its beginning and at its end."""
    cdef blocks_t b
    cdef void *memory
    cdef size_t n_bytes
    cdef readonly int64_t last         # index of the last number in a block
    cdef readonly int64_t n_wrong      # what the reader found out of order

    def __cinit__(self, int64_t n_blocks, int64_t n_numbers=9, int64_t begin=0):
        """begin: as if so many blocks had gone through already."""
        cdef size_t stride = blocks_stride(n_numbers * sizeof(int64_t))
        self.last = n_numbers - 1
        self.n_bytes = stride * n_blocks
        self.memory = pages_new(self.n_bytes)
        if self.memory is NULL:
            raise MemoryError
        blocks_init(&self.b, self.memory, n_blocks, stride)
        self.b.written = self.b.read = self.b.seen_read = self.b.seen_written = begin

    def __dealloc__(self):
        pages_free(self.memory, self.n_bytes)

    @property
    def stride(self):
        return self.b.stride

    @property
    def written(self):
        return self.b.written

    def write(self, int64_t number) -> bool:
        cdef int64_t *at = <int64_t *>blocks_room(&self.b)
        if at is NULL:
            return False
        at[0] = at[self.last] = number
        blocks_commit(&self.b)
        return True

    def read(self):
        cdef const int64_t *at = <const int64_t *>blocks_next(&self.b)
        if at is NULL:
            return None
        number = at[0]
        assert at[self.last] == number
        blocks_consume(&self.b)
        return number

    def skip_to(self, int64_t position) -> None:
        blocks_skip_to(&self.b, position)

    def filled(self) -> int:
        return blocks_filled(&self.b)

    def write_numbers(self, int64_t n) -> None:
        """[writer's thread] 0 ... n - 1."""
        cdef int64_t k
        cdef int64_t *at
        with nogil:
            for k in range(n):
                at = <int64_t *>blocks_room(&self.b)
                while at is NULL:
                    at = <int64_t *>blocks_room(&self.b)
                at[0] = at[self.last] = k
                blocks_commit(&self.b)

    def read_numbers(self, int64_t n, int64_t skip_each=0) -> None:
        """[reader's thread] skip_each: after so many blocks the next five are left out."""
        cdef int64_t k = 0
        cdef const int64_t *at
        with nogil:
            while k < n:
                at = <const int64_t *>blocks_next(&self.b)
                if at is NULL:
                    continue
                self.n_wrong += at[0] != k or at[self.last] != k
                blocks_consume(&self.b)
                k += 1
                if skip_each and k % skip_each == 0 and blocks_filled(&self.b) >= 5:
                    blocks_skip_to(&self.b, k + 5)
                    k += 5
