"""tests: what the sanitizers are there to find, so that their silence means something."""
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

cdef volatile size_t kept = 0
cdef volatile int n_bits = 40
cdef volatile int64_t shared = 0


def too_late() -> int:
    """Reads what has been freed."""
    global kept
    kept = <size_t>malloc(16)
    free(<void *>kept)
    return (<char *>kept)[0]


def too_far() -> int:
    """Shifts an int by more bits than it has. (Overflow is no error here: Python compiles with -fwrapv.)"""
    cdef int one = 1
    return one << n_bits


def race(int64_t n) -> int:
    """Counts without a lock. [several threads at once]"""
    global shared
    cdef int64_t i
    with nogil:
        for i in range(n):
            shared += i
    return shared
