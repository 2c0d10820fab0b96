from libc.stdint cimport uintptr_t

from asiokit.com.guard cimport driver_t
from asiokit.engine.engine cimport Engine


cdef class Driver:
    cdef driver_t *c
    cdef readonly Engine engine
    cdef readonly object source

    cdef uintptr_t hand_over(self)
