# engine: what the driver says to the host outside of buffer switches.
from libc.stdint cimport int32_t, int64_t

from asiokit.engine.state cimport engine_t

cdef int notifier_ensure(engine_t *e) noexcept nogil
cdef void notifier_quit(engine_t *e) noexcept nogil
cdef void engine_notify(engine_t *e, int32_t what) noexcept nogil
cdef void engine_request(void *engine, int32_t what, double a, double b) noexcept nogil
